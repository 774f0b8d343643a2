"""From a user's arrays to a fitted model: one call for mechanics, one for diffusion."""

import re
from collections.abc import Callable
from inspect import signature

import numpy as np
import torch

from dlnn_utils._arguments import (
    SMALLEST,
    Array,
    Mass,
    NotNegative,
    Seed,
    Times,
    checked,
    choice,
    shown,
)
from dlnn_utils.data.rates import rates_from_states
from dlnn_utils.models.model import Model
from dlnn_utils.models.motion import Diffusion, Mechanics
from dlnn_utils.models.network import ScalarNetwork
from dlnn_utils.training.adam import train_adam
from dlnn_utils.training.gauss_newton import train_levenberg_marquardt
from dlnn_utils.training.loss import ConstantCoefficients

OPTIMISERS = {"levenberg-marquardt": train_levenberg_marquardt, "adam": train_adam}
Samples = Array["B n | T B n"]


@checked
def fit_diffusion(
    c: Samples,
    cdot: Samples = None,
    *,
    t: Times = None,
    M=None,
    form: str = "euler-lagrange",
    widths=(40,),
    activation="quadratic_silu",
    seed: Seed = 0,
    **options,
) -> Diffusion:
    """Learn L_D(c) from concentrations and their rates (Eq. 18) or from states over time.

    Parameters
    ----------
    c, cdot : array (B, n), or (T, n) or (T, B, n) with `t`, concentrations and their rates
    t : array (T,), optional, from which a spline takes the rates if cdot is not given
    M : array (n, n) or (n,), optional, mass matrix or its diagonal, as for `Diffusion`
    form : {"euler-lagrange", "hessian"}, how the rate is read out of L_D, see `Diffusion`
    widths, activation : of the network, as for `ScalarNetwork`
    seed : int, of the weights, the prior's points and the shuffling, each with its own stream
    **options : of `train` (optimiser, constant_coefficients, device) and of its optimiser

    Returns
    -------
    Diffusion, with `.evolve(c0, t)`, `.matrices(c)` and the training's `.history`

    Raises
    ------
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
        if t is None:
            raise ValueError("cdot must be given, or the times t of c to take it from")
        cdot = rates_from_states(c, t)
    network = ScalarNetwork(c.shape[-1], widths, activation, seed)
    return train(Diffusion(network, M, form), c, cdot, seed=seed, **options)


@checked
def fit_mechanics(
    q: Samples,
    qdot: Samples = None,
    qddot: Samples = None,
    *,
    M: Mass,
    t: Times = None,
    form: str = "euler-lagrange",
    widths=(40,),
    activation="quadratic_silu",
    seed: Seed = 0,
    **options,
) -> Mechanics:
    """Learn L_D(q, qdot) from positions, velocities and accelerations (Eq. 19), M known.

    Parameters
    ----------
    q, qdot, qddot : array (B, n), or (T, n) or (T, B, n) with `t`
    M : array (n, n), mass matrix
    t : array (T,), optional, from which a spline takes whichever of qdot and qddot is not given
    form, widths, activation, seed, **options : as for `fit_diffusion`

    Returns
    -------
    Mechanics, of states [q, qdot], with `.evolve(x0, t)`, `.matrices(x)` and `.history`

    Examples
    --------
    >>> q, qdot = np.random.default_rng(0).uniform(-1, 1, (2, 50, 1))
    >>> model = fit_mechanics(q, qdot, -0.2 * qdot - q, M=[[1.0]], max_steps=50)
    >>> model.evolve([1.0, 0.0], [0.0, 1.0]).round(2)[-1].tolist()
    [0.57, -0.76]
    """
    if t is None and (qdot is None or qddot is None):
        raise ValueError("qdot and qddot must be given, or the times t of q to take them from")
    if qddot is None:
        qddot = rates_from_states(q, t, 2) if qdot is None else rates_from_states(qdot, t)
    if qdot is None:
        qdot = rates_from_states(q, t)
    network = ScalarNetwork(2 * q.shape[-1], widths, activation, seed)
    x, rate = (np.concatenate(pair, axis=-1) for pair in ((q, qdot), (qdot, qddot)))
    return train(Mechanics(network, M, form), x, rate, seed=seed, **options)


@checked
def train(
    model: Model,
    x: Samples,
    rate: Samples,
    *,
    optimiser: str | Callable = "levenberg-marquardt",
    constant_coefficients: NotNegative = 0.0,
    prior: ConstantCoefficients | None = None,
    device: str | None = None,
    seed: Seed = 0,
    **options,
) -> Model:
    """Scale a model to its data and train it.

    Parameters
    ----------
    model : Model, any with a network: `Diffusion`, `Mechanics`, `Baseline`
    x, rate : array (B, n_state) or (T, B, n_state), states and their rates
    optimiser : {"levenberg-marquardt", "adam"} or a training such as `train_gauss_newton`
    constant_coefficients : float, weight of the soft prior of constant coefficients, 0 for none
    prior : ConstantCoefficients, optional, where its points are chosen otherwise
    device : {"cpu", "cuda"}, optional, where the model is trained and stays
    seed : int, of the prior's points and of Adam's shuffling
    **options : of that training

    Returns
    -------
    Model, the same one, trained, with the course of training in `.history`
    """
    if device is not None and not re.fullmatch(r"cpu|cuda(:\d+)?", str(device)):
        raise ValueError(f'device must be "cpu" or "cuda"; got {shown(device)}')
    if str(device).startswith("cuda") and not torch.cuda.is_available():
        raise ValueError(f'device is {str(device)!r}, but torch finds no GPU here: use "cpu"')
    if not callable(optimiser):
        optimiser = OPTIMISERS[choice("optimiser", optimiser, OPTIMISERS)]
    known = signature(optimiser).parameters.keys() - {"model", "x", "rate"}
    for name in options.keys() - known:
        has = ", ".join(sorted(known))
        raise ValueError(f"a fit by this optimiser has no option {name!r}; it has {has}")
    if "seed" in known:
        options["seed"] = seed
    x, rate = (a.reshape(-1, a.shape[-1]) for a in (x, rate))
    if len(x) < 2:
        raise ValueError(f"x must hold at least two samples to fit a model; got {len(x)}")
    model.scale_to(x, rate)
    model.to(device)
    if constant_coefficients >= SMALLEST:
        prior = ConstantCoefficients.around(x, weight=constant_coefficients, seed=seed)
    model.history = optimiser(model, x, rate, prior=prior, **options)
    return model
