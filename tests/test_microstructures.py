"""Shapes on a mesh, their images, and how alike two images are."""

import numpy as np
import pytest

from dlnn_utils import SHAPES, diffusivity, elements_of, nodes_of, overlap, relative_error


@pytest.mark.parametrize(
    ("shape", "elements"), [("square", 9), ("bar", 5), ("cross", 9), ("l_shape", 16)]
)
def test_shapes_meet_the_mesh_of_seven_exactly(shape, elements):
    assert elements_of(shape, 7).sum() == elements


@pytest.mark.parametrize("m", [14, 21])
def test_a_shapes_area_is_that_of_any_mesh_that_meets_it(m):
    for shape in SHAPES:
        assert elements_of(shape, m).mean() == pytest.approx(elements_of(shape, 7).mean())


def test_rows_count_from_the_top():
    inside = elements_of([(0, 0.5, 0, 0.25)], 4)
    assert inside.tolist() == [[True, True, False, False]] + [[False] * 4] * 3


def test_nodes_of_an_element_are_its_corners():
    elements = np.zeros((3, 3), bool)
    elements[0, 2] = True
    image = nodes_of(elements)
    assert image.shape == (4, 4)
    assert sorted(zip(*np.nonzero(image))) == [(0, 2), (0, 3), (1, 2), (1, 3)]


def test_diffusivity_is_low_in_the_precipitate():
    D = diffusivity([[True, False]], matrix=2.0, precipitate=0.5)
    assert D.tolist() == [[0.5, 2.0]]


def test_overlap_and_error():
    truth = np.array([[1.0, 1.0], [0.0, 0.0]])
    image = np.array([[0.6, 0.4], [0.7, 0.1]])
    assert overlap(image, truth) == pytest.approx(1 / 3)
    assert overlap(truth, truth) == 1
    assert relative_error(image, truth) == pytest.approx(np.sqrt((0.16 + 0.36 + 0.49 + 0.01) / 2))


SMALL = np.zeros((8, 8)), np.zeros((16, 16))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: elements_of("star", 7), "shape must be one of square, .* got 'star'"),
        (lambda: elements_of("square", 0), "m must be a positive integer; got 0"),
        (lambda: elements_of([(0.5, 1.2, 0, 1)], 7), r"must lie on the plate.*\(0.5, 1.2, 0, 1\)"),
        (lambda: elements_of([(0.5, 0.2, 0, 1)], 7), "must lie on the plate"),
        (lambda: elements_of([(0, 0.01, 0, 0.01)], 7), "holds no centre of the 7 x 7 elements"),
        (lambda: elements_of([(0, 1)], 7), r"shape must have shape \(any, 4\)"),
        (
            lambda: relative_error(*SMALL),
            r"image and truth must be of one size; got \(8, 8\) and \(16, 16\)",
        ),
        (
            lambda: overlap(*SMALL),
            r"image and truth must be of one size; got \(8, 8\) and \(16, 16\)",
        ),
        (lambda: overlap(SMALL[0], SMALL[0]), "nothing is above the threshold 0.5"),
    ],
)
def test_wrong_input_is_refused_in_one_line(call, message):
    with pytest.raises(ValueError, match=message) as refused:
        call()
    assert "\n" not in str(refused.value)
