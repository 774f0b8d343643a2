"""Timing side by side: what is compared runs in turn, in one process, and ratios are of pairs.

Times are of the processor, so that other programs on the machine count little; on one thread and
an idle machine they are those of the clock.
"""

from collections.abc import Callable, Mapping
from resource import RUSAGE_CHILDREN, getrusage
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


def paired(calls: Mapping[str, Callable[[], object]], repeats: int, warm_up: bool = True) -> Times:
    """Time the calls in turn, `repeats` times each.

    Parameters
    ----------
    calls : mapping of str to callable
    repeats : int
    warm_up : bool
        Whether an unmeasured round comes first.

    Returns
    -------
    dict of list
        Seconds by name; the k-th entries belong to one round.
    """
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
