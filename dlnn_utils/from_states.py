"""Learning from states alone: no rates are given, and none are taken from noisy data.

Measured trajectories are compared with the model's own (`dlnn_utils.shooting`).  Trajectories are
first cut into short pieces, each with a start that is fitted too, then into longer ones; the last
pieces are the whole trajectories, and the fit is that of greatest likelihood under independent
normal noise.  The steps are Levenberg-Marquardt's, from which the starts are eliminated.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from dlnn_utils import check
from dlnn_utils.fit import train
from dlnn_utils.models import Diffusion, Mechanics, Model
from dlnn_utils.network import ScalarNetwork
from dlnn_utils.shooting import NormalEquations, Segments, cut, trajectories
from dlnn_utils.smoothing import smooth_states
from dlnn_utils.training import DivergenceError, History, one_thread

MAX_WEIGHTS = 3000
ENOUGH = 1e-2
"""A step that lowers the loss by less than this fraction is a piece length's last."""


def fit_from_states(
    x,
    t,
    *,
    M=None,
    model: Model | None = None,
    widths: Sequence[int] = (40,),
    activation: str | Sequence[str] = "quadratic_silu",
    seed: int = 0,
    pieces: Sequence[int | None] = (2, 10, None),
    substeps: int = 2,
    max_steps: int = 20,
    first_steps: int = 30,
) -> Model:
    """Learn L_D from states measured over time, with or without noise; no rates are needed.

    The rates of smoothed states give a first fit (`smooth_states`); then trajectories are
    fitted to the measurements themselves.

    Parameters
    ----------
    x : array (T, m) or (T, B, m)
        Measured states of one or B trajectories: all m = n components of the state, or, for
        mechanics, the m = n / 2 positions alone.
    t : array (T,)
        Times, rising or falling, not necessarily evenly spaced.
    M : array (n / 2, n / 2), optional
        Mass matrix: the data are mechanics, of the state [q, q'] (Eq. 11).  Without it they are
        diffusion, of the state c (Eq. 16).
    model : Model, optional
        An untrained model to train instead, such as a `Baseline`.
    widths : sequence of int
    activation : str or sequence of str
    seed : int
        All three of the network of L_D, as for `ScalarNetwork`.
    pieces : sequence of int or None
        How many steps from one measurement to the next a piece has; None for whole trajectories.
    substeps : int
        Runge-Kutta steps from one measurement to the next.
    max_steps : int
        Levenberg-Marquardt steps for each length of the pieces, at most.
    first_steps : int
        Steps of the first fit to smoothed rates.

    Returns
    -------
    Model
        `Mechanics`, `Diffusion` or `model`, fitted; its `.history.loss` is the mean square of
        the misfit, each component measured in its own spread.

    Raises
    ------
    ValueError
        If x or t is malformed, x has as many components as neither the state nor its positions,
        or a number is not positive.
    DivergenceError
        If the first fit cannot be integrated over the shortest pieces.

    Examples
    --------
    >>> from dlnn_utils import Relaxation, fit_from_states
    >>> truth, t = Relaxation.of([[1.0, -0.4], [-0.4, 1.0]]), np.linspace(0, 3, 13)
    >>> c = truth.evolve([[1.0, 0.0], [0.2, 0.9]], t)
    >>> model = fit_from_states(c, t, widths=(6,), max_steps=10)
    >>> bool(np.abs(model.evolve(c[0], t) - c).max() < 1e-3)
    True
    """
    t = check.times(t)
    x = check.series("x", x, len(t), least=2)
    if x.ndim > 3:
        raise ValueError(f"x must have shape ({len(t)}, m) or ({len(t)}, B, m); got {x.shape}")
    x = x[:, None] if x.ndim == 2 else x
    numbers = {"substeps": substeps, "first_steps": first_steps, "max_steps": max_steps}
    for name, value in numbers.items():
        check.positive_integer(name, value)
    if not isinstance(pieces, list | tuple):
        raise ValueError(f"pieces must be a sequence of lengths; got {check.shown(pieces)}")
    lengths = [len(t) - 1 if p is None else check.positive_integer("pieces", p) for p in pieces]
    if not lengths:
        raise ValueError("pieces must name at least one length; got none")
    if model is None:
        model = _new_model(x.shape[2], M, widths, activation, seed)
    if model.n_weights > MAX_WEIGHTS:
        raise ValueError(
            f"trajectories are fitted by networks of at most {MAX_WEIGHTS} weights; got "
            f"{model.n_weights}: make it narrower"
        )
    if t[0] > t[-1]:
        t, x = t[::-1].copy(), x[::-1].copy()
    state, rate = _first_guess(x, t, model)
    inner = slice(1, -1)  # a spline's derivatives are worst at its ends
    train(model, state[inner], rate[inner], max_steps=first_steps)
    scale, history = _spread(state), History()
    for length in dict.fromkeys(min(length, len(t) - 1) for length in lengths):
        segments, where = cut(x, t, length)
        starts = torch.from_numpy(np.array([state[k, b] for k, b in where]))
        starts = shoot(model, segments, starts, scale, substeps, max_steps, history)
        with torch.no_grad():
            path, _ = trajectories(model, starts, segments.h, substeps)
        for (k, b), piece in zip(where, path.numpy()):
            state[k : k + length + 1, b] = piece[: len(t) - k]
    model.history = history
    return model


