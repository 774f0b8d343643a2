"""Shapes on a mesh, their images, and microstructures."""

import pytest

from dlnn_utils import diffusivity, elements_of, grains


@pytest.mark.parametrize("m", [7, 21])
def test_shapes_have_their_area_on_every_mesh_that_meets_them(m):
    sizes = [elements_of(shape, m).sum() for shape in ("square", "bar", "cross", "l_shape")]
    assert sizes == [k * (m // 7) ** 2 for k in (9, 5, 9, 16)]


def test_rows_count_from_the_top():
    inside = elements_of([(0, 0.5, 0, 0.25)], 4)
    assert inside.tolist() == [[True, True, False, False]] + [[False] * 4] * 3


def test_diffusivity_is_low_in_the_precipitate():
    D = diffusivity([[True, False], [False, False]], matrix=2.0, precipitate=0.5)
    assert D.tolist() == [[0.5, 2.0], [2.0, 2.0]]


def test_grains_have_all_diffusivities_and_differ_by_their_seed():
    D = grains(9)
    assert sorted(set(D.ravel())) == [0.01, 0.1, 0.3, 1.0]
    assert (grains(9, seed=1) != D).any()
