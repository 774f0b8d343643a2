"""Exact systems, rates from states, integration and measures."""

from functools import partial

import numpy as np
import torch
from properties.any_input import Case

import dlnn_utils as dlnn

torch.set_num_threads(1)
RNG = np.random.default_rng(0)
A = np.array([[0.0, 1.0], [-1.0, -0.2]])
K2 = dlnn.lehmer(2)
T = np.linspace(0, 1, 6)
X, X4 = RNG.uniform(-1, 1, (6, 3, 2)), RNG.uniform(-1, 1, (3, 4))
PAIR = RNG.uniform(-1, 1, (2, 8, 2))
LINEAR, RELAXATION, SPRINGS = dlnn.LinearSystem(A), dlnn.Relaxation.of(K2), dlnn.table_1()
HARDENING = dlnn.HardeningSprings()
STEPS = {"max_evaluations": 2000}


def near(a, b):
    b = np.asarray(b, dtype=float)
    return np.allclose(a, b, rtol=1e-6, atol=1e-9 * (1 + np.abs(b).max(initial=0)))


def starts_there(a, x0, t):
    return a.shape == (len(t), *np.shape(x0)) and near(a[0], x0)


def falls(a, x0, t, **_):
    there = np.multiply(x0, np.exp(float(t[0]) - float(t[-1])))
    return np.allclose(a[-1], there, rtol=0.3, atol=np.abs(x0).max())


def round_trip(starts, t):
    return dlnn.RoundTrip(LINEAR, starts, t).errors(LINEAR)


# fmt: off
CASES = [
    Case(dlnn.lehmer, n=3, right=lambda a, n: a.shape == (n, n) and near(a, a.T)),
    Case(dlnn.square_grid, values=[0.0, 1.0], n=2,
         right=lambda a, values, n: a.shape == (len(values) ** n, n)),
    Case(dlnn.LinearSystem, A=A),
    Case(LINEAR.rate, x=X, right=lambda a, x: near(a, np.asarray(x, float) @ A.T)),
    Case(LINEAR.evolve, x0=X[0], t=T, right=starts_there),
    Case(partial(LINEAR.simulate, **STEPS), x0=X[0], t=T, right=starts_there),
    Case(dlnn.MassSpringDamper.of, M=K2, C=K2, K=K2),
    Case(SPRINGS.energy, x=X4, right=lambda a, x: a.shape == np.shape(x)[:-1] and (a >= 0).all()),
    Case(dlnn.Relaxation.of, K=K2, right=lambda a, K: near(a.A, -np.array(K, float))),
    Case(dlnn.HardeningSprings, law="cubic",
         right=lambda a, **_: np.isfinite(a.rate(np.full(4, 0.1))).all()),
    Case(HARDENING.rate, x=X4),
    Case(partial(HARDENING.evolve, **STEPS), x0=X4, t=T, right=starts_there),
    Case(HARDENING.potential_and_damping, q=X4[:, :2],
         right=lambda a, q: a[0].shape == (len(q),) and a[1].shape == (len(q), 2, 2)),
    Case(partial(dlnn.integrate, max_evaluations=5000), lambda x: -x, x0=X[0], t=T, n_state=2,
         method="RK45", rtol=1e-6, atol=1e-8, right=falls, called="x0"),
    Case(dlnn.rates_from_states, x=X, t=T, order=1,
         right=lambda a, x, **_: a.shape == np.shape(x)),
    Case(dlnn.smooth_states, x=X, t=T, orders=(0, 1),
         right=lambda a, x, t, orders: len(a) == len(orders) and a[0].shape == np.shape(x)),
    Case(dlnn.intrinsic_dimension, x=RNG.normal(size=(9, 2)), right=lambda a, x: a > 0),
    Case(dlnn.fit_least_squares, x=PAIR[0], rate=PAIR[1]),
    Case(dlnn.fit_symmetric, x=PAIR[0], rate=PAIR[1], rcond=1e-10, M=np.eye(2), called="A",
         right=lambda a, **_: near(a.K, a.K.T)),
    Case(dlnn.trajectory_errors, LINEAR, LINEAR, starts=X[0], t=T, called="x0",
         right=lambda a, **_: a.max == 0),
    Case(round_trip, name="RoundTrip", starts=X[0], t=T, called="x0",
         finite=False, right=lambda a, **_: not 1e-3 <= max(a) < np.inf),
    Case(dlnn.noise_of, x=RNG.normal(size=(9, 2)), t=np.linspace(0, 1, 9), called="t",
         right=lambda a, **_: (a >= 0).all()),
    Case(dlnn.horizon_of, A=A, noise=0.1, signal=1.0, longest=3.0, share=0.2, finite=False,
         right=lambda a, longest, **_: 0 <= a.reach <= longest * (1 + 1e-9)),
    Case(dlnn.jacobian_at, dlnn.Diffusion(dlnn.ScalarNetwork(2, (3,))), x=[0.1, 0.2],
         right=lambda a, x: a.shape == (2, 2)),
    Case(dlnn.estimate_state, RELAXATION, x=RELAXATION.evolve([1.0, 0.5], T), t=T, noise=1e-3,
         right=lambda a, **_: a[0].shape == (2,) and a[1].shape == (2, 2)),
]
