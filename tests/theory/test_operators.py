"""Which equations are gradients, by computer algebra."""

import pytest

from dlnn_utils.theory import operators
from dlnn_utils.theory.calculus import nonvanishing


@pytest.mark.parametrize(
    ("statement", "left"),
    [
        ("antisymmetric_part_is_unseen", 0),
        ("schroedinger_is_antisymmetric", 0),
        ("schroedinger_has_operator", 0),
        ("cahn_hilliard_is_gradient", 6),
        ("advection_keeps_energy", 0),
        ("advection_is_gradient", 6),
    ],
)
def test_gradients_and_operators(statement, left):
    assert nonvanishing(getattr(operators, statement)()) == left
