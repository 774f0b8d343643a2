"""What all training shares: the loss of Eqs 18 and 19, its prior, its history, and one thread."""

import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from dlnn_utils._arguments import SMALLEST, Array, Count, Positive, Seed, answer, array, checked
from dlnn_utils.models.model import Model

THREADS = max(1, int(os.environ.get("DLNN_THREADS") or 1))
"""Threads of a training.  With more than one, weights agree within tolerances, not in bytes."""


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
    """The course of a training: losses of Eqs 18, 19, the prior's part beside them, and seconds.

    It has an entry for the start and each step, or each epoch of Adam.  `stop` says why training
    ended: "target", "steps", "stalled" or "on_step".
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


def stream(seed: int, use: Literal["prior", "shuffling"]) -> np.random.Generator:
    """Return the random numbers that one use of a seed has to itself."""
    children = np.random.SeedSequence(seed).spawn(2)
    return np.random.default_rng(children[("prior", "shuffling").index(use)])


@dataclass(frozen=True)
class ConstantCoefficients:
    """Soft prior: the two readings of the rate, by Eqs 11, 16 and by Eqs 12, 17, agree at points.

    With constant coefficients they agree everywhere, far outside the training range too.  The
    difference at `points` (P, n_state) has the `weight` relative to the residual of the data.
    """

    points: Tensor
    weight: float

    @classmethod
    @checked
    def around(
        cls,
        x: Array["B n"],
        reach: Positive = 2.0,
        n_points: Count = 600,
        weight: Positive = 0.1,
        seed: Seed = 0,
    ) -> "ConstantCoefficients":
        """Draw points from a box around the origin, `reach` times as wide as the states x."""
        half = reach * np.abs(x).max(axis=0)
        points = stream(seed, "prior").uniform(-half, half, (n_points, len(half)))
        return cls(torch.from_numpy(points), weight)

    @classmethod
    @checked
    def along_rays(
        cls,
        c: Array["B n"],
        reach: Positive = 1.2,
        n_points: Count = 6,
        weight: Positive = 1.0,
        seed: Seed = 0,
    ) -> "ConstantCoefficients":
        """Draw points on the rays from 0 through random images, up to `reach` times the image."""
        rng = stream(seed, "prior")
        chosen = c[rng.choice(len(c), n_points, replace=len(c) < n_points)]
        points = chosen * rng.uniform(0, reach, (n_points, 1))
        return cls(torch.from_numpy(points), weight)

    def residual(self, model) -> Tensor:
        """Return weight times the difference (P, m) of the two readings of a model."""
        return self.weight * model.homogeneity(self.points.to(model.network.input_scale))


def data_loss(model: Model, x: Tensor, target: Tensor) -> Tensor:
    """Return mean over samples of |prediction(x) - target|^2 (Eqs 18, 19), of `tensors`."""
    return (model.prediction(x) - target).square().sum() / len(x)


def prior_loss(model: Model, prior: ConstantCoefficients | None) -> Tensor:
    """Return the prior's part of the loss, 0 without a prior."""
    if prior is None:
        return torch.zeros(())
    return prior.residual(model).square().sum() / len(prior.points)


def tensors(model: Model, x, rate) -> tuple[Tensor, Tensor]:
    """Return states and targets as tensors of the network's type, on its device."""
    x = array("x", x, f"B {model.n_columns}")
    rate = array("rate", rate, f"{len(x)} {model.n_columns}")
    x, rate = (torch.as_tensor(a).to(model.network.input_scale) for a in (x, rate))
    return x, model.target(rate)


@checked
@torch.no_grad()
def loss_of(model: Model, x: Array["B n"], rate: Array["B n"]) -> float:
    """Return a model's loss (Eqs 18, 19) at the states x and their rates (B, n_state)."""
    return answer("x and rate", float(data_loss(model, *tensors(model, x, rate))))


@checked
def rate_error(model: Model, x: Array["B n"], rate: Array["B n"]) -> float:
    """Return a model's error of rates (B, n_state) at x, RMS over RMS of M^(1/2) c' or M q''."""
    _, target = tensors(model, x, rate)
    size = float(target.square().sum() / len(x))
    if not size >= SMALLEST:
        raise ValueError("rate must not be zero everywhere; no error is relative to that")
    return answer("x and rate", (loss_of(model, x, rate) / size) ** 0.5)
