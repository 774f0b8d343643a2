"""Make the data sets in this folder, with what is true of them: `python data/make.py`."""

from pathlib import Path

import numpy as np
from PIL import Image

import dlnn_utils as dlnn

HERE = Path(__file__).resolve().parent
SPAN, TRAJECTORIES, MOTION_TIMES, MOTION_NOISE = 10.0, 8, 41, 1e-3
DIFFUSIVITY, ELEMENTS, FRAMES, STEP = 0.05, 11, 41, 0.01
WHITE = {8: 255, 16: 65535}


def two_masses() -> tuple[np.ndarray, np.ndarray]:
    """Return times t (T,) in s and exact states (T, B, 4) in m and m/s of Table 1's masses."""
    starts = np.random.default_rng(1).uniform(-1, 1, (TRAJECTORIES, 4)) * [1.0, 1.0, 0.5, 0.5]
    t = np.linspace(0, SPAN, MOTION_TIMES)
    return t, dlnn.table_1().evolve(starts, t)


def plate(recording: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return times t (T,) in s and exact concentrations (T, n), white being 1.

    The seed of a recording places a few blurred spots on a plate of one diffusivity.
    """
    rng, side = np.random.default_rng(recording), np.linspace(0, 1, ELEMENTS + 1)
    x, y = np.meshgrid(side, side)
    start = np.zeros_like(x)
    for _ in range(4):
        (a, b), width = rng.uniform(0.1, 0.9, 2), rng.uniform(0.08, 0.15)
        spot = rng.uniform(0.5, 1) * np.exp(-((x - a) ** 2 + (y - b) ** 2) / (2 * width**2))
        start = np.maximum(start, spot)
    t = STEP * np.arange(FRAMES)
    system = dlnn.Plate.of(np.full((ELEMENTS, ELEMENTS), DIFFUSIVITY))
    return t, system.evolve(start.ravel(), t)


def write_states(file) -> None:
    """Write the motion of two masses with 0.1 % noise as CSV, in mm, for seconds of time."""
    t, x = two_masses()
    q = x[..., :2]
    q = q + MOTION_NOISE * q.std() * np.random.default_rng(2).standard_normal(q.shape)
    lines = ["t (s),trajectory,q1 (mm),q2 (mm)"]
    for b in range(q.shape[1]):
        lines += [f"{s:.2f},{b + 1},{u:.3f},{w:.3f}" for s, (u, w) in zip(t, 1e3 * q[:, b])]
    Path(file).write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_images(folder, recording: int = 1, bits: int = 8) -> None:
    """Write a diffusing plate as grey PNG files 000.png, 001.png, ... of 8 or 16 bits."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    grey = np.round(plate(recording)[1] * WHITE[bits]).astype(f"uint{bits}")
    for k, image in enumerate(grey.reshape(FRAMES, ELEMENTS + 1, ELEMENTS + 1)):
        Image.fromarray(image).save(Path(folder) / f"{k:03d}.png")


if __name__ == "__main__":
    write_states(HERE / "two_masses.csv")
    write_images(HERE / "plate", 1)
    write_images(HERE / "plate_other", 2)
