"""Any array of any shape, type and content: a right answer, or one line that names its fault."""

import re
from zlib import crc32

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st
from properties import fields_cases, learning_cases, reversal_cases, systems_cases
from properties.any_input import QUIET, anything

import dlnn_utils

CASES = [*systems_cases.CASES, *fields_cases.CASES, *learning_cases.CASES, *reversal_cases.CASES]
NOT_FUNCTIONS = {
    "DivergenceError", "IntegrationError", "SHAPES", "TABLE_1",
    "table_1",  # takes nothing
    "read_states", "read_images", "save", "load",  # take files: tests of their own
    "Contest",  # made by the package, or of its objects
}  # fmt: skip


def settled(case, names, examples):
    """Check one case with any value in the place of one of these arguments."""

    @seed(crc32(case.name.encode()))
    @settings(QUIET, max_examples=examples)
    @given(st.data())
    def check(data):
        name = data.draw(st.sampled_from(names))
        case.check(**{name: data.draw(anything(case.valid[name]), label=name)})

    check()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_any_value_gives_a_right_answer_or_one_clear_line(case):
    case.check()
    settled(case, list(case.valid), 3)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_thirty_values_for_each_argument(case):
    for name in case.valid:
        settled(case, [name], 30)


def test_every_public_function_is_tried():
    tried = {re.split(r"[. ]", case.name)[0] for case in CASES}
    assert set(dlnn_utils._EXPORTS) - NOT_FUNCTIONS <= tried
