"""Figures for display alone: what depends on the machine is not kept."""

import io

import matplotlib.pyplot as plt
from IPython.display import Image
from matplotlib.figure import Figure


def picture(fig: Figure) -> Image:
    """Return a figure as a picture and close it; no file is written."""
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", metadata={"Software": None})
    plt.close(fig)
    return Image(data=buffer.getvalue(), width=round(96 * fig.get_figwidth()))
