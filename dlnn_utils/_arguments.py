"""Arguments checked at the door: shapes, ranges and names, declared once in annotations.

    @checked
    def fit(c: Array["B n"], cdot: Array["B n"], *, M: Array["n n"] = None, seed: Seed = 0): ...

Names of dimensions are bound anew in each call, from left to right.  The notation is jaxtyping's:
`...` stands for any dimensions before or after the others, `{self.n}` for an attribute; `|`
separates alternatives, and nothing at all stands for one number.  A single name has a space before
it, " n", else Ruff takes it for a variable.  Values arrive as finite float64 arrays and plain
numbers; None passes where it is the default or stands in the annotation.
"""

import functools
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, get_args, get_origin

import numpy as np

LARGEST, SMALLEST = 1e60, 1e-60
"""Numbers beyond these are taken for mistakes: their fourth powers would overflow."""

Bound = dict[str, tuple[int, str]]
"""Length of each dimension by its name, and the argument that gave it."""


def checked(function: Callable) -> Callable:
    """Check the annotated arguments of a function at each call, with one line for each fault."""
    signature = inspect.signature(function)
    rules = {name: _rule(p.annotation) for name, p in signature.parameters.items()}
    rules = {name: rule for name, rule in rules.items() if rule is not None}
    optional = {
        name
        for name, p in signature.parameters.items()
        if p.default is None or type(None) in get_args(p.annotation)
    }

    @functools.wraps(function)
    def wrapper(*given, **named):
        call = signature.bind(*given, **named)
        values, bound = call.arguments, {}
        for name, rule in rules.items():
            if name in values and not (name in optional and values[name] is None):
                values[name] = rule(name, values[name], bound, values.get("self"))
        return function(*call.args, **call.kwargs)

    return wrapper


def _rule(annotation) -> Callable | None:
    if get_origin(annotation) is Annotated:
        return annotation.__metadata__[0]
    if get_origin(annotation) is Literal:
        options = get_args(annotation)
        return lambda name, value, *_: choice(name, value, options)
    return next(filter(None, map(_rule, get_args(annotation))), None)


def shown(value) -> str:
    """Return a value as one short line, for a message."""
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else f"{text[:57]}..."


def choice(name: str, value, options: Sequence[str]) -> str:
    """Return `value` if it is one of the options."""
    if not isinstance(value, str) or value not in options:
        raise ValueError(f"{name} must be one of {', '.join(options)}; got {shown(value)}")
    return value


def _is_whole(value) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def positive_integer(name: str, value, *_) -> int:
    """Return `value` as an int above 0."""
    if not _is_whole(value) or not 1 <= value < 2**31:
        raise ValueError(f"{name} must be a positive integer; got {shown(value)}")
    return int(value)


def whole(name: str, value, *_) -> int:
    """Return `value` as an int from 0 up."""
    if not _is_whole(value) or not 0 <= value < 2**63:
        raise ValueError(f"{name} must be a non-negative integer; got {shown(value)}")
    return int(value)


def positive_integers(name: str, value, *_) -> tuple[int, ...]:
    """Return `value`, a sequence, as a tuple of ints above 0."""
    if not isinstance(value, list | tuple | range | np.ndarray) or getattr(value, "ndim", 1) != 1:
        raise ValueError(f"{name} must be a sequence of positive integers; got {shown(value)}")
    return tuple(positive_integer(name, one) for one in value)


def number(name: str, value, *_) -> float:
    """Return `value` as a finite float."""
    real = isinstance(value, int | float | np.floating | np.integer)
    if not real or isinstance(value, bool):
        raise ValueError(f"{name} must be a number; got {shown(value)}")
    value = value.item() if isinstance(value, np.generic) else value  # float16 ends before 1e60
    if not abs(value) <= LARGEST:
        raise ValueError(f"{name} must be finite, at most {LARGEST:g} in size; got {shown(value)}")
    return float(value)


def positive(name: str, value, *_) -> float:
    """Return `value` as a float above 0."""
    if not number(name, value) >= SMALLEST:
        raise ValueError(f"{name} must be positive; got {value:g}")
    return float(value)


def not_negative(name: str, value, *_) -> float:
    """Return `value` as a float from 0 up."""
    if not number(name, value) >= 0:
        raise ValueError(f"{name} must be 0 or more; got {value:g}")
    return float(value)


@dataclass(frozen=True)
class Shape:
    """The rule of an array of real numbers: alternatives, each a tuple of dimensions."""

    alternatives: tuple[tuple[str, ...], ...]

    def __call__(self, name: str, value, bound: Bound | None = None, owner=None) -> np.ndarray:
        """Return `value` as a finite float64 array; bind the names of its dimensions."""
        bound = {} if bound is None else bound
        a = _numbers(name, value, f"an array of numbers of shape {self}")
        fitting = [dims for dims in self.alternatives if _fits(dims, a.ndim)]
        if not fitting:
            raise ValueError(f"{name} must have shape {self}; got {a.shape}")
        dims = fitting[0]
        skipped = a.ndim - len(dims) + 1 if dims[:1] == ("...",) else 0
        for dim, length in zip([d for d in dims if d != "..."], a.shape[skipped:]):
            wanted, giver = _wanted(dim, bound, owner) or bound.setdefault(dim, (length, name))
            if wanted != length:
                known = [d if d == "..." else _wanted(d, bound, owner) or ("any",) for d in dims]
                shape = _in_brackets([d if d == "..." else str(d[0]) for d in known])
                said = f"; {dim} is {wanted} in {giver}" if giver not in ("", name) else ""
                raise ValueError(f"{name} must have shape {shape}; got {a.shape}{said}")
        return _finite(name, a)

    def __str__(self) -> str:
        """Return the shape as it stands in messages: (n,) or (B, n)."""
        names = [[dim.removeprefix("{self.").rstrip("}") for dim in d] for d in self.alternatives]
        return " or ".join(map(_in_brackets, names))


