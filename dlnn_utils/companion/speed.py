"""What the speed comparisons time: for each question the calls that are set against each other."""

import subprocess
import sys
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from scipy.integrate import solve_ivp

from dlnn_utils.baseline import Baseline
from dlnn_utils.levenberg_marquardt import train_levenberg_marquardt
from dlnn_utils.local_energy import LocalDiffusion
from dlnn_utils.models import Diffusion, Mechanics, Model
from dlnn_utils.network import ScalarNetwork
from dlnn_utils.peers.delan import DeLaN
from dlnn_utils.peers.dhnn import DHNN
from dlnn_utils.peers.lnn import LNN
from dlnn_utils.prior import ConstantCoefficients
from dlnn_utils.systems import table_1
from dlnn_utils.training import data_loss, tensors

from . import released

Calls = dict[str, Callable[[], object]]
RELEASED = {"D-HNN": released.dhnn, "LNN": released.lnn, "DeLaN": released.delan}


def first_order_steps(
    widths=(200, 200), batch: int = 1000, dtype: torch.dtype = torch.float32
) -> Calls:
    """Return one loss and its gradient for each system, and the products that ours consists of.

    The peers come twice: in closed form like ours, and computed as their published codes do.

    Parameters
    ----------
    widths : pair of int
        Of every network's two hidden layers.
    batch : int
        Number of states of the two masses.
    dtype : torch.dtype
    """
    x = np.random.default_rng(0).uniform(-1, 1, (batch, 4))
    rate = table_1().rate(x)
    given = dict(widths=widths, dtype=dtype)
    models = {
        "Euler-Lagrange": Mechanics(ScalarNetwork(4, activation="silu", **given), np.eye(2)),
        "baseline": Baseline(4, "mechanics", activation="silu", **given),
        "D-HNN": DHNN(4, np.eye(2), **given),
        "LNN": LNN(4, **given),
        "DeLaN": DeLaN(4, **given),
    }
    calls = {"matrix products": _products(widths, batch, dtype)}
    for name, model in models.items():
        samples = x, rate
        if name == "DeLaN":
            samples = model.samples(x, rate, rate[:, 2:])
        model.scale_to(*samples)
        calls[name] = _step(model, *tensors(model, *samples))
        if name in RELEASED:
            predict = partial(RELEASED[name], model)
            calls[f"{name}, as published"] = _step(model, *tensors(model, *samples), predict)
    return calls


def _step(model: Model, x, y, predict=None) -> Callable[[], None]:
    def step() -> None:
        model.zero_grad(set_to_none=True)
        if predict is None:
            data_loss(model, x, y).backward()
        else:
            ((predict(x) - y).square().sum() / len(x)).backward()

    return step


def _products(widths, batch: int, dtype: torch.dtype) -> Callable[[], None]:
    """Return the products of an Euler-Lagrange step.

    Value and tangent go up, their cotangents down; backward all four go the same ways again, and
    leave four products for the derivative by each matrix.  Nothing goes below the first matrix
    backward.
    """
    near, far = widths
    x, a, z = (torch.randn(batch, n, dtype=dtype) for n in (4, near, far))
    first, second = torch.randn(near, 4, dtype=dtype), torch.randn(far, near, dtype=dtype)

    def products() -> None:
        for k in range(4):
            x @ first.T, a.T @ x, a @ second.T, z @ second, z.T @ a
            if k < 2:
                a @ first

    return products


def second_order_steps(steps: int = 10, width: int = 40, samples: int = 600) -> Calls:
    """Return a Levenberg-Marquardt training from the start, and what no such training can save.

    Training includes the Jacobians, rejected steps and losses; its floor is J^T J, J^T r and one
    Cholesky solve a step, of a Jacobian that is there already.

    Parameters
    ----------
    steps, width, samples : int
        Accepted steps, width of the one hidden layer, states, and as many points of the prior.
    """
    x = np.random.default_rng(0).uniform(-1, 1, (samples, 4))
    rate, prior = table_1().rate(x), ConstantCoefficients.around(x, n_points=samples)

    def untrained() -> Mechanics:
        model = Mechanics(ScalarNetwork(4, (width,), "quadratic_silu"), np.eye(2))
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


def one_at_a_time(model: Model, starts, t, rtol: float = 1e-9, atol: float = 1e-10) -> np.ndarray:
    """Evolve one start after the other: a loop over SciPy's solver, as one would write it.

    Parameters
    ----------
    model : Model
    starts : array (B, n_state)
    t : array (T,)
    rtol, atol : float
        Those that `integrate` grants each trajectory.

    Returns
    -------
    array (T, B, n_state)
    """

    def rate(_, x):
        with torch.no_grad():
            return model.rate(torch.from_numpy(x)[None])[0].numpy()

    options = dict(method="DOP853", t_eval=t, rtol=rtol, atol=atol)
    solutions = [solve_ivp(rate, (t[0], t[-1]), x0, **options) for x0 in starts]
    return np.stack([solution.y.T for solution in solutions], axis=1)


def rates_of_pixels(side: int, total: int = 16384, most_weights: int = 10**8) -> Calls:
    """Return the rate of images of side x side pixels, `total` pixels a call, by three models.

    Parameters
    ----------
    side : int
        Pixels along an edge.
    total : int
        Pixels a call: smaller images come in batches.
    most_weights : int
        Dense networks with more weights are left out.

    Returns
    -------
    dict of callable
        "local", and of the dense networks "600 wide" and "9 n wide", the text's rule of thumb.
    """
    n = side**2
    x = torch.from_numpy(np.random.default_rng(0).uniform(size=(max(1, total // n), n)))
    D = np.ones((side - 1, side - 1))
    models = {"local": LocalDiffusion(ScalarNetwork(8, (10,), "quadratic"), D)}
    for name, width in (("600 wide", 600), ("9 n wide", 9 * n)):
        if width * n <= most_weights:
            models[name] = Diffusion(ScalarNetwork(n, (width,), "quadratic_silu"))
    return {name: _rate(model, x) for name, model in models.items()}


def _rate(model: Model, x) -> Callable[[], None]:
    def rate() -> None:
        with torch.no_grad():
            model.rate(x)

    return rate


def imports() -> Calls:
    """Return the start of a fresh Python that imports torch, this package, or a fit from it."""
    lines = {
        "torch": "import torch",
        "dlnn_utils": "import dlnn_utils",
        "a fit": "import dlnn_utils; dlnn_utils.fit_mechanics",
    }
    start = [sys.executable, "-c"]
    return {name: lambda c=line: subprocess.run([*start, c]) for name, line in lines.items()}
