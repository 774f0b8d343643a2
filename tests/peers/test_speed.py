"""What the speed comparisons time: the same predictions, the right work, who arrives first."""

import numpy as np
import pytest
import torch

from dlnn_utils import DHNN, LNN, DeLaN, Mechanics, ScalarNetwork, table_1
from dlnn_utils.peers import published, speed
from dlnn_utils.peers.contest import Result
from dlnn_utils.systems.evaluation import Errors

X = np.random.default_rng(0).uniform(-1, 1, (6, 4))
RATE = table_1().rate(X)


@pytest.mark.parametrize("peer", [DHNN, LNN, DeLaN])
def test_published_ways_of_computing_give_what_ours_give(peer):
    model = peer(4, widths=(7, 5), seed=3)
    x, rate = model.samples(X, RATE, RATE[:, 2:] if peer is DeLaN else None)
    model.scale_to(x, rate)
    x = torch.from_numpy(x)
    there, here = getattr(published, peer.__name__.lower())(model, x), model.prediction(x)
    torch.testing.assert_close(there, here)
    weights = list(model.parameters())
    for a, b in zip(*(torch.autograd.grad(y.square().sum(), weights) for y in (there, here))):
        torch.testing.assert_close(a, b)


def test_every_call_runs():
    calls = speed.first_order_steps((8, 6), 10) | speed.second_order_steps(2, 5, 20)
    for call in (calls | speed.rates_of_pixels(4, 64)).values():
        call()
    assert set(speed.rates_of_pixels(128, 128**2)) == {"local", "600 wide"}
    assert set(speed.imports()) == {"torch", "dlnn_utils", "a fit"}


def test_one_start_at_a_time_gives_the_batch():
    model = Mechanics(ScalarNetwork(4, (5,), "quadratic", seed=1), np.eye(2))
    t = np.linspace(0, 1, 3)
    one, batch = speed.one_at_a_time(model, X, t), model.evolve(X, t)
    np.testing.assert_allclose(one, batch, atol=1e-7)


def test_the_lead_is_that_of_the_quickest_who_arrived():
    def arrival(seconds, error):
        return Result(None, {speed.REACH: Errors(error, error)}, seconds)

    ours = {"DLNN": arrival(2.0, 1e-4), "DLNN, z²/2": arrival(0.5, 1e-2)}
    late, there = {"x, Adam": arrival(9.0, 1e-1)}, {"y, Adam": arrival(30.0, 1e-3)}
    assert speed.lead(ours | late | there, "Adam") == 15.0
    assert speed.lead(ours | late, "Adam") == np.inf
