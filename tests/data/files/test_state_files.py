"""Reading one's own states from files of many forms."""

from runpy import run_path

import numpy as np
import pytest

from dlnn_utils import read_states
from dlnn_utils.reproduce.engine.paths import ROOT

MADE = run_path(str(ROOT / "data/make.py"))
SHIPPED = ROOT / "data/two_masses.csv"
GOOD = ["t,q1"] + [f"{k / 10},{k}" for k in range(6)]
T, Q = np.arange(6) * 0.5, np.array([0.0, 1.25, -2.5, 3.75, 1000.5, 6.0])
ROWS = list(zip(T, Q))


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
    assert states.v is None
    assert states.columns == ["t (s)", "trajectory", "q1 (mm)", "q2 (mm)"]


def text(header="t,q1", line="{t},{q}", end="\n", encoding="utf-8", before="", mark="."):
    lines = [line.format(t=t, q=q).replace(".", mark) for t, q in ROWS]
    return (before + end.join([*header.split("\n"), *lines]) + end).encode(encoding)


FORMS = {  # name: content, what the report says
    "plain": (text(), "commas"),
    "units": (text("t [s],q1 [mm]"), "t = t [s]"),
    "quoted": (text('"t","q1"', '"{t}","{q}"'), ""),
    "byte order mark": (text(encoding="utf-8-sig"), ""),
    "CRLF": (text(end="\r\n"), ""),
    "CR": (text(end="\r"), ""),
    "blank lines": (text() + b"\n\n", ""),
    "semicolons": (text("t;q1", "{t};{q}"), "semicolons"),
    "decimal commas": (text("t;q1", "{t};{q}", mark=","), "decimal commas"),
    "tabs": (text("t\tq1", "{t}\t{q}"), "tabs"),
    "spaces": (text("t   q1", "{t}  {q}"), "spaces"),
    "comments": (text(before="# a phone\n# 60 Hz\n"), "2 comment lines"),
    "percent": (text(before="% made by hand\n"), "1 comment lines"),
    "commented header": (text("# t q1", "{t} {q}"), ""),
    "row of units": (text("t,q1\ns,mm"), "holds units: s, mm"),
    "sep=": (text("t;q1", "{t};{q}", before="sep=;\n"), "semicolons"),
    "no header": (text(before="").split(b"\n", 1)[1], "no header"),
    "time and x": (text("time,x"), "q1 = x"),
    "capitals": (text("Time (s),Position (m)"), "q1 = Position (m)"),
    "underscores": (text("t_s,q1_mm"), "q1 = q1_mm"),
    "UTF-16": (text(encoding="utf-16"), "UTF-16"),
    "Latin-1": (text("t,theta [°]", encoding="latin-1"), "Latin-1"),
    "a remark": (text("t,q1,remark", "{t},{q},fine"), "left out: remark"),
    "an index": (text(",t,q1", "7,{t},{q}"), ""),
    "a trailing comma": (text(line="{t},{q},"), ""),
    "thousands": (text().replace(b"1000.5", b'"1,000.5"'), ""),
    "Fortran": (text(line="{t:.1f}D0,{q:.6E}").replace(b"E+", b"D+"), ""),
    "minus sign": (text().replace(b"-2.5", "\N{MINUS SIGN}2.5".encode()), ""),
    "a time twice": (text().replace(b"0.5,", b"0.5,1.0\n0.5,1.5\n0.5,", 1), "2 repeated times"),
    "missing": (text() + b"3.0,\n3.5,NaN\n", "2 lines with missing values"),
}


@pytest.mark.parametrize("form", FORMS)
def test_forms_of_one_recording(tmp_path, form):
    content, said = FORMS[form]
    (tmp_path / "mine.csv").write_bytes(content)
    states = read_states(tmp_path / "mine.csv")
    np.testing.assert_allclose(states.t, T)
    np.testing.assert_allclose(states.q[:, 0, 0], Q)
    assert said in states.report and "1 recording of 6 times" in states.report
    assert "\n" not in states.report and not states.first_order


def test_times_of_day_dates_and_seconds_since_1970(tmp_path):
    clock = ["t,q1", *(f"12:00:0{k}.5,{k}" for k in range(6))]
    dates = ["t,q1", *(f"2026-01-01T12:00:0{k},{k}" for k in range(6))]
    epoch = ["t,q1", *(f"{1767268800 + k},{k}" for k in range(6))]
    for lines, first in ((clock, 43200.5), (dates, 1767268800), (epoch, 1767268800)):
        states = read_states(write(tmp_path, lines))
        np.testing.assert_allclose(states.t, first + np.arange(6), rtol=0, atol=1e-6)


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


def test_trajectories_of_their_own_times_and_lengths(tmp_path):
    lines = ["run,t,x", *(f"a,{k},{k}" for k in range(6)), *(f"b,{k / 2},{-k}" for k in range(5))]
    states = read_states(write(tmp_path, lines))
    assert [len(t) for t, _ in states.runs] == [6, 5]
    np.testing.assert_allclose(states.runs[1][1][:, 0], -np.arange(5))
    with pytest.raises(ValueError, match="each recording has times of its own; use .runs"):
        _ = states.q


