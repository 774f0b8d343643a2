"""A user's own arrays through the public door."""

from copy import deepcopy
from functools import partial

import numpy as np
import pytest

from dlnn_utils import Relaxation, ScalarNetwork, fit_diffusion, fit_mechanics, lehmer, table_1

MECHANICS, DIFFUSION = table_1(), Relaxation.of(lehmer(3))
RNG = np.random.default_rng(0)
STARTS, T = RNG.uniform(-1, 1, (12, 4)), np.linspace(0, 5, 41)
Q = MECHANICS.evolve(STARTS, T)[..., :2]
C = DIFFUSION.evolve(RNG.uniform(0, 1, (6, 3)), np.linspace(0, 2, 31))
QUICK = dict(max_steps=60, target=1e-12, widths=(16,))


def largest_error(model, system, starts, t):
    return np.abs(model.evolve(starts, t) - system.evolve(starts, t)).max()


@pytest.mark.parametrize("given", [1, 2, 3], ids=["q", "q and qdot", "q, qdot and qddot"])
def test_mechanics_from_states_and_rates_or_times(given):
    t = np.linspace(0, 5, 201)
    x = MECHANICS.evolve(STARTS, t)
    parts = x[..., :2], x[..., 2:], MECHANICS.rate(x)[..., 2:]
    model = fit_mechanics(*parts[:given], M=np.eye(2), t=None if given == 3 else t, **QUICK)
    assert largest_error(model, MECHANICS, STARTS, T) < 1e-3
    np.testing.assert_allclose(model.evolve(x[-1], t[::-1])[-1], STARTS, atol=3e-3)


def test_diffusion_from_states_and_rates_or_times():
    t = np.linspace(0, 2, 31)
    by_rates = fit_diffusion(C, DIFFUSION.rate(C), **QUICK)
    by_times = fit_diffusion(C, t=t, **QUICK)
    for model in (by_rates, by_times):
        assert largest_error(model, DIFFUSION, C[0], t) < 1e-3
        assert model.matrices(C[0])["K"].shape == (6, 3, 3)


def test_units_do_not_matter():
    """Micrometres and megayears: scales are taken from the data."""
    tiny = fit_diffusion(1e-6 * C, 1e-20 * DIFFUSION.rate(C), **QUICK | {"target": 0.0})
    K = tiny.matrices(1e-6 * C[0])["K"].mean(axis=0)
    np.testing.assert_allclose(K * 1e14, DIFFUSION.K, atol=0.02)


@pytest.mark.parametrize("of", ["prior", "shuffling"])
def test_the_seed_reaches_more_than_the_network(monkeypatch, of):
    """From the same initial weights another seed draws other points and shuffles otherwise."""
    fixed = ScalarNetwork(3, (4,))
    monkeypatch.setattr("dlnn_utils.training.fit.ScalarNetwork", lambda *_, **__: deepcopy(fixed))
    options = dict(constant_coefficients=0.1, max_steps=2)
    if of == "shuffling":
        options = dict(optimiser="adam", epochs=2, batch_size=20)
    rate = DIFFUSION.rate(C)
    same, again, other = (fit_diffusion(C, rate, seed=s, **options).weights[0] for s in (5, 5, 6))
    assert (same == again).all()
    assert not (same == other).all()


def test_network_and_form_options_arrive():
    options = dict(widths=(5, 4), activation="tanh", form="hessian", max_steps=2)
    model = fit_diffusion(C, DIFFUSION.rate(C), **options)
    assert (model.form, model.network.activation_names) == ("hessian", ("tanh", "tanh"))
    assert [w.shape[0] for w in model.network.weights] == [5, 4, 1]


MOTION = partial(fit_mechanics, q=Q, M=np.eye(2))


@pytest.mark.parametrize(
    ("fit", "arguments", "message"),
    [
        (fit_diffusion, dict(c=C), "cdot must be given, or the times t"),
        (fit_diffusion, dict(c=C, cdot=C[:-1]), r"cdot must .*\(31, 6, 3\); got \(30, 6, 3\)"),
        (fit_diffusion, dict(c=C, cdot=C[0]), r"rate must have shape \(186, 3\); got \(6, 3\)"),
        (fit_diffusion, dict(c=C[0, :1], cdot=C[0, :1]), "at least two samples .*; got 1"),
        (fit_diffusion, dict(c=C, cdot=C, epochs=3), "no option 'epochs'; it has max_steps, "),
        (MOTION, dict(), "qdot and qddot must be given, or the times t"),
        (MOTION, dict(qddot=Q), "qdot and qddot must be given, or the times t"),
        (MOTION, dict(q=Q[:3], t=T[:3]), "t must hold at least 4 times for a rate; got 3"),
    ],
)
def test_bad_data(fit, arguments, message):
    with pytest.raises(ValueError, match=message):
        fit(**arguments)
