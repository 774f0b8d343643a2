"""Draws the figures of the notebook on nonlinear systems."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from .figures import BLACK, BLUE, GREEN, ORANGE, PINK, SKY, YELLOW

COLOURS = (ORANGE, PINK, YELLOW, GREEN, BLUE, SKY, BLACK)


def draw_springs(t, exact, paths: Mapping[str, np.ndarray], errors: Mapping) -> Figure:
    """Draw one motion, exact and predicted, and the RMS errors of all over time.

    Parameters
    ----------
    t : array (T,)
        Times in s.
    exact : array (T, 4)
        One trajectory of [q, q'].
    paths : mapping
        The same trajectory (T, 4) by model.
    errors : mapping
        RMS error (T,) over all trajectories by model.
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.5, 3.0), width_ratios=[1, 1.2])
    left.plot(exact[:, 0], exact[:, 2], color=BLACK, lw=3, alpha=0.25, label="exact")
    colours = dict(zip(errors, COLOURS))
    for name, path in paths.items():
        left.plot(path[:, 0], path[:, 2], "--", color=colours[name], lw=1, label=name)
    left.plot(exact[0, 0], exact[0, 2], "o", color=BLACK, ms=3)
    left.set(xlabel="position $q_1$ (m)", ylabel=r"velocity $\dot q_1$ (m/s)")
    left.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=2)
    for name, error in errors.items():
        right.semilogy(t[1:], error[1:], color=colours[name], label=name)
    right.set(xlabel="time $t$ (s)", ylabel="RMS error (m, m/s)")
    right.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return fig


def draw_law(q, potential: Mapping[str, np.ndarray], damping: Mapping[str, np.ndarray]) -> Figure:
    """Draw V and C_11 along q_1 = q, q_2 = 0, of the system and as read from networks.

    Parameters
    ----------
    q : array (N,)
        In m.
    potential, damping : mapping
        V in J and C_11 in N s/m (N,) by name, the system's first.
    """
    fig, axes = plt.subplots(1, 2, figsize=(6.5, 2.7))
    styles = [dict(color=BLACK, lw=3, alpha=0.25), dict(color=BLUE), dict(color=ORANGE, ls="--")]
    labels = ("potential $V(q_1, 0)$ (J)", "damping $C_{11}(q_1, 0)$ (N s/m)")
    for ax, curves, label in zip(axes, (potential, damping), labels):
        for (name, values), style in zip(curves.items(), styles):
            ax.plot(q, values, label=name, **style)
        ax.axvspan(-1, 1, color=SKY, alpha=0.12, lw=0)
        ax.set(xlabel="position $q_1$ (m)", ylabel=label)
    axes[1].legend(loc="upper left", bbox_to_anchor=(1, 1))
    return fig


def draw_plates(columns: Sequence[str], rows: Mapping[str, Sequence[np.ndarray]]) -> Figure:
    """Draw images of the order parameter: a row of images (r, c) for each model.

    Parameters
    ----------
    columns : sequence of str
        Titles.
    rows : mapping
        Images by name.
    """
    size = (1.15 * len(columns) + 1.2, 1.15 * len(rows) + 0.3)
    fig, axes = plt.subplots(len(rows), len(columns), figsize=size, squeeze=False)
    for line, (name, images) in zip(axes, rows.items()):
        for ax, image in zip(line, images):
            shown = ax.imshow(image, cmap="RdBu_r", vmin=-1, vmax=1)
            ax.set(xticks=[], yticks=[])
        line[0].set_ylabel(name, rotation=0, ha="right", va="center")
    for ax, title in zip(axes[0], columns):
        ax.set_title(title)
    fig.colorbar(shown, ax=axes, label="order parameter $c$ (1)", shrink=0.7)
    return fig


def draw_growth(spans, errors: Mapping[str, Sequence[float]]) -> Figure:
    """Draw errors of the way back against how far back, on a logarithmic scale."""
    fig, ax = plt.subplots(figsize=(4.6, 2.9))
    for (name, error), colour in zip(errors.items(), (ORANGE, GREEN, BLUE, BLACK, BLACK)):
        dash = ":" if "exp" in name else "-"
        ax.semilogy(spans, error, dash, marker="o", ms=3, color=colour, label=name)
    ax.set(xlabel="time run back (s)", ylabel="error of the start, RMS / RMS (1)")
    ax.set_ylim(1e-7, 1e2)
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return fig


def draw_noise(levels: Sequence[str], errors: Mapping[str, Sequence[float]]) -> Figure:
    """Draw errors at several levels of noise by method."""
    fig, ax = plt.subplots(figsize=(4.6, 3.0))
    places = np.arange(len(levels))
    for k, (name, error) in enumerate(errors.items()):
        shift = 0.04 * (k - len(errors) / 2)
        dash, colour = ("o-", COLOURS[k]) if k < len(COLOURS) else ("o--", COLOURS[-1])
        ax.semilogy(places + shift, error, dash, ms=4, color=colour, label=name)
    ax.set_xticks(places, levels)
    ax.set(xlabel="noise / spread of the state", ylabel="RMS error / RMS state (1)")
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return fig
