"""Tables of numbers from text files of any common form."""

import csv
import re
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

import numpy as np

from dlnn_utils.data.files import arrays

MISSING = {"", "nan", "na", "n/a", "null", "none", "-", "--", "?", "#n/a"}
COMMENT = re.compile(r"\s*(#|%|//)")
SEPARATORS = {";": "semicolons", "\t": "tabs", ",": "commas", r"\s+": "spaces"}
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?")
CLOCK = re.compile(r"(\d+):(\d\d):(\d\d(?:[.,]\d*)?)|(\d+):(\d\d(?:[.,]\d*)?)")
SAMPLE = 200
"""How many lines decide about separator and decimal mark."""


@dataclass
class Table:
    """Cells by line of the file, what stands for decimals, and what was understood."""

    path: Path
    cells: object
    decimal: str = "."
    notes: list[str] = field(default_factory=list)


def number(cell, decimal: str = ".") -> float:
    """Return the number that a cell stands for, NaN if missing; ValueError if it is neither."""
    if not isinstance(cell, str):
        return float(cell)
    text = cell.strip().replace("\N{MINUS SIGN}", "-")
    if text.lower() in MISSING:
        return np.nan
    if decimal == ",":
        text = text.replace(".", "").replace(",", ".")
    elif THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    if "_" in text:
        raise ValueError(f"{cell!r} is not a number")
    return float(re.sub(r"(?<=[\d.])[dD](?=[+-]?\d)", "e", text))


def is_number(cell, decimal: str = ".") -> bool:
    """Return whether a cell is a number or missing."""
    try:
        number(cell, decimal)
    except ValueError:
        return False
    return True


def seconds(cell: str) -> float | None:
    """Return the seconds of a clock time such as 12:03:04.5, or of a date with a time."""
    if match := CLOCK.fullmatch(str(cell).strip()):
        hours, minutes, rest, short, of_short = match.groups()
        parts = (hours, minutes, rest) if hours else (0, short, of_short)
        return sum(f * float(str(p).replace(",", ".")) for f, p in zip((3600, 60, 1), parts))
    if re.match(r"\d{4}-\d\d-\d\d[T ]\d", str(cell).strip()):
        import pandas as pd

        try:
            return pd.Timestamp(str(cell).strip()).timestamp()
        except ValueError:
            return None
    return None


def read_table(path: Path, separator: str | None = None, decimal: str | None = None) -> Table:
    """Read a file's cells; a ValueError says in one line what cannot be read and the cure."""
    if not path.is_file():
        raise ValueError(f"{path}: there is no such file")
    kind = path.suffix.lower()
    if kind in (".xlsx", ".xlsm", ".xls"):
        return Table(path, arrays.excel(path), notes=["the first sheet"])
    if kind in (".npz", ".mat", ".h5", ".hdf5"):
        return Table(path, arrays.cells(path, kind))
    return _text(path, separator, decimal)


def _text(path: Path, separator: str | None, decimal: str | None) -> Table:
    import pandas as pd

    text, encoding = _decoded(path)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    notes = [encoding] if encoding else []
    if lines and (match := re.fullmatch(r"\s*sep=(.)\s*", lines[0])):
        separator, lines[0] = separator or match[1], ""
    comments = [k for k, line in enumerate(lines) if COMMENT.match(line)]
    head = next((k for k, line in enumerate(lines) if line.strip() and k not in comments), 0)
    if comments:
        notes.append(f"{len(comments)} comment lines skipped")
        if comments[0] < head and is_all_numbers(lines[head]):
            lines = _with_commented_header(lines, comments, head)
        lines = ["" if COMMENT.match(line) else line for line in lines]
    shown = [line for line in lines if line.strip()][:SAMPLE]
    if not shown:
        raise ValueError(f"{path}: it holds no numbers; there must be a table in it")
    separator, decimal = _form(path, shown, separator, decimal)
    end = r"\s+$" if separator == r"\s+" else re.escape(separator) + r"\s*$"
    if sum(bool(re.search(end, line)) for line in shown[1:]) == len(shown) - 1 > 0:
        lines = [re.sub(end, "", line) for line in lines]
    kept = [k for k, line in enumerate(lines) if line.strip()]
    options = dict(header=None, dtype=str, keep_default_na=False, skipinitialspace=True)
    try:
        body = StringIO("\n".join(lines[k] for k in kept))
        cells = pd.read_csv(body, sep=separator, **options).fillna("")
    except ValueError as e:  # lines of different lengths
        said = str(e).strip().split("C error: ")[-1]
        said = re.sub(r"(?<=line )\d+", lambda m: str(kept[int(m[0]) - 1] + 1), said)
        raise ValueError(f"{path}: each line must have as many cells; {said}") from None
    if len(cells) == len(kept):
        cells.index = [k + 1 for k in kept]
    cells = cells.apply(lambda column: column.str.strip())
    notes.append(f"separated by {SEPARATORS.get(separator, repr(separator))}")
    notes += ["decimal commas"] if decimal == "," else []
    return Table(path, cells[(cells != "").any(axis=1)], decimal, notes)


