"""A sequence of images of one's own: a folder, a film in one file, or an array."""

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from dlnn_utils._arguments import Array, Count, Positive, checked, positive
from dlnn_utils._arguments import times as times_of
from dlnn_utils.data.files.frames import frames_of

FEWEST_FRAMES = 3


@dataclass(frozen=True)
class Images:
    """Concentrations c (T, rows, columns) at the times t (T,), in units of what white stands for.

    `step` is the distance of two grey levels, 0 for floating point; `report` what was understood.
    """

    t: np.ndarray
    c: np.ndarray
    step: float
    report: str = ""

    @property
    def flat(self) -> np.ndarray:
        """The images as rows of pixels (T, n), row by row from the top left."""
        return self.c.reshape(len(self.c), -1)


@checked
def read_images(
    path,
    times: Array["|T"],
    white: Positive = 1.0,
    shrink: Count = 1,
    *,
    level: Positive | None = None,
    region=None,
    axes: Literal["TYX", "YXT", "TX", "XT"] | None = None,
) -> Images:
    """Read a sequence of images; a ValueError says in one line what cannot be used, and the cure.

    Colours become grey by their luminance.  A warning says where a range looks wrong.

    Parameters
    ----------
    path : str or Path
        A folder of PNG, TIFF or JPEG files, in the order of the numbers in their names, whose
        pages follow each other; a TIFF or GIF of several pages; or an array in an NPY, NPZ, MAT or
        HDF5 file, of whole numbers or of concentrations.
    times : float or array (T,)
        Time in s from one frame to the next, or the time of each, rising.
    white : float, the concentration that white stands for; black is 0
    shrink : int
        Average squares of so many pixels by so many, which lowers the noise and the effort.
    level : float, optional
        The number in the file that is white, such as 4095 for 12 bits; by default the largest of
        8 or 16 bits, and 1 for floating-point numbers.
    region : ((top, bottom), (left, right)), optional
        The rows and columns to keep.
    axes : {"TYX", "YXT", "TX", "XT"}, optional
        The axes of an array: time, rows, columns; two for profiles along a line.

    Returns
    -------
    Images
    """
    path = Path(path)
    if not path.exists():
        raise ValueError(f"{path}: there is no such folder or file")
    c, own, notes = frames_of(path, axes, None if times.ndim == 0 else times.size)
    if len(c) < FEWEST_FRAMES:
        raise ValueError(f"{path}: there must be at least {FEWEST_FRAMES} images; got {len(c)}")
    whole = c.dtype.kind in "iub"
    if level is None and whole and own is None:
        raise ValueError(
            f"{path}: {c.dtype} has no white of its own; give level= (the largest value is "
            f"{c.max()})"
        )
    level = level or own or 1
    notes.append(f"white is {level:g}, the largest value {c.max():.6g}")
    if whole and c.max() < level / 8 or c.max() > level and whole:
        said = f"{path.name}: the largest value is {c.max()}, white is {level:g}; give level="
        warnings.warn(said, stacklevel=3)
    c = c[:, *_region(region, c.shape)].astype(np.float64) * (white / level)
    T, rows, columns = c.shape
    across = min(shrink, rows)
    if rows % across or columns % shrink:
        raise ValueError(f"shrink must divide {rows} x {columns} pixels; got {shrink}")
    c = c.reshape(T, rows // across, across, columns // shrink, shrink).mean(axis=(2, 4))
    shape = " x ".join(map(str, c.shape[1:]))
    notes.insert(0, f"{path.name}: {T} images of {shape} pixels")
    step = white / level / shrink if whole else 0.0
    return Images(_times(times, T), c, step, "; ".join(dict.fromkeys(notes)))


def _region(region, shape: tuple[int, ...]) -> tuple[slice, slice]:
    if region is None:
        return slice(None), slice(None)
    try:
        (top, bottom), (left, right) = (map(int, pair) for pair in region)
    except (TypeError, ValueError):
        raise ValueError(f"region must be ((top, bottom), (left, right)); got {region}") from None
    if not (0 <= top < bottom <= shape[1] and 0 <= left < right <= shape[2]):
        raise ValueError(f"region must lie within {shape[1]} x {shape[2]} pixels; got {region}")
    return slice(top, bottom), slice(left, right)


def _times(times: np.ndarray, T: int) -> np.ndarray:
    if times.ndim == 0:
        return positive("times", float(times)) * np.arange(T)
    t = times_of("times", times)
    if len(t) != T or t[1] < t[0]:
        got = f"{len(t)} from {t[0]:g} to {t[-1]:g}"
        raise ValueError(f"times must rise, one for each of the {T} images; got {got}")
    return t
