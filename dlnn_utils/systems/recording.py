"""A plate's diffusion recorded as a sequence of images, and how a model follows it."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.sparse.linalg import splu

from dlnn_utils._arguments import Array, Count, Number, Times, checked
from dlnn_utils.integration import astray, follow
from dlnn_utils.systems.plate import Plate

Scheme = Literal["exact", "implicit Euler", "BDF2", "Crank-Nicolson"]


@dataclass(frozen=True)
class Recording:
    """The images c (T, n) of a plate in mol/m^3 at the times t (T,) in s."""

    plate: Plate
    t: np.ndarray
    c: np.ndarray

    @classmethod
    @checked
    def of(
        cls, plate: Plate, start: Array["..."], t: Times, scheme: Scheme = "exact"
    ) -> "Recording":
        """Record the diffusion of a plate from the start (n,) or (m + 1, m + 1) over the times t.

        The scheme gives images by the exact solution, or by one step of an element code from each.
        """
        if start.size != plate.n:
            raise ValueError(f"start must hold {plate.n} numbers; got {start.size}")
        if scheme == "exact":
            return cls(plate, t, plate.evolve(start.ravel(), t))
        steps = np.diff(t)
        if not np.allclose(steps, steps[0], rtol=1e-9):
            raise ValueError("t must have equal steps for a scheme other than exact")
        return cls(plate, t, _stepped(plate, start.ravel(), steps[0], len(steps), scheme))

    @checked
    def data(
        self, rates: Literal["exact", "middle", "forward", "backward"] = "exact"
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return images (T, n) and their rates for training, or differences of T - 1 pairs.

        These belong to the middle of both, to the earlier (forward) or to the later (backward).
        """
        c, t = self.c, self.t
        if rates == "exact":
            return c, self.plate.rate(c)
        cdot = np.diff(c, axis=0) / np.diff(t)[:, None]
        at = {"forward": c[:-1], "backward": c[1:], "middle": (c[1:] + c[:-1]) / 2}
        return at[rates], cdot

    @checked
    def error(self, model, scale: Number = 1.0, **options) -> float:
        """Return how far a model strays from the images times a scale, RMS over RMS, or inf."""
        c = scale * self.c
        return astray(follow(model, c[0], self.t, **options), c)

    @checked
    def back(self, model, images=None, frames: Count | None = None) -> np.ndarray:
        """Run images (n,) or (B, n) at the last time back by some frames; NaN if that blows up."""
        images = self.c[-1] if images is None else images
        return follow(model, images, self.t[[-1, self.first(frames)]])[-1]

    @checked
    def back_error(self, model, frames: Count | None = None) -> float:
        """Return the error of `back` from the last image, infinite if the solution blows up."""
        return astray(self.back(model, frames=frames), self.c[self.first(frames)])

    def first(self, frames: int | None) -> int:
        """Return the index of the frame so many before the last, by default of the first."""
        if frames is not None and frames >= len(self.t):
            most = len(self.t) - 1
            raise ValueError(f"frames must be at most the {most} recorded; got {frames}")
        return 0 if frames is None else -1 - frames


def _stepped(plate: Plate, start: np.ndarray, h: float, steps: int, scheme: Scheme) -> np.ndarray:
    """Return images (steps + 1, n) that a scheme of step h gives for M c' = -K c."""
    M, K = plate.M.tocsc(), plate.K.tocsc()
    implicit = 0.5 if scheme == "Crank-Nicolson" else 1.0
    first, c = splu(M + implicit * h * K), [start]
    second = splu(1.5 * M + h * K)
    for k in range(steps):
        if scheme == "BDF2" and k:
            c.append(second.solve(M @ (2 * c[-1] - 0.5 * c[-2])))
        else:
            c.append(first.solve(M @ c[-1] - (1 - implicit) * h * (K @ c[-1])))
    return np.array(c)
