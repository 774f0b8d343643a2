"""From a user's arrays to a fitted model: one call for mechanics, one for diffusion."""

from collections.abc import Callable
from inspect import signature

import numpy as np

from dlnn_utils import check
from dlnn_utils.adam import train_adam
from dlnn_utils.levenberg_marquardt import train_levenberg_marquardt
from dlnn_utils.models import Diffusion, Mechanics, Model
from dlnn_utils.network import ScalarNetwork
from dlnn_utils.prior import ConstantCoefficients
from dlnn_utils.rates import rates_from_states

OPTIMISERS = {"levenberg-marquardt": train_levenberg_marquardt, "adam": train_adam}


def fit_diffusion(c, cdot=None, *, t=None, form="euler-lagrange", **options) -> Diffusion:
    """Learn L_D(c) from concentrations and their rates (Eq. 18) or from states over time.

    Parameters
    ----------
    c : array (B, n), or (T, n) or (T, B, n) with `t`
        Concentrations.
    cdot : array like c, optional
        Their rates.
    t : array (T,), optional
        Times of c, from which the rates are taken by a spline if cdot is not given.
    form : {"euler-lagrange", "hessian"}
        How the rate is read out of L_D, see `Diffusion`.
    **options
        Of the network (widths, activation, seed), of `train` (optimiser, constant_coefficients,
        device) and of its optimiser.

    Returns
    -------
    Diffusion
        Fitted model, with `.evolve(c0, t)`, `.matrices(c)` and the training's `.history`.

    Raises
    ------
    ValueError
        If an array is malformed, or neither cdot nor t is given.
    DivergenceError
        If training diverges.

    Examples
    --------
    >>> K = np.array([[1.0, 0.5], [0.5, 1.0]])
    >>> c = np.random.default_rng(0).uniform(0, 1, (50, 2))
    >>> model = fit_diffusion(c, -c @ K, max_steps=50)
    >>> bool(np.abs(model.matrices(c[0])["K"] - K).max() < 0.01)
    True
    """
    if cdot is None:
        cdot = rates_from_states(c, _needed(t, "cdot"))
    c, cdot = _samples(c=c, cdot=cdot)
    network = {key: options.pop(key) for key in _NETWORK & options.keys()}
    model = Diffusion(ScalarNetwork(c.shape[1], **_NETWORK_DEFAULTS | network), form)
    return train(model, c, cdot, **options)


def fit_mechanics(
    q, qdot=None, qddot=None, *, M, t=None, form="euler-lagrange", **options
) -> Mechanics:
    """Learn L_D(q, qdot) from positions, velocities and accelerations (Eq. 19), M known.

    Parameters
    ----------
    q : array (B, n), or (T, n) or (T, B, n) with `t`
        Positions.
    qdot, qddot : array like q, optional
        Velocities and accelerations.
    M : array (n, n)
        Mass matrix.
    t : array (T,), optional
        Times of q, from which whichever of qdot and qddot is not given is taken by a spline.
    form : {"euler-lagrange", "hessian"}
        How the force is read out of L_D, see `Mechanics`.
    **options
        Of the network (widths, activation, seed), of `train` (optimiser, constant_coefficients,
        device) and of its optimiser.

    Returns
    -------
    Mechanics
        Fitted model of states [q, qdot], with `.evolve(x0, t)`, `.matrices(x)` and `.history`.

    Raises
    ------
    ValueError
        If an array is malformed, M is singular or not symmetric, or rates are missing.
    DivergenceError
        If training diverges.

    Examples
    --------
    >>> q, qdot = np.random.default_rng(0).uniform(-1, 1, (2, 50, 1))
    >>> model = fit_mechanics(q, qdot, -0.2 * qdot - q, M=[[1.0]], max_steps=50)
    >>> model.evolve([1.0, 0.0], [0.0, 1.0]).round(2)[-1].tolist()
    [0.57, -0.76]
    """
    if qddot is None:
        t = _needed(t, "qddot")
        qddot = rates_from_states(q, t, 2) if qdot is None else rates_from_states(qdot, t)
    if qdot is None:
        qdot = rates_from_states(q, _needed(t, "qdot"))
    q, qdot, qddot = _samples(q=q, qdot=qdot, qddot=qddot)
    network = {key: options.pop(key) for key in _NETWORK & options.keys()}
    model = Mechanics(ScalarNetwork(2 * q.shape[1], **_NETWORK_DEFAULTS | network), M, form)
    return train(model, np.hstack([q, qdot]), np.hstack([qdot, qddot]), **options)


def train(
    model: Model,
    x,
    rate,
    *,
    optimiser: str | Callable = "levenberg-marquardt",
    constant_coefficients: float = 0.0,
    prior: ConstantCoefficients | None = None,
    device: str | None = None,
    **options,
) -> Model:
    """Scale a model to its data and train it.

    Parameters
    ----------
    model : Model
        Any model with a network: `Diffusion`, `Mechanics`, `Baseline`.
    x, rate : array (B, n_state)
        States and their rates.
    optimiser : {"levenberg-marquardt", "adam"} or callable
        Which training, or the training itself, such as `train_gauss_newton` for a network of
        many weights.
    constant_coefficients : float
        Weight of the soft prior of constant coefficients (`dlnn_utils.prior`), 0 for none.
    prior : ConstantCoefficients, optional
        That prior itself, where its points are chosen otherwise.
    device : str, optional
        "cpu" or "cuda": where the model is trained, and stays; by default where it is.
    **options
        Of that training.

    Returns
    -------
    Model
        The same model, trained, with the course of training in `.history`.

    Raises
    ------
    ValueError
        If an argument is malformed.
    DivergenceError
        If training diverges.
    """
    named = not callable(optimiser)
    optimise = OPTIMISERS[check.choice("optimiser", optimiser, OPTIMISERS)] if named else optimiser
    known = set(signature(optimise).parameters) - {"model", "x", "rate"}
    for name in options.keys() - known:
        has = ", ".join(sorted(_NETWORK | known))
        raise ValueError(f"fit by this optimiser has no option {name!r}; it has {has}")
    x, rate = _samples(x=x, rate=rate)
    model.scale_to(x, rate)
    if device is not None:
        model.to(check.device(device))
    if check.not_negative("constant_coefficients", constant_coefficients) >= check.SMALLEST:
        prior = ConstantCoefficients.around(x, weight=constant_coefficients)
    model.history = optimise(model, x, rate, prior=prior, **options)
    return model


_NETWORK = {"widths", "activation", "seed", "dtype"}
_NETWORK_DEFAULTS = {"widths": (40,), "activation": "quadratic_silu"}


def _needed(t, missing: str):
    if t is None:
        raise ValueError(f"{missing} must be given, or the times t of the states to take it from")
    return t


def _samples(**arrays) -> list[np.ndarray]:
    """Arrays (..., n) of one shape as (B, n), finite and with at least two samples."""
    name, first = next(iter(arrays.items()))
    shape = check.array(name, first).shape
    if len(shape) not in (2, 3):
        raise ValueError(f"{name} must have shape (samples, n) or (T, B, n); got {shape}")
    samples = [check.array(key, a, shape).reshape(-1, shape[-1]) for key, a in arrays.items()]
    if len(samples[0]) < 2:
        raise ValueError(f"at least two samples are needed to fit a model; got {len(samples[0])}")
    return samples
