"""Which column of a table is the time, which are positions, velocities or concentrations."""

import re
from collections.abc import Mapping

UNIT = re.compile(r"\s*[(\[].*[)\]]$|_(s|ms|us|min|h|m|mm|cm|um|km|deg|rad|mm?_s|mm?/s)$")
TIMES = {
    "t", "time", "times", "seconds", "sec", "timestamp", "elapsed", "elapsed time", "zeit",
}  # fmt: skip
RUNS = {"trajectory", "run", "trial", "experiment", "series", "recording"}
POSITIONS = re.compile(
    r"[xyz]|[xy]\d+|pos(ition)?[ _]?[xyz\d]*|(theta|phi|angle|displacement)\d*|height|length"
)
VELOCITIES = re.compile(r"v[xyz]|velocity[ _]?[xyz\d]*|omega\d*|speed|[xyz]dot|qdot\d*")
SIDE_BY_SIDE = re.compile(r"(run|trial|trajectory|series|recording)[ _]*\d+")
OWN = re.compile(r"([qvc])(\d*)")


def bare(cell: str) -> str:
    """Return a column's name in small letters without its unit."""
    return UNIT.sub("", str(cell).strip()).strip().lower()


def assign(header: list[str], given: Mapping[str, str] | None) -> list[str]:
    """Return "t", "trajectory", "q1", ... or "" for each column; ValueError if it is not clear."""
    names = _given(header, dict(given or {}))
    found = [name or _plain(bare(cell)) for name, cell in zip(names, header)]
    if not any(OWN.fullmatch(name) for name in found):
        found = _by_custom(header, found)
    _check(header, found)
    return found


def _given(header: list[str], given: dict[str, str]) -> list[str]:
    """Return the names that the user gives, "" for other columns."""
    for theirs, name in given.items():
        if theirs not in header and bare(theirs) not in map(bare, header):
            raise ValueError(f"columns must name those of the file; got {theirs!r}")
        if not re.fullmatch(r"t|trajectory|[qvc]\d+", name):
            raise ValueError(f"columns must say t, trajectory, q1, v1 or c1; got {name!r}")
    whole = {bare(theirs): name for theirs, name in given.items() if theirs not in header}
    return [given.get(cell) or whole.get(bare(cell), "") for cell in header]


def _plain(name: str) -> str:
    if name in TIMES:
        return "t"
    if name in RUNS:
        return "trajectory"
    if match := OWN.fullmatch(name):
        return match[1] + (match[2] or "1")
    return ""


def _by_custom(header: list[str], found: list[str]) -> list[str]:
    """Name columns such as x, theta, vx, or run 1, run 2 by what is usual."""
    found, count = list(found), {"q": 0, "v": 0}
    for k, name in enumerate(map(bare, header)):
        if found[k]:
            continue
        if SIDE_BY_SIDE.fullmatch(name):
            found[k] = "q1"
        for letter, usual in (("q", POSITIONS), ("v", VELOCITIES)):
            if usual.fullmatch(name):
                count[letter] += 1
                found[k] = f"{letter}{count[letter]}"
    return found


def _check(header: list[str], found: list[str]) -> None:
    kinds = {
        letter: sorted({int(name[1:]) for name in found if re.fullmatch(rf"{letter}\d+", name)})
        for letter in "qvc"
    }
    n = max(map(len, kinds.values()))
    first = "c" if kinds["c"] and not kinds["q"] else "q"
    numbers = range(1, 1 + max(1, n))
    wanted = [f"{k}{i}" for k in ([first, "v"] if kinds["v"] else [first]) for i in numbers]
    have = {name for name in found if name not in ("", "trajectory")}
    if re.search(r"\bt\d", " ".join(map(bare, header))) and "t" not in have:
        raise ValueError("each sensor has a clock of its own; interpolate to one column t first")
    if have != {"t", *wanted}:
        theirs = [cell for cell, name in zip(header, found) if not name] or header
        hint = f'columns={{"{theirs[0]}": "{wanted[0]}"}}'
        raise ValueError(
            f"with units or without, the columns must be {', '.join(['t', *wanted])}, or say "
            f"which is which, such as {hint}; got {', '.join(map(str, header))}"
        )
    repeats = {found.count(name) for name in wanted}
    if len(repeats) > 1 or found.count("t") not in {1, *repeats}:
        raise ValueError(
            "trajectories side by side must have the same columns; got "
            + ", ".join(filter(None, found))
        )