def is_all_numbers(line: str) -> bool:
    """Return whether all words of a line are numbers, however they are separated."""
    return all(is_number(word) for word in re.split(r"[;,\s]+", line.strip()))


def _with_commented_header(lines: list[str], comments: list[int], head: int) -> list[str]:
    """Take the last comment before the numbers as the header if it has as many words."""
    last = max(k for k in comments if k < head)
    words = COMMENT.sub("", lines[last], count=1).strip()
    parts = [re.split(r"[;,\t]|\s+", line.strip()) for line in (words, lines[head])]
    if len(parts[0]) == len(parts[1]) and not is_all_numbers(words):
        lines[last] = words
    return lines


def _decoded(path: Path) -> tuple[str, str]:
    content = path.read_bytes()
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        codes = [("utf-16", "UTF-16")]
    else:
        codes = [("utf-8-sig", ""), ("cp1252", "Latin-1"), ("latin-1", "Latin-1")]
    for code, name in codes:
        try:
            text = content.decode(code)
        except UnicodeError:
            continue
        if "\0" not in text:
            return text, name
    raise ValueError(f"{path}: it must be a table as text; got bytes that are no text")


def _form(path, lines, separator, decimal) -> tuple[str, str]:
    """Return separator and decimal mark under which most cells are numbers in equal columns."""
    best, chosen = 0.0, None
    for sep in [separator] if separator else SEPARATORS:
        for mark in [decimal] if decimal else (".", ","):
            if sep != mark:
                value = _score(lines, sep, mark)
                if value > best + 1e-9:
                    best, chosen = value, (sep, mark)
    if chosen is None:
        raise ValueError(
            f"{path}: its lines must hold at least two columns; give separator= and decimal="
        )
    sep, mark = chosen
    if decimal is None and sep != ",":
        cells = [c for line in lines for c in _cells(line, sep) if "," in c and is_number(c, ",")]
        if cells and all(THOUSANDS.fullmatch(c.strip()) for c in cells) and len(cells) > 1:
            if not any("." in c for c in cells):
                raise ValueError(
                    f'{path}: the comma in {cells[0].strip()!r} is ambiguous; give decimal="," or '
                    f'decimal="."'
                )
            mark = "."
    return sep, mark


def _cells(line: str, separator: str) -> list[str]:
    if separator == r"\s+":
        return line.split()
    return next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])


def _score(lines: list[str], separator: str, decimal: str) -> float:
    """Return the share of cells that are numbers, 0 for one column or ragged lines."""
    rows = [_cells(line, separator) for line in lines]
    widths = [len(row) for row in rows]
    width = max(set(widths), key=widths.count)
    if width < 2 or sum(w == width for w in widths) < 0.8 * len(widths):
        return 0.0
    cells = [c for row in rows if len(row) == width for c in row if c.strip()]
    return (
        float(np.mean([is_number(c, decimal) or seconds(c) is not None for c in cells] or [0]))
        + 1e-3
    )
