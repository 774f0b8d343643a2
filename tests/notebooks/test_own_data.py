"""The two notebooks for a reader's own data, run with the one line of data changed."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

import dlnn_utils as dlnn
from dlnn_utils.reproduce import Run
from dlnn_utils.reproduce.engine.notebooks import read_notebook, source
from dlnn_utils.reproduce.engine.paths import NOTEBOOKS

RNG = np.random.default_rng(7)
WAVE = np.linspace(0, 20, 160)


@pytest.fixture
def answered(tmp_path, monkeypatch):
    """Return a call that runs a notebook with another line of data, and returns its names."""

    def run(notebook, line, saves=False):
        texts = [source(c) for c in read_notebook(notebook)["cells"] if c["cell_type"] == "code"]
        (place,) = [k for k, text in enumerate(texts) if text.startswith(line.split(" = ")[0])]
        assert len(texts[place].splitlines()) == 1
        texts[place], names = line, {}
        if not saves:
            monkeypatch.setattr(Run, "figure", lambda self, fig, name, **_: plt.close(fig))
        for text in texts:
            exec(compile(text, notebook, "exec"), names)
        return names

    monkeypatch.setenv("DLNN_RUN_FOLDER", str(tmp_path / "run"))
    monkeypatch.chdir(NOTEBOOKS)
    (tmp_path / "run").mkdir()
    with plt.rc_context():
        yield run
    plt.close("all")


def motion(path, more=""):
    return f"states = dlnn.read_states({str(path)!r}{more})"


def noisy(q, part=0.01):
    return q + part * q.std(axis=0) * RNG.standard_normal(q.shape)


def test_one_recording_with_decimal_commas(answered, tmp_path):
    q = noisy(0.4 + np.exp(-0.1 * WAVE) * np.cos(2 * WAVE))
    lines = [f"{t:.4f};{x:.5f}".replace(".", ",") for t, x in zip(WAVE, q)]
    (tmp_path / "a.csv").write_text("\n".join(["time (s);x (m)", *lines]))
    page = answered("10_your_motion", motion(tmp_path / "a.csv"), saves=True)["page"]
    law = {name: (value, error) for name, value, error, _ in page.law}
    for name, truth in (("K11", 4.01), ("C11", 0.2), ("rest1", 0.4)):
        assert abs(law[name][0] - truth) < 4 * law[name][1] < 0.1
    assert max(page.errors["DLNN"]) < 0.02
    assert (tmp_path / "run/own_motion_answer.csv").exists() and (
        tmp_path / "run/own_motion.png"
    ).exists()


def test_a_rod_of_six_sensors(answered, tmp_path):
    K = 0.3 * (2 * np.eye(6) - np.eye(6, k=1) - np.eye(6, k=-1))
    t = np.linspace(0, 10, 90)
    c = 20 + dlnn.Relaxation.of(K).evolve(RNG.uniform(10, 80, 6), t)
    header = "t," + ",".join(f"c{k}" for k in range(1, 7))
    np.savetxt(tmp_path / "rod.csv", np.c_[t, noisy(c, 2e-3)], header=header, delimiter=",",
               comments="")  # fmt: skip
    names = answered("10_your_motion", motion(tmp_path / "rod.csv"))
    assert names["M"] is None and names["page"].law[0][3] == "1/s"
    assert names["page"].errors["DLNN"][0] < 0.5 * names["page"].errors["least squares"][0]


def test_trajectories_of_their_own_times(answered, tmp_path):
    lines = ["t,trajectory,q1,v1"]
    for k, n in enumerate((80, 50, 65)):
        t = np.sort(RNG.uniform(0, 15, n))
        wave = np.exp((-0.05 + 1.5j) * t + 1j * k)
        x = np.c_[wave.real, ((-0.05 + 1.5j) * wave).real]
        lines += [f"{s + 100:.6f},{k},{q:.5f},{v:.5f}" for s, (q, v) in zip(t, noisy(x))]
    (tmp_path / "b.csv").write_text("\n".join(lines))
    page = answered("10_your_motion", motion(tmp_path / "b.csv"))["page"]
    assert page.law[0][1] == pytest.approx(1.5**2 + 0.05**2, rel=5e-3)
    assert "One recording" not in str(page)


def grey(folder, shape, bits=16, D=0.1, start=None):
    """Write images of a diffusing plate of this many pixels, cut from a square one."""
    side = max(shape)
    x, y = np.meshgrid(*[np.linspace(0, 1, side)] * 2)
    start = 0.9 * np.exp(-((x - 0.3) ** 2 + (y - 0.6) ** 2) / 0.03)
    plate = dlnn.Plate.of(np.full((side - 1, side - 1), D))
    c = plate.evolve(start.ravel(), 5e-3 * np.arange(25)).reshape(-1, side, side)
    folder.mkdir()
    for k, image in enumerate(c[:, : shape[0], : shape[1]]):
        whole = np.round((2**bits - 1) * image).astype(f"uint{bits}")
        Image.fromarray(whole).save(folder / f"frame{k}.png")
    return f"recordings = [dlnn.read_images({str(folder)!r}, times=5e-3)]"


def test_one_recording_of_16_bits(answered, tmp_path):
    names = answered("13_your_images", grey(tmp_path / "images", (9, 9)))
    page = names["page"]
    (_, D, error, _), *_ = page.law
    assert abs(D - 0.1) < max(4 * error, 1e-4)
    assert page.errors["DLNN"][0] < 0.01 and page.errors["DLNN"][1] < page.errors["no change"][1]
    assert "One recording: other starts are not tested." in page.limits


def test_images_of_no_square_plate_are_refused_in_one_line(answered, tmp_path):
    line = grey(tmp_path / "images", (7, 9))
    with pytest.raises(ValueError, match="one square plate; got 7 x 9 pixels; fit_plate takes"):
        answered("13_your_images", line)
