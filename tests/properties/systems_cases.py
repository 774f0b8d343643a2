"""Exact systems, rates from states, integration and measures."""

import numpy as np
import torch
from properties.any_input import Case

import dlnn_utils as dlnn

RNG = np.random.default_rng(0)
A = np.array([[0.0, 1.0], [-1.0, -0.2]])
K2 = dlnn.lehmer(2)
T = np.linspace(0, 1, 6)
X = RNG.uniform(-1, 1, (6, 3, 2))
PAIR = RNG.uniform(-1, 1, (2, 8, 2))
LINEAR, RELAXATION, SPRINGS = dlnn.LinearSystem(A), dlnn.Relaxation.of(K2), dlnn.table_1()
HARDENING = dlnn.HardeningSprings()


def near(a, b):
    b = np.asarray(b, dtype=float)
    return np.allclose(a, b, rtol=1e-6, atol=1e-9 * (1 + np.abs(b).max(initial=0)))


CASES = [
    Case("lehmer", dlnn.lehmer, {"n": 3}, lambda a, n: a.shape == (n, n) and near(a, a.T)),
    Case(
        "square_grid",
        dlnn.square_grid,
        {"values": [0.0, 1.0], "n": 2},
        lambda a, values, n: a.shape == (len(values) ** n, n),
    ),
    Case("LinearSystem", lambda A: dlnn.LinearSystem(A).A, {"A": A}),
    Case(
        "LinearSystem.rate",
        LINEAR.rate,
        {"x": X},
        lambda a, x: near(a, np.asarray(x, float) @ A.T),
    ),
    Case(
        "LinearSystem.evolve",
        LINEAR.evolve,
        {"x0": X[0], "t": T},
        lambda a, x0, t: near(a[0], x0) and a.shape == (len(t), *np.shape(x0)),
    ),
    Case(
        "LinearSystem.simulate",
        lambda x0, t: LINEAR.simulate(x0, t, max_evaluations=2000),
        {"x0": X[0], "t": T},
        lambda a, x0, t: near(a[0], x0),
    ),
    Case(
        "MassSpringDamper.of",
        dlnn.MassSpringDamper.of,
        {"M": K2, "C": K2, "K": K2},
        called={"M": "M C K"},
    ),
    Case(
        "MassSpringDamper.energy",
        SPRINGS.energy,
        {"x": RNG.uniform(-1, 1, (3, 4))},
        lambda a, x: a.shape == np.shape(x)[:-1] and (a >= 0).all(),
    ),
    Case(
        "Relaxation.of", dlnn.Relaxation.of, {"K": K2}, lambda a, K: near(a.A, -np.array(K, float))
    ),
    Case(
        "HardeningSprings",
        dlnn.HardeningSprings,
        {
            "law": "cubic",
            "masses": (1.0, 1.5),
            "stiffness": (1.0, 0.5, 1.0),
            "hardening": 1.5,
            "damping": (0.05, 0.2),
        },
        lambda a, **_: np.isfinite(a.rate(np.full(4, 0.1))).all(),
    ),
    Case("HardeningSprings.rate", HARDENING.rate, {"x": RNG.uniform(-1, 1, (3, 4))}),
    Case(
        "HardeningSprings.evolve",
        lambda x0, t: HARDENING.evolve(x0, t, max_evaluations=2000),
        {"x0": RNG.uniform(-1, 1, (3, 4)), "t": T},
        lambda a, x0, t: near(a[0], x0),
    ),
    Case("HardeningSprings.energy", HARDENING.energy, {"x": RNG.uniform(-1, 1, (3, 4))}),
    Case(
        "HardeningSprings.potential_and_damping",
        HARDENING.potential_and_damping,
        {"q": RNG.uniform(-1, 1, (3, 2))},
        lambda a, q: a[0].shape == (len(q),) and a[1].shape == (len(q), 2, 2),
    ),
    Case(
        "integrate",
        lambda x0, t, **o: dlnn.integrate(lambda x: -x, x0, t, max_evaluations=5000, **o),
        {"x0": X[0], "t": T, "n_state": 2, "method": "RK45", "rtol": 1e-6, "atol": 1e-8},
        lambda a, x0, t, **_: np.allclose(
            a[-1],
            np.multiply(x0, np.exp(float(t[0]) - float(t[-1]))),
            rtol=0.3,
            atol=np.abs(x0).max(),
        ),
        called={"n_state": "n_state x0"},
    ),
    Case(
        "rates_from_states",
        dlnn.rates_from_states,
        {"x": X, "t": T, "order": 1, "degree": 5},
        lambda a, x, t, **_: a.shape == np.shape(x),
        called={"order": "order t"},
    ),
    Case(
        "frame_rates",
        dlnn.frame_rates,
        {"x": X, "t": T},
        lambda a, x, t: near(
            (a.T * np.diff(np.asarray(t, float))).T, np.diff(np.asarray(x, float), axis=0)
        ),
    ),
    Case(
        "smooth_states",
        dlnn.smooth_states,
        {"x": X, "t": T, "orders": (0, 1)},
        lambda a, x, t, orders: len(a) == len(orders) and a[0].shape == np.shape(x),
    ),
    Case(
        "intrinsic_dimension",
        dlnn.intrinsic_dimension,
        {"x": RNG.normal(size=(9, 2))},
        lambda a, x: a > 0,
    ),
    Case(
        "fit_least_squares",
        dlnn.fit_least_squares,
        {"x": PAIR[0], "rate": PAIR[1]},
        lambda a, x, rate: np.isfinite(a.A).all(),
    ),
    Case(
        "fit_symmetric",
        dlnn.fit_symmetric,
        {"x": PAIR[0], "rate": PAIR[1], "rcond": 1e-10},
        lambda a, **_: near(a.K, a.K.T),
    ),
    Case(
        "trajectory_errors",
        lambda starts, t: dlnn.trajectory_errors(LINEAR, LINEAR, starts, t),
        {"starts": X[0], "t": T},
        lambda a, **_: a.max == 0,
        called={"starts": "starts x0"},
    ),
    Case(
        "RoundTrip",
        lambda starts, t: dlnn.RoundTrip(LINEAR, starts, t).errors(LINEAR),
        {"starts": X[0], "t": T},
        lambda a, **_: max(a) < 1e-3,
        called={"starts": "starts x0"},
    ),
    Case(
        "noise_of",
        dlnn.noise_of,
        {"x": RNG.normal(size=(9, 2)), "t": np.linspace(0, 1, 9), "degree": 5},
        lambda a, **_: (a >= 0).all(),
        called={"degree": "degree t"},
    ),
    Case(
        "horizon_of",
        lambda **given: dlnn.horizon_of(**given).reach,
        {"A": A, "noise": 0.1, "signal": 1.0, "longest": 3.0, "share": 0.2},
        lambda a, longest, **_: 0 <= a <= longest * (1 + 1e-9),
    ),
    Case(
        "jacobian_at",
        lambda x: dlnn.jacobian_at(dlnn.Diffusion(dlnn.ScalarNetwork(2, (3,))), x),
        {"x": [0.1, 0.2]},
        lambda a, x: a.shape == (2, 2),
    ),
    Case(
        "estimate_state",
        lambda x, t, noise: dlnn.estimate_state(RELAXATION, x, t, noise),
        {"x": RELAXATION.evolve([1.0, 0.5], T), "t": T, "noise": 1e-3},
        lambda a, **_: a[0].shape == (2,) and a[1].shape == (2, 2),
    ),
    Case(
        "way_back",
        lambda **given: dlnn.way_back(RELAXATION, **given),
        {"x": RELAXATION.evolve(X[0], T), "t": T, "noise": [1e-3, 1e-3], "window": 4},
        lambda a, x, **_: a[0].shape == np.shape(x),
    ),
    Case(
        "ConstantCoefficients.around",
        lambda **given: dlnn.ConstantCoefficients.around(**given).points,
        {"x": X[0], "reach": 2.0, "n_points": 5, "weight": 0.1, "seed": 0},
        lambda a, x, n_points, **_: a.shape == (n_points, np.shape(x)[-1]),
    ),
]
torch.set_num_threads(1)