@one_thread()
def shoot(
    model: Model,
    segments: Segments,
    starts: Tensor,
    scale: Tensor,
    substeps: int,
    max_steps: int,
    history: History,
) -> Tensor:
    """Fit a model's weights and the segments' starts to the measurements.

    Parameters
    ----------
    model : Model
        Trained in place.
    segments : Segments
    starts : Tensor (S, n_state)
        First guess of the states at which the segments start.
    scale : Tensor (n_state,)
        What the errors of each component are measured in.
    substeps, max_steps : int
        As of `fit_from_states`.
    history : History
        Receives the loss after each step.

    Returns
    -------
    Tensor (S, n_state)
        Fitted starts.

    Raises
    ------
    DivergenceError
        If the trajectories from the first guess blow up.
    """

    def loss() -> float:
        with torch.no_grad():
            path, _ = trajectories(model, starts, segments.h, substeps)
        return float(segments.residuals(path, scale).square().sum())

    lost, mu, growth = loss(), 1e-3, 2.0
    history.add(lost)
    if not lost < float("inf"):
        raise DivergenceError(
            f"trajectories of {segments.h.shape[1]} steps blow up after the first fit: give "
            f"shorter pieces, or more of first_steps"
        )
    for _ in range(max_steps):
        normal = NormalEquations(model, segments, starts, scale, substeps)
        v, s, before = parameters_to_vector(model.weights).detach(), starts, lost
        while mu < 1e12:
            if step := normal.solve(mu):
                vector_to_parameters(v + step[0], model.weights)
                starts = s + step[1] * scale
                lost = loss()
                if lost < before:
                    gain = (before - lost) / step[2]
                    mu, growth = max(mu * max(0.1, 1 - (2 * gain - 1) ** 3), 1e-12), 2.0
                    break
            mu, growth = mu * growth, growth * 2
        else:
            vector_to_parameters(v, model.weights)
            history.stop = "stalled"
            return s
        history.add(lost)
        if before - lost < ENOUGH * before:
            break
    return starts


def _new_model(m: int, M, widths, activation, seed: int) -> Model:
    """The model that data of m components are of."""
    if M is None:
        return Diffusion(ScalarNetwork(m, widths, activation, seed))
    n = len(check.square("M", M))
    if m not in (n, 2 * n):
        raise ValueError(
            f"x must hold the {n} positions that M is of, or these and their velocities; got "
            f"{m} components"
        )
    return Mechanics(ScalarNetwork(2 * n, widths, activation, seed), M)


def _first_guess(x: np.ndarray, t: np.ndarray, model: Model) -> tuple[np.ndarray, np.ndarray]:
    """Smoothed states (T, B, n_state) and their rates."""
    n = model.network.n_inputs
    if x.shape[2] == n:
        return tuple(smooth_states(x, t))
    if 2 * x.shape[2] != n:
        raise ValueError(f"x must hold {n} components of the state; got {x.shape[2]}")
    q, qdot, qddot = smooth_states(x, t, (0, 1, 2))
    return np.concatenate([q, qdot], 2), np.concatenate([qdot, qddot], 2)


def _spread(state: np.ndarray) -> Tensor:
    """RMS of each component about its mean (n_state,), 1 for one that does not move."""
    spread = state.reshape(-1, state.shape[2]).std(axis=0)
    return torch.from_numpy(np.where(spread > 0, spread, 1.0))
