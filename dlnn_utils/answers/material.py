"""What a plate is made of, from recordings of images: one diffusivity, or an energy of elements.

On a closed plate of one diffusivity D cosines are the modes of the images, with decay rates
D lambda.  D and the start of each mode meet the images best.  A free energy of
elements takes the place of that law if it predicts held-back images better.
"""

import numpy as np
import torch
from scipy.fft import dctn
from scipy.optimize import minimize_scalar

from dlnn_utils._arguments import Positive, Seed, checked, shown
from dlnn_utils.answers.motion import HELD_OUT
from dlnn_utils.data.files.images import Images
from dlnn_utils.data.horizon import noise_of
from dlnn_utils.data.smoothing import smooth_states
from dlnn_utils.fields.local import CORNERS, LocalDiffusion, fit_local
from dlnn_utils.integration import IntegrationError
from dlnn_utils.models.network import ScalarNetwork
from dlnn_utils.systems.plate import Plate

ENDS, MOST_FREE, BETTER, STILL = 2, 32, 0.85, 2.0
"""Images dropped at either end of a smoothing spline, pixels along an edge up to which a free
energy is tried, the part of the error that it must reach, and a change in units of the noise.
"""


@checked
def fit_material(recordings, held_out: Positive = HELD_OUT, seed: Seed = 0) -> LocalDiffusion:
    """Learn the law of a plate from recordings, without what `answer_images` holds out.

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
        With `.hessian(c)`, `.evolve(c0, t)` and `.history`.
    """
    side, parts = side_of(recordings), parts_of(recordings, held_out)
    model = one_material(diffusivity(parts)[0], side)
    if side > MOST_FREE:
        return model
    early = [(t[: -len(t) // 4], c[: -len(c) // 4]) for t, c in parts]
    simple, free = one_material(diffusivity(early)[0], side), _free(early, seed)
    off = [sum(error_of(one.evolve, c[len(e)], t[len(e) :], c[len(e) :]) for (t, c), (_, e) in
               zip(parts, early)) for one in (simple, free)]  # fmt: skip
    return _free(parts, seed) if off[1] < BETTER * off[0] else model


def _free(parts: list, seed: int) -> LocalDiffusion:
    """Return the energy of elements that meets the smoothed rates of images (t, c) best."""
    pairs = [smooth_states(c, t) for t, c in parts]
    c, rates = (np.concatenate([a[ENDS:-ENDS] for a in both]) for both in zip(*pairs))
    side = round(c.shape[1] ** 0.5)
    return fit_local(c, rates, np.ones((side - 1, side - 1)), max_steps=60, seed=seed)


def diffusivity(parts: list) -> tuple[float, float, float]:
    """Return D of images (t, c (T, n)), its standard error, and the RMS misfit of the images.

    In edge^2/s; of greatest likelihood under independent normal noise.
    """
    side = round(parts[0][1].shape[1] ** 0.5)
    angle = np.pi * np.arange(side) / (side - 1)
    bend, mass = (2 - 2 * np.cos(angle)) * (side - 1) ** 2, (2 + np.cos(angle)) / 3
    rates = np.outer(bend, mass) + np.outer(mass, bend)
    modes = [
        dctn(c.reshape(-1, side, side), 1, axes=(1, 2), norm="ortho", orthogonalize=False)
        for _, c in parts
    ]
    ends = (1 + np.isin(np.arange(side), [0, side - 1]) - 1 / (side - 1)) ** -0.5

    modes = [a * np.outer(ends, ends) for a in modes]  # of equal noise

    def squares(log: float) -> float:
        total = 0.0
        for (t, _), a in zip(parts, modes):
            decay = np.exp(-np.exp(log) * rates * (t - t[0])[:, None, None])
            start = np.sum(a * decay, axis=0) / np.sum(decay**2, axis=0)
            total += np.sum((a - start * decay) ** 2)
        return total

    tried = np.log(1 / max(np.ptp(t) for t, _ in parts)) + np.linspace(-14, 5, 39)
    best = tried[np.argmin([squares(log) for log in tried])]
    log = minimize_scalar(squares, bounds=(best - 0.5, best + 0.5), options={"xatol": 1e-9}).x
    curve = (squares(log + 1e-3) - 2 * squares(log) + squares(log - 1e-3)) / 1e-6
    count = sum(a.size for a in modes)
    variance = squares(log) / (count - len(parts) * rates.size)
    error = np.exp(log) * np.sqrt(2 * variance / max(curve, 1e-300))
    return float(np.exp(log)), float(error), float(np.sqrt(variance))


def one_material(D: float, side: int) -> LocalDiffusion:
    """Return the energy of elements of one diffusivity D in edge^2/s."""
    clockwise = [0, 1, 3, 2]
    d, U = np.linalg.eigh(D * Plate.of(np.ones((1, 1))).K.toarray()[np.ix_(clockwise, clockwise)])
    network = ScalarNetwork(2 * CORNERS, (CORNERS,), "quadratic")
    with torch.no_grad():
        network.weights[0].copy_(torch.from_numpy(np.hstack([U.T, np.zeros_like(U)])))
        network.weights[1].copy_(torch.from_numpy(d[None]))
        network.biases[0].zero_()
    return LocalDiffusion(network, np.ones((side - 1, side - 1)))


def side_of(recordings) -> int:
    """Return the pixels along an edge; ValueError unless all recordings show one square plate."""
    if not isinstance(recordings, list | tuple) or not recordings:
        raise ValueError(f"recordings must be a list of Images; got {shown(recordings)}")
    for images in recordings:
        if not isinstance(images, Images):
            raise ValueError(f"recordings must hold Images of read_images; got {shown(images)}")
    for k, images in enumerate(recordings):
        _shows_diffusion(images, k + 1)
    shapes = {images.c.shape[1:] for images in recordings}
    if len(shapes) != 1 or len(set(*shapes)) != 1:
        found = ", ".join(f"{rows} x {columns}" for rows, columns in sorted(shapes))
        raise ValueError(
            f"recordings must be of one square plate; got {found} pixels; fit_plate takes oblong "
            "ones, fit_motion a line of sensors, and region= cuts"
        )
    return shapes.pop()[0]


def _shows_diffusion(images: Images, k: int) -> None:
    """Raise ValueError if the kth recording cannot be that of diffusion."""
    c, few = images.flat, 2 * ENDS + 5
    if len(c) < few:
        raise ValueError(f"recordings must have at least {few} images; number {k} has {len(c)}")
    moved, noise = rms(c[-3:].mean(axis=0) - c[:3].mean(axis=0)), grain(images)
    if moved < STILL * noise:
        raise ValueError(
            f"recordings must change by more than their noise of {noise:.2g}; number {k} changes "
            f"by {moved:.2g} from its first images to its last"
        )
    contrast = c.std(axis=1)
    if contrast[-3:].mean() > contrast[:3].mean():
        raise ValueError(
            f"recordings must lose contrast, as diffusion does; number {k} gains, from "
            f"{contrast[:3].mean():.2g} to {contrast[-3:].mean():.2g}: is it in the order of time?"
        )


def grain(images: Images) -> float:
    """Return the noise of images, estimated, and at least that of rounded grey levels."""
    white = np.sqrt(np.mean(noise_of(images.flat, images.t) ** 2))
    return max(float(white), images.step / 12**0.5, 1e-9)


def parts_of(recordings, held_out: float) -> list[tuple[np.ndarray, np.ndarray]]:
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


def rms(a: np.ndarray) -> float:
    """Return the root mean square."""
    return float(np.sqrt(np.mean(a**2)))


def error_of(evolve, start, t, c) -> float:
    """Return the RMS error of images (T, n) evolved from a start, infinite if it blows up."""
    try:
        return rms(evolve(start, t) - c)
    except IntegrationError:
        return np.inf
