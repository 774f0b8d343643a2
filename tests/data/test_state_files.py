"""Reading a CSV of one's own states."""

from runpy import run_path

import numpy as np
import pytest

from dlnn_utils import read_states
from dlnn_utils.reproduce.engine.paths import ROOT

MADE = run_path(str(ROOT / "data/make.py"))
SHIPPED = ROOT / "data/two_masses.csv"
GOOD = ["t,q1"] + [f"{k / 10},{k}" for k in range(6)]


def write(folder, lines):
    path = folder / "mine.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_the_file_that_ships_is_the_one_that_is_made(tmp_path):
    MADE["write_states"](tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == SHIPPED.read_bytes()
    states, (t, x) = read_states(SHIPPED, {"q": 1e-3}), MADE["two_masses"]()
    np.testing.assert_allclose(states.t, t)
    off = (states.q - x[..., :2]) / x[..., :2].std()
    assert off.std() == pytest.approx(MADE["MOTION_NOISE"], rel=0.1)
    assert states.v is None and states.x is states.q
    assert states.columns == ["t (s)", "trajectory", "q1 (mm)", "q2 (mm)"]


def test_velocities_units_order_and_blank_lines(tmp_path):
    lines = ["v1 [mm/ms], q1 [mm], t [ms]", *(f"{-k},{k},{k}" for k in range(5)), "", " , "]
    states = read_states(write(tmp_path, lines), {"t": 1e-3, "q": 1e-3})
    np.testing.assert_allclose(states.t, np.arange(5) * 1e-3)
    np.testing.assert_allclose(states.x[:, 0], np.stack([states.t, -np.arange(5.0)], axis=1))


def test_trajectories_may_take_turns_and_columns_any_order(tmp_path):
    lines = ["trajectory,t,q2,q1"]
    lines += [f"{name},{k},7,{v}" for k in range(5) for name, v in (("b", k), ("a", -k))]
    states = read_states(write(tmp_path, lines))
    np.testing.assert_allclose(states.q[:, :, 0], np.outer(np.arange(5), [1, -1]))
    assert (states.q[:, :, 1] == 7).all()


def two(second):
    first = [f"a,{k},0" for k in range(5)]
    return ["trajectory,t,q1", *first, *(f"b,{k},0" for k in second)]


BAD = [
    (GOOD[:3] + ["0.2,x"], "line 4, column q1: there must be a finite number; got 'x'"),
    (GOOD[:3] + ["", "0.2"], "line 5, column q1: there must be a finite number; got ''"),
    (GOOD[:3] + ["0.2,1,1"], "Expected 2 fields in line 4, saw 3"),
    (GOOD + ["0.05,1"], "line 8, column t: times must rise .*; got 0.05 after 0.5"),
    (["t,q2", *GOOD[1:]], "line 1: .* the columns must be t, q1; got t, q2"),
    (["t,q1,v2", "0,0,0"], "must be t, q1, v1; got t, q1, v2"),
    (["t,x", *GOOD[1:]], "must be t, q1; got t, x"),
    (["t,t,q1", "0,0,0"], "must be t, q1; got t, t, q1"),
    (GOOD[:4], "there must be at least 5 times; got 3"),
    (["t,q1"], "its first line must name the columns, and numbers must follow"),
    ([""], "it must be a CSV file in UTF-8; No columns"),
    (two([0, 1, 2.5, 3, 4]), "line 9, column t: trajectory b .* at 2; got 2.5"),
    (two([0, 1, 2]), "trajectory b must have the 5 times of trajectory a; got 3"),
]


@pytest.mark.parametrize(("lines", "message"), BAD)
def test_bad_files(tmp_path, lines, message):
    with pytest.raises(ValueError, match=f"mine.csv.*{message}") as caught:
        read_states(write(tmp_path, lines))
    assert "\n" not in str(caught.value)


def test_bad_arguments(tmp_path):
    with pytest.raises(ValueError, match=r"none\.csv: there is no such file"):
        read_states(tmp_path / "none.csv")
    (tmp_path / "mine.csv").write_bytes(b"\xff\xfe\x00t")
    with pytest.raises(ValueError, match="it must be a CSV file in UTF-8"):
        read_states(tmp_path / "mine.csv")
    for units, message in (({"m": 1.0}, "t, q; got 'm'"), ({"q": 0}, r"\['q'\] must be positive")):
        with pytest.raises(ValueError, match=f"units.*{message}"):
            read_states(SHIPPED, units)
