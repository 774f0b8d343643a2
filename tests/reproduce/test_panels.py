"""What panels draw, and that a figure's numbers are those of its artists."""

import csv

import matplotlib.pyplot as plt
import numpy as np
import pytest

from dlnn_utils.reproduce.drawing import panels
from dlnn_utils.reproduce.drawing.numbers import numbers
from dlnn_utils.reproduce.drawing.style import COLOURS, PALETTE, save_figure, use_style
from dlnn_utils.reproduce.spread import Spread

T = np.linspace(0, 1, 5)
PATHS = np.random.default_rng(0).normal(size=(5, 3, 2))


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def saved(fig, path):
    """The columns of a figure's CSV, by name."""
    save_figure(fig, path, {})
    with open(f"{path}.csv", newline="") as file:
        return {name: column for name, *column in zip(*csv.reader(file), strict=True)}


def test_a_changed_line_changes_the_csv(tmp_path):
    fig, ax = plt.subplots()
    panels.curves(ax, T, {"a": T, "b": 2 * T}, xlabel="time $t$ (s)", ylabel=r"rate $\dot q_1$")
    before = saved(fig, tmp_path / "before")
    assert list(before) == ["time t (s)", "a, rate dot q_1", "b, rate dot q_1"]
    ax.lines[1].set_data(T[:4], 3 * T[:4])
    after = saved(fig, tmp_path / "after")
    assert before["a, rate dot q_1"] == after["a, rate dot q_1"]
    assert after["b, rate dot q_1"] == ["0", "0.75", "1.5", "2.25", ""]


def test_numbers_hold_what_is_drawn_over_the_data_and_nothing_else():
    fig, (left, right) = plt.subplots(1, 2)
    panels.curves(left, T, {"a": np.outer(T, np.arange(1, 100))}, ylabel="y")
    left.axhline(7, label="seven")
    panels.curves(right, T, {"a": T, "b": T**2}, title="right", ylabel="height")
    found = numbers(fig)
    assert list(found)[:4] == ["x", "a, y", "a 50, y", "a 99, y"]  # three of many
    assert list(found)[4:] == ["right: a, height", "right: b, height"]
    np.testing.assert_array_equal(found["right: b, height"], T**2)


def test_a_plane_draws_every_path_and_names_it():
    fig, ax = plt.subplots()
    panels.plane(ax, {"exact": PATHS, "one": -PATHS[:, 0]}, starts="start", legend="below")
    found = numbers(fig)
    np.testing.assert_array_equal([found["exact 3, x"], found["exact 3"]], PATHS[:, 2].T)
    np.testing.assert_array_equal(found["start, x"], PATHS[0, :, 0])
    assert [text.get_text() for text in ax.get_legend().texts] == ["start", "exact", "one"]


def test_errors_stand_beside_their_plane_also_backward():
    marks, errors = {"origin": ([0], [0], "k*")}, {"a": np.array([0, 1e-6, 1e-5, 1e-4, 1e-3])}
    labels = ("$c_1$", "$c_2$", "largest error")
    fig, right = panels.plane_with_errors({"exact": PATHS}, T[::-1], errors, labels, marks=marks)
    assert right.get_xlim() == (1, 0)
    assert right.get_ylim()[0] > 1e-7  # the error of the start, 0, is left out
    np.testing.assert_array_equal(numbers(fig)["a, largest error"], errors["a"])
    assert numbers(fig)["origin, c_1"] == [0]


def test_what_blows_up_is_marked_in_a_band_and_keeps_its_number():
    fig, ax = plt.subplots()
    errors = np.array([0, 1e-3, 1e9, np.inf, 1])
    panels.curves(ax, T, {"a": errors}, log="y", beyond=10)
    fig.draw_without_rendering()
    assert ax.get_ylim()[1] == 90
    np.testing.assert_array_equal(ax.lines[1].get_xdata(), T[2:4])
    np.testing.assert_array_equal(numbers(fig)["a"], errors)


