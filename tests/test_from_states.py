"""Learning from states alone."""

import numpy as np
import pytest
import torch

from dlnn_utils import (
    Baseline,
    Diffusion,
    HardeningSprings,
    Mechanics,
    Relaxation,
    RoundTrip,
    ScalarNetwork,
    fit_diffusion,
    fit_from_states,
    smooth_states,
    table_1,
)
from dlnn_utils.shooting import NormalEquations, cut, sensitivities, trajectories
from dlnn_utils.training import DivergenceError

PIXELS = Relaxation.of([[1.0, -0.4], [-0.4, 1.0]])
T = np.linspace(0, 3, 25)
C = PIXELS.evolve(np.random.default_rng(0).uniform(0, 1, (6, 2)), T)
UNEVEN = np.sort(np.random.default_rng(1).uniform(0, 3, 25))


def noisy(x, level, seed=0):
    return x + level * x.std(axis=(0, 1)) * np.random.default_rng(seed).normal(size=x.shape)


@pytest.fixture
def small():
    model = Mechanics(ScalarNetwork(4, (5,), "silu"), np.diag([1.0, 1.5]))
    starts = torch.from_numpy(np.random.default_rng(2).uniform(-1, 1, (3, 4)))
    return (
        model,
        starts,
        torch.tensor([[0.1, 0.3, 0.2], [0.2, 0.2, 0.2], [0.3, 0.1, 0.0]]).double(),
    )


def test_trajectories_converge_to_the_integral():
    system, starts = HardeningSprings(), np.random.default_rng(3).uniform(-1, 1, (2, 4))
    exact, h = system.evolve(starts, [0, 0.2, 0.4]), torch.full((2, 2), 0.2).double()
    path, _ = trajectories(Exact(system), torch.from_numpy(starts), h, 8)
    np.testing.assert_allclose(path.numpy().swapaxes(0, 1), exact, atol=1e-7)


class Exact:
    """A system in the place of a model."""

    def __init__(self, system):
        self.rate = system.rates


@pytest.mark.parametrize("which", [0, 7, 24, "start"])
def test_derivatives_are_those_of_the_steps(small, which):
    model, starts, h = small
    _, J = sensitivities(model, starts, h, 2)
    w = torch.nn.utils.parameters_to_vector(model.weights).detach()
    assert J.shape == (3, 4, 4, len(w) + 4)
    ends = []
    for e in (1e-6, -1e-6):
        moved, x0 = w.clone(), starts.clone()
        if which == "start":
            x0[:, 1] += e
        else:
            moved[which] += e
        torch.nn.utils.vector_to_parameters(moved, model.weights)
        with torch.no_grad():
            ends.append(trajectories(model, x0, h, 2)[0])
    torch.nn.utils.vector_to_parameters(w, model.weights)
    column = J[..., len(w) + 1] if which == "start" else J[..., which]
    torch.testing.assert_close((ends[0] - ends[1]) / 2e-6, column, atol=1e-8, rtol=1e-6)


def test_starts_are_eliminated_exactly():
    model = Diffusion(ScalarNetwork(2, (4,)))
    segments, where = cut(C, T, 7)
    starts = torch.from_numpy(np.array([C[k, b] for k, b in where])) + 0.01
    scale, mu = torch.ones(2).double(), 1e-3
    normal = NormalEquations(model, segments, starts, scale, 1)
    dw, ds, promised = normal.solve(mu)
    S, n, P = len(where), 2, model.n_weights
    path, J = sensitivities(model, starts, segments.h, 1)
    r = segments.residuals(path, scale)
    J = J * segments.weights(scale)[..., None]
    whole = torch.zeros(*r.shape, P + S * n).double()
    whole[..., :P] = J[..., :P]
    for s in range(S):
        whole[s, ..., P + s * n : P + (s + 1) * n] = J[s, ..., P:]
    whole, r = whole.flatten(0, 2), r.flatten()
    A = whole.T @ whole
    damping = A[:P, :P].diagonal().max().repeat(P), A[P:, P:].diagonal().max().repeat(S * n)
    damped = A + mu * torch.diag(torch.cat(damping))
    step = torch.linalg.solve(damped, -whole.T @ r)
    torch.testing.assert_close(torch.cat([dw, ds.flatten()]), step, rtol=1e-6, atol=1e-9)
    expected = step @ (mu * torch.cat(damping) * step - whole.T @ r)
    assert promised == pytest.approx(float(expected))


def test_pieces_share_their_ends_and_the_last_may_be_short():
    segments, where = cut(C, T, 7)
    assert where[0] == (0, 0) and where[-1] == (21, 5) and len(where) == 24
    np.testing.assert_array_equal(segments.x[0, 7], segments.x[6, 0])
    assert segments.valid.sum(1).unique().tolist() == [4, 8]
    np.testing.assert_allclose(segments.h.sum(1)[-1], T[-1] - T[21])


