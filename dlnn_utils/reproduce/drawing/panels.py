"""What figures are made of: curves, planes, points, images, drawn into a notebook's axes.

Formats are Matplotlib's ("C0--o": first colour, dashed, dots) or dictionaries of line properties,
in the order of what is drawn or by its names.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from string import ascii_lowercase

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, Normalize, PowerNorm
from matplotlib.figure import Figure

from dlnn_utils.reproduce.drawing.style import BLACK, COLOURS, ORANGE, PALETTE, SKY, colour_of
from dlnn_utils.reproduce.spread import Spread

WIDE = {"color": SKY, "lw": 3, "alpha": 0.5}
"""The exact one, under what is compared with it."""
THIN = {"color": BLACK, "lw": 0.8, "ls": "--"}
DASHES = ("-", "--", ":", "-.")
TIME = "time $t$ (s)"

Formats = Sequence[str | dict] | Mapping[str, str | dict]
SCALES = {"linear": Normalize, "log": LogNorm, "sqrt": lambda *limits: PowerNorm(0.5, *limits)}
PLACES = {
    "below": {"loc": "upper center", "bbox_to_anchor": (0.5, -0.16)},
    "right": {"loc": "upper left", "bbox_to_anchor": (1, 1)},
}
IN_CSV = 3
"""How many lines of one name give their numbers to the CSV: the first, the last, and between."""


def curves(ax: Axes, x, series: Mapping, formats: Formats = (), **options) -> None:
    """Draw named curves (T,), or n of one name (T, n), against x (T,); options are `plane`'s.

    A Spread is a line at the median, a band over its range, and this run as small marks.
    """
    plane(ax, {name: (x, y) for name, y in series.items()}, formats, **options)


def plane(
    ax: Axes,
    paths: Mapping,
    formats: Formats = (WIDE, THIN),
    *,
    log: str = "",
    legend: str = "",
    ncols: int = 1,
    starts: str = "",
    beyond: float = np.inf,
    **settings,
) -> None:
    """Draw named paths (T, 2), B of one name (T, B, 2), or pairs of x and y.

    Axes in `log` are logarithmic. The legend stands "below", at the "right", at the "ends" of the
    lines or where Matplotlib says; names that begin with "_" are not in it. `starts` names marks
    where the first paths begin. Values `beyond` this one stand in a band, as blown up. Settings
    are marker, ms, lw and alpha of all lines, and those of ``ax.set``.
    """
    look = {key: settings.pop(key) for key in ("marker", "ms", "lw", "alpha") if key in settings}
    by_name = formats if isinstance(formats, Mapping) else dict(zip(paths, formats))
    if starts:
        ax.plot(*next(iter(paths.values()))[0].T, "o", color=ORANGE, zorder=3, label=starts)
    taken: Counter[str] = Counter()
    for k, (name, path) in enumerate(paths.items()):
        x, y = path if isinstance(path, tuple) else (path[..., 0], path[..., 1])
        style = by_name.get(name) or _style(name, k, taken)
        if isinstance(y, Spread):
            y = _band(ax, x, y, name, style)
        shape, given = ([style], look) if isinstance(style, str) else ([], look | style)
        lines = ax.plot(x, y, *shape, **given)
        kept = np.linspace(0, len(lines) - 1, IN_CSV).round()
        for n, line in enumerate(lines):
            line.set_label(name if n == 0 else f"_{name} {n + 1}" if n in kept else "_")
        over = np.asarray(y) > 9 * beyond
        if np.any(over):
            (mark,) = ax.plot(np.asarray(x)[over], np.full(over.sum(), 0.965))
            mark.update_from(lines[0])
            mark.set(transform=ax.get_xaxis_transform(), linestyle="", label="_")
    for axis in log:
        getattr(ax, f"set_{axis}scale")("log", nonpositive="mask")
    if np.isfinite(beyond):
        ax.axhspan(beyond, 9 * beyond, color="#eeeeee", zorder=0)
        ax.text(0, 1.01, "blows up", transform=ax.transAxes, va="bottom", fontsize=7)
        ax.autoscale(axis="y")
        ax.set_ylim(top=9 * beyond)
    ax.set(**settings)
    if legend == "ends":
        for line in ax.lines:
            end = {"xytext": (4, 0), "textcoords": "offset points", "annotation_clip": False}
            end |= {"color": line.get_color(), "va": "center"}
            ax.annotate(line.get_label(), line.get_xydata()[-1], **end)
    elif legend:
        ax.legend(**_at(legend), ncols=ncols)


def plane_with_errors(
    paths: Mapping,
    t,
    errors: Mapping,
    labels: Sequence[str],
    formats: Formats = (),
    *,
    plane_formats: Formats = (WIDE, THIN),
    marks: Mapping = {},
    **settings,
) -> tuple[Figure, Axes]:
    """Draw paths in their plane, and beside it errors (T,) on a logarithmic scale.

    Labels are those of the plane's axes and of the errors; marks are (x, y, format) by name.
    Returned are the figure and the axes of the errors.
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.5, 3.6), width_ratios=[1, 1.1])
    for name, (x, y, how) in marks.items():
        left.plot(x, y, how, ms=4.5, zorder=3, label=name)
    plane(left, paths, plane_formats, xlabel=labels[0], ylabel=labels[1], **settings)
    legend(left, "below")
    curves(right, t, errors, formats, log="y", legend="below", xlabel=TIME, ylabel=labels[2])
    right.set_xlim(t[0], t[-1])
    return fig, right