def _in_brackets(dims: Sequence[str]) -> str:
    return f"({dims[0]},)" if len(dims) == 1 else f"({', '.join(dims)})"


def _fits(dims: tuple[str, ...], ndim: int) -> bool:
    return ndim >= len(dims) - 1 if "..." in dims else ndim == len(dims)


def _wanted(dim: str, bound: Bound, owner) -> tuple[int, str] | None:
    """Return the length that a dimension must have and where it comes from, None if it is free."""
    if dim.isdecimal():
        return int(dim), ""
    if dim.startswith("{"):
        return getattr(owner, dim[len("{self.") : -1]), ""
    return bound.get(dim)


def _numbers(name: str, value, wanted: str) -> np.ndarray:
    """Return `value` as a float64 array, of real numbers and nothing masked."""
    if np.ma.is_masked(value):
        raise ValueError(f"{name} must be {wanted}; some of it is masked")
    try:
        value = value.toarray() if hasattr(value, "toarray") else value  # sparse
        a = np.asarray(value.detach().cpu() if hasattr(value, "detach") else value)
        if a.dtype.kind in "biuf" or (a.dtype.kind == "O" and a.size):
            return a.astype(np.float64, copy=False)
    except (TypeError, ValueError, OverflowError, RuntimeError):
        a = None
    kind = type(value).__name__ if a is None else a.dtype
    raise ValueError(f"{name} must be {wanted}; got {kind}") from None


def _finite(name: str, a: np.ndarray) -> np.ndarray:
    if a.size == 0:
        raise ValueError(f"{name} must not be empty; got shape {a.shape}")
    if not np.isfinite(a).all():
        bad = int((~np.isfinite(a)).sum())
        raise ValueError(f"{name} must be finite; got {bad} NaN or infinite of {a.size} values")
    if (size := np.abs(a).max()) > LARGEST:
        raise ValueError(f"{name} must be at most {LARGEST:g} in size; got {size:g}")
    return a


def array(name: str, value, shape: str = "...") -> np.ndarray:
    """Return `value` as a finite float64 array of a shape, for what no annotation can say."""
    return Array[shape].__metadata__[0](name, value)


def times(name: str, value, bound: Bound | None = None, owner=None) -> np.ndarray:
    """Return times (T,) that strictly rise or strictly fall, at least two."""
    t = Shape((("T",),))(name, value, bound, owner)
    if len(t) < 2:
        raise ValueError(f"{name} must hold at least two times; got {len(t)}")
    steps = np.diff(t)
    steps[np.abs(steps) < SMALLEST] = 0
    if (steps == 0).any():
        raise ValueError(f"{name} must not repeat a time; got {t[1:][steps == 0][0]:g} twice")
    if not ((steps > 0).all() or (steps < 0).all()):
        raise ValueError(f"{name} must rise or fall throughout; it turns back")
    return t


def mass_matrix(name: str, value, bound: Bound | None = None, owner=None) -> np.ndarray:
    """Return a symmetric and invertible matrix (n, n)."""
    M = Shape((("n", "n"),))(name, value, bound, owner)
    size, skew = np.abs(M).max(), np.abs(M - M.T).max()
    if not np.allclose(M, M.T, rtol=1e-10, atol=1e-12 * size):
        raise ValueError(f"{name} must be symmetric; |M - M^T| reaches {skew:.3g}")
    if not (condition := np.linalg.cond(M)) < 1e12:
        raise ValueError(f"{name} must be invertible; its condition number is {condition:.3g}")
    return M


def answer(what: str, a: np.ndarray) -> np.ndarray:
    """Return an answer, unless the arguments named led beyond all numbers."""
    if not np.isfinite(a).all():
        raise ValueError(f"{what} must not lead beyond what float64 holds; the answer does")
    return a


class Array:
    """`Array["B n"]`: a finite float64 array whose dimensions have these names."""

    def __class_getitem__(cls, shape: str):
        """Return the annotation of a shape."""
        return Annotated[np.ndarray, Shape(tuple(tuple(s.split()) for s in shape.split("|")))]


Number = Annotated[float, number]
Positive = Annotated[float, positive]
NotNegative = Annotated[float, not_negative]
Count = Annotated[int, positive_integer]
Counts = Annotated[tuple[int, ...], positive_integers]
Seed = Annotated[int, whole]
Times = Annotated[np.ndarray, times]
Mass = Annotated[np.ndarray, mass_matrix]
