"""Diffusion run backward from images with noise: what can be had if the operator is known.

A mode that decays at the rate lambda grows backward by exp(lambda t), noise with it; Tikhonov
regularisation damps where noise would win.  Norms are those of the mass, |c|^2 = c^T M c.
"""

import numpy as np
from scipy.linalg import eigh
from scipy.optimize import brentq

from dlnn_utils._arguments import Array, Count, Mass, NotNegative, Positive, Seed, answer, checked
from dlnn_utils.integration import astray
from dlnn_utils.systems.recording import Recording


@checked
def tikhonov(
    c: Array["B n"], t: NotNegative, weight: Array[" | B"], K: Array["n n"], M: Mass | None = None
) -> np.ndarray:
    """Return c0 (B, n) of least |exp(-M^-1 K t) c0 - c|^2 + weight |c0|^2, for images c at t."""
    if weight.min() < 0:
        raise ValueError(f"weight must be 0 or more; got {weight.min():g}")
    rates, modes, amplitudes = _modes(c, K, M)
    decay = np.exp(-rates * t)
    with np.errstate(divide="ignore", invalid="ignore"):
        damped = decay / (decay**2 + weight[..., None])
        return answer("t and weight", amplitudes * damped @ modes.T)


@checked
def discrepancy_weight(
    c: Array["B n"], t: NotNegative, noise: Positive, K: Array["n n"], M: Mass | None = None
) -> np.ndarray:
    """Return the weights (B,) by which `tikhonov` misses c by the noise's expected norm."""
    rates, _, amplitudes = _modes(c, K, M)
    decay = np.exp(-rates * t)

    def miss(logarithm: float, a: np.ndarray) -> float:
        weight = np.exp(logarithm)
        return np.linalg.norm(a * weight / (decay**2 + weight)) - noise

    def weight_of(a: np.ndarray) -> float:
        low, high = max(-2 * t * rates.max() - 40, -700.0), 60.0
        if miss(low, a) >= 0:
            return 0.0
        return np.exp(high if miss(high, a) <= 0 else brentq(miss, low, high, (a,)))

    return np.array([weight_of(a) for a in amplitudes])


@checked
def backward_errors(
    recording: Recording,
    network,
    noise: Positive,
    frames: Count | None = None,
    draws: Count = 20,
    seed: Seed = 0,
) -> dict[str, np.ndarray]:
    """Return the relative errors (draws,) of three methods that run noisy last images back.

    The network was learned from the recording; the others know the equation.  `noise` is a
    standard deviation; the way back has so many `frames`, or all.
    """
    plate, t, first = recording.plate, recording.t, recording.first(frames)
    drawn = np.random.default_rng(seed).standard_normal((draws, plate.n))
    images = recording.c[-1] + noise * drawn
    span, operator = t[-1] - t[first], (plate.K, plate.M)
    weight = discrepancy_weight(images, span, noise * plate.M.trace() ** 0.5, *operator)
    starts = {
        "exact operator": recording.back(plate, images, frames),
        "Tikhonov": tikhonov(images, span, weight, *operator),
        "network": recording.back(network, images, frames),
    }
    truth = recording.c[first]
    return {name: np.array([astray(c, truth) for c in cs]) for name, cs in starts.items()}


def _modes(c: np.ndarray, K: np.ndarray, M) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rates and modes V of M c' + K c = 0, V^T M V = I, and the amplitudes (B, n) of c in them."""
    rates, modes = eigh(K, M)
    return rates, modes, (c if M is None else c @ M) @ modes
