"""Timing side by side: turns, medians of ratios, and the time of child processes."""

import subprocess
import sys

from dlnn_utils.reproduce.timing import milliseconds, paired, ratio, seconds


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
