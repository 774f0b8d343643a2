"""Tables as CSV, Markdown and LaTeX from one header and its rows."""

import csv
import io
from collections.abc import Sequence

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
    return str(value) if isinstance(value, str | int) else f"{float(value):.3g}"


def to_csv(header: Sequence[str], rows: Rows) -> str:
    """Return a table as CSV, floats in full."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([getattr(cell, "item", lambda c=cell: c)() for cell in row] for row in rows)
    return out.getvalue()


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
