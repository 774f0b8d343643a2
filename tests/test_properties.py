"""Any array of any shape, type and content: a right answer, or one line that names its fault."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from properties import fields_cases, learning_cases, systems_cases
from properties.any_input import anything

CASES = [*systems_cases.CASES, *fields_cases.CASES, *learning_cases.CASES]
ARGUMENTS = [pytest.param(c, name, id=f"{c.name}-{name}") for c in CASES for name in c.varied()]
SOME = settings(
    max_examples=40,
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
