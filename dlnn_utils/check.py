"""Checks of what a user hands in: one clear line for each fault."""

from collections.abc import Sequence

import numpy as np


def positive_integer(name: str, value) -> int:
    """Return `value` as an int, or raise ValueError if it is not a whole number above 0."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise ValueError(f"{name} must be a positive integer; got {value!r}")
    return int(value)


def positive(name: str, value) -> float:
    """Return `value` as a float, or raise ValueError if it is not a finite number above 0."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        raise ValueError(f"{name} must be a positive number; got {value!r}")
    if not 0 < value < float("inf"):
        raise ValueError(f"{name} must be positive; got {value:g}")
    return float(value)


def seed(value) -> int:
    """Return `value` as an int, or raise ValueError if it is not a whole number from 0 up."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 0:
        raise ValueError(f"seed must be a non-negative integer; got {value!r}")
    return int(value)


def array(name: str, value, shape: Sequence[int | None]) -> np.ndarray:
    """Return `value` as a finite float64 array of the given shape (None: any length).

    Raises
    ------
    ValueError
        If it is no array of numbers, has another shape, is empty, or holds NaN or infinity.
    """
    wanted = "(" + ", ".join("any" if length is None else str(length) for length in shape) + ")"
    try:
        a = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be an array of numbers of shape {wanted}") from None
    if a.ndim != len(shape) or any(want not in (None, got) for want, got in zip(shape, a.shape)):
        raise ValueError(f"{name} must have shape {wanted}; got {a.shape}")
    if a.size == 0:
        raise ValueError(f"{name} must not be empty; got shape {a.shape}")
    if not np.isfinite(a).all():
        bad = int((~np.isfinite(a)).sum())
        raise ValueError(f"{name} must be finite; got {bad} NaN or infinite of {a.size} values")
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
        raise ValueError(f'device must be "cpu" or "cuda"; got {value!r}')
    if kind == "cuda" and not torch.cuda.is_available():
        raise ValueError(f'device is {str(value)!r}, but torch finds no GPU here: use "cpu"')
    return str(value)
