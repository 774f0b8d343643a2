"""Diffusion run backward from an image with noise, with the operator known: what can be had.

A mode that decays at the rate lambda grows by exp(lambda t) when t is run backward, and so does
the noise in it.  The exact operator grows all of it; Tikhonov regularisation damps the modes in
which noise would win.
"""

import numpy as np

from dlnn_utils import check
from dlnn_utils.systems import Relaxation


def reverse(system, observed, span: float, recorded: float, **options) -> np.ndarray:
    """Run a model, or the exact system, backward from an image.

    Parameters
    ----------
    system : object with `evolve(x0, t)`
        A model, a plate or another system.
    observed : array (n,) or (B, n)
        States at the end of the record.
    span : float
        How far to go back, in s.
    recorded : float
        Length of the record, in s.
    **options
        Passed to `system.evolve`.

    Returns
    -------
    array like observed
        States at the time recorded - span.

    Raises
    ------
    ValueError
        If span is negative or beyond the record.
    IntegrationError
        If a model's solution blows up.
    """
    if not 0 <= span <= recorded * (1 + 1e-12):
        raise ValueError(
            f"the time to reverse must lie within the recorded {recorded:g} s; got {span:g} s"
        )
    if span == 0:
        return np.array(observed, dtype=np.float64)
    return system.evolve(observed, [recorded, recorded - span], **options)[-1]


def add_noise(image, size: float, rng: np.random.Generator, draws: int = 1) -> np.ndarray:
    """Return noisy copies (draws, n) of an image (n,).

    Parameters
    ----------
    image : array (n,)
    size : float
        Standard deviation of the noise, in units of concentration.
    rng : numpy.random.Generator
    draws : int
        Number of copies.

    Returns
    -------
    array (draws, n)

    Raises
    ------
    ValueError
        If size is negative or not finite.
    """
    if not 0 <= size < np.inf:
        raise ValueError(f"noise must have a standard deviation of 0 or more; got {size:g}")
    image = check.array("image", image, (None,))
    return image + size * rng.standard_normal((check.positive_integer("draws", draws), len(image)))


def tikhonov(system: Relaxation, observed, t: float, weight) -> np.ndarray:
    """Return the start that minimises |exp(-K t) start - observed|^2 + weight |start|^2.

    Parameters
    ----------
    system : Relaxation
        K symmetric.
    observed : array (B, n)
        States at the time t.
    t : float
        In s, from 0 up.
    weight : float or array (B,)
        0 gives the exact operator's backward solution.

    Returns
    -------
    array (B, n)

    Raises
    ------
    ValueError
        If t or the weight is negative.
    """
    weight = np.asarray(weight, dtype=np.float64)
    if not (t >= 0 and (weight >= 0).all()):
        raise ValueError(f"t and weight must be 0 or more; got {t:g} and {weight.min():g}")
    rates, modes = np.linalg.eigh(system.K)
    decay = np.exp(-rates * t)
    return observed @ modes * (decay / (decay**2 + weight[..., None])) @ modes.T


def discrepancy_weight(system: Relaxation, observed, t: float, noise: float) -> np.ndarray:
    """Choose Tikhonov's weight by the discrepancy principle.

    The solution, run forward again, should miss the observed image by as much as the noise is
    large, no less.

    Parameters
    ----------
    system : Relaxation
        K symmetric.
    observed : array (B, n)
        States at the time t.
    t : float
        In s, from 0 up.
    noise : float
        Expected norm of the noise in `observed`, above 0.

    Returns
    -------
    array (B,)

    Raises
    ------
    ValueError
        If noise is not positive.
    """
    from scipy.optimize import brentq

    noise = check.positive("noise", noise)
    rates, modes = np.linalg.eigh(system.K)
    decay = np.exp(-rates * t)

    def miss(logarithm: float, amplitudes: np.ndarray) -> float:
        weight = np.exp(logarithm)
        return np.linalg.norm(amplitudes * weight / (decay**2 + weight)) - noise

    low, high = 2 * np.log(decay.min()) - 40, 60.0
    weights = []
    for amplitudes in observed @ modes:
        at_ends = miss(low, amplitudes), miss(high, amplitudes)
        if at_ends[0] >= 0 or at_ends[1] <= 0:
            weights.append(0.0 if at_ends[0] >= 0 else np.exp(high))
        else:
            weights.append(np.exp(brentq(miss, low, high, (amplitudes,))))
    return np.array(weights)
