"""What the speed comparisons time: the same predictions, the right work, ratios of pairs."""

import runpy
import subprocess
import sys

import numpy as np
import pytest
import torch

from dlnn_utils import ScalarNetwork, fit_least_squares, table_1
from dlnn_utils.companion import race, released, speed
from dlnn_utils.companion.paths import ROOT
from dlnn_utils.companion.timing import milliseconds, paired, ratio, seconds
from dlnn_utils.models import Mechanics
from dlnn_utils.peers.delan import DeLaN
from dlnn_utils.peers.dhnn import DHNN
from dlnn_utils.peers.lnn import LNN

X = np.random.default_rng(0).uniform(-1, 1, (6, 4))
RATE = table_1().rate(X)
BENCHMARKS = sorted((ROOT / "tests" / "benchmarks").glob("benchmark_*.py"))


def test_pairs_are_taken_by_turns_after_a_round_that_does_not_count():
    order = []
    times = paired({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, 2)
    assert order == list("ababab")
    assert [len(values) for values in times.values()] == [2, 2]


def test_a_ratio_is_the_median_over_pairs():
    times = {"a": [2.0, 9.0, 4.0], "b": [1.0, 3.0, 1.0]}
    assert ratio(times, "a", "b") == 3.0
    assert milliseconds(times) == {"a": 4000.0, "b": 1000.0}


def test_a_child_process_counts():
    burn = "t = __import__('time').process_time\nwhile t() < 0.2: pass"
    assert seconds(lambda: subprocess.run([sys.executable, "-c", burn])) > 0.15


@pytest.mark.parametrize("name", ["DHNN", "LNN", "DeLaN"])
def test_published_ways_of_computing_give_what_ours_give(name):
    model = {"DHNN": DHNN, "LNN": LNN, "DeLaN": DeLaN}[name](4, widths=(7, 5), seed=3)
    x, rate = X, RATE
    if name == "DeLaN":
        x, rate = model.samples(x, rate, RATE[:, 2:])
    model.scale_to(x, rate)
    x = torch.from_numpy(x)
    there, here = getattr(released, name.lower())(model, x), model.prediction(x)
    torch.testing.assert_close(there, here)
    weights = list(model.parameters())
    for a, b in zip(*(torch.autograd.grad(y.square().sum(), weights) for y in (there, here))):
        torch.testing.assert_close(a, b)


def test_every_call_runs():
    calls = speed.first_order_steps((8, 6), 10) | speed.second_order_steps(2, 5, 20)
    calls |= speed.rates_of_pixels(4, 64)
    assert all(np.isfinite(t[0]) for t in paired(calls, 1, warm_up=False).values())
    assert set(speed.rates_of_pixels(128, 128**2)) == {"local", "600 wide"}


def test_one_start_at_a_time_gives_the_batch():
    model = Mechanics(ScalarNetwork(4, (5,), "quadratic", seed=1), np.eye(2))
    t = np.linspace(0, 1, 3)
    one, batch = speed.one_at_a_time(model, X, t), model.evolve(X, t)
    np.testing.assert_allclose(one, batch, atol=1e-7)


def test_the_lead_is_that_of_the_quickest_who_arrived():
    def arrival(name, seconds, error):
        return race.Arrival(name, seconds, 1, error, fit_least_squares(X, RATE))

    ours = [arrival("DLNN", 2.0, 1e-4), arrival("DLNN, z²/2", 0.5, 1e-2)]
    peers = [arrival("x, Adam", 9.0, 1e-1), arrival("x, Adam again", 30.0, 1e-3)]
    assert race.lead(ours + peers, "Adam") == 15.0
    assert race.lead(ours + peers[:1], "Adam") == np.inf


@pytest.mark.parametrize("script", BENCHMARKS, ids=lambda path: path.stem)
def test_every_benchmark_can_be_run_alone(script, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [str(script), "--help"])
    with pytest.raises(SystemExit) as stop:
        runpy.run_path(str(script), run_name="__main__")
    assert stop.value.code == 0
    assert "usage" in capsys.readouterr().out
