"""Networks, models, their training, and the peers."""

import numpy as np
from properties.any_input import Case

import dlnn_utils as dlnn

RNG = np.random.default_rng(2)
K, M = dlnn.lehmer(2), np.eye(1)
C = RNG.uniform(-1, 1, (6, 2))
Q, QDOT, QDDOT = RNG.uniform(-1, 1, (3, 6, 1))
X, RATE = np.hstack([Q, QDOT]), np.hstack([QDOT, -Q - QDOT])
T = np.linspace(0, 1, 6)
IMAGES = dlnn.Relaxation.of(K).evolve(C[0], T)
SMALL = {"widths": (3,), "max_steps": 2}
RATES = {"rate": "rate x", "x": "x rate"}


def network(n=2):
    return dlnn.ScalarNetwork(n, (3,), "quadratic_silu")


def diffusion():
    return dlnn.Diffusion(network())


def element():
    return dlnn.LocalDiffusion(dlnn.ScalarNetwork(8, (3,), "quadratic"), [[1.0]])


def trained(optimise):
    """Return a call that trains a new model and returns it."""

    def call(x, rate, **options):
        model = diffusion()
        optimise(model, x, rate, **options)
        return model

    return call


def fitted(peer):
    return lambda x, rate: peer().fit(x, rate, max_steps=2)


DIFFUSION, MECHANICS = diffusion(), dlnn.Mechanics(network(), M)
STEPS = {"max_steps": 2, "target": 0.0, "damping": 1e-3}

