"""A sequence of grey images of one's own: a folder of PNG or TIFF files, or a NumPy stack."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dlnn_utils._arguments import Array, Count, Positive, checked, positive
from dlnn_utils._arguments import times as times_of

ENDINGS = (".png", ".tif", ".tiff")
FEWEST_FRAMES = 3
LEVELS = {"1": 1, "L": 255, "I;16": 65535, "I;16B": 65535, "I;16L": 65535, "I": 65535}
"""The value of white by Pillow's name of the kind of image; those not here are not grey."""


@dataclass(frozen=True)
class Images:
    """Concentrations c (T, rows, columns) at the times t (T,), in units of what white stands for.

    `step` is the distance of two grey levels, 0 for a stack of floating-point numbers.
    """

    t: np.ndarray
    c: np.ndarray
    step: float

    @property
    def flat(self) -> np.ndarray:
        """The images as rows of pixels (T, n), row by row from the top left."""
        return self.c.reshape(len(self.c), -1)


@checked
def read_images(path, times: Array["|T"], white: Positive = 1.0, shrink: Count = 1) -> Images:
    """Read a sequence of grey images; a ValueError says in one line what cannot be used.

    Parameters
    ----------
    path : str or Path
        A folder of PNG or TIFF files, taken in the order of the numbers in their names; or an
        .npy file of shape (T, rows, columns), of whole numbers or of concentrations.
    times : float or array (T,)
        Time in s from one frame to the next, or the time of each, rising.
    white : float, the concentration that white stands for; black is 0
    shrink : int
        Average squares of so many pixels by so many, which lowers the noise and the effort.

    Returns
    -------
    Images
    """
    path = Path(path)
    if not path.exists():
        raise ValueError(f"{path}: there is no such folder or file")
    c, level = _folder(path) if path.is_dir() else _stack(path)
    if len(c) < FEWEST_FRAMES:
        raise ValueError(f"{path}: there must be at least {FEWEST_FRAMES} images; got {len(c)}")
    c = c.astype(np.float64) * (white / (level or 1))
    T, rows, columns = c.shape
    if rows % shrink or columns % shrink:
        raise ValueError(f"shrink must divide {rows} x {columns} pixels; got {shrink}")
    c = c.reshape(T, rows // shrink, shrink, columns // shrink, shrink).mean(axis=(2, 4))
    return Images(_times(times, len(c)), c, white / level / shrink if level else 0.0)


def _times(times: np.ndarray, T: int) -> np.ndarray:
    if times.ndim == 0:
        return positive("times", float(times)) * np.arange(T)
    t = times_of("times", times)
    if len(t) != T or t[1] < t[0]:
        got = f"{len(t)} from {t[0]:g} to {t[-1]:g}"
        raise ValueError(f"times must rise, one for each of the {T} images; got {got}")
    return t


def _folder(folder: Path) -> tuple[np.ndarray, int]:
    """Return the images (T, rows, columns) of a folder and the level of white."""
    files = [f for f in folder.iterdir() if f.suffix.lower() in ENDINGS]
    if not files:
        raise ValueError(f"{folder}: there is no PNG or TIFF file in it")
    files.sort(key=lambda f: [(len(d), d) for d in re.findall(r"\d+", f.stem)] or [(0, f.stem)])
    images, levels = zip(*map(_image, files))
    kinds = [f"{a.shape[0]} x {a.shape[1]} pixels, white {w}" for a, w in zip(images, levels)]
    for file, kind in zip(files, kinds):
        if kind != kinds[0]:
            raise ValueError(f"{file}: it must have {kinds[0]}, as {files[0].name}; got {kind}")
    return np.stack(images), levels[0]


def _image(file: Path) -> tuple[np.ndarray, int]:
    """Return an image (rows, columns) and the level of white."""
    from PIL import Image

    try:
        with Image.open(file) as image:
            kind, pixels = image.mode, np.asarray(image)
    except (OSError, SyntaxError, ValueError):
        raise ValueError(f"{file}: it cannot be read as an image") from None
    if kind not in LEVELS:
        raise ValueError(f"{file}: it must be a grey image; got colours ({kind})")
    return pixels, LEVELS[kind]


def _stack(file: Path) -> tuple[np.ndarray, int | None]:
    """Return the images (T, rows, columns) of an .npy file, and white's level of whole numbers."""
    if file.suffix.lower() != ".npy":
        raise ValueError(f"{file}: it must be a folder of images or an .npy file")
    try:
        stack = np.load(file, allow_pickle=False)
    except (ValueError, OSError, EOFError):
        raise ValueError(f"{file}: it cannot be read as an array of numbers") from None
    if stack.ndim != 3 or not stack.size:
        raise ValueError(f"{file}: it must have shape (T, rows, columns); got {stack.shape}")
    if stack.dtype in (np.uint8, np.uint16):
        return stack, int(np.iinfo(stack.dtype).max)
    if stack.dtype.kind != "f":
        raise ValueError(f"{file}: it must hold uint8, uint16 or floats; got {stack.dtype}")
    for frame, row, column in np.argwhere(~np.isfinite(stack)):
        raise ValueError(
            f"{file}, frame {frame}, row {row}, column {column}: pixels must be finite; got "
            f"{stack[frame, row, column]}"
        )
    return stack, None
