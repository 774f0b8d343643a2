"""What the systems cannot take is refused in one line."""

import numpy as np
import pytest

import dlnn_utils as dlnn
from dlnn_utils.systems.backward import tikhonov
from dlnn_utils.systems.mirror import drift

SMALL, LARGE, T = np.zeros((8, 8)), np.zeros((16, 16)), np.linspace(0, 1, 11)
PLATE, PIXELS = dlnn.Plate.of(np.ones((3, 3))), dlnn.Relaxation.of(np.eye(2))
START = np.linspace(0, 1, 16)
RECORDING = dlnn.Recording.of(PLATE, START, T)
CONSISTENT = dlnn.Plate.of(np.ones((2, 2)), "consistent")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: dlnn.relative_error(SMALL, LARGE), r"alike; got \(8, 8\) and \(16, 16\)"),
        (lambda: dlnn.relative_error(SMALL, SMALL), "truth must not be zero everywhere"),
        (lambda: dlnn.overlap(SMALL, SMALL), "nothing is above 0.5"),
        (lambda: dlnn.RoundTrip(PIXELS, np.zeros((2, 2)), T), "starts must not all be zero"),
        (lambda: dlnn.intrinsic_dimension(np.ones((9, 2))), "distinct points"),
        (lambda: dlnn.intrinsic_dimension(np.ones((2, 2))), "at least three points; got 2"),
        (lambda: dlnn.Plate.of([[1, -2], [1, 1]]), "D must be positive in every element; got -2"),
        (lambda: dlnn.Recording.of(PLATE, np.ones(9), T), "start must hold 16 numbers; got 9"),
        (lambda: dlnn.Recording.of(PLATE, START, [0, 1, 3], "BDF2"), "t must have equal steps"),
        (lambda: RECORDING.back(PLATE, frames=11), "frames must be at most the 10 recorded"),
        (
            lambda: tikhonov(START[None], 1, -1, PLATE.K, PLATE.M),
            "weight must be 0 or more; got -1",
        ),
        (lambda: drift([0.0, 1.0]), "the invariant must not start at 0"),
        (lambda: dlnn.AllenCahn(CONSISTENT), "plate must have a lumped mass"),
        (lambda: dlnn.elements_of("star", 7), "shape must be one of square, .* got 'star'"),
        (lambda: dlnn.elements_of([(0.5, 1.2, 0, 1)], 7), r"on the plate.*\(0.5, 1.2, 0, 1\)"),
        (lambda: dlnn.elements_of([(0, 0.01, 0, 0.01)], 7), "no centre of the 7 x 7 elements"),
        (lambda: dlnn.nodes_of([[2.0]]), "elements must be true or false"),
    ],
)
def test_wrong_input_gets_one_line(call, message):
    with pytest.raises(ValueError, match=f"^.*{message}.*$"):
        call()