CASES = [
    Case(
        "ScalarNetwork",
        dlnn.ScalarNetwork,
        {"n_inputs": 2, "widths": (3,), "activation": "silu", "seed": 0},
    ),
    Case(
        "DenseNetwork",
        dlnn.DenseNetwork,
        {"n_inputs": 2, "n_outputs": 1, "widths": (3,), "activation": "silu", "seed": 0},
    ),
    Case("Diffusion", lambda form: dlnn.Diffusion(network(), form), {"form": "hessian"}),
    Case("Mechanics", lambda M: dlnn.Mechanics(network(), M), {"M": M}),
    Case(
        "Baseline",
        lambda n_state, kind, widths: dlnn.Baseline(n_state, kind, widths),
        {"n_state": 2, "kind": "mechanics", "widths": (3,)},
    ),
    Case(
        "Diffusion.evolve",
        lambda x0, t: DIFFUSION.evolve(x0, t, max_evaluations=500),
        {"x0": C, "t": T},
    ),
    Case("Diffusion.matrices", DIFFUSION.matrices, {"c": C}, called={"c": "c x"}),
    Case(
        "Mechanics.evolve",
        lambda x0, t: MECHANICS.evolve(x0, t, max_evaluations=500),
        {"x0": X, "t": T},
    ),
    Case("Mechanics.matrices", MECHANICS.matrices, {"x": X}),
    Case("potential_and_damping", lambda q: dlnn.potential_and_damping(MECHANICS, q), {"q": Q}),
    Case(
        "fit_diffusion",
        lambda c, cdot, **o: dlnn.fit_diffusion(c, cdot, **SMALL, **o),
        {"c": C, "cdot": -C @ K, "constant_coefficients": 0.1, "seed": 0},
        called={"c": "c cdot"},
    ),
    Case(
        "fit_diffusion over time",
        lambda c, t: dlnn.fit_diffusion(c, t=t, **SMALL),
        {"c": IMAGES, "t": T},
        called={"c": "c x"},
    ),
    Case(
        "fit_mechanics",
        lambda q, qdot, qddot, M: dlnn.fit_mechanics(q, qdot, qddot, M=M, **SMALL),
        {"q": Q, "qdot": QDOT, "qddot": QDDOT, "M": M},
        called={"q": "q qdot"},
    ),
    Case(
        "train",
        lambda x, rate, **o: dlnn.train(diffusion(), x, rate, max_steps=2, **o),
        {"x": C, "rate": -C @ K, "optimiser": "levenberg-marquardt", "device": "cpu"},
        called=RATES | {"optimiser": "optimiser"},
    ),
    Case(
        "train_levenberg_marquardt",
        trained(dlnn.train_levenberg_marquardt),
        {"x": C, "rate": -C @ K, **STEPS},
        called=RATES,
    ),
    Case(
        "train_gauss_newton",
        trained(dlnn.train_gauss_newton),
        {"x": C, "rate": -C @ K, **STEPS},
        called=RATES,
    ),
    Case(
        "train_adam",
        trained(dlnn.train_adam),
        {"x": C, "rate": -C @ K, "epochs": 2, "batch_size": 3, "learning_rate": 1e-3},
        called=RATES,
    ),
    Case(
        "train_to_losses",
        lambda x, rate, losses, tolerance: dlnn.train_to_losses(
            diffusion(), x, rate, losses, tolerance=tolerance, max_steps=3
        ),
        {"x": C, "rate": -C @ K, "losses": [1e-2], "tolerance": 0.02},
        called=RATES,
    ),
    Case(
        "loss_of",
        lambda x, rate: dlnn.loss_of(DIFFUSION, x, rate),
        {"x": C, "rate": -C @ K},
        lambda a, **_: a >= 0,
        called=RATES,
    ),
    Case(
        "fit_images",
        lambda c, cdot, **o: dlnn.fit_images(c, cdot, widths=(4,), max_steps=2, **o),
        {"c": IMAGES, "cdot": -IMAGES @ K, "frames": 3, "along_rays": 0.1},
        called={"c": "c cdot"},
    ),
    Case(
        "fit_local",
        lambda c, cdot, D: dlnn.fit_local(c, cdot, D, widths=(3,), max_steps=2),
        {"c": C[:2].repeat(2, 1), "cdot": C[2:4].repeat(2, 1), "D": [[1.0]]},
        called={"D": "D c cdot"},
    ),
    Case(
        "train_local",
        lambda x, rate, **o: dlnn.train_local(element(), x, rate, **o),
        {"x": C[:2].repeat(2, 1), "rate": C[2:4].repeat(2, 1), **STEPS},
        called=RATES,
        finite=False,
    ),
    Case(
        "fit_from_states",
        lambda x, t, **o: dlnn.fit_from_states(x, t, widths=(3,), max_steps=1, **o),
        {"x": IMAGES, "t": T, "pieces": (2,), "substeps": 1, "first_steps": 2},
    ),
    Case("fit_dmd", lambda x, t: dlnn.fit_dmd(x, t).A, {"x": IMAGES, "t": T}),
    Case(
        "fit_sindy",
        lambda x, rate, **o: dlnn.fit_sindy(x, rate, **o),
        {"x": C, "rate": -C @ K, "degree": 1, "threshold": 0.01},
        called=RATES,
    ),
    Case(
        "fit_sindy_pixels",
        lambda c, cdot, **o: dlnn.fit_sindy_pixels(c, cdot, **o),
        {"c": C, "cdot": -C @ K, "powers": (1,), "threshold": 0.01},
        called={"c": "c cdot"},
    ),
    *(
        Case(
            f"{peer.__name__}.fit",
            fitted(lambda peer=peer: peer(2, widths=(3,))),
            {"x": X, "rate": RATE},
            called=RATES,
        )
        for peer in (dlnn.HNN, dlnn.DHNN, dlnn.LNN, dlnn.GLNN)
    ),
    Case(
        "DeLaN.fit",
        lambda x, rate, force: dlnn.DeLaN(2, widths=(3,)).fit(x, rate, force, max_steps=2),
        {"x": X, "rate": RATE, "force": QDDOT},
        called=RATES,
    ),
    Case(
        "DHNN",
        lambda n_state, M: dlnn.DHNN(n_state, M, widths=(3,)),
        {"n_state": 2, "M": M},
        called={"n_state": "n_state M state"},
    ),
]
