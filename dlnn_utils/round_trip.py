"""Forward and back again: how far a model strays from a system's trajectories either way."""

from typing import NamedTuple

import numpy as np

from dlnn_utils import check
from dlnn_utils.integration import IntegrationError
from dlnn_utils.microstructures import error_if_finite


class Strayed(NamedTuple):
    """Errors over all trajectories, times and components, RMS over RMS of the state.

    Attributes
    ----------
    forward : float
        From the exact starts; infinite if the model's solution blows up.
    backward : float
        From the exact ends, the times falling.
    """

    forward: float
    backward: float


class RoundTrip:
    """A system's trajectories, to be followed forward from their starts and back from their ends.

    Parameters
    ----------
    system : object with `evolve(x0, t)`
        The truth.
    starts : array (B, n)
        States at t[0].
    t : array (T,)
        Times.

    Attributes
    ----------
    truth : array (T, B, n)
        The exact trajectories.

    Raises
    ------
    ValueError
        If starts or t is malformed, or all starts are zero and stay there.
    """

    def __init__(self, system, starts, t):
        self.t = check.times(t)
        self.truth = system.evolve(check.array("starts", starts), self.t)
        if not self.truth.any():
            raise ValueError("starts must not all be zero; no error is relative to that")

    def forward(self, model, **options) -> np.ndarray:
        """Return a model's trajectories from the starts, NaN if they blow up.

        Parameters
        ----------
        model : object with `evolve(x0, t)`
        **options
            Passed to `model.evolve`.

        Returns
        -------
        array (T, B, n)
        """
        return self._evolve(model, self.truth[0], self.t, options)

    def backward(self, model, **options) -> np.ndarray:
        """Return a model's trajectories from the ends back, in the order of time.

        Parameters
        ----------
        model : object with `evolve(x0, t)`
        **options
            Passed to `model.evolve`.

        Returns
        -------
        array (T, B, n)
        """
        return self._evolve(model, self.truth[-1], self.t[::-1], options)[::-1]

    def errors(self, model, **options) -> Strayed:
        """Return how far a model strays, forward and back.

        Parameters
        ----------
        model : object with `evolve(x0, t)`
        **options
            Passed to `model.evolve`.

        Returns
        -------
        Strayed
        """
        paths = self.forward(model, **options), self.backward(model, **options)
        return Strayed(*(self._error(path, self.truth) for path in paths))

    def growth(self, model, frames, *, noise: float = 0.0, seed: int = 0, **options) -> list:
        """Return errors of the starts, run back from ever later times.

        Parameters
        ----------
        model : object with `evolve(x0, t)`
        frames : sequence of int
            Indices of the times, above 0, at which to turn back.
        noise : float
            Relative error put into the exact states from which to go back.
        seed : int
            Of the noise.
        **options
            Passed to `model.evolve`.

        Returns
        -------
        list of float
            RMS over RMS; infinite if the solution blows up.
        """
        disturbed = 1 + noise * np.random.default_rng(seed).normal(size=self.truth[0].shape)
        ends = ((self.truth[k] * disturbed, self.t[k::-1]) for k in frames)
        starts = (self._evolve(model, *end, options)[-1] for end in ends)
        return [self._error(x0, self.truth[0]) for x0 in starts]

    def _error(self, path: np.ndarray, truth: np.ndarray) -> float:
        error = error_if_finite(path, truth)
        return error if np.isfinite(error) else np.inf

    def _evolve(self, model, x0, t, options) -> np.ndarray:
        try:
            return model.evolve(x0, t, **options)
        except IntegrationError:
            return np.full((len(t), *x0.shape), np.nan)
