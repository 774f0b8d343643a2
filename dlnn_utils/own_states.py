"""States over time from a CSV file of one's own.

The header names the columns `t`, optionally `trajectory`, then `q1`, `q2`, ... and optionally the
velocities `v1`, `v2`, ...; a unit may follow in brackets, such as `q1 (mm)`, and is shown, not
read.  All trajectories are measured at the same times.
"""

import csv
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

HEADER = re.compile(r"(t|trajectory|[qv][1-9]\d*)\s*(?:[(\[].*[)\]])?")
FEWEST_TIMES = 5


@dataclass(frozen=True)
class States:
    """Measured states of one or more trajectories.

    Attributes
    ----------
    t : array (T,)
        Times in s.
    q : array (T, B, n)
        Positions in m.
    v : array (T, B, n) or None
        Velocities in m/s, where they were measured.
    columns : list of str
        The header as it stands in the file, with its units.
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
    """Read states over time from a CSV file.

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

    Raises
    ------
    ValueError
        In one line, with file, line and column: if there is no such file, a column is missing,
        unknown or there twice, a cell is no finite number, times do not rise or are fewer than
        five, or a trajectory is measured at other times than the first.

    Examples
    --------
    >>> from dlnn_utils.companion.paths import ROOT
    >>> read_states(ROOT / "data/two_masses.csv").q.shape
    (41, 8, 2)
    """
    path, units = Path(path), _units(units)
    if not path.is_file():
        raise ValueError(f"{path}: there is no such file")
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file)
            rows = [(lines.line_num, row) for row in lines if any(c.strip() for c in row)]
    except (UnicodeDecodeError, csv.Error):
        raise ValueError(f"{path}: it must be a CSV file in UTF-8") from None
    if not rows:
        raise ValueError(f"{path}: it is empty; its first line must name the columns")
    names, shown = _columns(path, rows[0][1])
    trajectories: dict[str, list[list[float]]] = {}
    for number, row in rows[1:]:
        cells = _numbers(f"{path}, line {number}", names, row)
        one = trajectories.setdefault(cells.pop("trajectory", "the only one"), [])
        if one and not cells["t"] > one[-1]["t"]:
            raise ValueError(
                f"{path}, line {number}, column t: times must rise within a trajectory; got "
                f"{cells['t']:g} after {one[-1]['t']:g}"
            )
        one.append(cells | {"line": number})
    t = _common_times(path, trajectories)
    factor = {"t": units["t"], "q": units["q"], "v": units["q"] / units["t"]}
    n = sum(name[0] == "q" for name in names)

    def stacked(letter: str) -> np.ndarray | None:
        if f"{letter}1" not in names:
            return None
        wanted = [f"{letter}{i + 1}" for i in range(n)]
        table = [[[c[name] for name in wanted] for c in one] for one in trajectories.values()]
        return factor[letter] * np.array(table).swapaxes(0, 1)

    return States(factor["t"] * t, stacked("q"), stacked("v"), shown)


def _units(units: Mapping[str, float] | None) -> dict[str, float]:
    units = {"t": 1.0, "q": 1.0} | dict(units or {})
    for name, value in units.items():
        if name not in ("t", "q"):
            raise ValueError(f'units has "t" and "q"; got {name!r}')
        if not (isinstance(value, int | float) and 0 < value < math.inf):
            raise ValueError(f"units[{name!r}] must be a positive number; got {value!r}")
    return units


def _columns(path: Path, header: list[str]) -> tuple[list[str], list[str]]:
    """Return the columns' names, and the header as it stands."""
    shown, names = [cell.strip() for cell in header], []
    for cell in shown:
        found = HEADER.fullmatch(cell)
        if not found:
            raise ValueError(
                f"{path}, line 1: columns are t, trajectory, q1, q2, ..., v1, v2, ..., each with "
                f"a unit in brackets if you like; got {cell!r}"
            )
        if found[1] in names:
            raise ValueError(f"{path}, line 1: column {found[1]} is there twice")
        names.append(found[1])
    n = max((int(name[1:]) for name in names if name[0] in "qv"), default=1)
    wanted = ["t", *(f"q{i + 1}" for i in range(n))]
    if any(name[0] == "v" for name in names):
        wanted += [f"v{i + 1}" for i in range(n)]
    missing = [name for name in wanted if name not in names]
    if missing:
        raise ValueError(
            f"{path}, line 1: there is no column {missing[0]}; got {', '.join(names)}"
        )
    return names, shown


def _numbers(where: str, names: list[str], row: list[str]) -> dict:
    """Return the cells of a line by column: numbers, and the trajectory's name as a text."""
    if len(row) != len(names):
        raise ValueError(f"{where}: there must be {len(names)} cells; got {len(row)}")
    cells: dict = {}
    for name, cell in zip(names, row):
        cells[name] = cell.strip()
        if name == "trajectory":
            continue
        try:
            cells[name] = float(cell)
        except ValueError:
            raise ValueError(
                f"{where}, column {name}: there must be a number; got {cell.strip()!r}"
            ) from None
        if not math.isfinite(cells[name]):
            raise ValueError(
                f"{where}, column {name}: numbers must be finite; got {cell.strip()!r}"
            )
    return cells


def _common_times(path: Path, trajectories: dict[str, list[dict]]) -> np.ndarray:
    """Return the times of all trajectories, or raise ValueError if they differ."""
    first_name, first = next(iter(trajectories.items()), ("", []))
    if len(first) < FEWEST_TIMES:
        raise ValueError(f"{path}: there must be at least {FEWEST_TIMES} times; got {len(first)}")
    t = np.array([cells["t"] for cells in first])
    tolerance = 1e-6 * np.diff(t).min()
    for name, one in trajectories.items():
        for cells, time in zip(one, t):
            if abs(cells["t"] - time) > tolerance:
                raise ValueError(
                    f"{path}, line {cells['line']}, column t: trajectory {name} must be measured "
                    f"when trajectory {first_name} was, at {time:g}; got {cells['t']:g}"
                )
        if len(one) != len(t):
            raise ValueError(
                f"{path}: trajectory {name} must have the {len(t)} times of trajectory "
                f"{first_name}; got {len(one)}"
            )
    return t
