"""How well a model follows a known system, forward and backward, and how alike two images are."""

from typing import NamedTuple

import numpy as np
import scipy

from dlnn_utils._arguments import SMALLEST, Array, NotNegative, Number, Seed, Times, checked
from dlnn_utils.integration import astray, follow


class Errors(NamedTuple):
    """Largest and root-mean-square error of a state's coordinates over trajectories and times."""

    max: float
    rms: float


class Strayed(NamedTuple):
    """Errors, RMS over RMS of the state, forward from the starts and backward from the ends."""

    forward: float
    backward: float


@checked
def trajectory_errors(model, system, starts: Array["n | B n"], t: Times, **options) -> Errors:
    """Return the errors of a model's trajectories from starts (B, n), infinite if they blow up."""
    off = follow(model, starts, t, **options) - system.evolve(starts, t)
    if not np.isfinite(off).all():
        return Errors(np.inf, np.inf)
    return Errors(float(np.abs(off).max()), float(np.sqrt(np.mean(off**2))))


@checked
def relative_error(image: Array["..."], truth: Array["..."]) -> float:
    """Return |image - truth| / |truth|, both norms over all entries, of arrays alike in shape."""
    _check_alike(image, truth)
    if not np.linalg.norm(truth) >= SMALLEST:
        raise ValueError("truth must not be zero everywhere; no error is relative to that")
    return astray(image, truth)


@checked
def overlap(image: Array["..."], truth: Array["..."], threshold: Number = 0.5) -> float:
    """Return the overlap of two shapes, nodes above a threshold in both over those in either."""
    _check_alike(image, truth)
    image, truth = image > threshold, truth > threshold
    if not (image | truth).any():
        raise ValueError(f"image or truth must hold a shape; nothing is above {threshold:g}")
    return float((image & truth).sum() / (image | truth).sum())


class RoundTrip:
    """A system's trajectories `truth` (T, B, n), to be followed forward and from their ends."""

    @checked
    def __init__(self, system, starts: Array["n | B n"], t: Times):
        self.t, self.truth = t, system.evolve(starts, t)
        if not self.truth.any():
            raise ValueError("starts must not all be zero; no error is relative to that")

    def forward(self, model, **options) -> np.ndarray:
        """Return a model's trajectories (T, B, n) from the starts, NaN if they blow up."""
        return follow(model, self.truth[0], self.t, **options)

    def backward(self, model, **options) -> np.ndarray:
        """Return a model's trajectories (T, B, n) from the ends back, in the order of time."""
        return follow(model, self.truth[-1], self.t[::-1], **options)[::-1]

    def errors(self, model, **options) -> Strayed:
        """Return how far a model strays, forward and back; infinite if a solution blows up."""
        paths = self.forward(model, **options), self.backward(model, **options)
        return Strayed(*(astray(path, self.truth) for path in paths))

    @checked
    def growth(
        self, model, frames, *, noise: NotNegative = 0.0, seed: Seed = 0, **options
    ) -> list[float]:
        """Return the starts' errors after turning back at t[frames], from states with `noise`."""
        disturbed = 1 + noise * np.random.default_rng(seed).normal(size=self.truth[0].shape)
        ends = ((self.truth[k] * disturbed, self.t[k::-1]) for k in frames)
        starts = (follow(model, *end, **options)[-1] for end in ends)
        return [astray(x0, self.truth[0]) for x0 in starts]


@checked
def intrinsic_dimension(x: Array["N n"]) -> float:
    """Estimate the dimension of the set that the points x lie on, by two nearest neighbours.

    The likelihood of their distances is largest at N / sum log(r2 / r1) (E. Facco, M. d'Errico,
    A. Rodriguez, A. Laio, Scientific Reports 7, 12140, 2017).
    """
    if len(x) < 3:
        raise ValueError(f"x must hold at least three points; got {len(x)}")
    distances, _ = scipy.spatial.cKDTree(x).query(x, k=3)
    if (distances[:, 1] == 0).any():
        raise ValueError("x must hold distinct points; some coincide")
    return float(len(x) / np.log(distances[:, 2] / distances[:, 1]).sum())


def _check_alike(image: np.ndarray, truth: np.ndarray) -> None:
    if image.shape != truth.shape:
        raise ValueError(f"image and truth must be alike; got {image.shape} and {truth.shape}")
