"""Figures of the notebook on one's own data."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from dlnn_utils.horizon import Horizon

from .figures import BLACK, BLUE, GREEN, ORANGE


def draw_motion(t: np.ndarray, measured: np.ndarray, path: np.ndarray, window: int) -> Figure:
    """Draw a trajectory that was run back from its end, and what was measured of it.

    Parameters
    ----------
    t : array (T,)
        Times in s.
    measured, path : array (T, n)
        Positions in m.
    window : int
        From how many of the last measurements the end was told.
    """
    fig, (above, below) = plt.subplots(2, 1, figsize=(5.6, 4.0), sharex=True, height_ratios=[2, 1])
    for i, colour in zip(range(measured.shape[1]), (BLUE, ORANGE, GREEN)):
        above.plot(t, path[:, i], color=colour, lw=1, label=f"$q_{i + 1}$, network")
        above.plot(t, measured[:, i], "o", color=colour, ms=3, alpha=0.6, label="measured")
        below.plot(t, 1e3 * (path - measured)[:, i], "o-", color=colour, ms=2, lw=0.6)
    for ax in (above, below):
        ax.axvspan(t[-window], t[-1], color=BLACK, alpha=0.07, lw=0, label="told from")
    above.set(ylabel="position (m)")
    below.set(xlabel="time $t$ (s)", ylabel="difference (mm)")
    above.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return fig


def draw_horizons(
    far: Mapping[str, Horizon], measured: Mapping[str, tuple[np.ndarray, np.ndarray]]
) -> Figure:
    """Draw how errors grow backward, and how far back each mode can be followed.

    Parameters
    ----------
    far : mapping of Horizon
        By the name of the data.
    measured : mapping of (time back, error)
        Arrays of what came out, by the same names.
    """
    fig, axes = plt.subplots(2, len(far), figsize=(6.5, 4.6), squeeze=False)
    for name, (error, modes), colour in zip(far, axes.T, (BLUE, ORANGE)):
        h, (tau, found) = far[name], measured[name]
        stop = 1.3 * max(h.reach, tau.max())
        shown = h.tau <= stop
        error.semilogy(h.tau[shown], h.error[shown], color=colour, label="expected")
        error.semilogy(tau, found, "o", color=BLACK, ms=3, label="against the data")
        error.axhline(h.share, color=BLACK, lw=0.6, ls=":")
        error.axvline(h.reach, color=colour, lw=0.8, ls="--", label="horizon")
        error.set(xlabel="time back (s)", ylabel="error / signal (1)", title=name)
        growing = np.isfinite(h.times)
        modes.loglog(h.rates[growing], h.times[growing], "o", color=colour, ms=3, alpha=0.6)
        modes.xaxis.set_minor_formatter(NullFormatter())
        modes.yaxis.set_minor_formatter(NullFormatter())
        modes.set(xlabel="growth of a mode backward (1/s)", ylabel="followed for (s)")
        error.legend(loc="lower right", fontsize=7)
    return fig


def draw_way_back(
    times: Sequence[float], measured: np.ndarray, recovered: np.ndarray, unit: str = "s"
) -> Figure:
    """Draw images measured, and recovered from the last of them.

    Parameters
    ----------
    times : sequence of float
        Of each image, in the order of showing: the last measured first.
    measured, recovered : array (times, rows, columns)
    unit : str
        Of the times.
    """
    fig, axes = plt.subplots(3, len(times), figsize=(6.5, 4.1), squeeze=False)
    difference = recovered - measured
    norm, largest = plt.Normalize(measured.min(), measured.max()), np.abs(difference).max()
    spread = plt.Normalize(-largest, largest)
    rows = {"measured": measured, "network, back": recovered, "difference": difference}
    for line, (name, images) in zip(axes, rows.items()):
        last = name == "difference"
        for ax, image, time in zip(line, images, times):
            style = {"norm": spread, "cmap": "RdBu_r"} if last else {"norm": norm}
            shown = ax.imshow(image, **{"cmap": "cividis"} | style)
            ax.set(xticks=[], yticks=[])
            if ax.get_subplotspec().is_first_row():
                ax.set_title(f"$t$ = {time:.3g} {unit}")
        line[0].set_ylabel(name)
        fig.colorbar(shown, ax=line, label="(white = 1)", shrink=0.9, aspect=12)
    return fig
