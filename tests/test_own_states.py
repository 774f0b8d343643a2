"""Reading a CSV of one's own states."""

import numpy as np
import pytest

from dlnn_utils import read_states
from dlnn_utils.companion.paths import ROOT
from dlnn_utils.samples import MOTION_NOISE, two_masses, write_states

SHIPPED = ROOT / "data/two_masses.csv"
GOOD = ["t,q1"] + [f"{k / 10},{k}" for k in range(6)]


def test_the_file_that_ships_is_the_one_that_is_made(tmp_path):
    write_states(tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == SHIPPED.read_bytes()


def test_it_holds_the_motion_in_metres_with_its_noise():
    states, (_, t, x) = read_states(SHIPPED, {"q": 1e-3}), two_masses()
    np.testing.assert_allclose(states.t, t)
    off = (states.q - x[..., :2]) / x[..., :2].std()
    assert off.std() == pytest.approx(MOTION_NOISE, rel=0.1)
    assert states.v is None and states.x is states.q
    assert states.columns == ["t (s)", "trajectory", "q1 (mm)", "q2 (mm)"]


def write(folder, lines):
    path = folder / "mine.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_velocities_units_order_and_blank_lines(tmp_path):
    lines = ["v1 [mm/ms], q1 [mm], t [ms]", *(f"{-k},{k},{k}" for k in range(5)), "", " , "]
    states = read_states(write(tmp_path, lines[:-1]), {"t": 1e-3, "q": 1e-3})
    np.testing.assert_allclose(states.t, np.arange(5) * 1e-3)
    np.testing.assert_allclose(states.x[:, 0], np.stack([states.t, -np.arange(5.0)], axis=1))


def test_trajectories_may_take_turns(tmp_path):
    lines = ["trajectory,t,q1"]
    lines += [f"{name},{k},{value}" for k in range(5) for name, value in (("a", k), ("b", -k))]
    states = read_states(write(tmp_path, lines))
    np.testing.assert_allclose(states.q[:, :, 0], np.outer(np.arange(5), [1, -1]))


def two(second):
    first = [f"a,{k},0" for k in range(5)]
    return ["trajectory,t,q1", *first, *(f"b,{k},0" for k in second)]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (GOOD[:3] + ["0.2,x"] + GOOD[4:], "line 4, column q1: there must be a number; got 'x'"),
        (GOOD[:3] + ["0.2,"] + GOOD[4:], "line 4, column q1: there must be a number; got ''"),
        (GOOD[:3] + ["0.2,nan"], "line 4, column q1: numbers must be finite; got 'nan'"),
        (GOOD[:3] + ["0.2"], "line 4: there must be 2 cells; got 1"),
        (GOOD[:3] + ["0.05,1"], "line 4, column t: times must rise .*; got 0.05 after 0.1"),
        (["t,q2", *GOOD[1:]], "line 1: there is no column q1; got t, q2"),
        (["q1,q2", *GOOD[1:]], "line 1: there is no column t; got q1, q2"),
        (["t,q1,v2", "0,0,0"], "line 1: there is no column q2; got t, q1, v2"),
        (["t,x", *GOOD[1:]], "line 1: columns are t, trajectory, q1, .*; got 'x'"),
        (["t,t,q1", "0,0,0"], "line 1: column t is there twice"),
        (GOOD[:4], "there must be at least 5 times; got 3"),
        (["t,q1"], "there must be at least 5 times; got 0"),
        ([""], "it is empty; its first line must name the columns"),
        (two([0, 1, 2.5, 3, 4]), "line 9, column t: trajectory b .* at 2; got 2.5"),
        (two([0, 1, 2]), "trajectory b must have the 5 times of trajectory a; got 3"),
    ],
)
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
    with pytest.raises(ValueError, match="""units has "t" and "q"; got 'm'"""):
        read_states(SHIPPED, {"m": 1.0})
    with pytest.raises(ValueError, match=r"units\['q'\] must be a positive number; got 0"):
        read_states(SHIPPED, {"q": 0})
