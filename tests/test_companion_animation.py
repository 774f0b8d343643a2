"""Animations: as many frames as asked for, their origin inside, nothing left of a wrong one."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from dlnn_utils.companion import provenance
from dlnn_utils.companion.animation import save_animation
from dlnn_utils.companion.image_figures import draw_there_and_back

ORIGIN = {"notebook": "06_inverse_diffusion", "code": "0123456789ab", "parameters": {"seed": 0}}


def there_and_back():
    times = np.linspace(0, 0.02, 4)
    forward = np.exp(-50 * times)[:, None, None] * np.ones((4, 5, 5))
    return draw_there_and_back(forward, forward[::-1], times)


def test_a_gif_holds_its_frames_and_its_origin(tmp_path):
    for name in ("first", "second"):
        fig, draw = there_and_back()
        assert save_animation(fig, draw, range(8), tmp_path / name, ORIGIN) == f"{name}.gif"
        plt.close(fig)
    file = tmp_path / "first.gif"
    assert file.read_bytes() == (tmp_path / "second.gif").read_bytes()
    assert provenance.read(file) == ORIGIN
    with Image.open(file) as gif:
        assert gif.n_frames == 8
        assert gif.info["loop"] == 0
    assert file.stat().st_size < 2_000_000


def test_without_frames_nothing_is_written(tmp_path):
    fig, draw = there_and_back()
    with pytest.raises(ValueError, match="an animation needs at least one frame; got none"):
        save_animation(fig, draw, [], tmp_path / "none", ORIGIN)
    plt.close(fig)
    assert not list(tmp_path.iterdir())
