"""What a measured value says about a claim: the rules of every verdict and of every tolerance."""

import math
import statistics
from collections.abc import Sequence

ORDER = ("not reproduced", "partly", "reproduced", "exceeded")
NOT_TESTABLE = "not testable"
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
On another machine, number of threads or set of instructions a value agrees if it lies within its
range over the seeds, widened on either side by half the width of that range (as a factor where all
values are positive), and at least by one per cent and by 1E-12. Were ten seeds ten draws from a
normal distribution, that would be three standard deviations about its mean. The bounds are
`agrees_within` in the ledger.
"""


def verdict(claim, value: float) -> str:
    """Return the verdict of one value; what is NaN or infinite is never reproduced."""
    if claim.criterion == "none":
        return NOT_TESTABLE
    if not math.isfinite(value):
        return ORDER[0]
    return ORDER[sum(_distance(claim, value) <= bound for bound in _bounds(claim))]


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
    rank = ORDER.index(verdict(claim, median(claim, values)))
    ranks = [ORDER.index(verdict(claim, v)) for v in values]
    while rank > 1 and sum(r >= rank for r in ranks) < SEEDS_THAT_MUST_HOLD * len(ranks):
        rank -= 1
    return ORDER[rank]


def is_worse(new: str, old: str) -> bool:
    """Return whether a verdict is worse than another."""
    return new in ORDER and old in ORDER and ORDER.index(new) < ORDER.index(old)


def agrees_within(values: Sequence[float]) -> list[float] | None:
    """Return the bounds by `RULE`, from one value a seed; None where one is not finite."""
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
