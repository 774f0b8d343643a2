"""Every rule of the door, on any value: what passes is what the annotation says."""

import re
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from properties.any_input import KINDS, NUMBERS, ODD_OBJECTS, QUIET, SHAPES, anything

from dlnn_utils import _arguments as door
from dlnn_utils._arguments import LARGEST, Array, Count, Mass, Times, checked


def is_array(a, *ndim):
    sound = a.dtype == np.float64 and a.size and (np.abs(a) <= LARGEST).all()
    return isinstance(a, np.ndarray) and sound and a.ndim in ndim


def turns_nowhere(t):
    return is_array(t, 1) and len(t) > 1 and abs(np.sign(np.diff(t)).sum()) == len(t) - 1


RULES = {
    "Number": (door.Number, 1.5, lambda a: type(a) is float and abs(a) <= LARGEST),
    "Positive": (door.Positive, 1.5, lambda a: type(a) is float and 0 < a <= LARGEST),
    "NotNegative": (door.NotNegative, 0.0, lambda a: type(a) is float and 0 <= a <= LARGEST),
    "Count": (door.Count, 2, lambda a: type(a) is int and a > 0),
    "Seed": (door.Seed, 0, lambda a: type(a) is int and a >= 0),
    "Counts": (door.Counts, (2, 1), lambda a: all(type(b) is int and b > 0 for b in a)),
    "Literal": (Literal["a", "b"], "a", lambda a: a in ("a", "b")),
    "Times": (Times, [0.0, 1.0], turns_nowhere),
    "Mass": (
        Mass,
        np.eye(2),
        lambda M: is_array(M, 2) and np.allclose(M, M.T, 1e-9, 1e-11 * np.abs(M).max()),
    ),
    "n": (Array[" n"], [1.0, 2.0], lambda a: is_array(a, 1)),
    "n n": (Array["n n"], np.eye(2), lambda a: is_array(a, 2) and a.shape[0] == a.shape[1]),
    "... 2": (Array["... 2"], np.eye(2), lambda a: is_array(a, 1, 2, 3, 4) and a.shape[-1] == 2),
    "2 ...": (Array["2 ..."], np.eye(2), lambda a: is_array(a, 1, 2, 3, 4) and len(a) == 2),
    "|n|B n": (Array["|n|B n"], 1.0, lambda a: is_array(a, 0, 1, 2)),
    "or None": (Array["n n"] | None, np.eye(2), lambda a: a is None or is_array(a, 2)),
}
ANY = st.one_of(
    ODD_OBJECTS,
    NUMBERS,
    st.integers(),
    st.lists(st.integers(-1, 3)),
    st.sampled_from(KINDS).flatmap(lambda kind: hnp.arrays(kind, SHAPES)),
    st.sampled_from([1e61, -1e61, 2**31, 2**63, True, np.int64(3), np.float32(2), "a", "c"]),
)


@pytest.mark.parametrize("rule", RULES)
def test_what_passes_is_what_is_said_and_the_rest_is_named(rule):
    annotation, valid, is_so = RULES[rule]

    def enter(some_value):
        return some_value

    enter.__annotations__["some_value"] = annotation
    enter = checked(enter)

    @settings(QUIET, max_examples=60, derandomize=True)
    @given(st.one_of(ANY, anything(valid)))
    def try_to_enter(value):
        try:
            assert is_so(enter(value))
        except ValueError as e:
            said = str(e)
            assert re.match(r"some_value must [^\n]+$", said)

    assert is_so(enter(valid))
    try_to_enter()


class Owner:
    n = 2

    @checked
    def fit(self, c: Array["B {self.n}"], cdot: Array["B n"], t: Times = None, M: Mass = None):
        return c, cdot, t, M


C, OWNER = np.ones((3, 2)), Owner()
DISAGREE = {
    "attribute": ((np.ones((3, 4)), C), r"c must have shape \(3, 2\); got \(3, 4\)"),
    "first": ((C, C[:2]), r"cdot must have shape \(3, any\); got \(2, 2\); B is 3 in c"),
    "other": ((C, C, None, np.eye(3)), r"M must .* \(2, 2\); got \(3, 3\); n is 2 in cdot"),
    "twice": ((C, C, None, np.ones((2, 3))), r"M must have shape \(2, 2\); got \(2, 3\)"),
    "skew": ((C, C, None, [[1, 0.5], [0.2, 1]]), r"M must be symmetric; .* reaches 0.3"),
    "singular": ((C, C, None, np.ones((2, 2))), "M must be invertible; its condition number is"),
    "rank": ((C, C[0]), r"cdot must have shape \(B, n\); got \(2,\)"),
    "times": ((C, C, [0, 1, 1]), "t must not repeat a time; got 1 twice"),
    "turn": ((C, C, [0, 2, 1]), "t must rise or fall throughout; it turns back"),
    "masked": ((np.ma.masked_array(C, C > 0), C), "c must be .*; some of it is masked"),
    "empty": ((C[:0], C[:0]), r"c must not be empty; got shape \(0, 2\)"),
    "nan": ((C, C * np.nan), "cdot must be finite; got 6 NaN or infinite of 6 values"),
    "text": (([["a", "b"]], C), r"c must be an array of numbers of shape \(B, n\); got <U1"),
}


@pytest.mark.parametrize(("given", "message"), DISAGREE.values(), ids=DISAGREE)
def test_lengths_are_bound_from_left_to_right(given, message):
    with pytest.raises(ValueError, match=f"^{message}") as caught:
        OWNER.fit(*given)
    assert "\n" not in str(caught.value)


def test_bounds_last_for_one_call_and_none_passes_where_it_is_the_default():
    assert OWNER.fit(C, C)[2] is None
    assert OWNER.fit(C[:2].tolist(), cdot=C[:2], M=np.eye(2))[0].dtype == np.float64
    with pytest.raises(ValueError, match="cdot must be finite; got 3 NaN"):
        OWNER.fit(C, [[None, 1.0]] * 3)


def test_none_passes_where_the_annotation_says_so():
    @checked
    def first(frames: Count | None = 10):
        return frames

    assert (first(), first(3), first(None)) == (10, 3, None)
    with pytest.raises(ValueError, match="frames must be a positive integer; got 0"):
        first(0)
