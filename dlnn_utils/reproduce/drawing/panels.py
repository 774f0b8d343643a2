"""What figures are made of: curves, planes, points, images, drawn into a notebook's axes.

Formats are Matplotlib's ("C0--o": first colour, dashed, dots) or dictionaries of line properties,
in the order of what is drawn or by its names.
"""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, Normalize, PowerNorm
from matplotlib.figure import Figure

from dlnn_utils.reproduce.drawing.style import BLACK, ORANGE, PALETTE, PINK, SKY

WIDE = {"color": SKY, "lw": 3, "alpha": 0.5}
"""The exact one, under what is compared with it."""
THIN = {"color": BLACK, "lw": 0.8, "ls": "--"}
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
    """Draw named curves (T,), or n of one name (T, n), against x (T,); options are `plane`'s."""
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
    for k, (name, path) in enumerate(paths.items()):
        x, y = path if isinstance(path, tuple) else (path[..., 0], path[..., 1])
        style = by_name.get(name) or {"color": PALETTE[k % 7], "ls": "--" if k >= 7 else "-"}
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


def points(
    ax: Axes, groups: Mapping[str, Sequence], colours: Mapping, *, printed: float, **settings
) -> None:
    """Draw a row of ratios, one a seed (NaN if it did not arrive), for each group.

    A bar stands at their median; an empty group was not tried; `printed` is the paper's ratio.
    """
    ax.set_xscale("log", base=2)
    ax.xaxis.set_major_formatter(lambda x, _: f"{x:g}" if x >= 1 else f"1/{1 / x:g}")
    ax.yaxis.update_units(list(groups))
    for row, (name, values) in enumerate(groups.items()):
        arrived, colour = np.asarray(values)[np.isfinite(values)], colours[name]
        if len(arrived):
            place, look = [name] * len(arrived), {"color": colour, "label": name}
            ax.plot(arrived, place, "o", alpha=0.5, mew=0, **look)
            look |= {"mew": 2, "ms": 11, "label": f"_median, {name}"}
            ax.plot(np.median(arrived), name, "|", **look)
        else:
            note = "not reached" if len(values) else "not tried"
            ax.text(1.15, row, note, fontsize=6.5, va="center", color=colour)
    ax.axvline(1, color=BLACK, lw=0.6)
    ax.axvline(printed, color=PINK, lw=1.2)
    ax.text(1.05 * printed, -0.7, "paper", color=PINK, fontsize=6.5, va="center")
    ax.set(ylim=(len(groups) - 0.5, -1), **settings)


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
