"""Checks of what a user hands in: one clear line for each fault."""

from collections.abc import Sequence

import numpy as np

LARGEST, SMALLEST = 1e60, 1e-60
"""Numbers beyond these are taken for mistakes: their fourth powers would overflow."""


def shown(value) -> str:
    """Return a value as one short line, for a message."""
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else f"{text[:57]}..."


def positive_integer(name: str, value) -> int:
    """Return `value` as an int, or raise ValueError if it is not a whole number above 0."""
    if not _is_whole(value) or not 1 <= value < 2**31:
        raise ValueError(f"{name} must be a positive integer; got {shown(value)}")
    return int(value)


def number(name: str, value) -> float:
    """Return `value` as a float, or raise ValueError if it is no finite real number."""
    real = isinstance(value, int | float | np.floating | np.integer)
    if not real or isinstance(value, bool):
        raise ValueError(f"{name} must be a number; got {shown(value)}")
    if not abs(value) <= LARGEST:
        raise ValueError(f"{name} must be finite, at most {LARGEST:g} in size; got {shown(value)}")
    return float(value)


def positive(name: str, value) -> float:
    """Return `value` as a float, or raise ValueError if it is not a finite number above 0."""
    value = number(name, value)
    if not value >= SMALLEST:
        raise ValueError(f"{name} must be positive; got {value:g}")
    return value


def not_negative(name: str, value) -> float:
    """Return `value` as a float, or raise ValueError if it is not a finite number from 0 up."""
    value = number(name, value)
    if not value >= 0:
        raise ValueError(f"{name} must be 0 or more; got {value:g}")
    return value


def whole(name: str, value) -> int:
    """Return `value` as an int, or raise ValueError if it is not a whole number from 0 up."""
    if not _is_whole(value) or not 0 <= value < 2**63:
        raise ValueError(f"{name} must be a non-negative integer; got {shown(value)}")
    return int(value)


def positive_integers(name: str, value) -> tuple[int, ...]:
    """Return `value` as a tuple of ints, or raise ValueError if it is no sequence of such."""
    if not isinstance(value, list | tuple | range | np.ndarray) or not hasattr(value, "__len__"):
        raise ValueError(f"{name} must be a sequence of positive integers; got {shown(value)}")
    value = value.ravel() if isinstance(value, np.ndarray) and value.ndim == 0 else value
    return tuple(positive_integer(name, one) for one in value)


def seed(value) -> int:
    """Return a seed as an int, or raise ValueError if it is not a whole number from 0 up."""
    return whole("seed", value)


def choice(name: str, value, options: Sequence[str]) -> str:
    """Return `value`, or raise ValueError if it is none of the options."""
    if not isinstance(value, str) or value not in options:
        raise ValueError(f"{name} must be one of {', '.join(options)}; got {shown(value)}")
    return value


def _is_whole(value) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def array(name: str, value, shape: Sequence[int | None] | None = None) -> np.ndarray:
    """Return `value` as a finite float64 array of the given shape (None: any length, or shape).

    Raises
    ------
    ValueError
        If it is no array of real numbers, has another shape, is empty, is masked, or holds NaN,
        infinity or what is larger than any measurement.
    """
    lengths = ["any" if length is None else str(length) for length in shape or ()]
    wanted = "(" + ", ".join(lengths) + ")"
    of_shape = "" if shape is None else f" of shape {wanted}"
    a = _numbers(name, value, f"an array of numbers{of_shape}")
    shape = a.shape if shape is None else shape
    if a.ndim != len(shape) or any(want not in (None, got) for want, got in zip(shape, a.shape)):
        raise ValueError(f"{name} must have shape {wanted}; got {a.shape}")
    if a.size == 0:
        raise ValueError(f"{name} must not be empty; got shape {a.shape}")
    if not np.isfinite(a).all():
        bad = int((~np.isfinite(a)).sum())
        raise ValueError(f"{name} must be finite; got {bad} NaN or infinite of {a.size} values")
    if (size := np.abs(a).max()) > LARGEST:
        raise ValueError(f"{name} must be at most {LARGEST:g} in size; got {size:g}")
    return a


def states(name: str, value, n: int, most: int | None = None) -> np.ndarray:
    """Return `value` as a finite float64 array (..., n); of 1 or 2 dimensions if most is 2.

    Raises
    ------
    ValueError
        As `array`.
    """
    wanted = f"(..., {n})" if most is None else f"({n},) or (B, {n})"
    a = _numbers(name, value, f"an array of numbers of shape {wanted}")
    if a.ndim == 0 or a.shape[-1] != n or (most and a.ndim > most):
        raise ValueError(f"{name} must have shape {wanted}; got {a.shape}")
    return array(name, a, a.shape)


