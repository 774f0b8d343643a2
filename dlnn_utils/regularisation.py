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
    span, recorded = check.not_negative("span", span), check.positive("recorded", recorded)
    if not 0 <= span <= recorded * (1 + 1e-12):
        raise ValueError(
            f"the time to reverse must lie within the recorded {recorded:g} s; got {span:g} s"
        )
    if recorded - span == recorded:
        return check.array("observed", observed)
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
    size = check.not_negative("size of the noise", size)
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
    observed, t = check.states("observed", observed, len(system.K)), check.not_negative("t", t)
    weight = check.array("weight", weight)
    if weight.min() < 0:
        raise ValueError(f"weight must be 0 or more; got {weight.min():g}")
    if weight.ndim and weight.shape != observed.shape[:-1]:
        raise ValueError(f"weight must have shape {observed.shape[:-1]}; got {weight.shape}")
    rates, modes = np.linalg.eigh(system.K)
    decay = np.exp(-rates * t)
    with np.errstate(divide="ignore", invalid="ignore"):
        damped = decay / (decay**2 + weight[..., None])
        return check.answer("t and weight", observed @ modes * damped @ modes.T)


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

    noise, t = check.positive("noise", noise), check.not_negative("t", t)
    observed = check.array("observed", observed, (None, len(system.K)))
    rates, modes = np.linalg.eigh(system.K)
    decay = np.exp(-rates * t)

    def miss(logarithm: float, amplitudes: np.ndarray) -> float:
        weight = np.exp(logarithm)
        return np.linalg.norm(amplitudes * weight / (decay**2 + weight)) - noise

    low, high = -2 * t * rates.max() - 40, 60.0
    weights = []
    for amplitudes in observed @ modes:
        at_ends = miss(low, amplitudes), miss(high, amplitudes)
        if at_ends[0] >= 0 or at_ends[1] <= 0:
            weights.append(0.0 if at_ends[0] >= 0 else np.exp(high))
        else:
            weights.append(np.exp(brentq(miss, low, high, (amplitudes,))))
    return np.array(weights)
