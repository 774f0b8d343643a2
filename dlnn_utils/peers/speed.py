"""What the speed comparisons time, as tables of calls, and the race to a given error."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import torch
from scipy.integrate import solve_ivp

from dlnn_utils.fields.local import LocalDiffusion
from dlnn_utils.models.model import Model
from dlnn_utils.models.motion import Diffusion, Mechanics
from dlnn_utils.models.network import ScalarNetwork
from dlnn_utils.peers import lineup, published
from dlnn_utils.peers.contest import Contest, Result
from dlnn_utils.systems.linear import square_grid, table_1
from dlnn_utils.training.fit import train
from dlnn_utils.training.gauss_newton import train_levenberg_marquardt
from dlnn_utils.training.least_squares import fit_least_squares
from dlnn_utils.training.loss import ConstantCoefficients, data_loss, tensors

Calls = dict[str, Callable[[], object]]
MAKE = lineup.mechanics(np.eye(2))
PUBLISHED = {"D-HNN": published.dhnn, "LNN": published.lnn, "DeLaN": published.delan}
GOAL, REACH = 1e-3, 1.25
TIMES = np.linspace(0, 10, 51)


def first_order_steps(widths=(200, 200), batch: int = 1000) -> Calls:
    """Return one loss and its gradient for each system, and for ours the products alone."""
    x = np.random.default_rng(0).uniform(-1, 1, (batch, 4))
    rate = table_1().rate(x)
    net = dict(widths=widths, dtype=torch.float32)
    ours = net | {"activation": "silu"}
    models = {"Euler-Lagrange": MAKE["DLNN"](**ours), "baseline": MAKE["baseline"](**ours)}
    models |= {name: MAKE[name](**net) for name in PUBLISHED}
    near, far = widths
    shapes = (batch, 4), (batch, near), (batch, far), (near, 4), (far, near)
    calls = {"matrix products": partial(_products, *map(torch.randn, shapes))}
    for name, model in models.items():
        samples = model.samples(x, rate, rate[:, 2:]) if name == "DeLaN" else (x, rate)
        model.scale_to(*samples)
        data = tensors(model, *samples)
        calls[name] = partial(_step, model, *data)
        if name in PUBLISHED:
            calls[f"{name}, as published"] = partial(_step, model, *data, PUBLISHED[name])
    return calls


def _step(model: Model, x, y, predict=None) -> None:
    model.zero_grad(set_to_none=True)
    loss = (predict(model, x) - y).square().sum() / len(x) if predict else data_loss(model, x, y)
    loss.backward()


def _products(x, a, z, first, second) -> None:
    """Compute the products of an Euler-Lagrange step: value and tangent, up and down and back."""
    for k in range(4):
        x @ first.T, a.T @ x, a @ second.T, z @ second, z.T @ a
        if k < 2:
            a @ first


def second_order_steps(steps: int = 10, width: int = 40, samples: int = 600) -> Calls:
    """Return a Levenberg-Marquardt training, and its floor: J^T J, J^T r and Cholesky solves."""
    x = np.random.default_rng(0).uniform(-1, 1, (samples, 4))
    rate, prior = table_1().rate(x), ConstantCoefficients.around(x, n_points=samples)

    def untrained() -> Mechanics:
        model = MAKE["DLNN"](widths=(width,), activation="quadratic_silu")
        model.scale_to(x, rate)
        return model

    J = np.random.default_rng(0).normal(size=(4 * samples, untrained().n_weights))
    r = J[:, 0].copy()

    def floor() -> None:
        for _ in range(steps):
            A, g = torch.from_numpy(J.T @ J), torch.from_numpy(J.T @ r)
            torch.cholesky_solve(g[:, None], torch.linalg.cholesky(A))

    def training() -> None:
        train_levenberg_marquardt(untrained(), x, rate, max_steps=steps, prior=prior)

    return {"training": training, "floor": floor}


def rates_of_pixels(side: int, total: int = 16384) -> Calls:
    """Return the rate of images of side x side pixels, `total` pixels a call, by three models."""
    n = side**2
    x = torch.from_numpy(np.random.default_rng(0).uniform(size=(max(1, total // n), n)))
    D = np.ones((side - 1, side - 1))
    rates = {"local": LocalDiffusion(ScalarNetwork(8, (10,), "quadratic"), D).rates}
    for name, width in (("600 wide", 600), ("9 n wide", 9 * n)):
        if width * n <= 1e8:
            rates[name] = Diffusion(ScalarNetwork(n, (width,), "quadratic_silu")).rate
    return {name: torch.no_grad()(partial(rate, x)) for name, rate in rates.items()}


def imports() -> Calls:
    """Return the start of a fresh Python that imports torch, this package, or a fit from it."""
    lines = {
        "torch": "import torch",
        "dlnn_utils": "import dlnn_utils",
        "a fit": "import dlnn_utils; dlnn_utils.fit_mechanics",
    }
    start = [sys.executable, "-c"]
    return {name: partial(subprocess.run, [*start, line]) for name, line in lines.items()}


def one_at_a_time(model: Model, starts, t) -> np.ndarray:
    """Evolve one start after the other (T, B, n_state): a loop over SciPy's solver."""

    def rate(_, x):
        with torch.no_grad():
            return model.rate(torch.from_numpy(x)[None])[0].numpy()

    options = dict(method="DOP853", t_eval=t, rtol=1e-9, atol=1e-10)
    solutions = [solve_ivp(rate, (t[0], t[-1]), x0, **options) for x0 in starts]
    return np.stack([solution.y.T for solution in solutions], axis=1)


