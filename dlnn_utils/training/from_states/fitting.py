"""Learning from states alone: no rates are given, and none are taken from noisy data.

The model's trajectories are fitted to measured ones (`shooting`), first in short pieces, each with
a start of its own, then in longer ones; the last fit is that of greatest likelihood.
"""

from collections.abc import Sequence
from copy import deepcopy
from warnings import warn

import numpy as np
import torch

from dlnn_utils._arguments import Array, Count, Mass, Seed, Times, checked, positive_integer, shown
from dlnn_utils.data.smoothing import smooth_states
from dlnn_utils.models.model import Model
from dlnn_utils.models.motion import Diffusion, Mechanics
from dlnn_utils.models.network import ScalarNetwork
from dlnn_utils.training.fit import train
from dlnn_utils.training.from_states.laws import Form
from dlnn_utils.training.from_states.linear import linear_law
from dlnn_utils.training.from_states.shooting import Shooting, cut
from dlnn_utils.training.from_states.units import Units
from dlnn_utils.training.loss import DivergenceError, History

MAX_WEIGHTS = 3000
FIRST_STEPS = 30
"""Levenberg-Marquardt steps of the first fit, to smoothed rates."""
WORST = 2.0
"""A mean square misfit, in the data's own variance, that only a blown-up fit exceeds."""
AHEAD, GOOD = 10, 1e-4
"""Steps over which two first fits are compared, and a loss with which the first one is taken."""
BOX = 400
"""States, in a box of twice the data's spread, at which a network first learns the linear law."""
MOST_LINEAR = 12
"""Positions or concentrations up to which the best linear law is sought."""
SUBSTEPS = 2
"""Runge-Kutta steps from one measurement to the next."""