def batch(name: str, value, n: int | None = None) -> tuple[np.ndarray, bool]:
    """Return `value`, (n,) or (B, n), as a finite float64 array (B, n), and whether it was one.

    Raises
    ------
    ValueError
        As `array`.
    """
    a = _numbers(name, value, f"an array of numbers of shape ({n or 'n'},) or (B, {n or 'n'})")
    single = a.ndim == 1
    return array(name, a[None] if single else a, (None, n)), single


def series(name: str, value, T: int, least: int = 1) -> np.ndarray:
    """Return `value` as a finite float64 array (T, ...) of so many dimensions at least.

    Raises
    ------
    ValueError
        As `array`.
    """
    a = _numbers(name, value, f"an array of numbers of shape ({T}, ...)")
    if a.ndim < least or a.shape[0] != T:
        raise ValueError(f"{name} must have shape ({T}, ...); got {a.shape}")
    return array(name, a, a.shape)


def flat(name: str, value, n: int) -> np.ndarray:
    """Return `value`, of any shape that holds n numbers, as a finite float64 array (n,)."""
    a = _numbers(name, value, f"an array of {n} numbers")
    if a.size != n:
        raise ValueError(f"{name} must hold {n} numbers; got {a.size}")
    return array(name, a.ravel(), (n,))


def square(name: str, value) -> np.ndarray:
    """Return `value` as a finite float64 array (n, n), or raise ValueError if it is none."""
    a = _numbers(name, value, "an array of numbers of shape (n, n)")
    a = np.atleast_2d(a)
    if a.ndim != 2 or a.shape[0] != a.shape[1]:
        raise ValueError(f"{name} must have shape (n, n); got {a.shape}")
    return array(name, a, a.shape)


def _numbers(name: str, value, wanted: str) -> np.ndarray:
    """Return `value` as a float64 array, of real numbers and nothing masked."""
    if np.ma.is_masked(value):
        raise ValueError(f"{name} must be {wanted}; some of it is masked")
    try:
        a = np.asarray(value.detach().cpu() if hasattr(value, "detach") else value)
        if a.dtype.kind in "biuf" or (a.dtype.kind == "O" and a.size):
            return a.astype(np.float64, copy=False)
    except (TypeError, ValueError, OverflowError, RuntimeError):
        a = None
    kind = type(value).__name__ if a is None else a.dtype
    raise ValueError(f"{name} must be {wanted}; got {kind}") from None


def answer(what: str, a: np.ndarray) -> np.ndarray:
    """Return an answer, or raise ValueError if the arguments named led beyond all numbers."""
    if not np.isfinite(a).all():
        raise ValueError(f"{what} must not lead beyond what float64 holds; the answer does")
    return a


def times(t) -> np.ndarray:
    """Return `t` as a float64 array (T,) that strictly rises or strictly falls.

    Raises
    ------
    ValueError
        If it has fewer than two entries, is not finite, repeats a time or turns back.
    """
    t = array("t", t, (None,))
    if len(t) < 2:
        raise ValueError(f"t must hold at least two times; got {len(t)}")
    steps = np.diff(t)
    if np.abs(steps).min() < SMALLEST < np.abs(steps).max():
        steps[np.abs(steps) < SMALLEST] = 0
    if (steps == 0).any():
        raise ValueError(f"t must not repeat a time; got {t[1:][steps == 0][0]:g} twice")
    if not ((steps > 0).all() or (steps < 0).all()):
        raise ValueError("t must rise or fall throughout; it turns back")
    return t


def mass_matrix(M, n: int) -> np.ndarray:
    """Return M as an (n, n) array, or raise ValueError if it is singular or not symmetric."""
    M = array("M", M, (n, n))
    if not np.allclose(M, M.T, rtol=1e-10, atol=1e-12 * np.abs(M).max()):
        raise ValueError(f"M must be symmetric; |M - M^T| reaches {np.abs(M - M.T).max():.3g}")
    condition = np.linalg.cond(M)
    if not condition < 1e12:
        raise ValueError(f"M must be invertible; its condition number is {condition:.3g}")
    return M


def device(value) -> str:
    """Return the name of a device of torch, or raise ValueError if there is none of that name."""
    import torch

    kind = str(value).split(":")[0]
    if kind not in ("cpu", "cuda"):
        raise ValueError(f'device must be "cpu" or "cuda"; got {shown(value)}')
    if kind == "cuda" and not torch.cuda.is_available():
        raise ValueError(f'device is {str(value)!r}, but torch finds no GPU here: use "cpu"')
    return str(value)
