"""Animations: as many frames as asked for, their origin inside, and the same each time."""

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

from dlnn_utils.reproduce.drawing.animation import save_animation, there_and_back
from dlnn_utils.reproduce.drawing.style import read_provenance

ORIGIN = {"notebook": "06_inverse_diffusion", "code": "0123456789ab", "parameters": {"seed": 0}}


def test_a_gif_holds_its_frames_and_its_origin(tmp_path):
    times = np.linspace(0, 0.02, 2)
    forward = np.exp(-50 * times)[:, None, None] * np.ones((2, 5, 5))
    for name in ("first", "second"):
        fig, draw = there_and_back(forward, forward[::-1], times)
        assert save_animation(fig, draw, range(4), tmp_path / name, ORIGIN) == f"{name}.gif"
        plt.close(fig)
    file = tmp_path / "first.gif"
    assert file.read_bytes() == (tmp_path / "second.gif").read_bytes()
    assert read_provenance(file) == ORIGIN
    with Image.open(file) as gif:
        assert (gif.n_frames, gif.info["loop"]) == (4, 0)
