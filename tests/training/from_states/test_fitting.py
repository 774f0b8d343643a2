"""Learning from states alone."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

import dlnn_utils as dlnn
from dlnn_utils.training.from_states.shooting import Shooting, cut, sensitivities, trajectories

PIXELS = dlnn.Relaxation.of([[1.0, -0.4], [-0.4, 1.0]])
T = np.linspace(0, 3, 25)
C = PIXELS.evolve(np.random.default_rng(0).uniform(0, 1, (6, 2)), T)
UNEVEN = np.sort(np.random.default_rng(1).uniform(0, 3, 25))


def noisy(x, level, seed=0):
    return x + level * x.std(axis=(0, 1)) * np.random.default_rng(seed).normal(size=x.shape)


def test_trajectories_converge_to_the_integral():
    system, starts = dlnn.HardeningSprings(), np.random.default_rng(3).uniform(-1, 1, (2, 4))
    exact, h = system.evolve(starts, [0, 0.2, 0.4]), torch.full((2, 2), 0.2).double()
    path, _ = trajectories(SimpleNamespace(rate=system.rates), torch.from_numpy(starts), h, 8)
    np.testing.assert_allclose(path.numpy().swapaxes(0, 1), exact, atol=1e-7)


@pytest.mark.parametrize("which", [0, 7, 24, -3])
def test_derivatives_by_weights_and_starts_are_those_of_the_steps(which):
    model = dlnn.Mechanics(dlnn.ScalarNetwork(4, (5,), "silu"), np.diag([1.0, 1.5]))
    starts = torch.from_numpy(np.random.default_rng(2).uniform(-1, 1, (3, 4)))
    h = torch.tensor([[0.1, 0.3, 0.2], [0.2, 0.2, 0.2], [0.3, 0.1, 0.0]]).double()
    J = sensitivities(model, *trajectories(model, starts, h, 2), h, 2)
    w = torch.nn.utils.parameters_to_vector(model.weights).detach()
    assert J.shape == (3, 4, 4, len(w) + 4)
    change = torch.zeros(len(w) + 4).double()
    change[which] = 1e-6

    @torch.no_grad()
    def moved(by):
        torch.nn.utils.vector_to_parameters(w + by[:-4], model.weights)
        return trajectories(model, starts + by[-4:], h, 2)[0]

    found = (moved(change) - moved(-change)) / 2e-6
    torch.testing.assert_close(found, J[..., which], atol=1e-8, rtol=1e-6)


def test_starts_are_eliminated_exactly():
    model = dlnn.Diffusion(dlnn.ScalarNetwork(2, (4,)))
    segments, where = cut([(T, C[:, b]) for b in range(6)], 7)
    starts = torch.from_numpy(np.array([C[k, b] for k, b in where])) + 0.01
    shooting = Shooting(model, segments, starts, torch.ones(2).double(), 1)
    path, mu = shooting.follow(), 1e-3
    found, promised = shooting.linearise()[1](mu)
    P, S = model.n_weights, len(where)
    J = sensitivities(model, path, shooting.stages, segments.h, 1)
    J = (J * segments.weights(shooting.scale)[..., None]).flatten(1, 2)
    r = segments.residuals(path, shooting.scale).flatten()
    J = torch.cat([J[..., :P].flatten(0, 1), torch.block_diag(*J[..., P:])], 1)
    A, g = J.T @ J, J.T @ r
    parts = (A[:P, :P], P), (A[P:, P:], 2 * S)
    damping = mu * torch.cat([part.diagonal().max().repeat(n) for part, n in parts])
    step = torch.linalg.solve(A + torch.diag(damping), -g)
    torch.testing.assert_close(found, step, rtol=1e-6, atol=1e-9)
    assert promised == pytest.approx(float(step @ (damping * step - g)))


def test_pieces_share_their_ends_and_the_last_may_be_short():
    segments, where = cut([(T, C[:, b]) for b in range(6)], 7)
    assert where[0] == (0, 0) and where[-1] == (21, 5) and len(where) == 24
    np.testing.assert_array_equal(segments.x[0, 7], segments.x[6, 0])
    assert segments.valid.sum(1).unique().tolist() == [4, 8]
    np.testing.assert_allclose(segments.h.sum(1)[-1], T[-1] - T[21])


@pytest.mark.parametrize("t", [UNEVEN, -T], ids=["uneven", "falling"])
def test_diffusion_without_noise(t):
    c = PIXELS.evolve(C[0], t)
    model, again = (dlnn.fit_from_states(c, t, widths=(6,), max_steps=12) for _ in range(2))
    forward, backward = dlnn.RoundTrip(PIXELS, [[0.3, 0.8]], T).errors(model)
    assert isinstance(model, dlnn.Diffusion)
    assert forward < 5e-3
    assert backward < 0.05  # errors grow by exp(1.4 * 3) = 67
    assert model.history.loss[-1] < 1e-6
    assert model.history.loss == again.history.loss


def test_noise_hurts_less_than_with_rates():
    trip, c = dlnn.RoundTrip(PIXELS, [[0.3, 0.8], [0.9, 0.2]], T), noisy(C, 0.01)
    alone = dlnn.fit_from_states(c, T, widths=(8,), max_steps=8)
    splined = dlnn.fit_diffusion(c, t=T, widths=(8,), max_steps=30)
    assert trip.errors(alone).forward < 0.5 * trip.errors(splined).forward
    assert 0.5e-4 < alone.history.loss[-1] < 1.2e-4  # the noise itself, not below it


def test_mechanics_from_positions():
    system, t = dlnn.table_1(), np.linspace(0, 6, 25)
    starts = np.random.default_rng(4).uniform(-1, 1, (6, 4))
    x = noisy(system.evolve(starts, t), 1e-3)
    model = dlnn.fit_from_states(x[..., :2], t, M=np.eye(2), widths=(12,), max_steps=5)
    assert dlnn.RoundTrip(system, starts, t).errors(model).forward < 0.02


def test_a_model_of_ones_own():
    model = dlnn.Baseline(2, "diffusion", (8,), activation="silu")
    assert dlnn.fit_from_states(noisy(C, 1e-3), T, model=model, max_steps=6) is model
    assert dlnn.RoundTrip(PIXELS, C[0], T).errors(model).forward < 0.01


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(x=C[:4], t=T[:4]), "t must hold at least 5 times to smooth over; got 4"),
        (dict(M=np.eye(3)), "x must hold the 6 components .*; got 2"),
        (dict(model=dlnn.Baseline(3, "diffusion", (4,))), "the 3 components .*; got 2"),
        (dict(pieces=(0,)), "pieces must be a positive integer; got 0"),
        (dict(pieces=()), "pieces must name at least one length; got none"),
        (dict(widths=(200, 200)), "at most 3000 weights; got 41000: make it narrower"),
    ],
)
def test_bad_input(arguments, message):
    with pytest.raises(ValueError, match=message):
        dlnn.fit_from_states(**dict(x=C, t=T) | arguments)


def test_pieces_that_blow_up_are_not_kept_and_named():
    model = dlnn.Baseline(1, "diffusion", (4,), activation="quadratic_silu")
    x = np.random.default_rng(5).normal(size=(30, 4, 1)) * 1e3
    with pytest.warns(UserWarning, match="pieces of 2 steps blow up: the fit is that to smoothed"):
        dlnn.fit_from_states(x, np.arange(30) * 50.0, model=model)
    assert len(model.history.loss) == 1 and np.isfinite(model.history.loss).all()
    assert all(w.isfinite().all() for w in model.weights)


SPRINGS = [(dt, s, p) for dt in (0.05, 0.01, 0.001) for s in range(3) for p in (17, 12)]


def spring(dt, s, period):
    """Return positions and times of a damped spring, and its K and C for a mass of 1."""
    rng, t, w = np.random.default_rng(s), np.arange(101) * dt, 2 * np.pi / (period * dt)
    q = np.exp(-0.01 * w * t) * np.cos(w * t + s) + 0.03 * rng.standard_normal(101)
    return q[:, None], t, w**2 * (1 + 1e-4), 0.02 * w


@pytest.mark.parametrize(("dt", "s", "period"), SPRINGS)
def test_springs_of_any_unit_of_time(dt, s, period):
    q, t, K, _ = spring(dt, s, period)
    law = dlnn.fit_from_states(q, t, M=[[1.0]], activation="quadratic", widths=(10,), max_steps=10)
    assert law.matrices(np.zeros(2))["K"][0, 0] == pytest.approx(K, rel=0.01)


def test_units_and_origins_change_a_law_by_its_unit_alone():
    q, t, _, _ = spring(0.05, 0, 17)
    fit = dict(activation="quadratic", widths=(4,), max_steps=10)
    law = dlnn.fit_from_states(q, t, M=[[1.0]], **fit).matrices(np.zeros(2))
    for size, step, mass in ((1e-6, 1e3, 1.0), (1e3, 1e-6, 7.0)):
        other = dlnn.fit_from_states(3 + size * q, 1e3 + step * t, M=[[mass]], **fit)
        found = other.matrices(np.array([3.0, 0.0]))
        np.testing.assert_allclose(found["K"], law["K"] * mass / step**2, rtol=1e-6)
        np.testing.assert_allclose(found["C"], law["C"] * mass / step, rtol=1e-6)
    moved = dlnn.fit_from_states(q - 5, t, M=[[1.0]], **fit).evolve([-5.5, 0.0], t)
    here = dlnn.fit_from_states(q, t, M=[[1.0]], **fit).evolve([-0.5, 0.0], t)
    np.testing.assert_allclose(moved + [5, 0], here, atol=1e-6)
