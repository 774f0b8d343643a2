"""What a user may hand in, and what may come of it: the property behind all of these tests.

Any value in the place of one argument gives a right answer, or one line that names the argument.
"""

import contextlib
import re
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from dlnn_utils import DivergenceError, IntegrationError

SECONDS = 30
KINDS = [np.float64, np.float32, np.float16, np.int64, np.uint8, bool, np.complex128, "<U3"]
NUMBERS = st.one_of(
    st.floats(-10, 10, allow_subnormal=False),
    st.floats(allow_nan=True, allow_infinity=True),
    st.sampled_from([0.0, -0.0, 1.0, np.nan, np.inf, 1e308, -1e308, 1e-308, 5e-324]),
)
ODD_OBJECTS = st.sampled_from(
    [
        None,
        "text",
        "",
        [],
        {},
        {"c": [1.0]},
        [[1.0, 2.0], [3.0]],
        [None, 1.0],
        [10**400],
        object(),
        np.ma.masked_array([1.0, 2.0], [True, False]),
        np.array(["2026-01-01", "2026-01-02"], dtype="datetime64[D]"),
        torch.ones(2, 2, requires_grad=True),
        (x for x in ()),
        lambda: 1.0,
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


@dataclass(frozen=True)
class Case:
    """A public function, valid arguments, and when its answer is right.

    Attributes
    ----------
    call : callable
        Takes the arguments by name.
    valid : mapping
        Valid arguments.
    right : callable
        Whether an answer is right, given it and the arguments; always it must be finite.
    fixed : tuple of str
        Arguments that no user would hand in wrongly: objects that the package made.
    called : mapping
        How an argument is named in messages, where otherwise than in the call.
    finite : bool
        Whether the answer must be finite.
    """

    name: str
    call: Callable
    valid: Mapping
    right: Callable = lambda answer, **_: True
    fixed: tuple[str, ...] = ()
    called: Mapping[str, str] = field(default_factory=dict)
    finite: bool = True

    def varied(self) -> list[str]:
        """Return the arguments in whose place anything may stand."""
        return [name for name in self.valid if name not in self.fixed]

    def check(self, **changed) -> None:
        """Call with some arguments changed; fail unless the answer is right or well refused."""
        arguments = {**self.valid, **changed}
        try:
            with time_limit(SECONDS), np.errstate(all="ignore"):
                answer = self.call(**arguments)
        except (ValueError, DivergenceError, IntegrationError) as e:
            said = str(e)
            assert said.strip() and "\n" not in said, f"not one line: {said!r}"
            if isinstance(e, ValueError):
                called = {"t": "t x x0 c c0"} | dict(self.called)  # states must have its length
                names = [name for c in changed for name in called.get(c, c).split()]
                assert any(re.search(rf"\b{name}\b", said) for name in names), said
            return
        if self.finite:
            assert is_finite(answer), f"not finite: {answer!r}"
        assert self.right(answer, **arguments), f"wrong: {answer!r}"


def is_finite(answer) -> bool:
    """Return whether all numbers within an answer are finite; what has none is."""
    if isinstance(answer, Mapping):
        answer = list(answer.values())
    if isinstance(answer, list | tuple):
        return all(map(is_finite, answer))
    if isinstance(answer, torch.nn.Module):
        return all(bool(torch.isfinite(w).all()) for w in answer.state_dict().values())
    if isinstance(answer, torch.Tensor):
        answer = answer.detach().numpy()
    if isinstance(answer, np.ndarray | np.number | float | int):
        return bool(np.isfinite(answer).all())
    return True


@contextlib.contextmanager
def time_limit(seconds: int):
    """Raise TimeoutError in the main thread when a block takes too long."""

    def stop(*_):
        raise TimeoutError(f"no end after {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
