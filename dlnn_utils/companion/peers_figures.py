"""Draws the figures of the notebook on peers."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from .figures import BLACK, BLUE, GREEN, ORANGE, PINK, SKY, YELLOW

COLOURS = {
    "least squares": BLACK, "PyDMD": BLACK, "PySINDy": BLACK, "DLNN": BLUE, "baseline": ORANGE,
    "D-HNN": GREEN, "GLNN": PINK, "LNN": YELLOW, "DeLaN": SKY, "HNN": "#777777",
}  # fmt: skip
MARKERS = {"least squares": "s", "PyDMD": "D", "PySINDy": "^"}
BEYOND = 30.0
"""Where an infinite error is drawn."""


def draw_cost(results: Mapping, reach: float, printed: float) -> tuple[Figure, dict]:
    """Draw the largest error against the work and against the seconds of training.

    Parameters
    ----------
    results : mapping
        `Result` of a contest by name; what Adam trained has a name that ends so.
    reach : float
        Of the test.
    printed : float
        The paper's error.

    Returns
    -------
    Figure
    dict
        The columns drawn.
    """
    columns = {
        "system": list(results),
        "largest error": [r.errors[reach].max for r in results.values()],
        "work, GFLOP": [r.work / 1e9 for r in results.values()],
        "training, seconds as measured": [r.seconds for r in results.values()],
    }
    names, errors, works, seconds = columns.values()
    fig, axes = plt.subplots(1, 2, figsize=(6.8, 3.4), sharey=True)
    for ax, costs in zip(axes, (works, seconds)):
        pairs = {}
        for name, cost, error in zip(names, costs, _drawn(errors)):
            pairs.setdefault(name.split(",")[0], []).append((cost, error))
        for name, points in pairs.items():
            (x, y), colour, marker = np.transpose(points), COLOURS[name], MARKERS.get(name, "o")
            ax.loglog(x, y, "-", color=colour, lw=0.8, alpha=0.5)
            ax.loglog(x[:1], y[:1], marker, color=colour, label=name)
            ax.loglog(x[1:], y[1:], marker, color=colour, mfc="white")
        ax.axhline(printed, color=BLACK, lw=0.6, ls=":")
        ax.axhspan(10, 3 * BEYOND, color="#eeeeee", zorder=0)
    axes[0].set(xlabel="work of training (GFLOP)", ylim=(None, 3 * BEYOND))
    axes[0].set_ylabel(f"largest error, range × {reach:g} (m, m/s)")
    axes[0].text(0.03, 0.97, "blows up", transform=axes[0].transAxes, va="top", fontsize=7)
    axes[1].set(xlabel="time of training (s), as measured")
    axes[1].legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return fig, columns


def draw_reach(
    panels: Mapping[str, tuple[list, Mapping[str, list]]], units
) -> tuple[Figure, dict]:
    """Draw the largest error against the range of the starts, a panel for each problem.

    Parameters
    ----------
    panels : mapping
        By problem: the reaches, and by system the errors at them.
    units : sequence of str
        Unit of the error by panel.

    Returns
    -------
    Figure
    dict
        The columns drawn.
    """
    columns = {}
    fig, axes = plt.subplots(1, len(panels), figsize=(6.8, 3.4), sharey=True)
    for ax, (problem, (reaches, errors)), unit in zip(axes, panels.items(), units):
        columns[f"{problem}, range"] = reaches
        for name, error in errors.items():
            columns[f"{problem}, {name}, error"] = error
            style = dict(color=COLOURS[name.split(",")[0]], ls=":" if "," in name else "-")
            marker = MARKERS.get(name, "o")
            ax.semilogy(reaches, _drawn(error), marker=marker, label=name, ms=3.5, **style)
        ax.axhspan(10, 3 * BEYOND, color="#eeeeee", zorder=0)
        ax.set(xlabel="range of the starts / training range", title=problem, xticks=reaches)
        ax.set_ylabel(f"largest error ({unit})")
        ax.set_ylim(None, 3 * BEYOND)
    for ax in axes:
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=2, fontsize=7)
    axes[0].text(0.03, 0.97, "blows up", transform=axes[0].transAxes, va="top", fontsize=7)
    return fig, columns


def _drawn(errors) -> np.ndarray:
    return np.minimum(np.nan_to_num(np.asarray(errors, float), posinf=BEYOND), BEYOND)
