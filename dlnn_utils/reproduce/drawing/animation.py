"""Animations: a figure, changed from frame to frame, as a GIF that carries its origin."""

import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from dlnn_utils.reproduce.drawing.style import BLACK, BLUE, ORANGE
from dlnn_utils.reproduce.engine.paths import write_aside

MILLISECONDS = 80


def save_animation(
    fig: Figure, draw: Callable[[object], None], frames: Sequence, path: Path, origin: dict
) -> str:
    """Save what `draw` makes of the figure for each frame as an endless GIF; return its name.

    The path has no ending. The layout is that of the first frame. The last one stands ten times
    as long; the origin is the comment.
    """
    draw(frames[0])
    for _ in range(2):  # images of equal aspect take their place in the second layout
        fig.canvas.draw()
    fig.set_layout_engine("none")
    pictures = []
    for frame in frames:
        draw(frame)
        fig.canvas.draw()
        pictures.append(np.array(fig.canvas.buffer_rgba())[..., :3])
    palette = Image.fromarray(np.vstack(pictures)).quantize(128, Image.Quantize.MAXCOVERAGE)
    reduced = (Image.fromarray(picture) for picture in pictures)
    first, *rest = (p.quantize(palette=palette, dither=Image.Dither.NONE) for p in reduced)
    durations = [MILLISECONDS] * len(rest) + [10 * MILLISECONDS]
    buffer, comment = io.BytesIO(), json.dumps(origin, sort_keys=True).encode()
    shown = {"append_images": rest, "duration": durations, "loop": 0, "comment": comment}
    first.save(buffer, format="GIF", save_all=True, **shown)
    write_aside(path.with_name(f"{path.name}.gif"), buffer.getvalue())
    return f"{path.name}.gif"


def there_and_back(
    forward: np.ndarray, backward: np.ndarray, times: Sequence[float]
) -> tuple[Figure, Callable[[int], None]]:
    """Return a figure and what draws its frames: diffusion, then its reversal.

    Images (T, rows, columns) are in the order of showing; times (T,), in s, those of the first.
    """
    fig, (picture, clock) = plt.subplots(1, 2, figsize=(4.6, 2.4), width_ratios=[1, 1.25], dpi=130)
    shown = picture.imshow(forward[0], norm=plt.Normalize(0, 1))
    picture.set(xticks=[], yticks=[])
    images = np.concatenate([forward, backward])
    now = 1e3 * np.concatenate([times, times[::-1]])
    peak, T = images.reshape(len(images), -1).max(axis=1), len(times)
    clock.plot(now[:T], peak[:T], color=BLUE, lw=3, alpha=0.4, label="simulated forward")
    (back,) = clock.plot([], [], color=BLACK, lw=1, ls="--", label="network, backward")
    (dot,) = clock.plot([], [], "o", color=ORANGE, ms=6)
    label = "largest concentration (mol/m³)"
    clock.set(xlabel="time $t$ (ms)", ylabel=label, ylim=(0, 1.05))
    clock.legend(loc="lower left")

    def draw(frame: int) -> None:
        shown.set_data(images[frame])
        dot.set_data([now[frame]], [peak[frame]])
        back.set_data(now[T : frame + 1], peak[T : frame + 1])
        picture.set_title("diffusing" if frame < T else "coming back")

    return fig, draw
