"""A plate's diffusion recorded as a sequence of images, and how a model follows it."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from dlnn_utils._arguments import Array, Count, Number, Times, checked
from dlnn_utils.integration import astray, follow
from dlnn_utils.systems.plate import Plate


@dataclass(frozen=True)
class Recording:
    """The exact images c (T, n) of a plate in mol/m^3 at the times t (T,) in s."""

    plate: Plate
    t: np.ndarray
    c: np.ndarray

    @classmethod
    @checked
    def of(cls, plate: Plate, start: Array["..."], t: Times) -> "Recording":
        """Record the diffusion of a plate.

        Parameters
        ----------
        plate : Plate
        start : array (n,) or (m + 1, m + 1)
            Concentrations in mol/m^3 at time t[0].
        t : array (T,)
            Times in s.

        Returns
        -------
        Recording

        Raises
        ------
        ValueError
            If the start does not fit the plate, or t is malformed.
        """
        if start.size != plate.n:
            raise ValueError(f"start must hold {plate.n} numbers; got {start.size}")
        return cls(plate, t, plate.evolve(start.ravel(), t))

    @checked
    def data(
        self, rates: Literal["exact", "middle", "forward"] = "exact"
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return images and their rates for training, (T, n), or (T - 1, n) for differences.

        Differences of consecutive frames belong to the middle of both, or to the earlier.
        """
        c, t = self.c, self.t
        if rates == "exact":
            return c, self.plate.rate(c)
        cdot = np.diff(c, axis=0) / np.diff(t)[:, None]
        return (c[:-1] if rates == "forward" else (c[1:] + c[:-1]) / 2), cdot

    @checked
    def error(self, model, scale: Number = 1.0, **options) -> float:
        """Return how far `model.evolve` strays from the images, RMS over RMS of nodes and times.

        Start and images are multiplied by the scale.  A solution that blows up errs infinitely.
        """
        c = scale * self.c
        return astray(follow(model, c[0], self.t, **options), c)

    @checked
    def back(self, model, images=None, frames: Count | None = None) -> np.ndarray:
        """Run images (n,) or (B, n) at the last time, by default the recorded one, backward.

        The model goes back by so many frames, by default all; NaN if its solution blows up.
        """
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
