"""Second-order training: damped Gauss-Newton steps on the residuals r of Eqs 18 and 19.

-(J^T J + mu I)^-1 J^T r, J = dr/dw, is Levenberg-Marquardt's; it has the size of the weights.  Its
dual form -J^T (J J^T + mu I)^-1 r serves networks of more weights than residuals.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

import torch
from torch import Tensor
from torch.nn.utils import parameters_to_vector, vector_to_parameters
from tqdm import tqdm

from dlnn_utils._arguments import Array, Count, NotNegative, checked
from dlnn_utils.models.jacobians import Jacobian, add_product, gram
from dlnn_utils.models.model import Model
from dlnn_utils.training.loss import (
    ConstantCoefficients,
    DivergenceError,
    History,
    one_thread,
    tensors,
)

DAMPING = 1e-3
"""The first mu over the largest diagonal entry of J^T J."""
MAX_WEIGHTS = 6000
MAX_RESIDUALS = 8000
CHUNK_BYTES = 2**27
"""Of the Jacobian of those samples that pass through the network together."""
BLOCK_BYTES = 2**20
"""Of the rows that are written out at once: they stay in a core's cache."""

OnStep = Callable[[Model, History], bool | None] | None
Linearised = tuple[float, Callable[[float], tuple[Tensor, float] | None]]
"""The largest diagonal entry of J^T J; what maps mu to a step and the decrease of the loss that it
promises, or to None where the damped matrix is not numerically positive definite."""


