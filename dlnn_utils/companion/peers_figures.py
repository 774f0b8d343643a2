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


def draw_cost(works: Mapping[str, tuple], times: Mapping[str, tuple], printed: float) -> Figure:
    """Draw the largest error against the work and against the seconds of training.

    Parameters
    ----------
    works, times : mapping
        By system: one or two costs (the second is Adam's) and as many errors.
    printed : float
        The paper's error.
    """
    fig, axes = plt.subplots(1, 2, figsize=(6.8, 3.4), sharey=True)
    for ax, points in zip(axes, (works, times)):
        for name, (costs, errors) in points.items():
            y = _drawn(errors)
            colour, marker = COLOURS[name], MARKERS.get(name, "o")
            ax.loglog(costs, y, "-", color=colour, lw=0.8, alpha=0.5)
            ax.loglog(costs[:1], y[:1], marker, color=colour, label=name)
            ax.loglog(costs[1:], y[1:], marker, color=colour, mfc="white")
        ax.axhline(printed, color=BLACK, lw=0.6, ls=":")
        ax.axhspan(10, 3 * BEYOND, color="#eeeeee", zorder=0)
    axes[0].set(xlabel="work of training (GFLOP)", ylabel="largest error, range × 1.25 (m, m/s)")
    axes[0].set_ylim(None, 3 * BEYOND)
    axes[0].text(0.03, 0.97, "blows up", transform=axes[0].transAxes, va="top", fontsize=7)
    axes[1].set(xlabel="time of training (s), this machine")
    axes[1].legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return fig


def draw_reach(panels: Mapping[str, tuple[list, Mapping[str, list]]], units) -> Figure:
    """Draw the largest error against the range of the starts, a panel for each problem.

    Parameters
    ----------
    panels : mapping
        By problem: the reaches, and by system the errors at them.
    units : sequence of str
        Unit of the error by panel.
    """
    fig, axes = plt.subplots(1, len(panels), figsize=(6.8, 3.4), sharey=True)
    for ax, (problem, (reaches, errors)), unit in zip(axes, panels.items(), units):
        for name, error in errors.items():
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
    return fig


def _drawn(errors) -> np.ndarray:
    return np.minimum(np.nan_to_num(np.asarray(errors, float), posinf=BEYOND), BEYOND)
