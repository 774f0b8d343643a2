"""Figures 3a to 3c: two concentrations in their plane, and how far they are off."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from .figures import BLACK, GREEN, ORANGE, PALETTE, SKY

DASHES = ("-", "--", "-.", ":")


def draw_phase_plane(
    t, exact, predicted: Mapping, square: tuple[float, float], label: str, trained_to: float
) -> tuple[Figure, dict]:
    """Draw exact and predicted trajectories, and beside them the errors over time.

    Parameters
    ----------
    t : array (T,)
        Times; the first are the starts'.
    exact : array (T, B, 2)
        Exact concentrations.
    predicted : mapping of str to array (T, B, 2)
        By model; the first one's trajectories are drawn, all errors are.
    square : (float, float)
        Lowest and highest training start of either concentration.
    label : str
        What the starts are.
    trained_to : float
        Last time of the training data.

    Returns
    -------
    Figure
    dict of str to array (T,)
        The columns drawn.
    """
    first = next(iter(predicted))
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.5, 3.7), width_ratios=[1, 1.1])
    wide = left.plot(*np.moveaxis(exact, 2, 0), color=SKY, lw=3, alpha=0.5)
    thin = left.plot(*np.moveaxis(predicted[first], 2, 0), color=BLACK, lw=0.7, ls="--")
    marks = [left.plot(*exact[0].T, "o", color=ORANGE)[0]]
    marks += left.plot(0, 0, "*", color=BLACK, ms=8)
    low, high = square
    marks += left.plot([low, high, high, low, low], [low, low, high, high, low], ":", color=GREEN)
    left.set(xlabel="$c_1$ (mol/m³)", ylabel="$c_2$ (mol/m³)", aspect="equal")
    names = ["exact", first, label, "equilibrium", "range of the training starts"]
    left.legend([wide[0], thin[0], *marks], names, **_below(left))

    columns = {"t": t}
    for n, (name, c) in enumerate(predicted.items()):
        columns[f"error, {name}"] = error = np.abs(c - exact).max(axis=(1, 2))
        dash, colour = DASHES[n // 4], PALETTE[n % 4]
        right.semilogy(t[1:], error[1:], dash, color=colour, label=name)
    if t[-1] > trained_to:
        right.axvline(trained_to, color=BLACK, lw=0.6, ls=":", label="end of the training data")
    right.set(xlabel="time $t$ (s)", ylabel="largest error (mol/m³)", xlim=(0, t[-1]))
    right.legend(**_below(right))
    for b, i in np.ndindex(exact.shape[1:]):
        columns[f"c{i + 1}_{b}, exact"] = exact[:, b, i]
        columns[f"c{i + 1}_{b}, {first}"] = predicted[first][:, b, i]
    return fig, columns


def _below(ax) -> dict:
    """Where a legend goes that must hide nothing."""
    return {"loc": "upper center", "bbox_to_anchor": (0.5, -0.16), "ncols": 1}
