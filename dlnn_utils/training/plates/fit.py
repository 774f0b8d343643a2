"""Learning D of each element of a plate, and its losses, by the least misfit to all images."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.stats import t as student

from dlnn_utils._arguments import Array, Count, Number, Seed, Times, answer, checked
from dlnn_utils.training.plates.law import SIDES, Mesh, OpenPlate
from dlnn_utils.training.plates.problem import Problem

LOSING = {"none": (), "edges": (0, 1, 2, 3), "edges and face": (0, 1, 2, 3, 4)}
OPEN = 4.0
"""A side is open if its loss exceeds this many of its standard deviations, else closed."""
FIRST_STEPS = 6
"""Steps with either end of the images' range as the background; the better one goes on."""
SEEN = 0.1
"""The images see an element if its error bar of 90 % stays within this part of D."""


@dataclass(frozen=True)
class PlateFit:
    """What `fit_plate` found.  Error bars hold 90 % of the posterior.

    `low` and `high` (rows - 1, columns - 1) bound D in m^2/s; the losses (5,) of top, right,
    bottom and left edge are in m/s, of the face in 1/s, 0 if closed.  `losses_error`,
    `background_error` and `noise` are standard deviations; `background` is None if all is closed;
    `images` are the law's.
    """

    plate: OpenPlate
    low: np.ndarray
    high: np.ndarray
    losses_error: np.ndarray
    background: float | None
    background_error: float | None
    noise: float
    images: np.ndarray

    @property
    def D(self) -> np.ndarray:
        """Diffusivity of each element in m^2/s, the top row first."""
        return self.plate.D

    @property
    def losses(self) -> np.ndarray:
        """Coefficients of loss of the five sides."""
        return self.plate.losses

    @property
    def seen(self) -> np.ndarray:
        """Which elements have an error bar of at most 10 % to either side."""
        return self.high <= (1 + SEEN) * self.D


@checked
def fit_plate(
    t: Times,
    images: Array["T rows columns"],
    *,
    pixel: Array["|2"] = 1.0,
    losing: Literal["none", "edges", "edges and face"] = "edges",
    background: Number | None = None,
    draws: Count = 20,
    seed: Seed = 0,
) -> PlateFit:
    """Learn D of each element, the losses and the background of a plate from one recording.

    The law is that of an `OpenPlate`, M c' = -dL_D/dc (Eq. 16).  The first image is unknown too,
    so that noise of the images biases nothing.

    Parameters
    ----------
    t : array (T,), in s, rising, at least four
    images : array (T, rows, columns), concentration or temperature; a pixel is a node
    pixel : float or (height, width) in m, so that D comes in m^2/s
    losing : {"edges", "edges and face", "none"}, where the plate may lose
        A part stays closed if its coefficient is within four standard deviations of 0.
    background : float, optional, concentration around the plate; learned by default
    draws, seed : int, posterior draws behind the error bars of D, at least two

    Returns
    -------
    PlateFit

    Examples
    --------
    >>> import numpy as np
    >>> t, x = np.linspace(0, 0.1, 8), np.linspace(0, 1, 6)
    >>> start = np.outer(np.cos(np.pi * x), np.cos(2 * np.pi * x)).ravel()
    >>> plate = OpenPlate(np.full((5, 5), 0.3), pixel=[0.2, 0.2])
    >>> found = fit_plate(t, plate.evolve(start, t).reshape(8, 6, 6), pixel=0.2, losing="none")
    >>> float(np.median(found.D).round(2))
    0.3
    """
    pixel = np.broadcast_to(pixel, 2).astype(float)
    _refuse(t, images, pixel, draws)
    unit, span = np.sqrt(pixel.prod()), t[-1] - t[0]
    least, spread = images.min(), np.ptp(images)
    mesh = Mesh(*images.shape[1:], pixel / unit)
    data = (images.reshape(len(t), -1) - least) / spread
    problem = Problem(mesh, (t - t[0]) / span, data, np.random.default_rng(seed))
    sides, p = LOSING[losing], problem.even()
    if not sides:
        p = problem.solve(p, sides)
    else:
        tried = [0.0, 1.0] if background is None else [(background - least) / spread]
        starts = (problem.opened(p, sides, b) for b in tried)
        solved = [problem.solve(start, sides, FIRST_STEPS) for start in starts]
        p = problem.solve(min(solved, key=lambda p: problem.misfit(p, sides)), sides)
        problem.held = background is not None
        p = p if problem.held else problem.solve(p, sides)
        error, S = problem.posterior(p, sides)[1], len(sides)
        kept = [k for k in range(S) if error[k] < 1 / OPEN]
        if len(kept) < S:
            around = problem.E + np.array([*kept, *[S] * bool(kept)], int)
            p = np.concatenate([p[: problem.E], p[around], p[-mesh.n :]])
            sides = tuple(sides[k] for k in kept)
            p = problem.solve(p, sides)
    D, h, b, _ = problem.unpack(p, sides)
    drawn, spreads = problem.posterior(p, sides, draws)
    width = np.sqrt(np.mean(drawn**2, axis=1)) * student.ppf(0.95, draws)
    error = np.zeros(len(SIDES))
    error[list(sides)] = spreads[: len(sides)]
    error *= h
    per = np.array([unit] * 4 + [1]) / span
    shape, size = (images.shape[1] - 1, images.shape[2] - 1), unit**2 / span
    D, low, high = (
        answer("images", (size * D * np.exp(k * width)).reshape(shape)) for k in (0, -1, 1)
    )
    around = least + spread * b
    plate = OpenPlate(D, h * per, around if sides else 0.0, pixel)
    return PlateFit(
        plate, low, high, error * per, float(around) if sides else None,
        float(spread * spreads[-1]) if sides else None,
        float(spread * problem.variance**0.5), least + spread * problem.c.reshape(images.shape),
    )  # fmt: skip


def _refuse(t, images, pixel, draws) -> None:
    if len(t) < 4 or t[-1] < t[0]:
        raise ValueError(f"t must rise over at least four times; got {len(t)} from {t[0]:g}")
    if min(images.shape[1:]) < 2:
        raise ValueError(f"images must have two rows and columns or more; got {images.shape}")
    if pixel.min() <= 0 or pixel.max() > 100 * pixel.min():
        raise ValueError(f"pixel must be positive, its sides within a factor 100; got {pixel}")
    if draws < 2:
        raise ValueError(f"draws must be at least 2; got {draws}")
    size = max(np.abs(images).max(), 1e-60)
    flat = np.ptp(images.reshape(len(t), -1), axis=1)
    if flat[0] <= 1e-9 * size:
        raise ValueError(f"images must show contrast; the first is {images[0, 0, 0]:g} everywhere")
    if np.ptp(images, axis=0).max() <= 1e-9 * size:
        raise ValueError(f"images must change in time; all {len(t)} are equal")
