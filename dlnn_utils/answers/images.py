"""The answer to images of one's own, on a page: the material, a forecast, how far back, limits.

With one recording its end is held out; with several the last one is.  The way back is the
posterior of a noisy image (`reversal.posterior`), whose spread is a map of error bars.
"""

from typing import NamedTuple

import numpy as np

from dlnn_utils._arguments import Positive, checked
from dlnn_utils.answers.material import diffusivity, error_of, grain, parts_of, rms, side_of
from dlnn_utils.answers.motion import HELD_OUT, MISSES, dmd_of
from dlnn_utils.answers.page import Answer
from dlnn_utils.data.horizon import Horizon
from dlnn_utils.data.smoothing import smooth_states
from dlnn_utils.reversal.law import LinearLaw
from dlnn_utils.reversal.posterior import Posterior
from dlnn_utils.reversal.priors import Matern
from dlnn_utils.systems.plate import Plate
from dlnn_utils.training.least_squares import fit_least_squares

SAMPLES, PLACES, COARSE, MODES, LIKE_ONE, OPEN = 200, 8, 11, 12, 0.05, 0.05
"""Samples of a posterior, times back, elements along an edge for the prior, modes of least
squares, a part of K that one D may leave, and of the range by which the mean grey may move.
"""


@checked
def answer_images(
    model,
    recordings,
    edge: Positive = 1.0,
    held_out: Positive = HELD_OUT,
    share: Positive = 0.1,
) -> Answer:
    """Return the page on the law of a plate that `fit_material` learned from recordings.

    Parameters
    ----------
    model : LocalDiffusion
    recordings : sequence of Images
        As given to `fit_material`, the held-out part included.
    edge : float
        Length of the plate's edge in m.
    held_out : float
        As given to `fit_material`.
    share : float
        Of the contrast: the error back in time that bounds `Answer.horizon`.

    Returns
    -------
    Answer
        `.shown` holds the map of error bars as far back as the horizon.
    """
    side, parts = side_of(recordings), parts_of(recordings, held_out)
    t, c = recordings[-1].t, recordings[-1].flat
    k = len(parts[0][0]) - 1 if len(recordings) == 1 else 0
    size = float(np.sqrt(np.mean(c.var(axis=1))))
    way = earlier(model, recordings[-1], recordings[0].c[:1])
    off = np.sqrt(np.mean((way.mean - c[way.frames]) ** 2, axis=1)) / size
    far, noise = way.frames[-1], grain(recordings[-1])
    errors = {"DLNN": (error_of(model.evolve, c[k], t[k:], c[k:]) / size, float(off[-1]))}
    for name, evolve in _reduced(parts, noise).items():
        ends = t[[-1, far]], c[[-1, far]]
        errors[name] = (
            error_of(evolve, c[k], t[k:], c[k:]) / size,
            error_of(evolve, c[-1], *ends) / size,
        )
    errors["no change"] = rms(c[k:] - c[k]) / size, rms(c[-1] - c[far]) / size
    expected = np.sqrt(np.mean(way.spread**2, axis=1)) / size
    horizon = Horizon(np.zeros(0), np.zeros(0), t[-1] - t[way.frames], expected, share)
    law, apart, misfit = _material(model, recordings, held_out, edge)
    shown = way.spread[np.argmin(np.abs(horizon.tau - horizon.reach))].reshape(side, side)
    return Answer(
        f"Law: {'one diffusivity' if apart < 1e-9 else 'energy of elements'}; "
        f"recordings: {len(parts)}; held out: "
        + ("the last one" if len(recordings) > 1 else "the end"),
        law,
        errors,
        noise / size,
        horizon,
        (horizon.tau, off),
        _limits(recordings, apart, misfit),
        ("map", shown, "error bars at the horizon", "standard deviation (white = 1)"),
    )


class Earlier(NamedTuple):
    """What a last image says of earlier ones: `frames` (P,), `mean` and `spread` (P, n)."""

    frames: np.ndarray
    mean: np.ndarray
    spread: np.ndarray


