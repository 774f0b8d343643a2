"""The two small data sets in `data/`, made: `python -m dlnn_utils.samples`."""

from pathlib import Path

import numpy as np

from dlnn_utils.finite_elements import Plate
from dlnn_utils.systems import MassSpringDamper, table_1

SPAN, TRAJECTORIES, MOTION_TIMES, MOTION_NOISE = 10.0, 8, 41, 1e-3
DIFFUSIVITY, ELEMENTS, FRAMES, STEP = 0.05, 11, 41, 0.01
WHITE = {8: 255, 16: 65535}


def two_masses() -> tuple[MassSpringDamper, np.ndarray, np.ndarray]:
    """Return what `data/two_masses.csv` was made from.

    Returns
    -------
    system : MassSpringDamper
        The masses of Table 1.
    t : array (T,)
        Times in s.
    x : array (T, B, 4)
        Exact states [q, qdot] in m and m/s.
    """
    rng, system = np.random.default_rng(1), table_1()
    starts = rng.uniform(-1, 1, (TRAJECTORIES, 4)) * [1.0, 1.0, 0.5, 0.5]
    t = np.linspace(0, SPAN, MOTION_TIMES)
    return system, t, system.evolve(starts, t)


def plate(recording: int = 1) -> tuple[Plate, np.ndarray, np.ndarray]:
    """Return what the images in `data/plate` (1) or `data/plate_other` (2) were made from.

    Parameters
    ----------
    recording : int
        Seed of the start: a few blurred spots.

    Returns
    -------
    system : Plate
        Of one diffusivity, without flux through its edge.
    t : array (T,)
        Times in s.
    c : array (T, n)
        Exact concentrations, white being 1.
    """
    rng, side = np.random.default_rng(recording), np.linspace(0, 1, ELEMENTS + 1)
    x, y = np.meshgrid(side, side)
    start = np.zeros_like(x)
    for _ in range(4):
        (a, b), width = rng.uniform(0.1, 0.9, 2), rng.uniform(0.08, 0.15)
        spot = rng.uniform(0.5, 1) * np.exp(-((x - a) ** 2 + (y - b) ** 2) / (2 * width**2))
        start = np.maximum(start, spot)
    system, t = Plate.of(np.full((ELEMENTS, ELEMENTS), DIFFUSIVITY)), STEP * np.arange(FRAMES)
    return system, t, system.evolve(start.ravel(), t)


def write_states(file) -> None:
    """Write the motion of two masses with 0.1 % noise as CSV, in mm, for seconds of time."""
    _, t, x = two_masses()
    q = x[..., :2]
    q = q + MOTION_NOISE * q.std() * np.random.default_rng(2).standard_normal(q.shape)
    lines = ["t (s),trajectory,q1 (mm),q2 (mm)"]
    for b in range(q.shape[1]):
        lines += [f"{s:.2f},{b + 1},{u:.3f},{w:.3f}" for s, (u, w) in zip(t, 1e3 * q[:, b])]
    Path(file).write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_images(folder, recording: int = 1, bits: int = 8) -> None:
    """Write a diffusing plate as grey PNG files 000.png, 001.png, ... into a folder.

    Parameters
    ----------
    folder : str or Path
    recording : int
        As of `plate`.
    bits : {8, 16}
        Depth of the grey levels.
    """
    from PIL import Image

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    _, _, c = plate(recording)
    grey = np.round(c * WHITE[bits]).astype(np.uint8 if bits == 8 else np.uint16)
    for k, image in enumerate(grey.reshape(len(c), ELEMENTS + 1, ELEMENTS + 1)):
        Image.fromarray(image).save(folder / f"{k:03d}.png")


def write_all(folder) -> None:
    """Write both data sets, the plate twice from different starts, into a folder."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    write_states(folder / "two_masses.csv")
    write_images(folder / "plate", 1)
    write_images(folder / "plate_other", 2)


if __name__ == "__main__":
    write_all(Path(__file__).resolve().parents[1] / "data")
