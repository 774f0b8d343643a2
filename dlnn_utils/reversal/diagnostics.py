"""Whether error bars are right: coverage, reliability, Brier's score; the noise of an image."""

from typing import NamedTuple

import numpy as np

from dlnn_utils._arguments import Array, Count, checked


@checked
def coverage(samples: Array["S ..."], truth: Array["..."], levels: Array[" L"]) -> np.ndarray:
    """Return which part (L,) of true values lies in central intervals of samples (S, ...)."""
    if samples.shape[1:] != truth.shape:
        raise ValueError(f"samples must be of truth's shape {truth.shape}; got {samples.shape}")
    low, high = (np.quantile(samples, 0.5 + side * levels / 2, axis=0) for side in (-1, 1))
    return np.mean((low <= truth) & (truth <= high), axis=tuple(range(1, samples.ndim)))


class Reliability(NamedTuple):
    """Bins of forecasts: mean forecast, frequency of the event, number of cases (bins,)."""

    forecast: np.ndarray
    frequency: np.ndarray
    cases: np.ndarray


@checked
def reliability(
    probability: Array["..."], happened: Array["..."], bins: Count = 10
) -> Reliability:
    """Return how often an event happened where it was forecast with a probability, in bins."""
    _check_forecast(probability, happened)
    which = np.minimum((probability * bins).astype(int), bins - 1).ravel()
    cases = np.bincount(which, minlength=bins)
    with np.errstate(invalid="ignore"):
        forecast, frequency = (
            np.bincount(which, weights=a.ravel(), minlength=bins) / cases
            for a in (probability, happened)
        )
    return Reliability(forecast, frequency, cases)


@checked
def brier(probability: Array["..."], happened: Array["..."]) -> float:
    """Return the mean squared error of a forecast: 0 if it is certain and right, 1/4 of a coin."""
    _check_forecast(probability, happened)
    return float(np.mean((probability - happened) ** 2))


@checked
def noise_of_image(y: Array["r c"]) -> float:
    """Estimate the standard deviation of an image's noise from its finest differences.

    The mixed second difference of a smooth image is small; of noise it has four times the
    variance.

    Parameters
    ----------
    y : array (r, c)
        Image in mol/m^3, of at least 2 x 2 nodes.

    Returns
    -------
    float
        In mol/m^3, by the median of the absolute differences.
    """
    if min(y.shape) < 2:
        raise ValueError(f"y must have at least 2 x 2 nodes; got {y.shape}")
    mixed = y[1:, 1:] - y[1:, :-1] - y[:-1, 1:] + y[:-1, :-1]
    return float(np.median(np.abs(mixed)) / 0.6745 / 2)


def _check_forecast(probability: np.ndarray, happened: np.ndarray) -> None:
    if probability.shape != happened.shape:
        raise ValueError(
            f"happened must have probability's shape {probability.shape}; got {happened.shape}"
        )
    if probability.min() < 0 or probability.max() > 1:
        raise ValueError("probability must lie within 0 and 1")
    if not np.isin(happened, (0, 1)).all():
        raise ValueError("happened must hold 0 and 1 only")
