"""What a measured value says about a claim: the rules of every verdict, nothing else."""

import math
from collections.abc import Sequence

ORDER = ("not reproduced", "partly", "reproduced", "exceeded")
NOT_TESTABLE = "not testable"
SEEDS_THAT_MUST_HOLD = 0.9

CRITERIA = {
    "zero": "at most {tolerance:.3g} in size; partly up to {partly:.3g}",
    "at_most": "at most {high:.3g}; exceeded at {best:.3g} or less, partly up to {far:.3g}",
    "at_least": "at least {low:.3g}; exceeded at {best:.3g} or more, partly down to {far:.3g}",
    "close": "within {tolerance:.3g} of {paper_value:.3g}, relatively; partly within {partly:.3g}",
    "within_factor": "within a factor {tolerance:.3g} of {paper_value:.3g}; "
    "partly within a factor {partly:.3g}",
    "true": "all checks hold; partly if {partly:.3g} of them do",
    "none": "not testable",
}
DEFAULTS = {
    "zero": {"tolerance": 0.0, "partly": 0.0},
    "at_most": {"tolerance": 0.0, "partly": 10.0, "exceed": 2.0},
    "at_least": {"tolerance": 0.0, "partly": 10.0, "exceed": 2.0},
    "close": {"tolerance": 0.1, "partly": 0.3},
    "within_factor": {"tolerance": 2.0, "partly": 10.0},
    "true": {"tolerance": 0.0, "partly": 0.5},
    "none": {"tolerance": 0.0, "partly": 0.0},
}


def verdict(claim, value: float) -> str:
    """Return the verdict of one value.

    Parameters
    ----------
    claim : Claim
        Its criterion, paper's value, tolerance, and the bounds of "partly" and "exceeded".
    value : float
        Measured; NaN or infinite is never reproduced.

    Returns
    -------
    str
        One of "exceeded", "reproduced", "partly", "not reproduced", "not testable".
    """
    if claim.criterion == "none":
        return NOT_TESTABLE
    if not math.isfinite(value):
        return ORDER[0]
    paper, tolerance, partly = claim.paper_value, claim.tolerance, claim.partly
    if claim.criterion == "at_most":
        bounds = (paper * partly, paper * (1 + tolerance), paper / claim.exceed)
        return ORDER[sum(value <= bound for bound in bounds)]
    if claim.criterion == "at_least":
        bounds = (paper / partly, paper / (1 + tolerance), paper * claim.exceed)
        return ORDER[sum(value >= bound for bound in bounds)]
    if claim.criterion == "true":
        return ORDER[2] if value == 1 else ORDER[value >= partly]
    distance = _distance(claim, value)
    return ORDER[(distance <= tolerance) + (distance <= max(partly, tolerance))]


def _distance(claim, value: float) -> float:
    paper = claim.paper_value
    if claim.criterion == "zero":
        return abs(value)
    if claim.criterion == "close":
        return abs(value - paper) / abs(paper)
    return max(value / paper, paper / value) if value * paper > 0 else math.inf


def sentence(claim) -> str:
    """Return a claim's criterion in words, with its bounds."""
    paper, bounds = claim.paper_value, {}
    if claim.criterion == "at_most":
        bounds = {
            "high": paper * (1 + claim.tolerance),
            "best": paper / claim.exceed,
            "far": paper * claim.partly,
        }
    elif claim.criterion == "at_least":
        bounds = {
            "low": paper / (1 + claim.tolerance),
            "best": paper * claim.exceed,
            "far": paper / claim.partly,
        }
    text = CRITERIA[claim.criterion].format(
        tolerance=claim.tolerance, partly=claim.partly, paper_value=paper or 0.0, **bounds
    )
    return text.split("; partly")[0] if claim.partly == claim.tolerance == 0 else text


def median(claim, values: Sequence[float]) -> float:
    """Return the middle value; what is not finite counts as the worst."""
    worst = -math.inf if claim.criterion in ("at_least", "true") else math.inf
    ranked = sorted(v if math.isfinite(v) else worst for v in values)
    return (ranked[(len(ranked) - 1) // 2] + ranked[len(ranked) // 2]) / 2


def verdict_over_seeds(claim, values: Sequence[float]) -> str:
    """Return the median's verdict, lowered as far as nine seeds in ten must bear it out.

    A verdict above "partly" needs 90 % of the seeds; what fewer reach is "partly".
    """
    best = verdict(claim, median(claim, values))
    if best not in ORDER[2:]:
        return best
    ranks = [ORDER.index(verdict(claim, v)) for v in values]
    for rank in range(ORDER.index(best), 1, -1):
        if sum(r >= rank for r in ranks) >= SEEDS_THAT_MUST_HOLD * len(ranks):
            return ORDER[rank]
    return "partly"


def is_worse(new: str, old: str) -> bool:
    """Return whether a verdict is worse than another."""
    return new in ORDER and old in ORDER and ORDER.index(new) < ORDER.index(old)
