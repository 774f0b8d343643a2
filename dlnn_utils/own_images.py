"""The answer to images of one's own, on a page: the material, a forecast, how far back, limits.

With one recording its end is held out; with several the last one is.  The way back is the
posterior of a noisy image (`reversal.posterior`), whose spread is a map of error bars.
"""

from typing import NamedTuple

import numpy as np

from dlnn_utils._arguments import Positive, Seed, checked, shown
from dlnn_utils.data.files.images import Images
from dlnn_utils.data.horizon import Horizon, noise_of
from dlnn_utils.data.smoothing import smooth_states
from dlnn_utils.integration import IntegrationError
from dlnn_utils.models.elements import LocalDiffusion
from dlnn_utils.own_motion import HELD_OUT, dmd_of
from dlnn_utils.page import Answer
from dlnn_utils.reversal.law import LinearLaw
from dlnn_utils.reversal.posterior import Posterior
from dlnn_utils.reversal.priors import Matern
from dlnn_utils.systems.plate import Plate
from dlnn_utils.training.images import fit_local
from dlnn_utils.training.least_squares import fit_least_squares

ENDS, SAMPLES, PLACES, BLOCKS, MODES, LIKE_ONE, OPEN = 2, 200, 8, 8, 12, 0.05, 0.05
"""Images dropped at either end of a smoothing spline, samples of a posterior, times back at which
it is taken, blocks of a jackknife, modes of least squares, a share of K that one D may leave,
and one of the range by which the mean grey may move.
"""


@checked
def fit_material(recordings, held_out: Positive = HELD_OUT, seed: Seed = 0) -> LocalDiffusion:
    """Learn the energy of an element from recordings, without what `answer_images` holds out.

    Parameters
    ----------
    recordings : sequence of Images
        Of one square plate with closed edges, all of as many pixels.
    held_out : float
        Share of a single recording that is left for `answer_images`; of several the last is.
    seed : int
        Of the network.

    Returns
    -------
    LocalDiffusion
        With `.stiffness(c)`, `.evolve(c0, t)` and `.history`.
    """
    side = _side(recordings)
    c, rates = map(np.concatenate, zip(*_smoothed(recordings, held_out)))
    return fit_local(c, rates, np.ones((side - 1, side - 1)), max_steps=20, seed=seed)


def _side(recordings) -> int:
    """Return the pixels along an edge; ValueError unless all recordings show one square plate."""
    if not isinstance(recordings, list | tuple) or not recordings:
        raise ValueError(f"recordings must be a list of Images; got {shown(recordings)}")
    for images in recordings:
        if not isinstance(images, Images):
            raise ValueError(f"recordings must hold Images of read_images; got {shown(images)}")
    shapes = {images.c.shape[1:] for images in recordings}
    if len(shapes) != 1 or len(set(*shapes)) != 1:
        found = ", ".join(f"{rows} x {columns}" for rows, columns in sorted(shapes))
        raise ValueError(
            f"recordings must be of one square plate; got {found} pixels; cut them by region="
        )
    return shapes.pop()[0]