def ranges(ax: Axes, groups: Mapping[str, Spread], *, log: bool = True, **settings) -> None:
    """Draw a row for each named number over seeds: a dot a seed, their range, a bar at the median.

    A ring marks this run; runs that are not finite are counted at the right. Settings are those
    of ``ax.set``.
    """
    ax.yaxis.update_units(list(groups))
    for row, (name, spread) in enumerate(groups.items()):
        arrived = spread.values[np.isfinite(spread.values)]
        look = {"color": colour_of(name) or PALETTE[row % 7], "zorder": 3}
        if len(arrived):
            ax.plot([arrived.min(), arrived.max()], [name] * 2, lw=1, label="_", **look)
            ax.plot(arrived, [name] * len(arrived), "o", alpha=0.5, mew=0, label=name, **look)
            if np.isfinite(spread.median):
                bar = look | {"mew": 2, "ms": 11, "label": f"_{name}, median"}
                ax.plot(spread.median, name, "|", **bar)
        if np.isfinite(spread.this):
            ax.plot(spread.this, name, "o", ms=7, mfc="none", label=f"_{name}, this run", **look)
        if lost := spread.n - len(arrived):
            where = {"transform": ax.get_yaxis_transform(), "va": "center", "ha": "right"}
            ax.text(1, row, f"{lost} of {spread.n} diverged", fontsize=6.5, **where)
    if log:
        ax.set_xscale("log")
    ax.set(ylim=(len(groups) - 0.5, -0.6), **settings)


def reference(ax: Axes, value: float, name: str, axis: str = "y") -> None:
    """Draw a dotted line at a value of an axis, with its name."""
    line = {"color": COLOURS["paper"], "ls": ":", "lw": 1.2, "label": "_"}
    text = {"color": COLOURS["paper"], "fontsize": 6.5}
    if axis == "y":
        ax.axhline(value, **line)
        ax.text(
            1,
            value,
            f"{name} ",
            va="bottom",
            ha="right",
            transform=ax.get_yaxis_transform(),
            **text,
        )
    else:
        ax.axvline(value, **line)
        ax.text(value, 1, f" {name}", va="bottom", transform=ax.get_xaxis_transform(), **text)


def letters(axes) -> None:
    """Name panels (a), (b), ... above their upper left corners."""
    for letter, ax in zip(ascii_lowercase, np.ravel(axes)):
        place = {"xytext": (-4, 5), "textcoords": "offset points", "ha": "right", "va": "bottom"}
        ax.annotate(f"({letter})", (0, 1), xycoords="axes fraction", weight="bold", **place)


def images(
    axes: np.ndarray,
    rows: Mapping[str, Sequence[np.ndarray]],
    titles: Sequence[str],
    unit: str,
    *,
    limits: tuple[float, float] = (0, 1),
    scale: str = "linear",
    cmap: str = "cividis",
    difference: str = "",
    bar: str = "right",
) -> None:
    """Draw rows of images (r, c) in one scale of colours ("linear", "log" or "sqrt").

    Titles are those of the columns, `unit` the label of the bar of colours, which stands at the
    "right" or "bottom". With a label `difference`, a last row shows the last row less the first.
    """
    axes = np.reshape(axes, (-1, len(titles)))
    fig, place = axes[0, 0].figure, {"location": bar, "shrink": 0.8, "aspect": 25}
    shown = _show(axes, rows, titles, unit, SCALES[scale](*limits), cmap)
    fig.colorbar(shown, ax=axes[: len(rows)], label=unit, **place)
    if difference:
        first, *_, last = rows.values()
        off = [b - a for a, b in zip(first, last)]
        largest = np.abs(off).max()
        below, norm = axes[len(rows) :], Normalize(-largest, largest)
        shown = _show(below, {"difference": off}, titles, difference, norm, "RdBu_r")
        colours = fig.colorbar(shown, ax=below, label=difference, **place | {"aspect": 12})
        colours.formatter.set_powerlimits((-2, 3))
    for ax, title in zip(axes[0], titles):
        ax.set_title(title)


def legend(ax: Axes, place: str) -> None:
    """Put the legend "below", "right" or, as Matplotlib calls it, inside."""
    ax.legend(**_at(place))


def _style(name: str, k: int, taken: Counter) -> dict:
    """Return a line's look: the colour of its system, dashed where another line has it."""
    if name in ("exact", "truth"):
        return WIDE
    colour = colour_of(name) or PALETTE[k % 7]
    taken[colour] += 1
    return {"color": colour, "ls": DASHES[(taken[colour] - 1) % len(DASHES)]}


def _band(ax: Axes, x, spread: Spread, name: str, style: dict) -> np.ndarray:
    """Draw a range and this run's values; return the median."""
    colour = style["color"]
    if spread.n > 1:
        top = np.where(np.isfinite(spread.high), spread.high, np.nan)
        band = {"color": colour, "alpha": 0.2, "lw": 0, "label": f"_{name}"}
        ax.fill_between(x, spread.low, top, **band)
        ax.plot(x, spread.this, ".", color=colour, ms=2.5, label=f"_{name}, this run")
    return spread.median


def _at(place: str) -> dict:
    return PLACES.get(place, {"loc": place})


def _show(axes, rows: Mapping, titles, unit: str, norm: Normalize, cmap: str) -> ScalarMappable:
    for line, (name, row) in zip(axes, rows.items()):
        for ax, image, title in zip(line, row, titles):
            ax.set(xticks=[], yticks=[])
            ax.spines[:].set_visible(True)
            label = ", ".join(filter(None, (name, title, unit)))
            shown = ax.imshow(image, norm=norm, cmap=cmap, label=label)
        line[0].set_ylabel(name)
    return shown
