"""Seconds of training until no trajectory is off by more than 1E-3: two masses, range times 1.25.

All draw on the same trajectories.  Second-order training goes in rounds of a few steps, and is
asked for its error after each; Adam, whose step size falls over its whole run, is asked once, at
the end.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch

from dlnn_utils.baseline import Baseline
from dlnn_utils.evaluation import fit_least_squares, trajectory_errors
from dlnn_utils.fit import train
from dlnn_utils.levenberg_marquardt import train_levenberg_marquardt
from dlnn_utils.models import Mechanics
from dlnn_utils.network import ScalarNetwork
from dlnn_utils.peers.dhnn import DHNN
from dlnn_utils.prior import ConstantCoefficients
from dlnn_utils.systems import square_grid, table_1

from .timing import seconds

GOAL = 1e-3
REACH = 1.25
ROUND, MOST_ROUNDS = 5, 8
TIMES = np.linspace(0, 10, 51)
SOLVER = {"rtol": 1e-5, "atol": 1e-6, "max_evaluations": 500}


class Arrival(NamedTuple):
    """What a system had reached when it was stopped.

    Attributes
    ----------
    name : str
    seconds : float
        Of training, of the processor.
    steps : int
        Second-order steps or epochs of Adam.
    error : float
        Largest of any state at any time of the tests.
    model : object with `evolve`
    """

    name: str
    seconds: float
    steps: int
    error: float
    model: object

    @property
    def there(self) -> bool:
        """Whether it reached the goal."""
        return self.error <= GOAL


def starts(reach: float = REACH) -> np.ndarray:
    """Return the 625 = 5^4 starts of the tests, out to `reach` times the training range."""
    return square_grid(np.linspace(-reach, reach, 5), 4)


def race(epochs: int, seed: int = 0, samples: int = 300, width: int = 20) -> list[Arrival]:
    """Train every system until it is there or its rounds are over.

    Parameters
    ----------
    epochs : int
        Of Adam, over all 13,056 states.
    seed : int
    samples, width : int
        States that second-order training takes, and the width of its networks.

    Returns
    -------
    list of Arrival
    """
    system, M = table_1(), np.eye(2)
    x = system.evolve(square_grid(np.linspace(-1, 1, 4), 4), TIMES).reshape(-1, 4)
    rate = system.rate(x)
    few = np.random.default_rng(seed).choice(len(x), samples, replace=False)
    tests = starts()

    def run(name: str, model, advance: Callable[[], object], rounds: int, steps: int) -> Arrival:
        done, spent, error = 0, 0.0, np.inf
        while error > GOAL and done < rounds * steps:
            spent += seconds(advance)
            done += steps
            error = trajectory_errors(model.double(), system, tests, TIMES, **SOLVER).max
        return Arrival(name, spent, done, error, model)

    def second_order(name: str, model, prior: ConstantCoefficients | None) -> Arrival:
        data = x[few], rate[few]
        model.scale_to(*data)
        options = dict(max_steps=ROUND, prior=prior)
        advance = lambda: train_levenberg_marquardt(model, *data, **options)  # noqa: E731
        return run(name, model, advance, MOST_ROUNDS, ROUND)

    def adam(name: str, model) -> Arrival:
        options = dict(optimiser="adam", epochs=epochs, learning_rate=3e-3, decay=True, seed=seed)
        return run(name, model, lambda: train(model, x, rate, **options), 1, epochs)

    given, prior = dict(widths=(width,), seed=seed), ConstantCoefficients.around(x[few], seed=seed)
    paper, released = dict(widths=(200, 200), seed=seed), dict(widths=(256,), seed=seed)
    single = dict(dtype=torch.float32)
    solved = []
    spent = seconds(lambda: solved.append(fit_least_squares(x, rate)))
    exact = trajectory_errors(solved[0], system, tests, TIMES).max
    lagrangian = Mechanics(ScalarNetwork(4, activation="quadratic_silu", **given), M)
    form = Mechanics(ScalarNetwork(4, activation="quadratic", **given), M)
    baseline = Baseline(4, "mechanics", activation="silu", **given)
    dhnn, sums = (DHNN(4, M, activation=a, **given) for a in ("quadratic_silu", "quadratic"))
    return [
        Arrival("least squares", spent, 1, exact, solved[0]),
        second_order("DLNN", lagrangian, prior),
        second_order("DLNN, z²/2", form, None),
        second_order("baseline, our optimiser", baseline, prior),
        second_order("D-HNN, our optimiser", dhnn, None),
        second_order("D-HNN, z²/2, our optimiser", sums, None),
        adam("baseline, Adam", Baseline(4, "mechanics", activation="silu", **paper, **single)),
        adam("D-HNN, Adam", DHNN(4, M, activation="tanh", **released, **single)),
    ]


def lead(arrivals: list[Arrival], mark: str) -> float:
    """Return by what factor those with a mark in their name reach the goal later than a DLNN.

    Parameters
    ----------
    arrivals : list of Arrival
    mark : str
        Such as "Adam"; the quickest that has it counts, as the quickest DLNN does.

    Returns
    -------
    float
        Infinite if none of them is there.
    """
    there = [a for a in arrivals if a.there]
    ours = min((a.seconds for a in there if a.name.startswith("DLNN")), default=np.nan)
    theirs = [a.seconds for a in there if mark in a.name and not a.name.startswith("DLNN")]
    return min(theirs, default=np.inf) / ours


def trained(seed: int = 0, steps: int = 30) -> Mechanics:
    """Return a DLNN that has learned the two masses, for what is timed on a trained network."""
    system = table_1()
    x = np.random.default_rng(seed).uniform(-1, 1, (300, 4))
    network = ScalarNetwork(4, (40,), "quadratic_silu", seed)
    options = dict(constant_coefficients=0.1, max_steps=steps)
    return train(Mechanics(network, np.eye(2)), x, system.rate(x), **options)
