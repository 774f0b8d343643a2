"""States over time from a file of one's own.

A header names `t`, optionally `trajectory`, `q1`, `q2`, ... and velocities `v1`, `v2`, ..., or
concentrations `c1`, ...; usual names such as `time` are understood, and units after them shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dlnn_utils._arguments import choice, positive
from dlnn_utils.data.files.columns import assign
from dlnn_utils.data.files.tables import Table, is_number, number, read_table, seconds

FEWEST_TIMES = 5


@dataclass(frozen=True)
class States:
    """Recordings `runs`: times t (T,) in s and states x (T, n) or, with velocities, (T, 2n).

    `columns` is the file's header, `report` what was understood. t (T,), q (T, B, n), v and x are
    arrays of all recordings, if these were measured at the same times.
    """

    runs: tuple[tuple[np.ndarray, np.ndarray], ...]
    n: int
    first_order: bool
    columns: list[str]
    report: str

    @property
    def t(self) -> np.ndarray:
        """The times (T,) of all recordings; ValueError if each has its own."""
        first = self.runs[0][0]
        close = 1e-6 * np.diff(first).min()
        for t, _ in self.runs:
            if len(t) != len(first) or np.abs(t - first).max() > close:
                raise ValueError("each recording has times of its own; use .runs")
        return first

    @property
    def x(self) -> np.ndarray:
        """All that was measured, (T, B, n) or (T, B, 2n), as `fit_from_states` takes it."""
        return np.stack([x for _, x in self.runs], axis=1) if len(self.t) else None

    @property
    def q(self) -> np.ndarray:
        """Positions in m, or concentrations, (T, B, n)."""
        return self.x[..., : self.n]

    @property
    def v(self) -> np.ndarray | None:
        """Velocities in m/s (T, B, n), or None."""
        return self.x[..., self.n :] if self.x.shape[2] > self.n else None


def read_states(
    path,
    units: Mapping[str, float] | None = None,
    *,
    columns: Mapping[str, str] | None = None,
    separator: str | None = None,
    decimal: str | None = None,
) -> States:
    """Read states over time; a ValueError says in which line and column it errs, and the cure.

    Separator, decimal mark, encoding, comments, a missing header, a row of units, missing values,
    repeated times and trajectories with times of their own are understood; `.report` says how.

    Parameters
    ----------
    path : str or Path
        A table as text (CSV), XLSX, NPZ, MAT or HDF5, with the columns t, trajectory, q1, q2, ...,
        v1, v2, ..., or c1, c2, ...; `trajectory` and the velocities may be missing.
    units : mapping, optional
        How many s a unit of `t` is and how many m (or mol/m^3) a unit of `q` or `c`, such as
        {"t": 1e-3, "q": 1e-3} for ms and mm; 1 where not given.  Velocities are in units of q over
        units of t.
    columns : mapping, optional
        Which column is which, such as {"angle of arm": "q1"}; several columns of one name are
        trajectories side by side.
    separator, decimal : str, optional
        Such as ";" and ","; found out if not given.

    Returns
    -------
    States
    """
    path, units = Path(path), {"t": 1.0, "q": 1.0, "c": 1.0} | dict(units or {})
    for name, value in units.items():
        positive(f"units[{choice('units', name, ('t', 'q', 'c'))!r}]", value)
    table = read_table(path, separator, decimal)
    header, body, notes = _header(table)
    try:
        names = assign(header, columns)
    except ValueError as e:
        raise ValueError(f"{path}, line {table.cells.index[0]}: {e}") from None
    notes += [f"{name} = {cell}" for name, cell in zip(names, header) if name and name != cell]
    if left := [str(c) for c, name in zip(header, names) if not name and str(c).strip()]:
        notes.append(f"left out: {', '.join(left)}")
    letter = "c" if "c1" in names else "q"
    n = len({name for name in names if name[:1] == letter})
    wanted = sorted({name for name in names if name[:1] == letter}, key=lambda c: int(c[1:]))
    wanted += sorted({name for name in names if name[:1] == "v"}, key=lambda c: int(c[1:]))
    runs = []
    for label, part in _trajectories(body, names):
        for side in range(names.count(wanted[0])):
            at = [_place(names, name, side) for name in ("t", *wanted)]
            runs.append(_run(table, part[at], ["t", *wanted], label, notes))
    scale = [units[letter]] * n + [units[letter] / units["t"]] * (len(wanted) - n)
    runs = tuple((units["t"] * t, x * scale) for t, x in runs)
    lengths = sorted({len(t) for t, _ in runs})
    said = f"{len(runs)} recording{'s' * (len(runs) > 1)} of {lengths[0]}"
    said += f" to {lengths[-1]}" * (len(lengths) > 1) + " times"
    counts = dict.fromkeys(table.notes + notes)
    return States(runs, n, letter == "c", header, "; ".join([f"{path.name}: {said}", *counts]))


def _header(table: Table) -> tuple[list[str], object, list[str]]:
    """Return the columns' names, the rows below, and what was understood."""
    cells, notes = table.cells, []
    texts = [str(cell) for cell in cells.iloc[0]]
    empty = [k for k in range(cells.shape[1]) if (cells[k] == "").all()]
    cells = cells.drop(columns=empty)
    texts = [text for k, text in enumerate(texts) if k not in empty]
    cells.columns = range(cells.shape[1])
    if all(is_number(text, table.decimal) or seconds(text) is not None for text in texts):
        notes.append("no header: the first column is t, the others are q1, q2, ...")
        return ["t", *(f"q{k}" for k in range(1, len(texts)))], cells, notes
    body = cells.iloc[1:]
    if len(body) and not any(_measured(table, cell) for cell in body.iloc[0]):
        units = [str(cell) for cell in body.iloc[0]]
        notes.append(f"line {body.index[0]} holds units: {', '.join(units)}")
        body = body.iloc[1:]
    if not len(body):
        raise ValueError(f"{table.path}: numbers must follow the line that names the columns")
    return texts, body, notes


