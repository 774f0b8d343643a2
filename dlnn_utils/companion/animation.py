"""Animations: a figure, changed from frame to frame, as a GIF that carries its origin."""

import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from .paths import write_aside

COLOURS = 128


def save_animation(
    fig: Figure,
    draw: Callable[[object], None],
    frames: Sequence[object],
    path: Path,
    origin: dict,
    milliseconds: int = 80,
) -> str:
    """Save an endless animation as a GIF.

    Parameters
    ----------
    fig : Figure
    draw : callable
        Changes the figure so that it shows one of the frames.
    frames : sequence
        What `draw` is given, in turn; the last is shown ten times as long.
    path : Path
        Without ending.
    origin : dict
        From `provenance`; stored as the file's comment.
    milliseconds : int
        Time of a frame.

    Returns
    -------
    str
        Name of the file.

    Raises
    ------
    ValueError
        If there are no frames.
    """
    from PIL import Image

    if not frames:
        raise ValueError("an animation needs at least one frame; got none")
    pictures = []
    for frame in frames:
        draw(frame)
        fig.canvas.draw()
        picture = Image.frombytes("RGBA", fig.canvas.get_width_height(), fig.canvas.buffer_rgba())
        pictures.append(picture.convert("RGB"))
    height = pictures[0].height
    shown = Image.new("RGB", (pictures[0].width, height * len(pictures)))
    for number, picture in enumerate(pictures):
        shown.paste(picture, (0, height * number))
    palette = shown.quantize(COLOURS, Image.Quantize.MAXCOVERAGE)
    first, *rest = (p.quantize(palette=palette, dither=Image.Dither.NONE) for p in pictures)
    buffer = io.BytesIO()
    first.save(
        buffer,
        format="GIF",
        save_all=True,
        append_images=rest,
        loop=0,
        duration=[milliseconds] * len(rest) + [10 * milliseconds],
        comment=json.dumps(origin, sort_keys=True).encode(),
    )
    write_aside(path.with_name(f"{path.name}.gif"), buffer.getvalue())
    return f"{path.name}.gif"
