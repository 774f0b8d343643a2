"""What a user may hand in, and what may come of it: the property behind all of these tests.

Any value in the place of one argument gives a right answer, or one line that names the argument.
"""

import dataclasses
import re
from collections.abc import Callable, Mapping

import numpy as np
import torch
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from dlnn_utils import DivergenceError, IntegrationError

QUIET = settings(deadline=None, database=None, suppress_health_check=list(HealthCheck))
KINDS = [np.float64, np.float32, np.float16, np.int64, np.uint8, bool, np.complex128, "<U3"]
NUMBERS = st.one_of(
    st.floats(-10, 10, allow_subnormal=False),
    st.floats(allow_nan=True, allow_infinity=True),
    st.sampled_from([0.0, -0.0, 1.0, np.nan, np.inf, 1e308, -1e308, 1e-308, 5e-324]),
)
ODD_OBJECTS = st.sampled_from(
    [
        *(None, "text", "", [], {}, {"c": [1.0]}, [[1.0, 2.0], [3.0]], [None, 1.0], [10**400]),
        np.ma.masked_array([1.0, 2.0], [True, False]),
        np.array(["2026-01-01", "2026-01-02"], dtype="datetime64[D]"),
        torch.ones(2, 2, requires_grad=True),
        *(object(), (x for x in ()), lambda: 1.0),
    ]
)
SHAPES = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)


def arrays(shape) -> st.SearchStrategy:
    """Return arrays of a shape, or of a strategy of shapes, of any type and content."""
    any_content = st.sampled_from(KINDS).flatmap(lambda kind: hnp.arrays(kind, shape))
    return st.one_of(any_content, hnp.arrays(np.float64, shape, elements=NUMBERS))


def anything(valid) -> st.SearchStrategy:
    """Return any value: odd objects, arrays of any shape, and arrays shaped as a valid one."""
    if isinstance(valid, bool | str) or valid is None:
        return st.one_of(ODD_OBJECTS, NUMBERS)
    if isinstance(valid, int | float):
        whole = st.integers(-3, 12)
        return st.one_of(whole, NUMBERS, ODD_OBJECTS, st.booleans(), arrays(SHAPES))
    shape = np.shape(valid)
    tame = hnp.arrays(np.float64, shape, elements=st.floats(-3, 3, allow_subnormal=False))
    return st.one_of(tame, tame, arrays(shape), arrays(SHAPES), ODD_OBJECTS)


class Case:
    """A public function and valid arguments; what stands before them, no user hands in wrongly.

    `right(answer, **arguments)` tells whether an answer is right; it must be finite besides.
    `called` holds names of other arguments that a message may name.
    """

    def __init__(
        self,
        call: Callable,
        *fixed,
        right: Callable = lambda answer, **_: True,
        called: str = "",
        finite: bool = True,
        name: str = "",
        **valid,
    ):
        self.call, self.fixed, self.valid = call, fixed, valid
        self.right, self.called, self.finite = right, called, finite
        self.name = name or getattr(call, "func", call).__qualname__

    def check(self, **changed) -> None:
        """Call with some arguments changed; fail unless the answer is right or well refused."""
        arguments = {**self.valid, **changed}
        try:
            with np.errstate(all="ignore"):
                answer = self.call(*self.fixed, **arguments)
        except (ValueError, DivergenceError, IntegrationError) as e:
            said = str(e)
            assert said.strip() and "\n" not in said, f"not one line: {said!r}"
            assert changed, f"valid arguments are refused: {said}"
            if isinstance(e, ValueError):
                names = [*changed, *self.called.split()]
                assert any(re.search(rf"\b{name}\b", said) for name in names), said
            return
        assert not self.finite or is_finite(answer), f"not finite: {answer!r}"
        seen = {k: v.detach() if torch.is_tensor(v) else v for k, v in arguments.items()}
        assert self.right(answer, **seen), f"wrong: {answer!r}"


def is_finite(answer) -> bool:
    """Return whether all numbers within an answer are finite; what has none is."""
    if isinstance(answer, torch.nn.Module):
        answer = answer.state_dict()
    elif dataclasses.is_dataclass(answer):
        answer = vars(answer)
    if isinstance(answer, Mapping):
        answer = list(answer.values())
    if isinstance(answer, list | tuple):
        return all(map(is_finite, answer))
    numbers = np.asarray(answer.detach() if torch.is_tensor(answer) else answer)
    return numbers.dtype.kind not in "biufc" or bool(np.isfinite(numbers).all())