@pytest.mark.parametrize("t", [T, UNEVEN, -T], ids=["even", "uneven", "falling"])
def test_diffusion_without_noise(t):
    c = PIXELS.evolve(C[0], t)
    model = fit_from_states(c, t, widths=(10,))
    trip = RoundTrip(PIXELS, [[0.3, 0.8]], T)
    assert isinstance(model, Diffusion)
    forward, backward = trip.errors(model)
    assert forward < 2e-3
    assert backward < 0.02  # errors grow by exp(1.4 * 3) = 67
    assert model.history.loss[-1] < 1e-7


def test_noise_hurts_less_than_with_rates():
    trip, c = RoundTrip(PIXELS, [[0.3, 0.8], [0.9, 0.2]], T), noisy(C, 0.01)
    alone = fit_from_states(c, T, widths=(8,), max_steps=8)
    splined = fit_diffusion(c, t=T, widths=(8,), max_steps=30)
    assert trip.errors(alone).forward < 0.5 * trip.errors(splined).forward
    assert 0.5e-4 < alone.history.loss[-1] < 1.2e-4  # the noise itself, not below it


def test_one_trajectory_and_one_component():
    c = np.exp(-T)[:, None]
    model = fit_from_states(c, T, widths=(4,), max_steps=8)
    np.testing.assert_allclose(model.evolve([1.0], T), c, atol=1e-3)


@pytest.mark.parametrize("measured", ["positions", "states"])
def test_mechanics(measured):
    system, t = table_1(), np.linspace(0, 6, 25)
    starts = np.random.default_rng(4).uniform(-1, 1, (6, 4))
    x = noisy(system.evolve(starts, t), 1e-3)
    x = x[..., :2] if measured == "positions" else x
    model = fit_from_states(x, t, M=np.eye(2), widths=(12,), max_steps=5)
    assert RoundTrip(system, starts, t).errors(model).forward < 0.02


def test_a_model_of_ones_own():
    model = Baseline(2, "diffusion", (8,), activation="silu")
    assert fit_from_states(noisy(C, 1e-3), T, model=model, max_steps=6) is model
    assert RoundTrip(PIXELS, C[0], T).errors(model).forward < 0.01


def test_it_is_deterministic():
    a, b = (fit_from_states(C, T, widths=(5,), max_steps=3, first_steps=5) for _ in range(2))
    assert a.history.loss == b.history.loss


def test_smoothing_recovers_rates_and_keeps_shapes():
    rates = PIXELS.rate(C)
    state, rate, bend = smooth_states(noisy(C, 1e-3), T, (0, 1, 2))
    assert state.shape == rate.shape == bend.shape == C.shape
    assert np.abs(state - C).max() < 5e-3
    assert np.abs(rate - rates)[2:-2].max() < 0.1
    back = smooth_states(C[::-1], T[::-1])[1][::-1]
    np.testing.assert_allclose(back, smooth_states(C, T)[1], atol=1e-10)


BAD = C.copy()
BAD[3, 2, 1] = np.nan


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(x=BAD, t=T), "x must be finite; got 1 NaN or infinite of 300 values"),
        (dict(x=C, t=T[:-1]), r"x must have shape \(24, \.\.\.\); got \(25, 6, 2\)"),
        (dict(x=C[:, 0, 0], t=T), r"x must have shape \(25, \.\.\.\); got \(25,\)"),
        (dict(x=C[:4], t=T[:4]), "t must hold at least 5 times to smooth over; got 4"),
        (dict(x=C, t=np.zeros(25)), "t must not repeat a time"),
        (dict(x=C, t=T, M=np.eye(3)), "x must hold the 3 positions .*; got 2 components"),
        (dict(x=C, t=T, M=[[1.0, 0.5], [0.0, 1.0]]), "M must be symmetric"),
        (dict(x=C, t=T, pieces=(0,)), "pieces must be a positive integer; got 0"),
        (dict(x=C, t=T, pieces=()), "pieces must name at least one length; got none"),
        (dict(x=C, t=T, substeps=0), "substeps must be a positive integer; got 0"),
        (dict(x=C, t=T, max_steps=0), "max_steps must be a positive integer; got 0"),
        (dict(x=C, t=T, widths=(200, 200)), "at most 3000 weights; got 41000: make it narrower"),
        (dict(x=C, t=T, model=Baseline(3, "diffusion", (4,))), "3 components .*; got 2"),
    ],
)
def test_bad_input(arguments, message):
    with pytest.raises(ValueError, match=message) as caught:
        fit_from_states(**arguments)
    assert "\n" not in str(caught.value)


def test_a_first_fit_that_blows_up_says_what_to_change():
    model = Baseline(1, "diffusion", (4,), activation="quadratic_silu")
    x = np.random.default_rng(5).normal(size=(30, 4, 1)) * 1e3
    with pytest.raises(DivergenceError, match="blow up after the first fit: give"):
        fit_from_states(x, np.arange(30) * 50.0, model=model, first_steps=1)
