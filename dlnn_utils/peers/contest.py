"""Every system on the same data and the same tests, its errors beside its work and its time."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from time import process_time

import numpy as np
import torch

from dlnn_utils._arguments import Array, Count, Times, checked
from dlnn_utils.integration import follow
from dlnn_utils.models.model import Model
from dlnn_utils.peers.base import Peer
from dlnn_utils.systems.evaluation import Errors
from dlnn_utils.training.fit import train

SECOND_ORDER, FIRST_ORDER = "levenberg-marquardt", "adam"
TOLERANCE = {SECOND_ORDER: 1e-6, FIRST_ORDER: 1e-4}
"""Of the tests' solver: well below the errors that either optimiser leaves."""
MOST_EVALUATIONS = 450
"""Of the rate, for all of a test's trajectories together: what takes more counts as lost."""


@dataclass(frozen=True)
class Result:
    """What one system made of the data: errors by reach; seconds and work of its training."""

    model: object
    errors: dict[float, Errors]
    seconds: float = np.nan
    passes: int = 0
    steps: int = 0
    work: float = np.nan
    loss: float = np.nan


class Contest:
    """The same data and the same tests for all; a `Result` of each, by name, in `results`.

    Parameters
    ----------
    system : object with `evolve`
        The truth.
    x, rate : array (B, n_state)
        Training states and rates.
    starts : mapping of float to array (S, n_state)
        Starts of the tests, by their reach.
    times : array (T,)
        Times of the tests.
    compared : int, optional
        How many of the state's coordinates count, from the first; all by default.
    """

    @checked
    def __init__(
        self,
        system,
        x: Array["B n"],
        rate: Array["B n"],
        starts: Mapping[float, np.ndarray],
        times: Times,
        compared: Count = None,
    ):
        self.x, self.rate, self.times = x, rate, times
        self.tests = {
            reach: (x0, system.evolve(x0, times)[..., :compared]) for reach, x0 in starts.items()
        }
        self.results: dict[object, Result] = {}

    def fit(self, name: str, fit: Callable, *data, **options) -> Result:
        """Take what `fit(*data, **options)` returns, such as a law found by least squares."""
        began = process_time()
        model = fit(*data, **options)
        spent = process_time() - began
        self.results[name] = Result(model, self.errors(model), spent)
        return self.results[name]

    def train(
        self,
        name: str,
        model: Model,
        optimiser: str = SECOND_ORDER,
        *,
        rounds: int = 1,
        goal: float = 0.0,
        force=None,
        given=None,
        at: Sequence[float] | None = None,
        rtol: float | None = None,
        **options,
    ) -> Result:
        """Train a neural system with the optimiser's options, and follow the tests' starts.

        Rounds end when no error is above the goal.  `DeLaN` takes `force` (B, n) and `given`, the
        same at any state.  `at` are the reaches to test at, `rtol` is of the tests' solver.
        """
        second_order, x, rate = optimiser == SECOND_ORDER, self.x, self.rate
        if isinstance(model, Peer):
            x, rate = model.samples(x, rate, force)
        if given is not None:
            model.given = given
        spent, passes = 0.0, 0
        for _ in range(rounds):
            began = process_time()
            train(model, x, rate, optimiser=optimiser, **options)
            spent += process_time() - began
            passes += len(model.history.loss) - second_order
            errors = self.errors(model.double(), at, rtol or TOLERANCE[optimiser])
            if max(e.max for e in errors.values()) <= goal:
                break
        steps = passes * (1 if second_order else -(-len(x) // options.get("batch_size", 1000)))
        work = training_work(model, x, passes, second_order)
        loss = model.history.loss[-1]
        self.results[name] = Result(model, errors, spent, passes, steps, work, loss)
        return self.results[name]

    def errors(
        self, model, at: Sequence[float] | None = None, rtol: float | None = None
    ) -> dict[float, Errors]:
        """Return by reach, all or those in `at`, how far a model is off, by its own tolerances."""
        most = {"max_evaluations": MOST_EVALUATIONS}
        solver = {} if rtol is None else most | {"rtol": rtol, "atol": rtol / 10}
        found = {}
        for reach in self.tests if at is None else at:
            starts, exact = self.tests[reach]
            x = follow(model, starts, self.times, **solver)[..., : exact.shape[-1]]
            off = np.nan_to_num(np.abs(x - exact), nan=np.inf)
            found[reach] = Errors(float(off.max()), float(np.sqrt(np.mean(off**2))))
        return found

    def rows(self, printed: Mapping[str, object]) -> list[list]:
        """Return for each system its name, weights, errors, loss, and what the paper printed."""
        rows = []
        for name, r in self.results.items():
            norms = [getattr(r.errors[x], norm) for norm in ("max", "rms") for x in self.tests]
            loss = None if np.isnan(r.loss) else r.loss
            rows.append([name, r.model.n_weights, *norms, loss, printed.get(name.split(",")[0])])
        return rows

    def least(self) -> dict[str, list[float]]:
        """Return by system the smaller of the two optimisers' largest errors at each reach."""
        found = {}
        for name, r in self.results.items():
            form = name.removesuffix(", Adam")
            before = found.get(form, [np.inf] * len(self.tests))
            found[form] = [min(b, r.errors[x].max) for b, x in zip(before, self.tests)]
        return found


def prediction_work(model: Model, x) -> tuple[float, int]:
    """Return the operations of one prediction, 2 a b a product with W (a, b), and its length."""
    x = torch.as_tensor(x)[:2].to(model.network.input_scale)
    with torch.no_grad(), ExitStack() as stack:
        records = [stack.enter_context(net.recorded()) for net in model.networks]
        length = model.prediction(x).shape[1]
    products = [product for record in records for product in record]
    return float(sum(2 * p.input.shape[1] * p.output.shape[1] for p in products)), length


def training_work(model: Model, x, passes: int, second_order: bool) -> float:
    """Return the operations of a training, which do not depend on the machine.

    Adam's are three predictions a sample.  Levenberg-Marquardt's, of P weights and m outputs, are
    m + 2, with 2 m P for J's rows and m P^2 for J^T J; the factor takes P^3 / 3.
    """
    (one, m), B, P = prediction_work(model, x), len(x), model.n_weights
    if not second_order:
        return passes * B * 3 * one
    return passes * (B * ((2 + m) * one + 2 * m * P + m * P**2) + P**3 / 3)
