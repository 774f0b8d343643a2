"""What is found in the data that ship, beside the truth; and data that carry no law."""

from runpy import run_path

import numpy as np
import pytest

import dlnn_utils as dlnn
from dlnn_utils.answers.images import earlier
from dlnn_utils.answers.material import diffusivity
from dlnn_utils.data.files.images import Images
from dlnn_utils.reproduce.engine.paths import ROOT

MADE = run_path(str(ROOT / "data/make.py"))
SIDE = MADE["ELEMENTS"] + 1
T, EXACT = MADE["plate"](1)


def plates():
    names = ("plate", "plate_other")
    return [dlnn.read_images(ROOT / f"data/{name}", times=MADE["STEP"]) for name in names]


def test_the_masses_that_ship():
    runs = dlnn.read_states(ROOT / "data/two_masses.csv", units={"q": 1e-3}).runs
    found = dlnn.fit_motion(*dlnn.first_parts(runs), M=np.eye(2)).model.matrices(np.zeros(4))
    truth = dlnn.table_1()
    assert max(dlnn.relative_error(found[k], getattr(truth, k)) for k in "KC") < 1e-3


def test_the_plate_that_ships():
    model = dlnn.fit_material(plates())
    truth = dlnn.Plate.of(np.full((SIDE - 1, SIDE - 1), MADE["DIFFUSIVITY"])).K.toarray()
    assert dlnn.relative_error(model.hessian(EXACT[0]).toarray(), truth) < 1e-3
    law = dlnn.answer_images(model, plates(), edge=2.0).law
    assert law[0][1] == pytest.approx(4 * MADE["DIFFUSIVITY"], rel=1e-3)


def test_error_bars_of_a_diffusivity_cover_the_truth():
    apart = []
    for seed in range(12):
        noise = 0.01 * np.random.default_rng(seed).standard_normal(EXACT.shape)
        D, error, misfit = diffusivity([(T, EXACT + noise)])
        assert misfit == pytest.approx(0.01, rel=0.05)
        apart.append((D - MADE["DIFFUSIVITY"]) / error)
    assert 0.5 < np.sqrt(np.mean(np.square(apart))) < 1.6


def test_error_bars_of_earlier_images_hold_the_truth():
    first, other = plates()
    way = earlier(dlnn.fit_material([first, other]), other, first.c[:1])
    off = np.abs(way.mean - MADE["plate"](2)[1][way.frames]) < 1.645 * way.spread
    assert 0.8 < np.mean(off) < 0.99
    assert (np.diff(np.mean(way.spread, axis=1)) > 0).all()


def test_a_plate_that_loses_through_its_edges_is_said_to():
    images = Images(T, (EXACT * np.exp(-3 * T)[:, None]).reshape(-1, SIDE, SIDE), 1 / 255)
    said = str(dlnn.answer_images(dlnn.fit_material([images]), [images]))
    assert "the plate is not closed" in said.replace("\n", " ")


NOISE = np.random.default_rng(0).uniform(0, 1, EXACT.shape)


@pytest.mark.parametrize(
    ("c", "message"),
    [
        (np.tile(EXACT[:1], (len(T), 1)), "must change by more than their noise"),
        (NOISE, "must change by more than their noise"),
        (EXACT[::-1], "must lose contrast, as diffusion does; number 1 gains"),
        (EXACT[:6], "must have at least 9 images; number 1 has 6"),
    ],
    ids=["still", "noise", "grows", "few"],
)
def test_images_that_carry_no_law(c, message):
    images = Images(T[: len(c)], c.reshape(-1, SIDE, SIDE), 1 / 255)
    with pytest.raises(ValueError, match=message):
        dlnn.fit_material([images])


@pytest.mark.parametrize("runs", [[], 3, [(T, EXACT, T)], None])
def test_what_is_no_list_of_recordings(runs):
    with pytest.raises(ValueError, match=r"runs must be recordings \(t, x\), such as States.runs"):
        dlnn.first_parts(runs)
    with pytest.raises(ValueError, match="recordings must"):
        dlnn.fit_material(runs)
