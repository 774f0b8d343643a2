"""The one style of all figures, and saving them with their numbers and their origin."""

import ast
import io
import json
import os
import re
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
from IPython.display import Image as Picture
from matplotlib.figure import Figure
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from dlnn_utils.reproduce.drawing.numbers import numbers, to_csv
from dlnn_utils.reproduce.engine.paths import write_aside

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
BLUE, ORANGE, GREEN, PINK, YELLOW, SKY, BLACK = PALETTE
GREY = "#8C8C8C"
COLOURS = {
    "exact": SKY,
    "DLNN": BLUE,
    "baseline": ORANGE,
    "least squares": BLACK,
    "D-HNN": GREEN,
    "GLNN": PINK,
    "pseudo-Hamiltonian": "#44AA99",
    "Onsager": "#882255",
    "LNN": "#999933",
    "HNN": "#AA4499",
    "DeLaN": "#661100",
    "PySINDy": YELLOW,
    "PyDMD": GREY,
    "posterior": GREEN,
    "Tikhonov": YELLOW,
    "threshold": GREY,
    "paper": PINK,
}
"""One colour a system, or a method of inversion, in all figures."""


def colour_of(name: str) -> str | None:
    """Return the colour of the system that a label begins with, such as "DLNN, SiLU"."""
    known = [key for key in COLOURS if re.match(rf"{re.escape(key)}\b", name)]
    return COLOURS[max(known, key=len)] if known else None


def use_style() -> None:
    """Set the style, whatever the user's own settings are."""
    backend = matplotlib.get_backend(auto_select=False)
    plt.style.use(["default", Path(__file__).with_name("paper.mplstyle")])
    if backend is None and not os.environ.get("MPLBACKEND"):
        plt.switch_backend("agg")


def save_figure(fig: Figure, path: Path, origin: dict) -> list[str]:
    """Save a figure as PNG and PDF with its origin inside, numbers as CSV; return their names."""
    table = to_csv(numbers(fig))
    text, pdf = json.dumps(origin, sort_keys=True), io.BytesIO()
    undated = dict.fromkeys(("Creator", "Producer", "CreationDate"))
    fig.savefig(pdf, format="pdf", metadata=undated | {"Keywords": text})
    files = {"png": _png(fig, text), "pdf": pdf.getvalue(), "csv": table}
    for ending, content in files.items():
        write_aside(path.with_name(f"{path.name}.{ending}"), content)
    return [f"{path.name}.{ending}" for ending in files]


def picture(fig: Figure, name: str = "") -> Picture:
    """Return a figure as a picture and close it; no file keeps what depends on the machine."""
    plt.close(fig)
    return Picture(data=_png(fig), width=round(96 * fig.get_figwidth()), alt=name)


def read_provenance(path: Path) -> dict:
    """Return the origin that a PNG, GIF or PDF file carries."""
    path = Path(path)
    if path.suffix in (".png", ".gif"):
        with Image.open(path) as image:
            text = image.info.get("Description") or image.info.get("comment", "")
    else:
        found = re.search(rb"/Keywords \((\{.*?\})\)", path.read_bytes(), re.DOTALL)
        text = ast.literal_eval(f"'{found[1].decode('latin-1')}'") if found else ""
    try:
        return json.loads(text)
    except ValueError:
        raise ValueError(f"{path.name} carries no provenance") from None


def _png(fig: Figure, description: str = "") -> bytes:
    """Return a figure as PNG, one without images in 256 colours, which is a third of the size."""
    drawn, out, texts = io.BytesIO(), io.BytesIO(), PngInfo()
    if description:
        texts.add_text("Description", description)
    fig.savefig(drawn, format="png")
    with Image.open(drawn) as image:
        picture = image.convert("RGB")
    if not any(ax.images or ax.get_label() == "<colorbar>" for ax in fig.axes):
        picture = picture.quantize(256, dither=Image.Dither.NONE)
    picture.save(out, "png", optimize=True, pnginfo=texts)
    return out.getvalue()
