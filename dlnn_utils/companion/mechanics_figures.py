"""Draws the figures of the mechanics notebook."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from .figures import BLACK, BLUE, GREEN, ORANGE, SKY

BELOW = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.18)}


def draw_training(x: np.ndarray) -> Figure:
    """Draw trajectories x (T, B, 4) of [q, qdot] in the phase plane of either mass."""
    fig, axes = plt.subplots(1, 2, figsize=(6.5, 2.9))
    for i, ax in enumerate(axes):
        ax.plot(x[:, :, i], x[:, :, 2 + i], color=BLUE, lw=0.3, alpha=0.35)
        ax.plot(x[0, :, i], x[0, :, 2 + i], "o", color=BLACK, ms=2.5)
        ax.set(xlabel=f"position $q_{i + 1}$ (m)", ylabel=rf"velocity $\dot q_{i + 1}$ (m/s)")
        ax.set_title(f"mass {i + 1}")
    return fig


def draw_extrapolation(t, exact, learned, course: Mapping[str, np.ndarray]) -> Figure:
    """Draw trajectories far out, exact and learned, and largest errors over time.

    Parameters
    ----------
    t : array (T,)
        Times in s.
    exact, learned : array (T, B, 4)
        Trajectories.
    course : mapping
        Largest error (T,) at each time by model.
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.5, 3.3), width_ratios=[1, 1.15])
    left.plot(exact[..., 0], exact[..., 2], color=SKY, lw=3, alpha=0.5)
    left.plot(learned[..., 0], learned[..., 2], color=BLACK, lw=0.7, ls="--")
    left.plot(*[[-1, 1, 1, -1, -1], [-1, -1, 1, 1, -1]], color=ORANGE, lw=0.8)
    left.set(xlabel="position $q_1$ (m)", ylabel=r"velocity $\dot q_1$ (m/s)")
    handles = left.lines[:: exact.shape[1]]
    left.legend(handles, ["exact", "DLNN", "training starts"], ncols=3, **BELOW)
    for (name, error), colour in zip(course.items(), [BLUE, ORANGE, GREEN]):
        right.semilogy(t[1:], error[1:], color=colour, label=name)
    right.axhline(1e-3, color=BLACK, lw=0.6, ls=":")
    right.set(xlabel="time $t$ (s)", ylabel="largest error (m, m/s)")
    right.legend(ncols=2, **BELOW)
    return fig


def draw_reach(reaches, errors: Mapping[str, list[float]]) -> Figure:
    """Draw the largest error against the range of the starts over the training range."""
    fig, ax = plt.subplots(figsize=(6.0, 3.0))
    styles = [(BLACK, ":"), (BLUE, "-"), (ORANGE, "-"), (BLUE, "--"), (ORANGE, "--")]
    for (name, error), (colour, dash) in zip(errors.items(), styles):
        ax.semilogy(reaches, error, dash, color=colour, marker="o", label=name)
    ax.set(xlabel="range of the test starts / training range", ylabel="largest error (m, m/s)")
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return fig


def draw_there_and_back(t, forward, backward, energies) -> Figure:
    """Draw a trajectory (T, 4) and its way back in the plane of positions, and the energies."""
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.5, 2.9))
    wide, thin = dict(color=BLUE, lw=3, alpha=0.4), dict(color=BLACK, lw=0.8, ls="--")
    left.plot(forward[:, 0], forward[:, 1], label="forward", **wide)
    left.plot(backward[:, 0], backward[:, 1], label="backward", **thin)
    left.plot(*forward[0, :2], "o", color=ORANGE, label="start")
    left.set(xlabel="position $q_1$ (m)", ylabel="position $q_2$ (m)")
    left.legend(loc="lower right")
    right.plot(t, energies[0], label="forward", **wide)
    right.plot(t[::-1], energies[1], label="backward", **thin)
    right.set(xlabel="time $t$ (s)", ylabel="energy (J)", ylim=(0, None))
    right.legend()
    return fig