@pytest.mark.parametrize("header", ["t,q1,q1", "t,run 1,run 2", "t,left,right"])
def test_trajectories_side_by_side(tmp_path, header):
    given = {"left": "q1", "right": "q1"} if "left" in header else None
    lines = [header, *(f"{k},{k},{-k}" for k in range(5))]
    states = read_states(write(tmp_path, lines), columns=given)
    np.testing.assert_allclose(states.q[:, :, 0], np.outer(np.arange(5), [1, -1]))


def test_concentrations_are_of_first_order(tmp_path):
    lines = ["t,c1,c2", *(f"{k},{k},{-k}" for k in range(5))]
    states = read_states(write(tmp_path, lines), {"c": 2.0})
    np.testing.assert_allclose(states.x[:, 0], np.outer(np.arange(5), [2, -2]))
    assert states.first_order and states.v is None


def test_arrays_of_numpy_and_matlab(tmp_path):
    from scipy.io import savemat

    t, q = np.linspace(0, 1, 6), np.random.default_rng(0).normal(size=(6, 3, 2))
    np.savez(tmp_path / "deep.npz", t=t, q=q)
    np.savez(tmp_path / "flat.npz", t=t, q=q[:, 0])
    savemat(tmp_path / "mine.mat", {"time": t, "x": q[:, 0, 0]})
    np.testing.assert_allclose(read_states(tmp_path / "deep.npz").q, q)
    np.testing.assert_allclose(read_states(tmp_path / "flat.npz").q[:, 0], q[:, 0])
    np.testing.assert_allclose(read_states(tmp_path / "mine.mat").q[:, 0, 0], q[:, 0, 0])


def two(second):
    first = [f"a,{k},0" for k in range(5)]
    return ["trajectory,t,q1", *first, *(f"b,{k},0" for k in second)]


AMBIGUOUS = ["t;q1", *(f"{k},125;{k},250" for k in range(1, 6))]
BAD = [
    (GOOD[:3] + ["0.2,x"], "line 4, column q1: there must be a finite number; got 'x'"),
    (GOOD[:3] + ["0.2,inf"], "line 4, column q1: there must be a finite number; got 'inf'"),
    (GOOD + ["0.7,1,1"], "each line must have as many cells; Expected 2 fields in line 8, saw 3"),
    (
        GOOD + ["0.05,1"],
        "line 8, column t: times must rise .*; got 0.05 after 0.5; a column",
    ),
    (["t,q2", *GOOD[1:]], "line 1: .* columns must be t, q1, or say which is which.*; got t, q2"),
    (["t,q1,v2", *(f"{k},0,0" for k in range(5))], "must be t, q1, v1, or.*; got t, q1, v2"),
    (["t,volts", *GOOD[1:]], r'must be t, q1, or .*columns=\{"volts": "q1"\}; got t, volts'),
    (["t1,q1,t2,q2", *(f"{k},0,{k},0" for k in range(5))], "clock of its own; interpolate to one"),
    (GOOD[:4], "a trajectory must have at least 5 times; got 3"),
    (["t,q1"], "numbers must follow the line that names the columns"),
    (["alone", "1", "2"], "its lines must hold at least two columns; give separator="),
    ([""], "there must be a table in it"),
    (two([0, 1, 2]), "a trajectory must have at least 5 times; got 3"),
    (AMBIGUOUS, 'the comma in .1,125. is ambiguous; give decimal="," or decimal="."'),
]


@pytest.mark.parametrize(("lines", "message"), BAD)
def test_bad_files(tmp_path, lines, message):
    with pytest.raises(ValueError, match=f"mine.csv.*{message}") as caught:
        read_states(write(tmp_path, lines))
    assert "\n" not in str(caught.value)


def test_people_can_overrule_what_was_found(tmp_path):
    commas = read_states(write(tmp_path, AMBIGUOUS), decimal=",")
    np.testing.assert_allclose(commas.q[:, 0, 0], np.arange(1, 6) + 0.25)
    thousands = read_states(write(tmp_path, AMBIGUOUS), decimal=".")
    np.testing.assert_allclose(thousands.q[:, 0, 0], 1000 * np.arange(1, 6) + 250)


def test_bad_arguments(tmp_path):
    with pytest.raises(ValueError, match=r"none\.csv: there is no such file"):
        read_states(tmp_path / "none.csv")
    (tmp_path / "mine.csv").write_bytes(b"\x00\x01\x02t")
    with pytest.raises(ValueError, match="it must be a table as text"):
        read_states(tmp_path / "mine.csv")
    for units, message in (({"m": 1.0}, "got 'm'"), ({"q": 0}, r"\['q'\] must be positive")):
        with pytest.raises(ValueError, match=f"units.*{message}"):
            read_states(SHIPPED, units)
    for columns, message in (({"z": "q1"}, "got 'z'"), ({"q1": "mass"}, "got 'mass'")):
        with pytest.raises(ValueError, match=f"columns must .*{message}"):
            read_states(SHIPPED, columns=columns)
    for name, cure in (("mine.xlsx", "pip install openpyxl|Excel"), ("mine.h5", "h5py|read")):
        (tmp_path / name).write_bytes(b"no")
        with pytest.raises(ValueError, match=cure):
            read_states(tmp_path / name)
