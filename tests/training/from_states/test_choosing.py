"""The choice of a law: replicas of measured files, units, refusals."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import dlnn_utils as dlnn
from dlnn_utils import relative_error as error
from dlnn_utils.answers.motion import _baselines, _way

CUT = 0.6
PULL, RUB = np.array([[60, -22], [-22, 45]]), np.array([[0.15, -0.03], [-0.03, 0.12]])
# fmt: off
REPLICAS = {  # samples, step in s (0 for irregular times over 18 s), start, noise, q'' = f(q, q')
    "oscillator": (500, 1 / 40, [1.4, 0.0], 0.03, lambda q, v: -47.8 * (q - 0.4) - 0.25 * v),
    "masses": (500, 1 / 30, [0.3, -0.2, 0.0, 0.0], 0.007, lambda q, v: -PULL @ q - RUB @ v),
    "pendulum": (556, 0, [np.pi / 3, 0.0], 0.01,
                 lambda q, v: -12.3 * np.sin(q) - 0.05 * v - 0.06 * np.abs(v) * v),
    "cart": (100, 1 / 20, [0.25, 0.0], 0.01,
             lambda q, v: -40 * q - 0.1 * v - 0.5 * np.tanh(v / 0.002)),
    "240 Hz": (4000, 1 / 240, [0.05, 0.0], 0.02, lambda q, v: -101.0 * q - 0.12 * v),
}
# fmt: on


def replica(name):
    """Return times (T,), exact positions (T, n) and measured ones."""
    samples, step, start, noise, force = REPLICAS[name]
    rng, n = np.random.default_rng(15), len(start) // 2
    t = np.arange(samples) * step if step else np.unique(rng.uniform(0, 18, samples).round(3))

    def rate(_, z):
        return np.concatenate([z[n:], force(z[:n], z[n:])])

    span = (t[0], t[-1])
    q = solve_ivp(rate, span, start, t_eval=t, rtol=1e-8, atol=1e-10, max_step=0.02).y.T[:, :n]
    return t, q, q + noise * q.std(axis=0) * rng.standard_normal(q.shape)


SLOW = ("oscillator", "pendulum", "240 Hz")


@pytest.mark.parametrize(
    "name", [pytest.param(k, marks=[pytest.mark.slow] * (k in SLOW)) for k in REPLICAS]
)
def test_replicas_of_measured_files_beat_least_squares_twice(name):
    t, q, x = replica(name)
    k = round(CUT * len(t))
    n = q.shape[1]
    found = dlnn.fit_motion(x[:k], t[:k], M=np.eye(n))
    theirs = _baselines([(t[:k], x[:k])], 2)["least squares"]
    ways = (_way(*law, (t, x), k, found.noise)[0][:, :n] for law in ((found.model, 0.0), theirs))
    ahead, back = zip(*((error(way[k:], q[k:]), error(way[:k], q[:k])) for way in ways))
    assert ahead[0] < 0.5 * ahead[1] and back[0] < 0.5 * back[1]
    kinds = {"pendulum": "free", "cart": "friction"}
    assert found.kind == kinds.get(name, "linear")


def test_errors_of_coefficients_cover_the_truth():
    apart = []
    t = np.linspace(0, 20, 150)
    for seed in range(8):
        rng = np.random.default_rng(seed)
        q = 3 + np.exp(-0.1 * t) * np.cos(np.sqrt(1.99) * t)
        found = dlnn.fit_motion((q + 0.02 * rng.standard_normal(150))[:, None], t, M=[[1.0]])
        truth = {"K11": 2.0, "C11": 0.2, "rest1": 3.0}
        apart += [
            (found.coefficients[k][0] - v) / found.coefficients[k][1] for k, v in truth.items()
        ]
    assert 0.4 < np.sqrt(np.mean(np.square(apart))) < 1.8


def test_units_origin_and_mass_change_a_law_by_its_unit_alone():
    t = np.sort(np.random.default_rng(1).uniform(0, 20, 120))
    q = (np.exp(-0.1 * t) * np.cos(1.4 * t))[:, None]
    q = q + 0.01 * np.random.default_rng(2).standard_normal(q.shape)
    here = dlnn.fit_motion(q, t, M=[[1.0]]).coefficients
    other = dlnn.fit_motion(5 + 1e3 * q, 3.0 + 2.0**-10 * t, M=[[7.0]]).coefficients
    for name, unit in (("K11", 7 * 2.0**20), ("C11", 7 * 2.0**10)):
        np.testing.assert_allclose(other[name], np.multiply(here[name], unit), rtol=1e-6)
    assert other["rest1"][0] == pytest.approx(5 + 1e3 * here["rest1"][0], abs=1e-4)


def test_a_rod_is_found_to_be_a_chain():
    K = 0.3 * (2 * np.eye(5) - np.eye(5, k=1) - np.eye(5, k=-1))
    rng, t = np.random.default_rng(3), np.linspace(0, 12, 100)
    c = 20 + dlnn.Relaxation.of(K).evolve(rng.uniform(10, 80, 5), t)
    found = dlnn.fit_motion(c + 0.05 * rng.standard_normal(c.shape), t)
    assert found.kind == "chain"
    np.testing.assert_allclose(found.model.matrices(c[0])["K"], K, atol=0.05)


def test_laws_that_dissipate_by_construction():
    rng, t = np.random.default_rng(4), np.linspace(0, 10, 80)
    q = np.exp(0.03 * t) * np.cos(2 * t)  # grows: its own damping is negative
    found = dlnn.fit_motion(
        (q + 0.01 * rng.standard_normal(80))[:, None], t, M=[[1.0]], dissipative=True
    )
    assert found.coefficients["C11"][0] >= 0
    assert "free" not in {one.kind for one in found.tried}


def test_recordings_of_their_own_times():
    t = np.linspace(0, 12, 90)
    q = (np.exp(-0.05 * t) * np.cos(t))[:, None]
    found = dlnn.fit_motion([q, q[20:60]], [t, t[20:60] + 100], M=[[1.0]])
    assert found.coefficients["K11"][0] == pytest.approx(1.0025, rel=1e-4)
    assert str(found).startswith("law chosen: linear\n  linear: 3 coefficients")


T = np.linspace(0, 9, 60)
WAVE = np.cos(T)[:, None]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(x=0 * WAVE + 3), "x must move; component 1 stays at 3: leave it out"),
        (dict(x=WAVE[:6], t=T[:6]), "at least 8 times; the shortest has 6"),
        (
            dict(x=WAVE[:9], t=T[:9]),
            "at least 10 numbers for the 5 unknowns of a linear law; got 9",
        ),
        (dict(x=np.random.default_rng(0).normal(size=(60, 1))), "x must show motion, sampled"),
        (dict(M=np.eye(3)), "x must hold 3 positions, or with velocities 6; got 1"),
        (dict(held_back=1.0), "held_back must be below 1; got 1"),
        (dict(x=[WAVE], t=[T, T]), "as many recordings; got 1 and 2"),
        (dict(x=WAVE[:-1]), "x must have as many times as t; recording 0 has 59, 60"),
    ],
)
def test_data_that_carry_no_law(arguments, message):
    with pytest.raises(ValueError, match=message):
        dlnn.fit_motion(**dict(x=WAVE, t=T, M=[[1.0]]) | arguments)


def test_data_that_only_grow_are_said_to():
    t = np.linspace(0, 5, 80)
    with pytest.warns(UserWarning, match="the data only grow"):
        found = dlnn.fit_motion(np.exp(t)[:, None], t, M=[[1.0]])
    assert found.remarks
