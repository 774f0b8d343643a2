"""Figures 5 to 7: microstructures, sequences of images, probes, recovered shapes."""

from collections.abc import Callable, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, PowerNorm
from matplotlib.figure import Figure

from .figures import BLACK, BLUE, GREEN, ORANGE, PINK

CONCENTRATION = "concentration (mol/m³)"
PROBE_COLOURS = (ORANGE, BLUE, GREEN, PINK)


def draw_microstructure(
    D: np.ndarray, start: np.ndarray, probes: Mapping[str, tuple[int, int]]
) -> Figure:
    """Draw Figure 5a: the two phases with the probes, and the start.

    Parameters
    ----------
    D : array (m, m)
        Diffusivity of each element.
    start : array (m + 1, m + 1)
        Concentrations of the nodes.
    probes : mapping
        Row and column of each probe's node, by its name.
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(5.6, 2.6))
    m, phases = len(D), np.unique(D)
    edges = np.linspace(0, 1, m + 1)
    colours = ListedColormap(["#7A7A7A", "#E4E4E4"][-len(phases) :])
    grid = {"edgecolors": "white", "linewidth": 0.6}
    left.pcolormesh(edges, 1 - edges, np.searchsorted(phases, D), cmap=colours, **grid)
    for name, (row, column) in probes.items():
        left.plot(edges[column], 1 - edges[row], "o", color=BLACK, ms=4, clip_on=False)
        shift = (5, -10) if row == 0 else (5, 3)
        left.annotate(name, (edges[column], 1 - edges[row]), shift, textcoords="offset points")
    for value, colour in zip(phases, colours.colors):
        left.plot([], [], "s", color=colour, ms=7, label=f"$D$ = {value:g} m²/s")
    left.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=2, handletextpad=0.2)
    shown = _show(right, start, PowerNorm(0.5, 0, 1))
    fig.colorbar(shown, ax=right, label=CONCENTRATION, shrink=0.85)
    left.set(title="elements and probes", xlabel="$x$ (m)", ylabel="$y$ (m)", aspect="equal")
    right.set_title("start, at the nodes")
    return fig


def draw_sequence(
    times: Sequence[float], true: np.ndarray, predicted: np.ndarray, unit: str = "s"
) -> Figure:
    """Draw Figure 5b: images over time, of the finite elements and the network.

    Parameters
    ----------
    times : sequence of float
        One for each image.
    true, predicted : array (times, rows, columns)
    unit : str
        Of the times.
    """
    fig, axes = plt.subplots(3, len(times), figsize=(6.5, 4.1), squeeze=False)
    difference = predicted - true
    largest = np.abs(difference).max()
    rows = {"finite elements": true, "network": predicted, "difference": difference}
    for line, (name, images) in zip(axes, rows.items()):
        for ax, image, t in zip(line, images, times):
            if name == "difference":
                norm, cmap = plt.Normalize(-largest, largest), "RdBu_r"
            else:
                norm, cmap = PowerNorm(0.5, 0, 1), "cividis"
            shown = _show(ax, image, norm, cmap)
            if ax.get_subplotspec().is_first_row():
                ax.set_title(f"$t$ = {t:g} {unit}")
        line[0].set_ylabel(name)
        label = "error (mol/m³)" if name == "difference" else "(mol/m³)"
        fig.colorbar(shown, ax=line, label=label, shrink=0.9, aspect=12)
    return fig


def draw_probes(t: np.ndarray, true: np.ndarray, predicted: np.ndarray, names: str) -> Figure:
    """Draw Figures 6a and 6b: concentrations at the probes over time.

    Parameters
    ----------
    t : array (T,)
        Times in s.
    true, predicted : array (T, probes)
    names : str
        A letter for each probe.
    """
    fig, axes = plt.subplots(1, 2, figsize=(6.5, 2.7), width_ratios=[1, 1.2])
    for ax, stop in zip(axes, (1.02 * max(true[0].max(), true.max()), 0.09)):
        for i, (name, colour) in enumerate(zip(names, PROBE_COLOURS)):
            ax.plot(t, true[:, i], color=colour, lw=3, alpha=0.4, label=f"{name}, finite elements")
            ax.plot(t, predicted[:, i], color=colour, lw=1, ls="--", label=f"{name}, network")
        ax.set(xlabel="time $t$ (s)", ylabel=CONCENTRATION, ylim=(0, stop))
    axes[0].set_title("all probes")
    axes[1].set_title("the same, enlarged")
    axes[1].legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return fig


def draw_recovered(shapes: Mapping[str, Mapping[str, np.ndarray]]) -> Figure:
    """Draw Figure 7: for each shape the images by name, among them "difference".

    Parameters
    ----------
    shapes : mapping of mappings
        Image (rows, columns) by its name, by the shape's name.
    """
    names = list(next(iter(shapes.values())))
    fig, axes = plt.subplots(
        len(shapes), len(names), figsize=(6.5, 1.5 * len(shapes) + 0.2), squeeze=False
    )
    largest = max(np.abs(images["difference"]).max() for images in shapes.values())
    for line, (shape, images) in zip(axes, shapes.items()):
        for ax, (name, image) in zip(line, images.items()):
            if name == "difference":
                error = _show(ax, image, plt.Normalize(-largest, largest), "RdBu_r")
            else:
                shown = _show(ax, image, plt.Normalize(0, 1))
            if ax.get_subplotspec().is_first_row():
                ax.set_title(name)
        line[0].set_ylabel(shape.replace("_", " "))
    fig.colorbar(shown, ax=axes[:, :-1], label=CONCENTRATION, shrink=0.5, location="bottom")
    bar = fig.colorbar(error, ax=axes[:, -1:], label="error (mol/m³)", location="bottom")
    bar.ax.locator_params(nbins=3)
    return fig


def draw_there_and_back(
    forward: np.ndarray, backward: np.ndarray, times: Sequence[float]
) -> tuple[Figure, Callable[[int], None]]:
    """Return a figure and what draws its frames: diffusion, then its reversal.

    Parameters
    ----------
    forward, backward : array (T, rows, columns)
        Images in the order of showing.
    times : sequence of float
        Times of `forward` in s; those of `backward` fall from the last to the first.

    Returns
    -------
    fig : Figure
    draw : callable
        Shows a frame of 0 to 2 T - 1.
    """
    fig, (picture, clock) = plt.subplots(1, 2, figsize=(4.6, 2.4), width_ratios=[1, 1.25], dpi=130)
    images = np.concatenate([forward, backward])
    now = 1e3 * np.concatenate([times, times[::-1]])
    peak, T = images.reshape(len(images), -1).max(axis=1), len(times)
    shown = _show(picture, images[0], plt.Normalize(0, 1))
    clock.plot(now[:T], peak[:T], color=BLUE, lw=3, alpha=0.4, label="simulated forward")
    (back,) = clock.plot([], [], color=BLACK, lw=1, ls="--", label="network, backward")
    (dot,) = clock.plot([], [], "o", color=ORANGE, ms=6)
    clock.set(xlabel="time $t$ (ms)", ylabel="largest " + CONCENTRATION, ylim=(0, 1.05))
    clock.legend(loc="lower left")

    def draw(frame: int) -> None:
        shown.set_data(images[frame])
        dot.set_data([now[frame]], [peak[frame]])
        back.set_data(now[T : frame + 1], peak[T : frame + 1])
        picture.set_title("diffusing" if frame < T else "coming back")

    return fig, draw


def _show(ax: Axes, image: np.ndarray, norm, cmap: str = "cividis"):
    ax.set(xticks=[], yticks=[])
    for spine in ax.spines.values():
        spine.set_visible(True)
    return ax.imshow(image, norm=norm, cmap=cmap)
