"""The sliders of notebooks 05 and 06, moved without a browser."""

import base64
import time
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

import dlnn_utils as dlnn
from dlnn_utils.companion.interactive import Explorer
from dlnn_utils.companion.run import FOLDER_VARIABLE
from dlnn_utils.integration import IntegrationError

MILLISECONDS_A_MOVE = 100


@pytest.fixture(scope="module")
def trained():
    """A recording of 8 x 8 nodes, and a network of the notebooks' size trained on it."""
    elements = dlnn.elements_of("l_shape", 7)
    plate = dlnn.Plate.of(dlnn.diffusivity(elements))
    recording = dlnn.Recording.of(plate, dlnn.nodes_of(elements), np.linspace(0, 0.02, 101))
    return recording, recording.fit(max_steps=5, frames=6)


@pytest.fixture
def explorer(trained, monkeypatch):
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    return Explorer(*trained, frame=100, ahead=50)


def pixels(png):
    with Image.open(BytesIO(png)) as image:
        return np.asarray(image.convert("RGB"), dtype=float)


def test_the_sliders_go_back_to_the_start_and_ahead(explorer):
    labels = [label for label, _ in explorer.time.options]
    assert (labels[0], labels[100], labels[-1]) == ("-20 ms", "+0 ms", "+10 ms")
    assert explorer.noise.options[0] == ("0", 0.0)


def test_each_move_draws_another_picture(explorer):
    seen = [explorer.picture.value]
    for slider, value in ((explorer.time, 0), (explorer.time, 50), (explorer.noise, 0.1)):
        slider.value = value
        seen.append(explorer.picture.value)
    assert len(set(seen)) == 4
    explorer.noise.value, explorer.time.value = 0.0, -100
    assert explorer.picture.value == seen[0]


def test_noise_is_seen_in_the_networks_half_alone(explorer):
    clean = pixels(explorer.png(-20, 0.0))
    noisy = pixels(explorer.png(-20, 0.1))
    body, middle = slice(40, None), clean.shape[1] // 2 - 40
    np.testing.assert_array_equal(clean[body, :middle], noisy[body, :middle])
    assert np.abs(clean - noisy)[body, middle:].max() > 20


@pytest.mark.parametrize("steps", [-100, -30, 1, 50])
@pytest.mark.parametrize("noise", [0.0, 1e-2])
def test_what_is_shown_is_what_the_model_says(explorer, trained, steps, noise):
    recording, learned = trained
    exact, shown = explorer.images(steps, noise)
    start = recording.c[100] + noise * np.random.default_rng(0).standard_normal(64)
    np.testing.assert_allclose(
        shown, learned.evolve(start, [0, steps * 2e-4])[-1], atol=2e-3 * np.abs(shown).max()
    )
    if steps <= 0:
        np.testing.assert_allclose(exact, recording.c[100 + steps], atol=1e-9)


def test_a_move_takes_less_than_a_tenth_of_a_second(explorer):
    moves = []
    for steps in (50, -100, 10, -99, 30, -98, -50):
        began = time.process_time()
        explorer.time.value = steps
        moves.append(1e3 * (time.process_time() - began))
    assert np.median(moves) < MILLISECONDS_A_MOVE


def test_a_solution_that_blows_up_is_said_to(explorer):
    class Bursting:
        def evolve(self, *_, **__):
            raise IntegrationError("it blows up")

    explorer.learned = Bursting()
    assert np.isnan(explorer.images(-5, 0.0)[1]).all()
    assert pixels(explorer.png(-5, 0.0)).shape == (240, 520, 3)


def test_live_it_shows_sliders_with_a_still_picture_beside_them(explorer):
    shown = explorer._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in shown
    assert base64.b64decode(shown["image/png"]) == explorer.picture.value


def test_run_by_the_engine_it_is_a_still_picture(trained, explorer, monkeypatch, tmp_path):
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    shown = Explorer(*trained, frame=100, ahead=50)._repr_mimebundle_()
    assert set(shown) == {"text/plain", "image/png"}
    assert base64.b64decode(shown["image/png"]) == explorer.png(-100, 0.0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(frame=101, ahead=1), "frame must be at most the last, 100; got 101"),
        (dict(frame=0, ahead=1), "frame must be a positive integer; got 0"),
        (dict(frame=1, ahead=0), "ahead must be a positive integer; got 0"),
        (dict(frame=1, ahead=1, unit="h"), "unit must be one of ms, s; got 'h'"),
    ],
)
def test_bad_input(trained, arguments, message):
    with pytest.raises(ValueError, match=message):
        Explorer(*trained, **arguments)
