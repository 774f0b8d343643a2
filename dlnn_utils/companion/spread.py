"""What of a value another machine must meet: the tolerance, taken from the spread over seeds."""

import math
from collections.abc import Sequence

LEAST_SHARE, LEAST = 0.01, 1e-12
WIDENED = 0.5
RULE = """\
On another machine, number of threads or set of instructions a value agrees if it lies within its
range over the seeds, widened on either side by half the width of that range (as a factor where all
values are positive), and at least by one per cent and by 1E-12. Were ten seeds ten draws from a
normal distribution, that would be three standard deviations about its mean. The bounds are
`agrees_within` in the ledger.
"""


def agrees_within(values: Sequence[float]) -> list[float] | None:
    """Return the bounds within which another machine's value agrees, by `RULE`.

    Parameters
    ----------
    values : sequence of float
        One for each seed.

    Returns
    -------
    list of two floats, or None
        None where a value is not finite: then nothing can be asked.
    """
    if not all(map(math.isfinite, values)):
        return None
    low, high = min(values), max(values)
    if low > 0:
        factor = (high / low) ** WIDENED
        wide = low / factor, high * factor
    else:
        wide = low - WIDENED * (high - low), high + WIDENED * (high - low)
    low_by, high_by = (max(LEAST_SHARE * abs(v), LEAST) for v in (low, high))
    return [min(wide[0], low - low_by), max(wide[1], high + high_by)]


def agrees(value: float, bounds: Sequence[float] | None) -> bool:
    """Return whether a value agrees with the bounds of `agrees_within`."""
    return bounds is None or bounds[0] <= value <= bounds[1]