def _measured(table: Table, cell) -> bool:
    try:
        return np.isfinite(number(cell, table.decimal)) or not str(cell).strip()
    except ValueError:
        return seconds(cell) is not None


def _trajectories(body, names: list[str]):
    """Return the rows of each trajectory by its name."""
    if "trajectory" not in names:
        return [("the only one", body)]
    return list(body.groupby(body[names.index("trajectory")].astype(str), sort=False))


def _place(names: list[str], name: str, side: int) -> int:
    """Return which column has a name, the last one if fewer have it than trajectories."""
    places = [k for k, other in enumerate(names) if other == name]
    return places[min(side, len(places) - 1)]


def _run(table: Table, part, names: list[str], label: str, notes: list[str]):
    """Return times and states of one recording, without missing values."""
    values = np.array([[_value(table, line, name, cell) for name, cell in zip(names, row)]
                       for line, row in zip(part.index, part.to_numpy())])  # fmt: skip
    kept = np.isfinite(values).all(axis=1)
    if missing := int((~kept).sum()):
        notes.append(f"{missing} lines with missing values left out of trajectory {label}")
    lines, values = part.index[kept], values[kept]
    steps = np.diff(values[:, 0])
    for k in np.flatnonzero(steps < 0):
        raise ValueError(
            f"{table.path}, line {lines[k + 1]}, column t: times must rise within a trajectory; "
            f"got {values[k + 1, 0]:.10g} after {values[k, 0]:.10g}; a column `trajectory` parts "
            "several"
        )
    if (steps == 0).any():
        t, which = np.unique(values[:, 0], return_inverse=True)
        sums = np.zeros((len(t), values.shape[1]))
        np.add.at(sums, which, values)
        values = sums / np.bincount(which)[:, None]
        notes.append(f"{int((steps == 0).sum())} repeated times averaged in trajectory {label}")
    if len(values) < FEWEST_TIMES:
        raise ValueError(
            f"{table.path}: a trajectory must have at least {FEWEST_TIMES} times; "
            f"got {len(values)}"
        )
    return values[:, 0], values[:, 1:]


def _value(table: Table, line: int, name: str, cell) -> float:
    """Return a cell as a number, NaN where it is missing."""
    if name == "t" and isinstance(cell, str) and (clock := seconds(cell)) is not None:
        return clock
    try:
        value = number(cell, table.decimal)
    except ValueError:
        value = np.inf
    if np.isinf(value):
        raise ValueError(
            f"{table.path}, line {line}, column {name}: there must be a finite number; "
            f"got {cell!r}"
        )
    return value
