"""The frames of a sequence as they stand in files, grey, and the number that is white."""

import re
from pathlib import Path

import numpy as np

from dlnn_utils.data.files import arrays

ENDINGS = (".png", ".tif", ".tiff", ".jpg", ".jpeg", ".gif", ".bmp")
LEVELS = {"1": 1, "L": 255, "I;16": 65535, "I;16B": 65535, "I;16L": 65535}
"""The value of white by Pillow's name of the kind of grey image."""

Frames = tuple[np.ndarray, float | None, list[str]]
"""Numbers (T, rows, columns), the level of white if the file says it, what was understood."""


def frames_of(path: Path, axes: str | None, number: int | None) -> Frames:
    """Return the frames of a folder, a film or an array; `number` of them if it is known."""
    if path.is_dir():
        return _folder(path)
    if path.suffix.lower() in ENDINGS:
        return _together([path], _pages(path))
    if path.suffix.lower() in (".npy", ".npz", ".mat", ".h5", ".hdf5"):
        return _array(path, axes, number)
    raise ValueError(f"{path}: it must be a folder of images, a TIFF or GIF, or an array (NPY)")


def _folder(folder: Path) -> Frames:
    files = [f for f in folder.iterdir() if f.suffix.lower() in ENDINGS and f.name[0] != "."]
    if not files:
        raise ValueError(f"{folder}: there is no image in it, such as PNG or TIFF")
    files.sort(key=lambda f: [(len(d), d) for d in re.findall(r"\d+", f.stem)] or [(0, f.stem)])
    pages = [_pages(file) for file in files]
    owner = [file for file, shown in zip(files, pages) for _ in shown]
    found = _together(owner, [page for shown in pages for page in shown])
    if len(owner) > len(files):
        found[2].append(f"{len(files)} files of several pages")
    if left := len([*folder.iterdir()]) - len(files):
        found[2].append(f"{left} other files left out")
    return found


def _together(files: list[Path], pages: list) -> Frames:
    """Stack pages of one size and kind."""
    kinds = [f"{a.shape[0]} x {a.shape[1]} pixels, white {w or 'unknown'}" for a, w, _ in pages]
    for file, kind in zip(files, kinds):
        if kind != kinds[0]:
            raise ValueError(f"{file}: it must have {kinds[0]}, as {files[0].name}; got {kind}")
    images, levels, said = zip(*pages)
    return np.stack(images), levels[0], list(dict.fromkeys(said))


def _pages(file: Path) -> list[tuple[np.ndarray, float | None, str]]:
    """Return each page (rows, columns) of a file, the level of white, and its kind."""
    from PIL import Image, ImageSequence

    try:
        with Image.open(file) as image:
            return [_grey(page, image.format) for page in ImageSequence.Iterator(image)]
    except (OSError, SyntaxError, EOFError, Image.DecompressionBombError):
        raise ValueError(f"{file}: it cannot be read as an image") from None


def _grey(page, form: str) -> tuple[np.ndarray, float | None, str]:
    if page.mode in LEVELS:
        bits = int(np.log2(LEVELS[page.mode] + 1))
        lossy = ", compressed with loss" * (form == "JPEG")
        return np.array(page), LEVELS[page.mode], f"grey of {bits} bits{lossy}"
    if page.mode in ("I", "F"):
        whole = page.mode == "I"
        level = 65535 if whole and form == "PNG" else None
        return np.array(page), level, "whole numbers of 32 bits" if whole else "floating point"
    colours = np.array(page.convert("RGB"))
    if (np.ptp(colours.astype(int), axis=2) == 0).all():
        return colours[..., 0], 255, f"{page.mode} whose colours are grey"
    return np.array(page.convert("RGB").convert("L")), 255, f"{page.mode} turned to luminance"


def _array(file: Path, axes: str | None, number: int | None) -> Frames:
    """Return the frames of an array, and white's level of 8 or 16 bits."""
    kind, wanted = file.suffix.lower(), (2, 3) if axes is None else (len(axes),)
    try:
        found = {"": np.load(file, allow_pickle=False)} if kind == ".npy" else None
    except (ValueError, OSError, EOFError):
        raise ValueError(f"{file}: it cannot be read as an array of numbers") from None
    found = {n: a for n, a in (found or arrays.named(file, kind)).items() if a.size}
    fitting = {n: a for n, a in found.items() if a.ndim in wanted and a.dtype.kind in "fiub"}
    deep = {n: a for n, a in fitting.items() if a.ndim == 3} or fitting
    if len(deep) != 1:
        shapes = ", ".join(f"{n or 'array'} {a.shape} {a.dtype}" for n, a in found.items())
        raise ValueError(f"{file}: it must hold one array (T, rows, columns); got {shapes}")
    ((name, stack),) = deep.items()
    axes = axes or _axes(file, stack, number)
    stack = np.moveaxis(stack, axes.index("T"), 0)
    stack = stack[:, None, :] if stack.ndim == 2 else stack
    for frame, row, column in np.argwhere(~np.isfinite(stack)):
        raise ValueError(
            f"{file}, frame {frame}, row {row}, column {column}: pixels must be finite; got "
            f"{stack[frame, row, column]}"
        )
    level = float(np.iinfo(stack.dtype).max) if stack.dtype in (np.uint8, np.uint16) else None
    return stack, level, [f"{name or 'array'} of {stack.dtype}, axes {axes}"]


def _axes(file: Path, stack: np.ndarray, number: int | None) -> str:
    """Return which axis is the time, from the number of frames; ValueError if it is not clear."""
    first, last = ("TX", "XT") if stack.ndim == 2 else ("TYX", "YXT")
    ends = stack.shape[0], stack.shape[-1]
    if number is not None and ends.count(number) == 1:
        return (first, last)[ends.index(number)]
    if stack.ndim == 3 and ends[0] == stack.shape[1] != ends[1]:
        raise ValueError(
            f"{file}: shape {stack.shape} may be {ends[0]} or {ends[1]} images; give "
            f'axes="TYX" or axes="YXT"'
        )
    return first
