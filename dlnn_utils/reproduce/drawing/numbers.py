"""The numbers that a figure shows, read off what is drawn in it."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from itertools import zip_longest
from string import ascii_lowercase

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import FillBetweenPolyCollection, PathCollection, QuadMesh
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

Columns = dict[str, np.ndarray]
READ = (FillBetweenPolyCollection, PathCollection, QuadMesh)


def numbers(fig: Figure) -> Columns:
    """Return what is drawn in data coordinates, as columns named by panel, label and axis.

    Equal columns stand there once. An image gives its values row by row, a panel without axes its
    texts. Colour bars, ``axhline`` and lines named "_" are no data.
    """
    columns: Columns = {}
    panels = [ax for ax in fig.axes if ax.get_label() != "<colorbar>" and ax.get_visible()]
    for letter, ax in zip(ascii_lowercase, panels):
        title = plain(ax.get_title("left") or ax.get_title())
        for label, axis, values in _drawn(ax):
            name = bare = ", ".join(filter(None, (label, axis))) or "values"
            if any(
                n.endswith(bare) and c.tobytes() == values.tobytes() for n, c in columns.items()
            ):
                continue
            if title not in bare and (label or bare in columns):
                name = f"{title}: {bare}"
            while name in columns:
                name = f"{letter}: {name}"
            columns[name] = values
    if not columns:
        raise ValueError("a figure needs something drawn in it; got an empty one")
    return columns


def to_csv(columns: Columns) -> str:
    """Return columns as CSV, numbers to ten digits; the shorter ones end in empty cells."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    cells = ([_cell(value) for value in column] for column in columns.values())
    writer.writerows(zip_longest(*cells, fillvalue=""))
    return out.getvalue()


def plain(text: str) -> str:
    """Return a label without TeX's signs, on one line."""
    return re.sub(r"\s+", " ", re.sub(r"\\bf|[$\\{}]", "", text)).strip(" _")


def _drawn(ax: Axes) -> Iterator[tuple[str, str, np.ndarray]]:
    """Give label, name of the axis or unit, and values of all that is drawn."""
    lines = [line for line in ax.lines if ax.axison and _is_data(line)]
    repeated = Counter(np.asarray(line.get_xdata(orig=True)).tobytes() for line in lines)
    for line in lines:
        label, (x, y) = _label(line), map(np.asarray, line.get_data(orig=True))
        shared = y.dtype.kind != "U" and (len(lines) == 1 or repeated[x.tobytes()] > 1)
        yield "" if shared else label, _axis_label(ax, "x") or "x", x
        if y.dtype.kind != "U":
            yield label, _axis_label(ax, "y") or ("" if label else "y"), y
    for artist in (*ax.images, *(m for m in ax.collections if isinstance(m, QuadMesh))):
        values = np.ma.filled(artist.get_array(), np.nan)
        if isinstance(artist, QuadMesh) and artist.get_coordinates().shape[:-1] == values.shape:
            yield "", _axis_label(ax, "x"), artist.get_coordinates()[0, :, 0]
            yield "", _axis_label(ax, "y"), artist.get_coordinates()[:, 0, 1]
        yield _label(artist), "", np.array([float(f"{v:.6g}") for v in values.flat])
    for points in (c for c in ax.collections if isinstance(c, PathCollection)):
        yield from _pair(ax, _label(points), *points.get_offsets().data.T)
    for bars in (c for c in ax.containers if isinstance(c, BarContainer)):
        yield from _pair(
            ax, _label(bars), *zip(*((b.get_center()[0], b.get_height()) for b in bars))
        )
    for band in (c for c in ax.collections if isinstance(c, FillBetweenPolyCollection)):
        edge, n = band.get_paths()[0].vertices, len(band.get_paths()[0].vertices) // 2 - 1
        lower, upper = edge[1 : n + 1, 1], edge[n + 2 : -1, 1][::-1]
        yield f"{_label(band)}, least", _axis_label(ax, "y"), lower
        yield f"{_label(band)}, largest", _axis_label(ax, "y"), upper
    for kind in (type(c) for c in ax.collections if not isinstance(c, READ)):
        read = "lines, bands, points, bars, images and meshes"
        raise ValueError(f"a figure must hold nothing but {read}; got {kind.__name__}")
    texts = [text.get_text() for text in ax.texts if text.get_text()]
    if texts and not ax.axison and not ax.images:
        yield "texts", "", np.array(texts)


def _pair(ax: Axes, label: str, x, y) -> Iterator[tuple[str, str, np.ndarray]]:
    yield label, _axis_label(ax, "x") or "x", np.asarray(x)
    yield label, _axis_label(ax, "y") or "y", np.asarray(y)


def _is_data(line: Line2D) -> bool:
    return line.get_label() != "_" and line.axes.transData == line.get_transform()


def _label(artist: Artist) -> str:
    label = artist.get_label()
    return "" if label.startswith("_child") else plain(label)


def _axis_label(ax: Axes, axis: str) -> str:
    """Return an axis' label, or that of the axes that share it, or of the whole figure."""
    shared = getattr(ax, f"get_shared_{axis}_axes")().get_siblings(ax)
    labels = [getattr(a, f"get_{axis}label")() for a in (ax, *shared)]
    labels.append(getattr(ax.get_figure(root=True), f"get_sup{axis}label")())
    return plain(next(filter(None, labels), ""))


def _cell(value) -> str:
    return f"{value:.10g}" if isinstance(value, float | np.floating) else str(value)