def earlier(model, images, examples, seed: int = 0) -> Earlier:
    """Return the posterior means and standard deviations of earlier images than the last one.

    `examples` (N, r, r) give the prior of the first image its correlation length, size and mean;
    later ones follow from it by the law.  If nothing but the mean is left of the first one, a
    later one takes its place.
    """
    t, c, noise, prior = images.t, images.flat, grain(images), _prior(examples)
    frames = np.unique(np.linspace(0, len(t) - 1, PLACES + 1).astype(int))
    for first in frames[:-1]:
        law = LinearLaw.of(model, t[-1] - t[first], c[-1])
        try:
            posterior = Posterior(law, c[-1], noise, prior)
            drawn = np.vstack([posterior.boundary_value()[0], posterior.samples(SAMPLES, seed)])
            break
        except ValueError as e:
            said = e
    else:
        raise ValueError(f"the last image says nothing of earlier ones: {said}")
    frames, found = frames[frames >= first][::-1], []
    for k in frames[:-1]:
        later = LinearLaw.of(model, t[k] - t[first], c[-1]).forward(drawn)
        found.append((later[0], later[1:].std(axis=0)))
    return Earlier(frames, *map(np.array, zip(*found, (drawn[0], drawn[1:].std(axis=0)))))


def _prior(examples: np.ndarray) -> Matern:
    """Return the prior of examples (N, r, r), fitted to few pixels, evenly spaced.

    Between them images are smoother than any rough prior; a fit to all would be too sure.
    """
    side, step = examples.shape[1], max(1, (examples.shape[1] - 1) // COARSE)
    few = Matern.fit(examples[:, ::step, ::step])
    length = few.length * step * ((side - 1) // step) / (side - 1)
    return Matern(side - 1, length, few.size, few.mean)


def _reduced(parts: list, noise: float) -> dict:
    """Return least squares and PyDMD in the leading modes of images (t, c), as functions."""
    c = np.concatenate([c for _, c in parts])
    values, modes = np.linalg.svd(c, full_matrices=False)[1:]
    floor = 2 * noise * (len(c) ** 0.5 + len(c[0]) ** 0.5)  # twice the largest of noise alone
    modes = modes[: max(1, min(MODES, int((values > floor).sum())))]
    states = [c @ modes.T for _, c in parts]
    pairs = [smooth_states(z, t) for (t, _), z in zip(parts, states)]
    laws = {"least squares": fit_least_squares(*map(np.concatenate, zip(*pairs)))}
    laws["PyDMD"] = dmd_of([t for t, _ in parts], states)
    return {
        name: lambda start, t, law=law: law.evolve(modes @ start, t) @ modes
        for name, law in laws.items()
        if law is not None
    }


def _material(model, recordings, held_out: float, edge: float) -> tuple[list, float, float]:
    """Return the law in numbers, the part of K that one D leaves, and its misfit over noise."""
    unit = Plate.of(np.ones([side_of(recordings) - 1] * 2)).K
    D, error, misfit = diffusivity(parts_of(recordings, held_out))
    K = model.hessian(recordings[-1].flat[-1])
    apart = float(np.sqrt(((K - D * unit) ** 2).sum() / (K**2).sum()))
    return [("D", D * edge**2, error * edge**2, "m²/s")], apart, misfit / grain(recordings[-1])


def _limits(recordings, apart: float, misfit: float) -> list[str]:
    """Return sentences on what a law of images cannot say."""
    c = recordings[-1].flat
    said = ["Edges are taken as closed, and the material as the same everywhere."]
    if apart > LIKE_ONE:
        said.append(f"One diffusivity leaves {apart:.0%} of the stiffness unexplained.")
    if misfit > MISSES:
        said.append(
            f"A closed plate of one diffusivity misses the images by {misfit:.2g} times the noise."
        )
    if (moved := np.ptp(c.mean(axis=1))) > OPEN * np.ptp(c):
        said.append(
            f"The mean grey moves by {moved:.2g} of white: the plate is not closed. Try fit_plate."
        )
    said.append("Error bars hold for earlier images as smooth as the first one measured.")
    return said + ["One recording: other starts are not tested."] * (len(recordings) == 1)
