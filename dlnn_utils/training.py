"""What all training shares: the loss of Eqs 18 and 19, its history, and the early stop."""

from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter

import torch
from torch import Tensor

from dlnn_utils import check
from dlnn_utils.models import Model
from dlnn_utils.prior import ConstantCoefficients
from dlnn_utils.threads import THREADS


@contextmanager
def one_thread():
    """Hold torch to `THREADS`: a training's result must not depend on how many cores there are."""
    threads = torch.get_num_threads()
    torch.set_num_threads(THREADS)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


class DivergenceError(RuntimeError):
    """Training produced a loss that is not finite."""


@dataclass
class History:
    """The course of a training.

    Attributes
    ----------
    loss : list of float
        Loss of Eqs 18, 19 after each step (Levenberg-Marquardt) or epoch (Adam); the first
        entry is that of the initial weights for Levenberg-Marquardt.
    prior : list of float
        The prior's part, not contained in `loss`; zeros without a prior.
    seconds : list of float
        Wall-clock time since the start at each entry.
    stop : str
        Why training ended: "target", "steps" or "stalled".
    """

    loss: list[float] = field(default_factory=list)
    prior: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    stop: str = "steps"
    _start: float = field(default_factory=perf_counter, repr=False)

    def add(self, loss: float, prior: float = 0.0) -> None:
        """Append an entry, timed now."""
        self.loss.append(loss)
        self.prior.append(prior)
        self.seconds.append(perf_counter() - self._start)


def data_loss(model: Model, x: Tensor, target: Tensor) -> Tensor:
    """Return mean over samples of |prediction(x) - target|^2 (Eqs 18, 19).

    Parameters
    ----------
    model : Model
    x : Tensor (B, n_state)
        States.
    target : Tensor (B, m)
        `model.target(rate)` of the true rates.

    Returns
    -------
    Tensor ()
    """
    return (model.prediction(x) - target).square().sum() / len(x)


def prior_loss(model: Model, prior: ConstantCoefficients | None) -> Tensor:
    """Return the prior's part of the loss, 0 without a prior."""
    if prior is None:
        return torch.zeros(())
    return prior.residual(model).square().sum() / len(prior.points)


def tensors(model: Model, x, rate) -> tuple[Tensor, Tensor]:
    """Return states and targets as tensors of the network's type, on its device."""
    n = getattr(model, "n_columns", model.network.n_inputs)
    x = check.array("x", x, (None, n))
    rate = check.array("rate", rate, x.shape)
    x, rate = (torch.as_tensor(a).to(model.network.input_scale) for a in (x, rate))
    return x, model.target(rate)
