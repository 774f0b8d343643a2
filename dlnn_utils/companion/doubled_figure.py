"""The doubled system's figure: the observable decays, the mirror grows, their pairing stays."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from .figures import BLACK, BLUE, ORANGE

ROUNDING = np.finfo(np.float64).eps
LABELS = {
    "mirror": "mirror",
    "H/2": "conserved\n$H/2$",
    "observable": "observable",
    "|psi|^2": "mirror\n" + r"$|\psi|^2$",
    "psi^T c": "conserved\n" + r"$\psi^T c$",
    "|c|^2": "observable\n$|c|^2$",
}


def draw_doubled(mechanics: Mapping, diffusion: Mapping) -> Figure:
    """Draw both doubled systems over time, with the drift of what they conserve below.

    Parameters
    ----------
    mechanics, diffusion : mapping of str to array (T,)
        Five columns in this order: time, mirror, conserved quantity, observable, relative drift.

    Returns
    -------
    Figure
    """
    fig, axes = plt.subplots(2, 2, sharex="col", height_ratios=(3, 1), figsize=(7.1, 3.8))
    _draw_column(axes[:, 0], mechanics, "a", "Mechanics, Table 1", "energy (J)")
    _draw_column(axes[:, 1], diffusion, "b", "Diffusion, $K$ of Table 1",
                 "squared concentration\n(mol$^2$ m$^{-6}$)")  # fmt: skip
    axes[1, 0].set_ylabel("relative drift (1)")
    fig.align_ylabels()
    return fig


def _draw_column(axes: tuple[Axes, Axes], columns: Mapping, letter: str, title: str, unit: str):
    (_, t), *curves, (_, drift) = columns.items()
    above, below = axes
    for (name, y), colour in zip(curves, (ORANGE, BLACK, BLUE)):
        above.semilogy(t, y, color=colour)
        above.annotate(
            LABELS.get(name, name), (t[-1], y[-1]), (4, 0), textcoords="offset points",
            color=colour, va="center", annotation_clip=False,
        )  # fmt: skip
    below.semilogy(t[1:], drift[1:], color=BLACK)
    below.axhline(ROUNDING, color="#8c8c8c", lw=0.7, ls=(0, (4, 2)))
    below.annotate(
        "rounding\n$2^{-52}$", (1, ROUNDING), (4, 0), xycoords=("axes fraction", "data"),
        textcoords="offset points", color="#6b6b6b", va="center", fontsize=7,
    )  # fmt: skip
    above.set_title(rf"$\bf{{{letter}}}$  {title}", loc="left")
    above.set_ylabel(unit)
    above.yaxis.set_minor_locator(NullLocator())
    below.set(xlabel="time $t$ (s)", xlim=(t[0], t[-1]), ylim=(1e-17, 1e-11))
    below.yaxis.set_major_locator(LogLocator(numticks=4))
    below.yaxis.set_minor_locator(NullLocator())
