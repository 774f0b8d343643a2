"""What priors, laws and posteriors cannot answer is told in one line."""

import numpy as np
import pytest
from reversal.ground import LAW, NOISE, PLATE, PRIOR, SEEN, M

import dlnn_utils as dlnn

ASK, LATE = dlnn.Posterior, dlnn.LinearLaw.of(PLATE, 9.0)
NETWORK, TWO_PHASES = dlnn.ScalarNetwork(16, (8,)), dlnn.TwoPhase(M, 1.0)
GREY = np.full((2, 8, 8), 0.5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ASK(LAW, SEEN[1:], NOISE, PRIOR), "y must hold the 64 nodes of the law; got 63"),
        (lambda: ASK(LAW, SEEN, NOISE, dlnn.Matern(8, 0.3)), "81 nodes of the prior; got 64"),
        (lambda: ASK(LAW, SEEN, 0, PRIOR), "noise must be positive; got 0"),
        (lambda: ASK(LAW, SEEN, 9.0, PRIOR), "y must vary by more than its noise 9"),
        (lambda: ASK(LAW, 0 * SEEN, None, PRIOR), "y must vary by more than its noise 0"),
        (lambda: ASK(LAW, SEEN + 3, NOISE, dlnn.Bounded(PRIOR)), "contradicts the bounds 0 to 1"),
        (lambda: ASK(LATE, SEEN, NOISE, PRIOR), "leaves 1 of 64 modes after 9 s, .* shorten T"),
        (lambda: ASK(LAW, SEEN, NOISE, TWO_PHASES).samples(2), "linear law and a Gaussian prior"),
        (lambda: dlnn.flip_samples(ASK(LAW, SEEN, NOISE, PRIOR)), "law and a prior of patches"),
        (
            lambda: dlnn.flip_samples(ASK(LAW, SEEN, NOISE, TWO_PHASES), starts=SEEN[None]),
            "starts must be images of 0 and 1 with 64 pixels",
        ),
        (lambda: dlnn.LearnedEnergy(NETWORK, 2, 1.0), "a patch needs 4 x 4 pixels"),
        (lambda: dlnn.LearnedEnergy.fit(GREY), "the two phases 0 and 1 only"),
        (lambda: dlnn.Matern.fit(GREY), "images must vary and have at least 2 x 2 nodes"),
        (lambda: dlnn.Bounded(PRIOR, 1, 0), "bounds must rise; got 1 to 0"),
        (lambda: dlnn.brier([2.0], [1.0]), "probability must lie within 0 and 1"),
        (lambda: dlnn.brier([0.5], [0.5]), "happened must hold 0 and 1 only"),
        (lambda: dlnn.coverage(GREY, np.zeros(3), [0.9]), r"of truth's shape \(3,\); got"),
    ],
)
def test_wrong_questions_get_one_line(call, message):
    with pytest.raises(ValueError, match=message) as error:
        call()
    assert "\n" not in str(error.value)
