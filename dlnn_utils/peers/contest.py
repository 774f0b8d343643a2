"""Every system on the same data and the same tests, its errors beside its work and its time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import perf_counter

import numpy as np
import torch

from dlnn_utils.evaluation import Errors
from dlnn_utils.fit import train
from dlnn_utils.integration import IntegrationError
from dlnn_utils.models import Model
from dlnn_utils.peers.base import Peer
from dlnn_utils.peers.work import training_work

SOLVER = {
    "levenberg-marquardt": {"rtol": 1e-6, "atol": 1e-7, "max_evaluations": 450},
    "adam": {"rtol": 1e-4, "atol": 1e-5, "max_evaluations": 450},
}
"""Tolerances well below the errors that either optimiser leaves; the limit stops what blows up."""


@dataclass(frozen=True)
class Result:
    """What one system made of the data.

    Attributes
    ----------
    model : object with `evolve` and `n_weights`
    errors : dict
        `Errors` by the reach of the test, infinite where a solution blew up.
    seconds : float
        Wall-clock time of training, on the machine that ran it.
    steps : int
        Steps of training, 0 where there were none.
    work : float
        Operations of training (`dlnn_utils.peers.work`), NaN where they were not counted.
    loss : float
        Final loss, NaN where there is none.
    """

    model: object
    errors: dict
    seconds: float
    steps: int = 0
    work: float = np.nan
    loss: float = np.nan


class Contest:
    """The same data and the same tests for all.

    Parameters
    ----------
    system : LinearSystem
        The truth.
    x, rate : array (B, n_state)
        Training states and rates.
    starts : mapping of float to array (S, n_state)
        Starts of the tests, by their reach.
    times : array (T,)
        Times of the tests.
    compared : int, optional
        How many of the state's coordinates count, from the first; all by default.

    Attributes
    ----------
    results : dict
        `Result` by name, in the order of entry.
    """

    def __init__(self, system, x, rate, starts: Mapping[float, np.ndarray], times, compared=None):
        self.x, self.rate, self.times = np.asarray(x), np.asarray(rate), np.asarray(times)
        self.tests = {
            r: (x0, system.evolve(x0, times)[..., :compared]) for r, x0 in starts.items()
        }
        self.results: dict[str, Result] = {}

    def fit(self, name: str, fit: Callable[[], object], **solver) -> Result:
        """Take a system that `fit` returns fitted, such as one of least squares.

        Parameters
        ----------
        name : str
        fit : callable
        **solver
            Options of its `evolve`.

        Returns
        -------
        Result
        """
        fit()  # once for imports, once for the time
        began = perf_counter()
        model = fit()
        seconds = perf_counter() - began
        self.results[name] = Result(model, self.errors(model, None, **solver), seconds)
        return self.results[name]

    def train(
        self,
        name: str,
        model: Model,
        optimiser: str,
        *,
        force=None,
        given=None,
        at=None,
        **options,
    ) -> Result:
        """Train a neural system, and follow the tests' starts.

        Parameters
        ----------
        name : str
        model : Model
            Not trained yet.
        optimiser : str
            Of `dlnn_utils.train`.
        force : array (B, n), optional
            Forces at the training states, for a system that learns from them.
        given : callable, optional
            The same forces at any states, for its tests.
        at : sequence of float, optional
            The reaches to test at; all by default.
        **options
            Of the optimiser.

        Returns
        -------
        Result
        """
        x, rate = self.x, self.rate
        if isinstance(model, Peer):
            x, rate = model.samples(x, rate, force)
        train(model, x, rate, optimiser=optimiser, **options)
        if given is not None:
            model.driven_by(given)
        history, second_order = model.history, optimiser == "levenberg-marquardt"
        passes = len(history.loss) - second_order
        batches = -(-len(x) // options.get("batch_size", 1000))
        n_outputs = model.target(torch.as_tensor(rate)).shape[1]
        self.results[name] = Result(
            model,
            self.errors(model, at, **SOLVER[optimiser]),
            history.seconds[-1],
            passes * (1 if second_order else batches),
            training_work(model, x, n_outputs, passes, second_order),
            history.loss[-1],
        )
        return self.results[name]

    def errors(self, model, at=None, **solver) -> dict[float, Errors]:
        """Return the errors of a fitted model's trajectories.

        Parameters
        ----------
        model : object with `evolve(x0, t)`
        at : sequence of float, optional
            Some of the reaches, all if not given.
        **solver
            Passed to `model.evolve`.

        Returns
        -------
        dict of float to Errors
            By reach; infinite where a solution blew up.
        """
        return {r: _errors(model, *self.tests[r], self.times, solver) for r in at or self.tests}

    def rows(self, printed: Mapping[str, object]) -> list[list]:
        """Return a row for each system: name, weights, largest errors, RMS errors, loss, printed.

        Parameters
        ----------
        printed : mapping
            The paper's numbers by system.

        Returns
        -------
        list of list
        """
        rows = []
        for name, r in self.results.items():
            norms = [getattr(r.errors[x], norm) for norm in ("max", "rms") for x in self.tests]
            loss = None if np.isnan(r.loss) else r.loss
            rows.append([name, r.model.n_weights, *norms, loss, printed.get(system_of(name))])
        return rows

    def least(self) -> dict[str, list[float]]:
        """Return by system the smaller of the two optimisers' largest errors at each reach."""
        found = {}
        for name, r in self.results.items():
            form = name.removesuffix(ADAM)
            before = found.get(form, [np.inf] * len(self.tests))
            found[form] = [min(b, r.errors[x].max) for b, x in zip(before, self.tests)]
        return found


ADAM = ", Adam"
"""Ends the name of what was trained by Adam."""


def system_of(name: str) -> str:
    """Return the system's own name, without its optimiser or form."""
    return name.split(",")[0]


def _errors(model, starts, exact, times, solver: Mapping) -> Errors:
    try:
        difference = model.evolve(starts, times, **solver)[..., : exact.shape[-1]] - exact
    except IntegrationError:
        return Errors(np.inf, np.inf)
    return Errors(float(np.abs(difference).max()), float(np.sqrt(np.mean(difference**2))))