def starts() -> np.ndarray:
    """Return the 625 = 5^4 starts of the tests, out to `REACH` times the training range."""
    return square_grid(np.linspace(-REACH, REACH, 5), 4)


def race(epochs: int, seed: int = 0) -> dict[str, Result]:
    """Train every system until no trajectory is off by more than `GOAL`; ask Adam's once."""
    system = table_1()
    x = system.evolve(square_grid(np.linspace(-1, 1, 4), 4), TIMES).reshape(-1, 4)
    few = x[np.random.default_rng(seed).choice(len(x), 300, replace=False)]
    every, some = (Contest(system, s, system.rate(s), {REACH: starts()}, TIMES) for s in (x, few))
    every.fit("least squares", fit_least_squares, x, every.rate)

    net, prior = dict(widths=(20,), seed=seed), ConstantCoefficients.around(few, seed=seed)
    bent, square = (net | {"activation": a} for a in ("quadratic_silu", "quadratic"))
    second_order = {
        "DLNN": (MAKE["DLNN"](**bent), prior),
        "DLNN, z²/2": (MAKE["DLNN"](**square), None),
        "baseline, our optimiser": (MAKE["baseline"](activation="silu", **net), prior),
        "D-HNN, our optimiser": (MAKE["D-HNN"](**bent), None),
        "D-HNN, z²/2, our optimiser": (MAKE["D-HNN"](**square), None),
    }
    options = dict(rounds=8, goal=GOAL, rtol=1e-5, max_steps=5)
    for name, (model, soft) in second_order.items():
        every.results[name] = some.train(name, model, prior=soft, **options)

    single = dict(seed=seed, dtype=torch.float32)
    options = dict(epochs=epochs, learning_rate=3e-3, seed=seed, rtol=1e-5)
    baseline = MAKE["baseline"](widths=(200, 200), activation="silu", **single)
    every.train("baseline, Adam", baseline, "adam", **options)
    every.train("D-HNN, Adam", MAKE["D-HNN"](**single), "adam", **options)
    return every.results


def is_there(result: Result) -> bool:
    """Return whether a system reached the goal."""
    return result.errors[REACH].max <= GOAL


def lead(results: Mapping[str, Result], mark: str) -> float:
    """Return by what factor the quickest with a mark reaches the goal later than a DLNN."""
    there = {name: r.seconds for name, r in results.items() if is_there(r)}
    ours = [s for name, s in there.items() if name.startswith("DLNN")]
    theirs = [s for name, s in there.items() if mark in name and not name.startswith("DLNN")]
    return min(theirs, default=np.inf) / min(ours, default=np.nan)


def trained(seed: int = 0) -> Mechanics:
    """Return a DLNN that has learned the two masses, for what is timed on a trained network."""
    system = table_1()
    x = np.random.default_rng(seed).uniform(-1, 1, (300, 4))
    model = MAKE["DLNN"](widths=(40,), activation="quadratic_silu", seed=seed)
    options = dict(constant_coefficients=0.1, max_steps=30, seed=seed)
    return train(model, x, system.rate(x), **options)
