"""How far back data allow one to go: noise, grown by the learned law, against the signal.

Near a state x' = A x, so that an error e now was exp(-A tau) e a time tau ago.  A mode that decays
at the rate lambda grows by exp(lambda tau); only other knowledge than the data avoids that.
"""

from dataclasses import dataclass

import numpy as np
import scipy
import torch

from dlnn_utils._arguments import SMALLEST, Array, Positive, Times, answer, array, checked

DEGREE, POINTS = 5, 120


@checked
def noise_of(x: Array["T ..."], t: Times) -> np.ndarray:
    """Estimate the measurement noise of states recorded over time, without any model.

    Over every seven neighbouring times the one combination of the measurements is taken that
    vanishes for a polynomial of degree 5: what remains is noise, if the signal moves slowly from
    one time to the next, and an upper bound if it does not.

    Parameters
    ----------
    x : array (T, ...)
    t : array (T,), evenly spaced or not, at least seven times

    Returns
    -------
    array
        Standard deviation of each component's noise: of the last axis of x, over all others.
    """
    points = DEGREE + 2
    if len(t) < points:
        raise ValueError(f"t must hold at least {points} times to tell noise; got {len(t)}")
    left = []
    for k in range(len(t) - points + 1):
        now = t[k : k + points] - t[k : k + points].mean()
        powers = np.vander(now / np.abs(now).max(), DEGREE + 1)
        weights = np.linalg.svd(powers.T)[2][-1]
        left.append(np.tensordot(weights, x[k : k + points], 1))
    left = np.array(left)
    return np.sqrt(np.mean(left**2, axis=tuple(range(left.ndim - 1))))


def jacobian_at(model, x) -> np.ndarray:
    """Return A = d(rate)/dx (n, n) of a model at the state x (n,)."""
    if hasattr(model, "jacobian"):
        return model.jacobian(x).toarray()
    x = array("x", x, str(model.network.n_inputs))
    like = next(model.parameters())
    state = torch.as_tensor(x, dtype=like.dtype, device=like.device)
    A = torch.autograd.functional.jacobian(lambda z: model.rate(z[None])[0], state)
    return answer("x", A.detach().cpu().numpy().astype(np.float64))


@dataclass(frozen=True)
class Horizon:
    """How far back errors stay below a share of the signal.

    Modes grow backward at `rates` (n,) in 1/s; each alone stays below it for `times` (n,).  All
    have the error `error` (N,), RMS over RMS signal, a time `tau` (N,) back.
    """

    rates: np.ndarray
    times: np.ndarray
    tau: np.ndarray
    error: np.ndarray
    share: float

    @property
    def reach(self) -> float:
        """How far back the error of all modes together stays below the share (s)."""
        over = np.flatnonzero(self.error > self.share)
        if not len(over):
            return float(self.tau[-1])
        if (k := over[0]) == 0:
            return 0.0
        ends, logs = self.tau[k - 1 : k + 1], np.log(self.error[k - 1 : k + 1])
        return float(np.interp(np.log(self.share), logs, ends))


@checked
def horizon_of(
    A: Array["n n"],
    noise: Array["|n|n n"],
    signal: Array["|n"],
    longest: Positive,
    share: Positive = 0.1,
) -> Horizon:
    """Return how far back a law allows one to go from a noisy state.

    Parameters
    ----------
    A : array (n, n)
        The law near that state, from `jacobian_at`.
    noise : float, array (n,) or (n, n)
        Standard deviation of the state's error, of each component, or their covariance.
    signal : float or array (n,)
        Size of the signal, of each component, in the same units.
    longest : float, the longest time asked about in s
    share : float, of the signal, that the error may reach

    Returns
    -------
    Horizon

    Examples
    --------
    >>> far = horizon_of([[-2.0]], noise=1e-3, signal=1.0, longest=9.0, share=0.1)
    >>> bool(np.isclose(far.reach, np.log(100) / 2))
    True
    """
    n = len(A)
    size = np.broadcast_to(signal, n)
    if not (size >= SMALLEST).all():
        raise ValueError(f"signal must be positive; got {size.min():g}")
    if noise.ndim < 2 and noise.min() < 0:
        raise ValueError(f"noise must be 0 or more; got {noise.min():g}")
    spread = noise if noise.ndim == 2 else np.diag(np.broadcast_to(noise, n) ** 2)
    scaled, P = A * size / size[:, None], spread / np.outer(size, size)
    tau = np.linspace(0, longest, POINTS)
    variances, axes = np.linalg.eigh(P)
    errors, error = axes * np.sqrt(variances.clip(min=0)), []
    step = scipy.linalg.expm(-scaled * tau[1])
    for _ in tau:
        error.append(np.linalg.norm(errors) / n**0.5)
        with np.errstate(over="ignore", invalid="ignore"):
            errors = step @ errors
    error = np.nan_to_num(error, nan=np.inf, posinf=np.inf)  # grown beyond all numbers
    values, V = np.linalg.eig(scaled)
    W = np.linalg.pinv(V)
    variance = np.einsum("ki,ij,kj->k", W, P, W.conj()).real.clip(min=0)
    own = np.sqrt(variance * np.mean(np.abs(V) ** 2, axis=0))  # RMS error in each mode now
    rates, order = -values.real, np.argsort(values.real, kind="stable")
    with np.errstate(divide="ignore", invalid="ignore"):
        times = np.where(rates > 0, np.log(share / own) / rates, np.inf)
    times = np.where(own >= share, 0.0, times)
    return Horizon(rates[order], times[order], tau, error, share)
