"""A plate's diffusion recorded as a sequence of images, and what is learned from it."""

from dataclasses import dataclass

import numpy as np
import torch

from dlnn_utils import check
from dlnn_utils.finite_elements import Plate
from dlnn_utils.images import ImageDiffusion, fit_images
from dlnn_utils.integration import IntegrationError
from dlnn_utils.microstructures import error_if_finite, relative_error
from dlnn_utils.rates import frame_rates
from dlnn_utils.regularisation import reverse
from dlnn_utils.systems import LinearSystem

RATES = ("exact", "middle", "forward")


@dataclass(frozen=True)
class Learned:
    """A model of a plate, asked and answering in concentrations.

    Attributes
    ----------
    plate : Plate
    model : object with `evolve(x0, t)`
        Of c~ = M^(1/2) c if weighted, else of c.
    weighted : bool
    rate_error : float
        Error of the rates that it was trained on, RMS over RMS.
    """

    plate: Plate
    model: ImageDiffusion | LinearSystem
    weighted: bool = True
    rate_error: float = np.nan

    def evolve(self, c0, t, **options) -> np.ndarray:
        """Evolve from concentrations over the times t, rising or falling.

        Parameters
        ----------
        c0 : array (n,) or (B, n)
            Concentrations in mol/m^3 at time t[0].
        t : array (T,)
            Times in s.
        **options
            Of the model's own `evolve`.

        Returns
        -------
        array (T, n) or (T, B, n)
        """
        if not self.weighted:
            return self.model.evolve(c0, t, **options)
        x = self.model.evolve(self.plate.to_weighted(c0), t, **options)
        return self.plate.from_weighted(x)


@dataclass(frozen=True)
class Recording:
    """The exact images of a plate at given times.

    Attributes
    ----------
    plate : Plate
    t : array (T,)
        Times in s.
    c : array (T, n)
        Concentrations.
    """

    plate: Plate
    t: np.ndarray
    c: np.ndarray

    @classmethod
    def of(cls, plate: Plate, start, t) -> "Recording":
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
        t, start = check.times(t), check.flat("start", start, plate.n)
        return cls(plate, t, check.answer("start and t", plate.evolve(start, t)))

    def law(self, weighted: bool = True) -> LinearSystem:
        """Return the system (n, n) that moves c, or c~ = M^(1/2) c where weighted is true."""
        return self.plate.weighted if weighted else self.plate.plain

    def data(self, weighted: bool = True, rates: str = "exact") -> tuple[np.ndarray, np.ndarray]:
        """Return images and their rates for training.

        Parameters
        ----------
        weighted : bool
            Whether in mass-weighted coordinates, in which the law is symmetric.
        rates : {"exact", "middle", "forward"}
            Exact rates, or differences of consecutive frames, which belong to the middle of both
            or to the earlier.

        Returns
        -------
        x : array (T, n), or (T - 1, n) for differences
            Images.
        xdot : array like x
            Their rates.

        Raises
        ------
        ValueError
            If there are no such rates.
        """
        check.choice("rates", rates, RATES)
        x = self.plate.to_weighted(self.c) if weighted else self.c
        if rates == "exact":
            return x, self.law(weighted).rate(x)
        return (x[:-1] if rates == "forward" else (x[1:] + x[:-1]) / 2), frame_rates(x, self.t)

    def fit(self, weighted: bool = True, rates: str = "exact", **options) -> Learned:
        """Learn L_D from the images (Eq. 18).

        Parameters
        ----------
        weighted : bool
            As of `data`.
        rates : {"exact", "middle", "forward"}
            As of `data`.
        **options
            Of `dlnn_utils.fit_images`.

        Returns
        -------
        Learned
            The model, asked and answering in concentrations.

        Raises
        ------
        ValueError
            If there are no such rates, or an option is malformed.
        DivergenceError
            If training diverges.
        """
        x, xdot = self.data(weighted, rates)
        model = fit_images(x, xdot, **options)
        with torch.no_grad():
            learned = model.rate(torch.from_numpy(x)).numpy()
        return Learned(self.plate, model, weighted, relative_error(learned, xdot))

    def error(self, system, scale: float = 1.0, **options) -> float:
        """Return the error of a system's trajectory from the scaled start, RMS over RMS.

        Parameters
        ----------
        system : object with `evolve(c0, t)`
        scale : float
            Factor of the start.
        **options
            Passed to `system.evolve`.

        Returns
        -------
        float
            Over all nodes and times; infinite if the solution blows up.
        """
        try:
            c = system.evolve(scale * self.c[0], self.t, **options)
        except IntegrationError:
            return np.inf
        return relative_error(c, scale * self.c)

    def back(self, system, images=None, frames: int | None = None) -> np.ndarray:
        """Run a system backward from images at the end of the record.

        Parameters
        ----------
        system : object with `evolve(c0, t)`
        images : array (n,) or (B, n), optional
            Concentrations at the last time, by default those recorded.
        frames : int, optional
            How many frames to go back, by default all.

        Returns
        -------
        array like images
            Not a number if the solution blows up.

        Raises
        ------
        ValueError
            If the frames are more than were recorded.
        """
        images = self.c[-1] if images is None else check.states("images", images, self.plate.n)
        length, steps = self.t[-1] - self.t[0], len(self.t) - 1
        frames = None if frames is None else check.positive_integer("frames", frames)
        span = length * (1.0 if frames is None else frames / steps)
        try:
            return reverse(system, images, span, length)
        except IntegrationError:
            return np.full(np.shape(images), np.nan)

    def back_error(self, system, frames: int | None = None) -> float:
        """Return the relative error of `back` from the last recorded image.

        Parameters
        ----------
        system : object with `evolve(c0, t)`
        frames : int, optional
            As of `back`.

        Returns
        -------
        float
            Over all nodes; not a number if the solution blows up.
        """
        frames = len(self.t) - 1 if frames is None else frames
        return error_if_finite(self.back(system, frames=frames), self.c[-1 - frames])
