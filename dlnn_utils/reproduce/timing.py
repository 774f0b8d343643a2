"""Timing side by side: what is compared runs in turn, in one process, and ratios are of pairs.

Times are of the processor, so that other programs on the machine count little.
"""

import sys
from collections.abc import Callable, Mapping
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from statistics import median
from time import process_time

Times = dict[str, list[float]]


def clock() -> float:
    """Return the processor time of this process and of those it has waited for, in s."""
    children = getrusage(RUSAGE_CHILDREN)
    return process_time() + children.ru_utime + children.ru_stime


def seconds(call: Callable[[], object]) -> float:
    """Return the processor time of one call in s."""
    start = clock()
    call()
    return clock() - start


def peak_memory_mb() -> int:
    """Return the most memory that this process has held so far, in MiB."""
    return getrusage(RUSAGE_SELF).ru_maxrss // (2**20 if sys.platform == "darwin" else 2**10)


def paired(calls: Mapping[str, Callable[[], object]], repeats: int, warm_up: bool = True) -> Times:
    """Time the calls in turn, after an unmeasured round; the k-th seconds are of one round."""
    for call in calls.values() if warm_up else ():
        call()
    rounds = [{name: seconds(call) for name, call in calls.items()} for _ in range(repeats)]
    return {name: [times[name] for times in rounds] for name in calls}


def ratio(times: Times, above: str, below: str) -> float:
    """Return the median over the rounds of one call's time over another's."""
    return median(a / b for a, b in zip(times[above], times[below], strict=True))


def milliseconds(times: Times) -> dict[str, float]:
    """Return each call's median time in ms."""
    return {name: 1e3 * median(values) for name, values in times.items()}
