"""States over time from a CSV file of one's own.

The header names the columns `t`, optionally `trajectory`, then `q1`, `q2`, ... and optionally the
velocities `v1`, `v2`, ...; a unit may follow in brackets, such as `q1 (mm)`, and is shown, not
read.  All trajectories are measured at the same times.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dlnn_utils._arguments import choice, positive

UNIT = re.compile(r"\s*[(\[].*[)\]]$")
FEWEST_TIMES = 5


@dataclass(frozen=True)
class States:
    """Times t (T,) in s, positions q (T, B, n) in m, and velocities v in m/s or None.

    `columns` is the header as it stands in the file, with its units.
    """

    t: np.ndarray
    q: np.ndarray
    v: np.ndarray | None
    columns: list[str]

    @property
    def x(self) -> np.ndarray:
        """All that was measured, (T, B, n) or (T, B, 2n), as `fit_from_states` takes it."""
        return self.q if self.v is None else np.concatenate([self.q, self.v], axis=2)


def read_states(path, units: Mapping[str, float] | None = None) -> States:
    """Read states over time from a CSV file; a ValueError says in which line and column it errs.

    Parameters
    ----------
    path : str or Path
        A CSV file with the header t, trajectory, q1, q2, ..., v1, v2, ...; `trajectory` and the
        velocities may be missing.
    units : mapping, optional
        How many s a unit of `t` is and how many m a unit of `q`, such as {"t": 1e-3, "q": 1e-3}
        for ms and mm; 1 where not given.  Velocities are in units of q over units of t.

    Returns
    -------
    States
    """
    path, units = Path(path), {"t": 1.0, "q": 1.0} | dict(units or {})
    for name, value in units.items():
        positive(f"units[{choice('units', name, ('t', 'q'))!r}]", value)
    cells = _cells(path)
    header = list(cells.iloc[0])
    cells.columns = _names(path, header)
    table = _numbers(path, cells[1:])
    trajectories = dict(list(table.groupby("trajectory", sort=False)))
    t = _common_times(path, trajectories)

    def stacked(letter: str) -> np.ndarray:
        columns = sorted((c for c in table if c[0] == letter), key=lambda c: int(c[1:]))
        return np.array([one[columns] for one in trajectories.values()]).swapaxes(0, 1)

    v = units["q"] / units["t"] * stacked("v") if "v1" in table else None
    return States(units["t"] * t, units["q"] * stacked("q"), v, header)


def _cells(path: Path):
    """Return the file's cells as texts, the header first, by the number of their line."""
    import pandas as pd

    if not path.is_file():
        raise ValueError(f"{path}: there is no such file")
    try:
        options = dict(header=None, dtype=str, keep_default_na=False, skip_blank_lines=False)
        cells = pd.read_csv(path, encoding="utf-8-sig", **options)
    except ValueError as e:  # pandas found no columns, other encodings or lines of other lengths
        said = str(e).strip().split("C error: ")[-1]
        raise ValueError(f"{path}: it must be a CSV file in UTF-8; {said}") from None
    cells.index += 1
    cells = cells.apply(lambda column: column.str.strip())
    cells = cells[(cells != "").any(axis=1)]
    if len(cells) < 2:
        raise ValueError(f"{path}: its first line must name the columns, and numbers must follow")
    return cells


def _names(path: Path, header: list[str]) -> list[str]:
    """Return the columns' names without their units."""
    names = [UNIT.sub("", cell) for cell in header]
    given = [{name for name in names if re.fullmatch(rf"{kind}\d+", name)} for kind in "qv"]
    numbers = range(1, 1 + max(1, *map(len, given)))
    wanted = [f"{kind}{k}" for kind in ("qv" if given[1] else "q") for k in numbers]
    wanted = ["t", *["trajectory"] * ("trajectory" in names), *wanted]
    if sorted(names) != sorted(wanted):
        raise ValueError(
            f"{path}, line 1: with units in brackets or without, the columns must be "
            f"{', '.join(wanted)}; got {', '.join(names)}"
        )
    return names


def _numbers(path: Path, cells):
    """Return the cells as numbers, and which trajectory each line belongs to as a text."""
    named = cells.pop("trajectory") if "trajectory" in cells else "the only one"
    numbers = cells.map(_number)
    for row, column in np.argwhere(~np.isfinite(numbers.to_numpy(float))):
        raise ValueError(
            f"{path}, line {cells.index[row]}, column {cells.columns[column]}: there must be a "
            f"finite number; got {cells.iloc[row, column]!r}"
        )
    return numbers.assign(trajectory=named)


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return np.nan


def _common_times(path: Path, trajectories: Mapping) -> np.ndarray:
    """Return the times of all trajectories, or raise ValueError if they differ."""
    first = next(iter(trajectories))
    t = trajectories[first]["t"].to_numpy()
    if len(t) < FEWEST_TIMES:
        raise ValueError(f"{path}: there must be at least {FEWEST_TIMES} times; got {len(t)}")
    for name, one in trajectories.items():
        mine, lines = one["t"].to_numpy(), one.index
        for k in np.flatnonzero(np.diff(mine) <= 0):
            raise ValueError(
                f"{path}, line {lines[k + 1]}, column t: times must rise within a trajectory; "
                f"got {mine[k + 1]:g} after {mine[k]:g}"
            )
        if len(mine) != len(t):
            raise ValueError(
                f"{path}: trajectory {name} must have the {len(t)} times of trajectory "
                f"{first}; got {len(mine)}"
            )
        for k in np.flatnonzero(np.abs(mine - t) > 1e-6 * np.diff(t).min()):
            raise ValueError(
                f"{path}, line {lines[k]}, column t: trajectory {name} must be measured "
                f"when trajectory {first} was, at {t[k]:g}; got {mine[k]:g}"
            )
    return t