@checked
@one_thread()
def train_levenberg_marquardt(
    model: Model,
    x: Array["B n"],
    rate: Array["B n"],
    *,
    max_steps: Count = 200,
    prior: ConstantCoefficients | None = None,
    target: NotNegative = 0.0,
    on_step: OnStep = None,
) -> History:
    """Minimise the loss of Eqs 18, 19 of states and rates (B, n_state) by steps that lower it.

    Steps end when the losses of data and prior are at `target`, or when `on_step` returns True.
    """
    if model.n_weights > MAX_WEIGHTS:
        raise ValueError(
            f"Levenberg-Marquardt takes networks of at most {MAX_WEIGHTS} weights; got "
            f"{model.n_weights}: make it narrower, or train with Adam"
        )
    x, y = tensors(model, x, rate)
    together = max(1, CHUNK_BYTES // (8 * model.n_weights * y.shape[1]))
    fit = LeastSquares(model, x, y, prior, together)
    memory = x.new_empty(max(BLOCK_BYTES // 8, y.shape[1] * model.n_weights))

    def linearise() -> Linearised:
        return primal(rows for jacobian in fit.jacobians() for rows in jacobian.blocks(memory))

    return minimise(model, fit.losses, linearise, max_steps, target, on_step)


@checked
@one_thread()
def train_gauss_newton(
    model: Model,
    x: Array["B n"],
    rate: Array["B n"],
    *,
    max_steps: Count = 50,
    prior: ConstantCoefficients | None = None,
    target: NotNegative = 0.0,
    on_step: OnStep = None,
) -> History:
    """Minimise the loss of Eqs 18, 19 like `train_levenberg_marquardt`, by the smallest steps.

    A step costs the cube of samples times coordinates, and a multiple of the weights.
    """
    x, y = tensors(model, x, rate)
    size = y.shape[1] * (len(x) + (0 if prior is None else len(prior.points)))
    if size > MAX_RESIDUALS:
        raise ValueError(
            f"Gauss-Newton takes at most {MAX_RESIDUALS} residuals, samples and prior's points "
            f"times coordinates; got {size}: take fewer samples, or train with Adam"
        )
    fit = LeastSquares(model, x, y, prior, size)
    return minimise(model, fit.losses, lambda: dual(fit.jacobians()), max_steps, target, on_step)


class LeastSquares:
    """A loss as squares of residuals (B, m); up to `together` samples pass the network at once."""

    def __init__(self, model: Model, x: Tensor, y: Tensor, prior, together: int):
        self.networks, self.prior, self._kept = model.networks, [], []
        self.data = [
            lambda s=states, t=target: (model.prediction(s) - t) / len(x) ** 0.5
            for states, target in zip(x.split(together), y.split(together))
        ]
        if prior is not None:
            points, weight = prior.points.to(x), prior.weight / len(prior.points) ** 0.5
            self.prior = [
                lambda s=states: weight * model.homogeneity(s) for states in points.split(together)
            ]

    def losses(self) -> tuple[float, float]:
        """Return the loss of the data and that of the prior at the present weights."""
        self._kept, keep = [], len(self.data) == 1 and len(self.prior) <= 1
        sums = [0.0, 0.0]
        for i, part in enumerate((self.data, self.prior)):
            for function in part:
                jacobian = Jacobian(self.networks, function)
                sums[i] += float(jacobian.r.square().sum())
                if keep:
                    self._kept.append(jacobian)
        return tuple(sums)

    def jacobians(self) -> Iterator[Jacobian]:
        """Yield the Jacobians at the weights that `losses` saw last."""
        functions = [] if self._kept else self.data + self.prior
        yield from self._kept
        yield from (Jacobian(self.networks, function) for function in functions)


def primal(rows: Iterable[tuple[Tensor, Tensor]]) -> Linearised:
    """Linearise about residuals (R,) and rows (R, P) of J that come in blocks."""
    A = g = None
    for r, J in rows:
        g = J.T @ r if g is None else g.addmv_(J.T, r)
        A = add_product(A, J)
    return _linearised(A, g, g, lambda u: u)


def dual(jacobians: Iterable[Jacobian]) -> Linearised:
    """Linearise about all residuals, and solve in their own space."""
    jacobians = list(jacobians)
    sizes = [jacobian.r.numel() for jacobian in jacobians]
    r = torch.cat([jacobian.r.reshape(-1) for jacobian in jacobians])

    def pull_back(u: Tensor) -> Tensor:
        return sum(j.pull_back(part.view_as(j.r)) for j, part in zip(jacobians, u.split(sizes)))

    return _linearised(gram(jacobians), r, pull_back(r), pull_back)


def _linearised(A: Tensor, b: Tensor, g: Tensor, lift: Callable[[Tensor], Tensor]) -> Linearised:
    """Steps -lift((A + mu I)^-1 b) where J^T r = g."""

    def solve(mu: float) -> tuple[Tensor, float] | None:
        u = damped_solve(A, -b, mu)
        if u is None:
            return None
        step = lift(u)
        return step, float(step @ (mu * step - g))

    return float(A.diagonal().max()), solve


def damped_solve(A: Tensor, b: Tensor, mu: float) -> Tensor | None:
    """Return (A + mu I)^-1 b, or None where that matrix, a lower triangle, is not positive."""
    damped = A.clone()
    damped.diagonal().add_(mu)
    factor, failed = torch.linalg.cholesky_ex(damped)
    return None if failed else torch.cholesky_solve(b[:, None], factor)[:, 0]


def minimise(model: Model, losses, linearise, max_steps: int, target: float, on_step) -> History:
    """Train a model by the steps that `linearise` gives, see `descend`."""
    start = parameters_to_vector(model.weights).detach()
    assign = partial(vector_to_parameters, parameters=model.weights)
    options = dict(target=target, on_step=on_step and partial(on_step, model))
    return descend(start, assign, losses, linearise, max_steps, **options)


def descend(
    v: Tensor,
    assign: Callable[[Tensor], None],
    losses: Callable[[], tuple[float, float]],
    linearise: Callable[[], Linearised],
    max_steps: int,
    *,
    target: float = 0.0,
    enough: float = 0.0,
    history: History | None = None,
    on_step: Callable[[History], bool | None] | None = None,
) -> History:
    """Change the variables v until the target, the last step, a stall or the end by `on_step`.

    A step is taken only if the loss falls; mu follows the ratio of actual to promised decrease
    (Nielsen's rule).  One that lowers the loss by a fraction below `enough` is the last.
    """
    history = History() if history is None else history
    lost, growth, mu = losses(), 2.0, None
    history.add(*lost)
    if not sum(lost) < float("inf"):
        raise DivergenceError(f"the loss is {sum(lost)} at the start: rescale the data")
    bar = tqdm(range(max_steps), "steps", disable=None)
    for _ in bar:
        if max(lost) <= target:
            break
        largest, solve = linearise()
        mu = DAMPING * largest if mu is None else mu
        while True:
            if (found := solve(mu)) is not None:
                step, promised = found
                assign(v + step)
                new = losses()
                if sum(new) < sum(lost):
                    break
                assign(v)
            mu, growth = mu * growth, growth * 2
            if not mu <= 1e12 * largest:
                history.stop = "stalled"
                return history
        fall, before = sum(lost) - sum(new), sum(lost)
        v, lost, growth = v + step, new, 2.0
        mu = max(mu * max(0.1, 1 - (2 * fall / promised - 1) ** 3), 1e-300)
        history.add(*lost)
        bar.set_postfix(loss=f"{lost[0]:.1e}", refresh=False)
        if on_step is not None and on_step(history):
            history.stop = "on_step"
            return history
        if fall < enough * before:
            break
    history.stop = "target" if max(lost) <= target else "steps"
    return history
