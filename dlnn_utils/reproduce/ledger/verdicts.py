"""What a measured value says about a claim: the rules of every verdict and of every tolerance."""

import math
import statistics
from collections.abc import Sequence

ORDER = ("not reproduced", "partly", "reproduced", "exceeded")
HOLDS = ORDER.index("reproduced")
CONSISTENT, NOT_TESTABLE = "consistent", "not testable"
"""Instead of "reproduced" where our reading was chosen so that the claim holds; and where no
measurement is possible.
"""
SEEDS_THAT_MUST_HOLD = 0.9

CRITERIA = {
    "zero": "at most {good:.3g} in size; partly up to {claim.partly:.3g}",
    "at_most": "at most {good:.3g}; exceeded at {best:.3g} or less, partly up to {far:.3g}",
    "at_least": "at least {good:.3g}; exceeded at {best:.3g} or more, partly down to {far:.3g}",
    "close": "within {good:.3g} of {claim.paper_value:.3g}, relatively; partly within {far:.3g}",
    "within_factor": "within a factor {good:.3g} of {claim.paper_value:.3g}; "
    "partly within a factor {far:.3g}",
    "true": "all checks hold; partly if {claim.partly:.3g} of them do",
    "none": NOT_TESTABLE,
}
TOLERANCE = {"close": 0.1, "within_factor": 2.0}
PARTLY = {"at_most": 10.0, "at_least": 10.0, "close": 0.3, "within_factor": 10.0, "true": 0.5}
"""Bounds of a claim that names none, 0 where a criterion is not listed."""

WIDENED, LEAST_SHARE, LEAST = 0.5, 0.01, 1e-12
RULE = """\
A value from another machine, number of threads or set of instructions agrees if it lies within
widened bounds. These bounds are the range over the seeds, widened on either side by half its
interquartile range, and at least by one per cent and by 1E-12. Positive values are compared by
their logarithms. One outlier among the seeds does not widen the bounds further. For ten normal
draws they lie 2.2 standard deviations from the mean. The ledger lists them as `agrees_within`.
"""


def verdict(claim, value: float) -> str:
    """Return the verdict of one value; NaN and the infinite are never reproduced."""
    return NOT_TESTABLE if claim.criterion == "none" else _name(claim, rank(claim, value))


def rank(claim, value: float) -> int:
    """Return the index in `ORDER` of one value's verdict."""
    if not math.isfinite(value):
        return 0
    return sum(_distance(claim, value) <= bound for bound in _bounds(claim))


def _name(claim, rank: int) -> str:
    return CONSISTENT if claim.consistent and rank >= HOLDS else ORDER[rank]


def _distance(claim, value: float) -> float:
    """Return what a claim's bounds are put to: the less the better."""
    paper = claim.paper_value
    match claim.criterion:
        case "zero":
            return abs(value)
        case "at_most":
            return value
        case "at_least":
            return -value
        case "close":
            return abs(value - paper) / abs(paper)
        case "within_factor":
            return max(value / paper, paper / value) if value * paper > 0 else math.inf
        case "true":
            return 1 - value


def _bounds(claim) -> Sequence[float]:
    """Return the distances up to which a claim is "partly", "reproduced" and "exceeded"."""
    paper, tolerance, partly = claim.paper_value, claim.tolerance, claim.partly
    match claim.criterion:
        case "at_most":
            return paper * partly, paper * (1 + tolerance), paper / claim.exceed
        case "at_least":
            return -paper / partly, -paper / (1 + tolerance), -paper * claim.exceed
        case "true":
            return 1 - partly, 0.0
    return max(partly, tolerance), tolerance


def sentence(claim) -> str:
    """Return a claim's criterion in words, with its bounds."""
    far, good, best = (*map(abs, _bounds(claim)), 0.0)[:3]
    text = CRITERIA[claim.criterion].format(claim=claim, far=far, good=good, best=best)
    return text.split("; partly")[0] if claim.partly == claim.tolerance == 0 else text


def median(claim, values: Sequence[float]) -> float:
    """Return the middle value; what is not finite counts as the worst."""
    worst = -math.inf if claim.criterion in ("at_least", "true") else math.inf
    return statistics.median(v if math.isfinite(v) else worst for v in values)


def verdict_over_seeds(claim, values: Sequence[float]) -> str:
    """Return the median's verdict; one above "partly" is lowered until 90 % of seeds reach it."""
    shared, ranks = rank(claim, median(claim, values)), [rank(claim, v) for v in values]
    while shared > 1 and sum(r >= shared for r in ranks) < SEEDS_THAT_MUST_HOLD * len(ranks):
        shared -= 1
    return _name(claim, shared)


def is_worse(new: str, old: str) -> bool:
    """Return whether a verdict is worse than another; "consistent" is as good as "reproduced"."""
    new, old = (ORDER[HOLDS] if v == CONSISTENT else v for v in (new, old))
    return new in ORDER and old in ORDER and ORDER.index(new) < ORDER.index(old)


def agrees_within(values: Sequence[float]) -> list[float] | None:
    """Return the bounds by `RULE`, from one value a seed; None where one is not finite."""
    if not all(map(math.isfinite, values)):
        return None
    low, high = min(values), max(values)
    forth, back = (math.log, math.exp) if low > 0 else (float, float)
    scaled = sorted(map(forth, values))
    lower, _, upper = statistics.quantiles(scaled, method="inclusive") if scaled[1:] else (0,) * 3
    by = WIDENED * (upper - lower)
    wide = back(forth(low) - by), back(forth(high) + by)
    low_by, high_by = (max(LEAST_SHARE * abs(v), LEAST) for v in (low, high))
    return [min(wide[0], low - low_by), max(wide[1], high + high_by)]


def agrees(value: float, bounds: Sequence[float] | None) -> bool:
    """Return whether a value agrees with the bounds of `agrees_within`."""
    return bounds is None or bounds[0] <= value <= bounds[1]