@checked
def fit_from_states(
    x: Array["T m | T B m"],
    t: Times,
    *,
    M: Mass = None,
    model: Model | None = None,
    widths: Sequence[int] = (40,),
    activation: str | Sequence[str] = "quadratic_silu",
    seed: Seed = 0,
    pieces: Sequence[int | None] = (2, 10, None),
    max_steps: Count = 20,
) -> Model:
    """Learn L_D from states measured over time, with or without noise; no rates are needed.

    The rates of smoothed states give a first fit (`smooth_states`); then trajectories are
    fitted to the measurements themselves.

    Parameters
    ----------
    x : array (T, m) or (T, B, m)
        Measured states of one or B trajectories, or, for mechanics, their positions alone.
    t : array (T,)
        Times, rising or falling, not necessarily evenly spaced.
    M : array (n / 2, n / 2), optional
        Mass matrix of mechanics, of the state [q, q'] (Eq. 11); without it the data are
        diffusion, of the state c (Eq. 16).
    model : Model, optional
        An untrained model to train instead, such as a `Baseline`.
    widths, activation, seed
        Of the network of L_D, as for `ScalarNetwork`.
    pieces : sequence of int or None
        How many steps from one measurement to the next a piece has; None for whole trajectories.
    max_steps : int
        Levenberg-Marquardt steps for each length of the pieces, at most.

    Returns
    -------
    Model
        `Mechanics`, `Diffusion` or `model`, fitted; its `.history.loss` is the mean square of
        the misfit, each component measured in its own spread.

    Raises
    ------
    ValueError
        If x, t or pieces is malformed, or x fits neither the state nor its positions.
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
    x = x[:, None] if x.ndim == 2 else x
    if not isinstance(pieces, list | tuple):
        raise ValueError(f"pieces must be a sequence of lengths; got {shown(pieces)}")
    lengths = [len(t) - 1 if p is None else positive_integer("pieces", p) for p in pieces]
    if not lengths:
        raise ValueError("pieces must name at least one length; got none")
    own = model
    if own is None:
        network = ScalarNetwork(x.shape[2] if M is None else 2 * len(M), widths, activation, seed)
        model = Diffusion(network) if M is None else Mechanics(network, M)
    if model.n_weights > MAX_WEIGHTS:
        raise ValueError(
            f"trajectories are fitted by networks of at most {MAX_WEIGHTS} weights; got "
            f"{model.n_weights}: make it narrower"
        )
    if t[0] > t[-1]:
        t, x = t[::-1].copy(), x[::-1].copy()
    units, runs = None, [(t, x[:, b]) for b in range(x.shape[1])]
    if own is None:
        units = Units.of(runs, M)
        runs = units.scaled(runs)
        model = Diffusion(network) if M is None else Mechanics(network, M / units.mass)
    states, rates = first_guess(runs, model)
    theta, form = None, law_of(model)
    if form is not None and form.n <= MOST_LINEAR:
        theta = linear_law(runs, states, form)
    start(model, runs, states, rates, None if theta is None else form.rate(theta))
    fit_runs(model, runs, states, lengths, max_steps)
    if units is not None:
        units.give_back(model)
    return model


def law_of(model: Model) -> Form | None:
    """Return the form of the linear laws that a model may start from, None if it has none."""
    if isinstance(model, Mechanics):
        return Form(model.n, model.M.numpy())
    return Form(model.network.n_inputs, None) if isinstance(model, Diffusion) else None


def fit_runs(model: Model, runs: list, states: list, lengths, max_steps: int) -> None:
    """Fit a model to recordings (t, x (T, m)) in pieces; turn `states` (T, N) into its own."""
    scale, history = spread(states), History()
    shorter = "to smoothed rates"
    for length in dict.fromkeys(min(p, max(len(t) for t, _ in runs) - 1) for p in lengths):
        segments, where = cut(runs, length)
        starts = torch.from_numpy(np.array([states[b][k] for k, b in where]))
        shooting = Shooting(model, segments, starts, scale, SUBSTEPS)
        good, entries = deepcopy(model.state_dict()), len(history.loss)
        try:
            path = shooting.fit(max_steps, history)
            failed = not history.loss[-1] < WORST
        except DivergenceError:
            if not history.loss[:entries]:
                raise
            failed = True
        if failed:
            model.load_state_dict(good)
            for course in (history.loss, history.prior, history.seconds):
                del course[max(1, entries) :]
            message = f"pieces of {length} steps blow up: the fit is that {shorter}"
            warn(message, stacklevel=4)
            break
        shorter = f"of pieces of {length} steps"
        for (k, b), piece in zip(where, path.numpy()):
            states[b][k : k + length + 1] = piece[: len(states[b]) - k]
    model.history = history


def spread(states: list) -> torch.Tensor:
    """Return the spread (N,) of each component of states, 1 where they do not move."""
    scale = np.concatenate(states).std(axis=0)
    return torch.from_numpy(np.where(scale > 0, scale, 1.0))


def start(model: Model, runs: list, states: list, rates: list, law=None) -> None:
    """Train a model on smoothed rates, or on those of `law`, z -> z', if that predicts better."""
    inner = slice(1, -1)  # a spline's derivatives are worst at its ends
    candidates = [tuple(np.concatenate([one[inner] for one in all_]) for all_ in (states, rates))]
    if law is not None:
        known = candidates[0][0]
        box = np.random.default_rng(0).uniform(-1, 1, (BOX, known.shape[1]))
        known = np.concatenate([known[:: 1 + len(known) // BOX], box * 2 * known.std(axis=0)])
        candidates.insert(0, (known, law(known)))
    (segments, where), scale = cut(runs, AHEAD), spread(states)
    starts = torch.from_numpy(np.array([states[b][k] for k, b in where]))
    fresh, best = deepcopy(model.state_dict()), (np.inf, None)
    for samples in candidates:
        model.load_state_dict(fresh)
        try:
            train(model, *samples, max_steps=FIRST_STEPS)
        except DivergenceError:
            continue
        loss = Shooting(model, segments, starts, scale, SUBSTEPS).losses()[0]
        if best[1] is None or loss < best[0]:
            best = loss, deepcopy(model.state_dict())
        if loss < GOOD:
            break
    if best[1] is None:
        raise DivergenceError("no first fit of the rates of x has a finite loss")
    model.load_state_dict(best[1])


def first_guess(runs: list, model: Model) -> tuple[list, list]:
    """Smoothed states (T, N) and their rates, of each recording (t, x (T, m))."""
    n, m, found = model.network.n_inputs, runs[0][1].shape[1], {}
    if n not in (m, 2 * m):
        raise ValueError(f"x must hold the {n} components of the state, or their half; got {m}")
    for t in {t.tobytes(): t for t, _ in runs}.values():  # those of the same times together
        those = [k for k, (other, _) in enumerate(runs) if np.array_equal(t, other)]
        x = np.stack([runs[k][1] for k in those], 1)
        d = smooth_states(x, t, (0, 1, 2)[: 1 + n // m])
        pair = (np.concatenate(d[k : k + n // m], 2).swapaxes(0, 1).copy() for k in (0, 1))
        found |= dict(zip(those, zip(*pair)))
    return tuple(map(list, zip(*(found[k] for k in range(len(runs))))))