def test_a_spread_is_a_line_in_a_band_with_this_run_marked(tmp_path):
    fig, ax = plt.subplots()
    values = np.array([T + 1, 3 * T + 1, 2 * T + 1])
    curves = {"DLNN": Spread(values, values[0]), "DLNN, SiLU": T, "exact": T}
    panels.curves(ax, T, curves, log="y", ylabel="error")
    panels.reference(ax, 2.0, "paper")
    panels.letters(ax)
    found = saved(fig, tmp_path / "band")
    np.testing.assert_allclose(np.array(found["DLNN, error"], float), 2 * T + 1)
    np.testing.assert_allclose(np.array(found["DLNN, this run, error"], float), T + 1)
    np.testing.assert_allclose(np.array(found["DLNN, least, error"], float), T + 1)
    np.testing.assert_allclose(np.array(found["DLNN, largest, error"], float), 3 * T + 1)
    marks, first, other, exact, _ = ax.lines
    assert {line.get_color() for line in (marks, first, other)} == {COLOURS["DLNN"]}
    assert (first.get_linestyle(), other.get_linestyle()) == ("-", "--")
    assert exact.get_color() == COLOURS["exact"]
    assert {"paper ", "(a)"} == {text.get_text() for text in ax.texts}


def test_a_row_of_ranges_shows_every_seed_and_counts_those_that_diverged():
    fig, ax = plt.subplots()
    all_of, some = np.array([2.0, 1.0, 4.0]), np.array([np.nan, 3.0, 5.0])
    groups = {"DLNN": Spread(all_of, all_of[0]), "baseline": Spread(some, some[0])}
    panels.ranges(ax, groups, xlabel="ratio")
    found = {name: list(column) for name, column in numbers(fig).items()}
    assert found["DLNN, ratio"] == [2, 1, 4]
    assert found["DLNN, median, ratio"] == found["DLNN, this run, ratio"] == [2]
    assert found["baseline, ratio"] == [3, 5] and found["baseline, median, ratio"] == [5]
    assert [text.get_text() for text in ax.texts] == ["1 of 3 diverged"]
    fig.draw_without_rendering()
    assert [label.get_text() for label in ax.get_yticklabels()] == list(groups)


def test_images_share_their_scale_and_end_in_the_difference():
    fig, axes = plt.subplots(3, 2)
    rows = {"true": np.arange(8.0).reshape(2, 2, 2), "network": np.ones((2, 2, 2))}
    panels.images(axes, rows, ["0 s", "1 s"], "c", limits=(0, 7), difference="error")
    shown = [ax.images[0] for ax in axes.flat]
    assert {image.get_clim() for image in shown} == {(0, 7), (-6, 6)}
    columns = numbers(fig)
    assert len(columns) == 6
    assert list(columns["true, 1 s, c"]) == [4, 5, 6, 7]
    assert list(columns["difference, 0 s, error"]) == [1, 0, -1, -2]


def test_a_mesh_gives_its_values_and_where_they_are():
    fig, (cells, nodes) = plt.subplots(1, 2)
    cells.pcolormesh(T, T, np.arange(16.0).reshape(4, 4), label="D")
    nodes.pcolormesh(T, T**2, np.arange(25.0).reshape(5, 5), shading="gouraud", label="K")
    nodes.set(xlabel="$c_1$", ylabel="$c_2$")
    wanted = {"D": np.arange(16), "c_1": T, "c_2": T**2, "K": np.arange(25)}
    for name, values in numbers(fig).items():
        np.testing.assert_array_equal(values, wanted.pop(name))
    assert not wanted


def test_the_style_holds_whatever_the_users_is():
    plt.rcParams["font.size"] = 30
    use_style()
    assert plt.rcParams["font.size"] == 8
    assert plt.rcParams["axes.prop_cycle"].by_key()["color"] == list(PALETTE)


def test_points_and_bars_are_numbers_too_and_what_is_not_read_is_refused():
    fig, ax = plt.subplots()
    ax.scatter([1, 2], [3, 4], label="points")
    ax.bar([1, 2], [5, 6], label="bars")
    found = {name: list(column) for name, column in numbers(fig).items()}
    points = {"points, x": [1, 2], "points, y": [3, 4]}
    assert found == points | {"bars, x": [1, 2], "bars, y": [5, 6]}
    ax.quiver([1, 2], [1, 2], [1, 0], [0, 1])
    with pytest.raises(ValueError, match="nothing but lines, .*; got Quiver"):
        numbers(fig)
