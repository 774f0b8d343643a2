"""Saved models come back bit for bit."""

import json

import numpy as np
import pytest
import torch

import dlnn_utils as dlnn
from dlnn_utils.training.from_states.laws import Friction

M = np.array([[2.0, 0.3], [0.3, 1.0]])


def models():
    """Untrained models of each kind whose scales are not 1."""
    made = {
        "diffusion": dlnn.Diffusion(dlnn.ScalarNetwork(2, (5, 4), ["silu", "tanh"], 1)),
        "mass": dlnn.Diffusion(dlnn.ScalarNetwork(2, (5,), seed=2), M, "hessian"),
        "mechanics": dlnn.Mechanics(dlnn.ScalarNetwork(4, (6,), seed=3), M),
        "friction": Friction(dlnn.ScalarNetwork(4, (6,)), M, [0.1, 0.2], [0.3, 0.1], [0.1, 0.1]),
        "single": dlnn.Mechanics(dlnn.ScalarNetwork(4, (6,), dtype=torch.float32), M),
        "baseline": dlnn.Baseline(4, "mechanics", (7,), seed=4),
        "baseline of diffusion": dlnn.Baseline(2, "diffusion", (7,), M, activation="tanh"),
    }
    for model in made.values():
        x = np.random.default_rng(0).normal(size=(9, model.n_columns))
        model.scale_to(3 * x, x)
    return made


@pytest.mark.parametrize("kind", models())
def test_a_loaded_model_evolves_bit_for_bit(tmp_path, kind):
    model = models()[kind]
    path = dlnn.save(model, tmp_path / "mine")
    again = dlnn.load(path)
    x = np.random.default_rng(1).normal(size=(3, model.n_columns))
    x = torch.as_tensor(x).to(model.network.input_scale)
    assert type(again) is type(model) and path.name == "mine.npz"
    torch.testing.assert_close(again.rate(x), model.rate(x), rtol=0, atol=0)
    np.testing.assert_array_equal(again.evolve(x[0], [0, 1e-3]), model.evolve(x[0], [0, 1e-3]))
    assert [f.name for f in tmp_path.iterdir()] == ["mine.npz"]


def test_a_loaded_energy_of_elements_evolves_bit_for_bit_on_its_plate(tmp_path):
    c, D = np.random.default_rng(0).uniform(size=(5, 16)), np.eye(3) + 1
    model = dlnn.fit_local(c, dlnn.Plate.of(D).rate(c), D, max_steps=5)
    again = dlnn.load(dlnn.save(model, tmp_path / "m.npz"))
    np.testing.assert_array_equal(again.evolve(c[0], [0, 0.1]), model.evolve(c[0], [0, 0.1]))


def test_a_fit_to_images_is_saved_as_the_diffusion_that_it_is(tmp_path):
    c = np.random.default_rng(0).normal(size=(6, 3))
    model = dlnn.fit_images(c, -c, widths=(4,), frames=None, max_steps=2)
    again = dlnn.load(dlnn.save(model, tmp_path / "m.npz"))
    np.testing.assert_array_equal(again.evolve(c[0], [0, 0.1]), model.evolve(c[0], [0, 0.1]))


def test_what_cannot_be_saved_or_loaded_is_said_in_a_line(tmp_path):
    with pytest.raises(ValueError, match="model must be one of Diffusion.*; got DHNN"):
        dlnn.save(dlnn.DHNN(4), tmp_path / "m")
    np.savez(tmp_path / "other.npz", a=np.eye(2))
    (tmp_path / "text.npz").write_text("no")
    newer = json.dumps({"format": 99, "model": "Diffusion"})
    np.savez(tmp_path / "newer.npz", description=newer)
    for name, message in (
        ("none.npz", "there is no such file"),
        ("other.npz", "written by dlnn_utils.save"),
        ("text.npz", "written by dlnn_utils.save"),
        ("newer.npz", "its format must be 1; got 99"),
    ):
        with pytest.raises(ValueError, match=f"{name}: .*{message}"):
            dlnn.load(tmp_path / name)