def _parts(recordings, held_out: float) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return times and images (t, c (T, n)) to fit to."""
    if len(recordings) > 1:
        return [(images.t, images.flat) for images in recordings[:-1]]
    t, c = recordings[0].t, recordings[0].flat
    k = max(2 * ENDS + 5, round((1 - held_out) * len(t)))
    if k >= len(t):
        raise ValueError(
            f"held_out must leave an image of a single recording, and {k} to fit to; got "
            f"{held_out:g} of {len(t)} images"
        )
    return [(t[:k], c[:k])]


def _smoothed(recordings, held_out: float):
    for t, c in _parts(recordings, held_out):
        smooth, rates = smooth_states(c, t)
        yield smooth[ENDS:-ENDS], rates[ENDS:-ENDS]


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
    side, parts = _side(recordings), _parts(recordings, held_out)
    t, c = recordings[-1].t, recordings[-1].flat
    k = len(parts[0][0]) - 1 if len(recordings) == 1 else 0
    size = float(np.sqrt(np.mean(c.var(axis=1))))
    way = earlier(model, recordings[-1], recordings[0].c[:1])
    off = np.sqrt(np.mean((way.mean - c[way.frames]) ** 2, axis=1)) / size
    far, noise = way.frames[-1], grain(recordings[-1])
    errors = {"DLNN": (_off(model.evolve, c[k], t[k:], c[k:]) / size, float(off[-1]))}
    for name, evolve in _reduced(parts, noise).items():
        ends = t[[-1, far]], c[[-1, far]]
        errors[name] = _off(evolve, c[k], t[k:], c[k:]) / size, _off(evolve, c[-1], *ends) / size
    errors["no change"] = _rms(c[k:] - c[k]) / size, _rms(c[-1] - c[far]) / size
    expected = np.sqrt(np.mean(way.spread**2, axis=1)) / size
    horizon = Horizon(np.zeros(0), np.zeros(0), t[-1] - t[way.frames], expected, share)
    law, apart = _material(model, recordings, held_out, edge)
    shown = way.spread[np.argmin(np.abs(horizon.tau - horizon.reach))].reshape(side, side)
    return Answer(
        f"Law: energy of elements, of {len(parts)} recording{'s' * (len(parts) > 1)}; held out: "
        + ("the last one" if len(recordings) > 1 else "the end"),
        law,
        errors,
        noise / size,
        horizon,
        (horizon.tau, off),
        _limits(recordings, apart),
        ("map", shown, "error bars as far back", "standard deviation (white = 1)"),
    )


def grain(images) -> float:
    """Return the noise of images, estimated, and at least that of rounded grey levels."""
    white = np.sqrt(np.mean(noise_of(images.flat, images.t) ** 2))
    return max(float(white), images.step / 12**0.5, 1e-9)


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
    t, c, noise, prior = images.t, images.flat, grain(images), Matern.fit(examples)
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


def _rms(a: np.ndarray) -> float:
    return float(np.sqrt(np.mean(a**2)))


def _off(evolve, start, t, c) -> float:
    try:
        return _rms(evolve(start, t) - c)
    except IntegrationError:
        return np.inf


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


def _material(model, recordings, held_out: float, edge: float) -> tuple[list, float]:
    """Return the law in numbers, and the share of the stiffness that one D does not explain.

    D is the projection of K on the stiffness of unit diffusivity; its standard error is a
    jackknife's over blocks of images, in each of which D meets the smoothed rates best.
    """
    side = _side(recordings)
    plate = Plate.of(np.ones((side - 1, side - 1)))
    K, unit = model.stiffness(recordings[-1].flat[-1]), plate.K
    D = float((K * unit).sum() / (unit * unit).sum())
    apart = float(np.sqrt(((K - D * unit) ** 2).sum() / (K**2).sum()))
    c, rates = map(np.concatenate, zip(*_smoothed(recordings, held_out)))
    force = (unit @ c.T).T / plate.M.diagonal()
    blocks = np.array_split(np.arange(len(c)), BLOCKS)
    left = [np.delete(np.arange(len(c)), block) for block in blocks]
    ones = np.array([-np.sum(rates[i] * force[i]) / np.sum(force[i] ** 2) for i in left])
    error = float(np.sqrt((BLOCKS - 1) * np.mean((ones - ones.mean()) ** 2)))
    return [("D", D * edge**2, error * edge**2, "m^2/s")], apart


def _limits(recordings, apart: float) -> list[str]:
    """Return sentences on what a law of images cannot say."""
    c = recordings[-1].flat
    said = ["Edges are taken as closed, and the material as the same everywhere."]
    if apart > LIKE_ONE:
        said.append(f"One diffusivity leaves {apart:.0%} of the stiffness unexplained.")
    if (moved := np.ptp(c.mean(axis=1))) > OPEN * np.ptp(c):
        said.append(f"The mean grey moves by {moved:.2g} of white: the plate is not closed.")
    said.append("Error bars hold for earlier images as smooth as the first one measured.")
    return said + ["One recording: other starts are not tested."] * (len(recordings) == 1)
