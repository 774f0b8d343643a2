"""The one style of all figures, and saving them with their numbers and their origin."""

import csv
import io
import os
from collections.abc import Mapping
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from .paths import COMPANION, write_aside
from .provenance import metadata

BLUE, ORANGE, GREEN, PINK, YELLOW, SKY, BLACK = (
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000",
)  # fmt: skip
PALETTE = (BLUE, ORANGE, GREEN, PINK, YELLOW, SKY, BLACK)


def use_style() -> None:
    """Set the style, whatever the user's own settings are."""
    backend = matplotlib.get_backend(auto_select=False)
    plt.style.use(["default", COMPANION / "paper.mplstyle"])
    if backend is None and not os.environ.get("MPLBACKEND"):
        plt.switch_backend("agg")


def picture(fig: Figure):
    """Return a figure for display alone, closed: what depends on the machine is not kept."""
    from IPython.display import Image as Picture

    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", metadata={"Software": None})
    plt.close(fig)
    return Picture(data=_smaller(buffer), width=round(96 * fig.get_figwidth()))


def save_figure(fig: Figure, path: Path, data: Mapping[str, object], origin: dict) -> list[str]:
    """Save a figure as PNG and PDF, and the numbers drawn in it as CSV.

    Parameters
    ----------
    fig : Figure
    path : Path
        Without ending.
    data : mapping
        One-dimensional arrays by column name; they may differ in length.
    origin : dict
        From `provenance`; stored inside the PNG and the PDF.

    Returns
    -------
    list of str
        Names of the files.

    Raises
    ------
    ValueError
        If a column is not one-dimensional or there is none.
    """
    table = csv_text(data)
    for ending in ("png", "pdf"):
        buffer = io.BytesIO()
        fig.savefig(buffer, format=ending, metadata=metadata(origin, ending))
        content = _smaller(buffer) if ending == "png" else buffer.getvalue()
        write_aside(path.with_name(f"{path.name}.{ending}"), content)
    write_aside(path.with_name(f"{path.name}.csv"), table)
    return [f"{path.name}.{ending}" for ending in ("png", "pdf", "csv")]


def csv_text(data: Mapping[str, object]) -> str:
    """Return columns as CSV; the shorter ones end in empty cells."""
    columns = {name: np.asarray(values) for name, values in data.items()}
    wrong = [name for name, values in columns.items() if values.ndim != 1]
    if wrong or not columns:
        got = f"{wrong[0]!r} of shape {columns[wrong[0]].shape}" if wrong else "none"
        raise ValueError(f"a figure's data are one-dimensional columns by name; got {got}")
    length = max(len(values) for values in columns.values())
    cells = [[_cell(v) for v in c] + [""] * (length - len(c)) for c in columns.values()]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*cells, strict=True))
    return out.getvalue()


def read_csv(path: Path) -> dict[str, list[str]]:
    """Return the columns of a CSV file by name, without their empty ends."""
    with open(path, encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    columns = zip(*rows, strict=True) if rows else [()] * len(header)
    return {n: [v for v in c if v != ""] for n, c in zip(header, columns, strict=True)}


def _smaller(png: io.BytesIO) -> bytes:
    """Return a PNG with 256 colours, a third of the size, and its texts."""
    with Image.open(png) as image:
        texts = PngInfo()
        for name, text in image.info.items():
            if isinstance(text, str):
                texts.add_text(name, text)
        reduced = image.convert("RGB").quantize(256, dither=Image.Dither.NONE)
        out = io.BytesIO()
        reduced.save(out, "png", optimize=True, pnginfo=texts)
    return out.getvalue()


def _cell(value) -> str:
    return f"{value:.10g}" if isinstance(value, float | np.floating) else str(value)
