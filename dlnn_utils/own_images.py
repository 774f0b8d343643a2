"""A sequence of grey images of one's own: a folder of PNG or TIFF files, or a NumPy stack."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dlnn_utils import check

ENDINGS = (".png", ".tif", ".tiff")
FEWEST_FRAMES = 3
LEVELS = {"1": 1, "L": 255, "I;16": 65535, "I;16B": 65535, "I;16L": 65535, "I": 65535}
"""The value of white by Pillow's name of the kind of image; those not here are not grey."""


@dataclass(frozen=True)
class Images:
    """Concentrations seen in a sequence of images.

    Attributes
    ----------
    t : array (T,)
        Times in s.
    c : array (T, rows, columns)
        Concentrations, in units of what white stands for.
    step : float
        Distance of two grey levels in the same units; 0 for a stack of floating-point numbers.
    """

    t: np.ndarray
    c: np.ndarray
    step: float

    @property
    def flat(self) -> np.ndarray:
        """The images as rows of pixels (T, n), row by row from the top left."""
        return self.c.reshape(len(self.c), -1)


def read_images(path, times, white: float = 1.0, shrink: int = 1) -> Images:
    """Read a sequence of grey images.

    Parameters
    ----------
    path : str or Path
        A folder of PNG or TIFF files, taken in the order of the numbers in their names; or an
        .npy file of shape (T, rows, columns), of whole numbers or of concentrations.
    times : float or array (T,)
        Time in s from one frame to the next, or the time of each, rising.
    white : float
        The concentration that white stands for; black is 0.
    shrink : int
        Average squares of so many pixels by so many, which lowers the noise and the effort.

    Returns
    -------
    Images

    Raises
    ------
    ValueError
        In one line, with the file: if there is no such folder or file, an image cannot be read,
        is not grey or of another size than the first, there are fewer than three, a pixel is not
        finite, the times do not fit, or the pixels cannot be shrunk evenly.

    Examples
    --------
    >>> from dlnn_utils.companion.paths import ROOT
    >>> read_images(ROOT / "data/plate", times=0.01).c.shape
    (41, 12, 12)
    """
    path, white = Path(path), check.positive("white", white)
    shrink = check.positive_integer("shrink", shrink)
    if path.is_dir():
        stack, level = _folder(path)
    elif path.is_file():
        stack, level = _stack(path)
    else:
        raise ValueError(f"{path}: there is no such folder or file")
    if len(stack) < FEWEST_FRAMES:
        raise ValueError(
            f"{path}: there must be at least {FEWEST_FRAMES} images; got {len(stack)}"
        )
    c = stack.astype(np.float64) * (white / (level or 1))
    if shrink > 1:
        T, rows, columns = c.shape
        if rows % shrink or columns % shrink:
            raise ValueError(
                f"shrink must divide the images' {rows} x {columns} pixels; got {shrink}"
            )
        blocks = c.reshape(T, rows // shrink, shrink, columns // shrink, shrink)
        c = blocks.mean(axis=(2, 4))
    step = white / level / shrink if level else 0.0
    return Images(_times(times, len(c)), c, step)


def _times(times, T: int) -> np.ndarray:
    if np.ndim(times) == 0:
        return check.positive("times", times) * np.arange(T)
    t = check.times(times)
    if len(t) != T:
        raise ValueError(f"times must hold one for each of the {T} images; got {len(t)}")
    if t[1] < t[0]:
        raise ValueError("times must rise, in the order of the images; they fall")
    return t


def _folder(folder: Path) -> tuple[np.ndarray, int]:
    """Return the images (T, rows, columns) of a folder and the level of white."""
    files = [f for f in folder.iterdir() if f.suffix.lower() in ENDINGS]
    if not files:
        raise ValueError(f"{folder}: there is no PNG or TIFF file in it")
    files.sort(key=lambda f: [(len(d), d) for d in re.findall(r"\d+", f.stem)] or [(0, f.stem)])
    first, level = _image(files[0])
    images = [first]
    for file in files[1:]:
        image, white = _image(file)
        if image.shape != first.shape:
            got, wanted = (" x ".join(map(str, a.shape)) for a in (image, first))
            raise ValueError(f"{file}: it must have {wanted} pixels as {files[0].name}; got {got}")
        if white != level:
            raise ValueError(
                f"{file}: its white must be {level} as in {files[0].name}; got {white}"
            )
        images.append(image)
    return np.stack(images), level


def _image(file: Path) -> tuple[np.ndarray, int]:
    """Return an image (rows, columns) and the level of white."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(file) as image:
            kind, pixels = image.mode, np.asarray(image)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError):
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
    bad = np.argwhere(~np.isfinite(stack))
    if len(bad):
        frame, row, column = bad[0]
        raise ValueError(
            f"{file}, frame {frame}, row {row}, column {column}: pixels must be finite; got "
            f"{stack[frame, row, column]}"
        )
    return stack, None
