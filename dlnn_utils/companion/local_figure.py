"""The figure of the local energy: where it was trained, where it was asked, how far it is off."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, PowerNorm
from matplotlib.figure import Figure

from .figures import BLACK, BLUE, GREEN, ORANGE, PINK


def draw_local(
    trained_on: np.ndarray,
    asked_on: np.ndarray,
    true: np.ndarray,
    predicted: np.ndarray,
    times: Sequence[float],
) -> Figure:
    """Draw two microstructures, images on the second, and their difference.

    Parameters
    ----------
    trained_on, asked_on : array (m, m)
        Diffusivities of the elements in m^2/s.
    true, predicted : array (times, rows, columns)
        Concentrations on the second microstructure.
    times : sequence of float
        In s.
    """
    fig, axes = plt.subplots(3, 1 + len(times), figsize=(6.5, 4.4), squeeze=False)
    phases = LogNorm(min(trained_on.min(), asked_on.min()), 1)
    for ax, D, title in zip(axes[:, 0], (trained_on, asked_on), ("trained on", "asked about")):
        material = _show(ax, D, phases, "Greys_r")
        ax.set_title(title)
    axes[2, 0].axis("off")
    inset = axes[2, 0].inset_axes([0.02, 0.72, 0.96, 0.1])
    fig.colorbar(material, cax=inset, orientation="horizontal", label="diffusivity (m²/s)")
    largest = np.abs(predicted - true).max()
    rows = {"finite elements": true, "network": predicted, "difference": predicted - true}
    for line, (name, images) in zip(axes[:, 1:], rows.items()):
        off = name == "difference"
        norm = plt.Normalize(-largest, largest) if off else PowerNorm(0.5, 0, true.max())
        for ax, image, t in zip(line, images, times):
            shown = _show(ax, image, norm, "RdBu_r" if off else "cividis")
            if name == "finite elements":
                ax.set_title(f"$t$ = {t:.3g} s")
        line[0].set_ylabel(name)
        label = "error (mol/m³)" if off else "(mol/m³)"
        bar = fig.colorbar(shown, ax=line, label=label, shrink=0.9, aspect=12)
        if off:
            bar.formatter.set_powerlimits((0, 0))
    return fig


def draw_costs(pixels: Sequence[int], costs: Mapping[str, Sequence[float]]) -> Figure:
    """Draw the cost of a rate per pixel.

    Parameters
    ----------
    pixels : sequence of int
    costs : mapping of str to sequence of float
        Nanoseconds a pixel, NaN where a network is too large.
    """
    fig, ax = plt.subplots(figsize=(4.6, 2.7))
    for (name, values), colour in zip(costs.items(), (BLUE, ORANGE, PINK, GREEN, BLACK)):
        ax.loglog(pixels, values, "o-", color=colour, label=name)
    ax.set(xlabel="pixels of an image", ylabel="cost of a rate (ns a pixel)")
    ax.set_xticks(pixels, [f"{n:,}" for n in pixels])
    ax.set_ylim(100, 10_000)
    ax.xaxis.minorticks_off()
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return fig


def _show(ax: Axes, image: np.ndarray, norm, cmap: str):
    ax.set(xticks=[], yticks=[])
    for spine in ax.spines.values():
        spine.set_visible(True)
    return ax.imshow(image, norm=norm, cmap=cmap)
