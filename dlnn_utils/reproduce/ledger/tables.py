"""Tables as CSV, Markdown and LaTeX from one header and its rows."""

import csv
import io
import itertools
from collections.abc import Sequence

FOUR = ("", ", least", ", largest", ", this run")
"""What a column of Spreads becomes: its median under the column's own name, and these."""

Rows = Sequence[Sequence[object]]
ESCAPED = str.maketrans(
    {c: f"\\{c}" for c in "&%#_{}"} | {"\\": r"\textbackslash{}", "^": r"\^{}", "~": r"\~{}"}
)


def check_rows(header: Sequence[str], rows: Rows) -> None:
    """Raise ValueError unless there are rows and each is as long as the header."""
    if not rows:
        raise ValueError("a table needs at least one row; got none")
    for row in rows:
        if len(row) != len(header):
            cells = f"{len(header)} cells ({', '.join(header)})"
            raise ValueError(f"a row of this table has {cells}; got {len(row)}: {list(row)}")


def short(value) -> str:
    """Return a value for reading: three significant digits of a float, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return str(value)
    return f"{float(value):.3g}" if hasattr(value, "__float__") else str(value)


def to_csv(header: Sequence[str], rows: Rows) -> str:
    """Return a table as CSV, floats in full, a column with a Spread as four columns."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    spread = [any(hasattr(cell, "median") for cell in column) for column in zip(*rows)]
    names = [[f"{h}{w}" for w in FOUR] if wide else [h] for h, wide in zip(header, spread)]
    writer.writerow(itertools.chain(*names))
    for row in rows:
        writer.writerow(itertools.chain(*(map(_cells, row, spread))))
    return out.getvalue()


def _cells(cell, wide: bool) -> list:
    if hasattr(cell, "median"):
        return [float(v) for v in (cell.median, cell.low, cell.high, cell.this)]
    value = cell.item() if hasattr(cell, "item") else cell
    return [value, "", "", ""] if wide else [value]


def to_markdown(header: Sequence[str], rows: Rows) -> str:
    """Return a table as Markdown, floats with three digits."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(map(_markdown, line)) + " |" for line in lines) + "\n"


def to_latex(header: Sequence[str], rows: Rows) -> str:
    """Return a table as a LaTeX tabular, floats with three digits."""
    begin = rf"\begin{{tabular}}{{{'l' * len(header)}}}"
    first, *body = [" & ".join(map(_latex, line)) + r" \\" for line in [header, *rows]]
    return "\n".join([begin, first, r"\hline", *body, r"\end{tabular}"]) + "\n"


def _markdown(value) -> str:
    return short(value).replace("|", r"\|").replace("\n", " ")


def _latex(value) -> str:
    """Return a cell for LaTeX; what stands between dollar signs is left as it is."""
    parts = short(value).replace("\n", " ").split("$")
    parts[::2] = [text.translate(ESCAPED) for text in parts[::2]]
    return "$".join(parts)
