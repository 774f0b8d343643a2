"""Any array of any shape, type and content: a right answer, or one line that names its fault."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from properties import fields_cases, learning_cases, systems_cases
from properties.any_input import anything

import dlnn_utils

CASES = [*systems_cases.CASES, *fields_cases.CASES, *learning_cases.CASES]
ARGUMENTS = [pytest.param(c, name, id=f"{c.name}-{name}") for c in CASES for name in c.varied()]
NOT_FUNCTIONS = {
    "ACTIVATIONS", "DivergenceError", "IntegrationError", "SHAPES", "TABLE_1", "NonlinearSystem",
    "table_1",  # takes nothing
    "read_states", "read_images",  # take files: tests of their own
    "Horizon", "Contest", "Comparison", "Contestant",  # made by the package, or of its objects
}  # fmt: skip
SOME = settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize(("case", "name"), ARGUMENTS)
def test_any_value_gives_a_right_answer_or_one_clear_line(case, name):
    @SOME
    @given(st.data())
    def check(data):
        case.check(**{name: data.draw(anything(case.valid[name]), label=name)})

    case.check()
    check()


def test_every_public_function_is_tried():
    tried = {re.split(r"[. ]", case.name)[0] for case in CASES}
    assert set(dlnn_utils._EXPORTS) - NOT_FUNCTIONS <= tried
    assert len(CASES) >= 30
