"""The sliders of notebooks 05 and 06, moved without a browser."""

import base64
import time
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

import dlnn_utils as dlnn
from dlnn_utils.integration import IntegrationError
from dlnn_utils.reproduce.drawing.explorer import Explorer
from dlnn_utils.reproduce.drawing.style import use_style
from dlnn_utils.reproduce.run import FOLDER_VARIABLE


@pytest.fixture(scope="module")
def trained():
    """A recording of 8 x 8 nodes, and a network trained a little on it."""
    elements = dlnn.elements_of("l_shape", 7)
    plate = dlnn.Plate.of(dlnn.diffusivity(elements))
    recording = dlnn.Recording.of(plate, dlnn.nodes_of(elements), np.linspace(0, 0.02, 101))
    c, cdot = recording.data()
    return recording, dlnn.fit_images(c, cdot, M=plate.M, widths=(100,), max_steps=3, frames=6)


@pytest.fixture
def explorer(trained, monkeypatch):
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    use_style()
    return Explorer(*trained, frame=100, ahead=50)


def test_each_move_draws_another_picture_within_a_tenth_of_a_second(explorer):
    labels = [label for label, _ in explorer.time.options]
    assert (labels[0], labels[100], labels[-1]) == ("-20 ms", "+0 ms", "+10 ms")
    seen, moves = [explorer.picture.value], []
    for slider, value in ((explorer.time, 0), (explorer.time, 50), (explorer.noise, 0.1)):
        began = time.process_time()
        slider.value = value
        moves.append(time.process_time() - began)
        seen.append(explorer.picture.value)
    assert len(set(seen)) == 4
    assert np.median(moves) < 0.1
    explorer.noise.value, explorer.time.value = 0.0, -100
    assert explorer.picture.value == seen[0]


@pytest.mark.parametrize(("steps", "noise"), [(-100, 0.0), (-30, 1e-2), (50, 1e-2)])
def test_what_is_shown_is_what_the_model_says(explorer, trained, steps, noise):
    recording, model = trained
    exact, shown = explorer.images(steps, noise)
    start = recording.c[100] + noise * np.random.default_rng(0).standard_normal(64)
    expected = model.evolve(start, [0, steps * 2e-4])[-1]
    np.testing.assert_allclose(shown, expected, atol=2e-3 * np.abs(shown).max())
    if steps <= 0:
        np.testing.assert_allclose(exact, recording.c[100 + steps], atol=1e-9)


def test_a_solution_that_blows_up_is_said_to(explorer, monkeypatch):
    def burst(*_, **__):
        raise IntegrationError("it blows up")

    monkeypatch.setattr(type(explorer.model), "evolve", burst)
    assert np.isnan(explorer.images(-5, 0.0)[1]).all()
    with Image.open(BytesIO(explorer.png(-5, 0.0))) as image:
        assert image.size == (520, 240)


def test_sliders_are_shown_but_by_the_engine(explorer, trained, monkeypatch, tmp_path):
    live = explorer._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in live
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    still = Explorer(*trained, frame=100, ahead=50)._repr_mimebundle_()
    assert set(still) == {"text/plain", "image/png"}
    for shown in (live, still):
        assert base64.b64decode(shown["image/png"]) == explorer.png(-100, 0.0)
