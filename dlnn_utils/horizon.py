"""How far back data allow one to go: noise, grown by the learned law, against the signal.

Near a state the law is x' = A x, and an error e in the state now was exp(-A tau) e a time tau
ago.  A mode that decays at the rate lambda grows by exp(lambda tau), and the noise in it with it;
no method avoids that without knowing more than the data (see `dlnn_utils.regularisation`).
"""

from dataclasses import dataclass

import numpy as np
import torch

from dlnn_utils import check

DEGREE = 5
POINTS = 120


def noise_of(x, t, degree: int = DEGREE) -> np.ndarray:
    """Estimate the measurement noise of states recorded over time, without any model.

    Over every degree + 2 neighbouring times the one combination of the measurements is taken
    that vanishes for a polynomial of that degree: what remains is noise, if the signal moves
    slowly from one time to the next, and an upper bound if it does not.

    Parameters
    ----------
    x : array (T, ...)
        States at the times t, time first.
    t : array (T,)
        Times, not necessarily evenly spaced.
    degree : int
        Degree of the polynomials.

    Returns
    -------
    array
        Standard deviation of each component's noise: of the last axis of x, over all others.

    Raises
    ------
    ValueError
        If shapes do not fit, t is malformed, or there are fewer than degree + 2 times.

    Examples
    --------
    >>> t, rng = np.linspace(0, 1, 500), np.random.default_rng(0)
    >>> noise_of(np.sin(t)[:, None] + 0.01 * rng.normal(size=(500, 1)), t).round(2).tolist()
    [0.01]
    """
    t, points = check.times(t), check.positive_integer("degree", degree) + 2
    x = check.series("x", x, len(t))
    if len(t) < points:
        raise ValueError(f"t must hold at least {points} times to tell noise; got {len(t)}")
    left = []
    for k in range(len(t) - points + 1):
        now = t[k : k + points] - t[k : k + points].mean()
        powers = np.vander(now / np.abs(now).max(), degree + 1)
        weights = np.linalg.svd(powers.T)[2][-1]
        left.append(np.tensordot(weights, x[k : k + points], 1))
    left = np.array(left)
    return np.sqrt(np.mean(left**2, axis=tuple(range(left.ndim - 1))))


def jacobian_at(model, x) -> np.ndarray:
    """Return A = d(rate)/dx (n, n) of a model at the state x (n,).

    Parameters
    ----------
    model : Model
    x : array (n,)

    Returns
    -------
    array (n, n)

    Raises
    ------
    ValueError
        If x is malformed.
    """
    if hasattr(model, "jacobian"):
        return model.jacobian(x).toarray()
    x = check.array("x", x, (model.network.n_inputs,))
    like = next(model.parameters())
    state = torch.as_tensor(x, dtype=like.dtype, device=like.device)
    A = torch.autograd.functional.jacobian(lambda z: model.rate(z[None])[0], state)
    return check.answer("x", A.detach().cpu().numpy().astype(np.float64))


@dataclass(frozen=True)
class Horizon:
    """How far back errors stay below a share of the signal.

    Attributes
    ----------
    rates : array (n,)
        How fast each mode grows backward in 1/s, the fastest first; below 0 it decays.
    times : array (n,)
        How far back each mode's error alone stays below the share, in s; infinite if it
        never reaches it.
    tau : array (N,)
        Times back in s.
    error : array (N,)
        Expected error of all modes together at those times, RMS over RMS signal.
    share : float
        Of the signal, that the error may reach.
    """

    rates: np.ndarray
    times: np.ndarray
    tau: np.ndarray
    error: np.ndarray
    share: float

    @property
    def reach(self) -> float:
        """How far back the error of all modes together stays below the share, in s.

        At most the longest time that was asked about; 0 if the state now is too noisy already.
        """
        over = np.flatnonzero(self.error > self.share)
        if not len(over):
            return float(self.tau[-1])
        k = over[0]
        if k == 0:
            return 0.0
        ends, logs = self.tau[k - 1 : k + 1], np.log(self.error[k - 1 : k + 1])
        return float(np.interp(np.log(self.share), logs, ends))


def horizon_of(A, noise, signal, longest: float, share: float = 0.1) -> Horizon:
    """Return how far back a law allows one to go from a noisy state.

    Parameters
    ----------
    A : array (n, n)
        The law near that state, from `jacobian_at`.
    noise : float, array (n,) or (n, n)
        Standard deviation of the state's error, of each component, or their covariance.
    signal : float or array (n,)
        Size of the signal, of each component, in the same units.
    longest : float
        The longest time asked about, in s.
    share : float
        Of the signal, that the error may reach.

    Returns
    -------
    Horizon

    Raises
    ------
    ValueError
        If an argument is malformed.

    Examples
    --------
    >>> far = horizon_of([[-2.0]], noise=1e-3, signal=1.0, longest=9.0, share=0.1)
    >>> bool(np.isclose(far.reach, np.log(100) / 2))
    True
    """
    from scipy.linalg import expm

    A, share = check.square("A", A), check.positive("share", share)
    n = len(A)
    size = _each("signal", signal, n)
    if not (size >= check.SMALLEST).all():
        raise ValueError(f"signal must be positive; got {size.min():g}")
    if isinstance(noise, np.ndarray) and noise.ndim == 2:
        spread = check.array("noise", noise, (n, n))
    else:
        spread = np.diag(_each("noise", noise, n) ** 2)
    scaled, P = A * size / size[:, None], spread / np.outer(size, size)
    tau = np.linspace(0, check.positive("longest", longest), POINTS)
    variances, axes = np.linalg.eigh(P)
    errors, step, error = axes * np.sqrt(variances.clip(min=0)), expm(-scaled * tau[1]), []
    for _ in tau:
        error.append(np.linalg.norm(errors) / n**0.5)
        with np.errstate(over="ignore", invalid="ignore"):
            errors = step @ errors
    order, rates, own = _modes(scaled, P)
    with np.errstate(divide="ignore", invalid="ignore"):
        times = np.where(rates > 0, np.log(share / own) / rates, np.inf)
    times = np.where(own >= share, 0.0, times)
    error = np.nan_to_num(error, nan=np.inf, posinf=np.inf)  # grown beyond all numbers
    return Horizon(rates[order], times[order], tau, error, share)


def _modes(A: np.ndarray, P: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the modes' order, their growth backward, and the RMS error in each now."""
    values, V = np.linalg.eig(A)
    W = np.linalg.pinv(V)
    variance = np.einsum("ki,ij,kj->k", W, P, W.conj()).real.clip(min=0)
    own = np.sqrt(variance * np.mean(np.abs(V) ** 2, axis=0))
    return np.argsort(values.real, kind="stable"), -values.real, own


def _each(name: str, value, n: int) -> np.ndarray:
    """Return one number, or one for each component, as n numbers from 0 up."""
    if isinstance(value, float | int | np.number):
        value = np.full(n, check.number(name, value))
    value = check.array(name, value, (n,))
    if value.min() < 0:
        raise ValueError(f"{name} must be 0 or more; got {value.min():g}")
    return value
