"""Backward diffusion with the operator known: exact, regularised, noisy, and refused."""

import numpy as np
import pytest

from dlnn_utils import (
    Plate,
    Recording,
    Relaxation,
    add_noise,
    diffusivity,
    discrepancy_weight,
    elements_of,
    nodes_of,
    relative_error,
    reverse,
    tikhonov,
    ways_back,
)

T = 0.02
SQUARE = elements_of("square", 7)
RECORDING = Recording.of(Plate.of(diffusivity(SQUARE)), nodes_of(SQUARE), np.linspace(0, T, 11))
PLATE, START, END = RECORDING.plate, RECORDING.c[0], RECORDING.c[-1]


def rng():
    return np.random.default_rng(0)


def test_the_exact_operator_brings_the_start_back():
    assert relative_error(reverse(PLATE, END, T, T), START) < 1e-12
    assert relative_error(RECORDING.back(PLATE, frames=4), RECORDING.c[-5]) < 1e-12
    np.testing.assert_array_equal(reverse(PLATE, END, 0, T), END)


def test_tikhonov_without_weight_is_the_exact_operator():
    x = PLATE.to_weighted(add_noise(END, 1e-3, rng(), 3))
    exact = PLATE.weighted.evolve(x, [T, 0])[1]
    np.testing.assert_allclose(tikhonov(PLATE.weighted, x, T, 0.0), exact, atol=1e-10)


def test_tikhonov_minimises_what_it_says():
    system = Relaxation.of(np.diag([0.0, 1.0, 5.0]))
    x, weight = np.array([[1.0, -0.5, 0.2]]), 0.1
    best = tikhonov(system, x, 1.0, weight)[0]

    def cost(start):
        miss = system.evolve(start, [0, 1.0])[1] - x[0]
        return miss @ miss + weight * start @ start

    changes = [best + step * e for e in np.eye(3) for step in (-1e-3, 1e-3)]
    assert all(cost(changed) > cost(best) for changed in changes)


def test_the_discrepancy_is_the_noise():
    x = PLATE.to_weighted(add_noise(END, 1e-2, rng(), 5))
    weight = discrepancy_weight(PLATE.weighted, x, T, 0.01)
    again = PLATE.weighted.evolve(tikhonov(PLATE.weighted, x, T, weight), [0, T])[1]
    np.testing.assert_allclose(np.linalg.norm(again - x, axis=1), 0.01, rtol=1e-6)


def test_regularisation_pays_where_the_problem_is_ill_posed():
    elements = elements_of("square", 9)
    plate = Plate.of(diffusivity(elements), "consistent")
    recording = Recording.of(plate, nodes_of(elements), np.linspace(0, T, 11))
    errors = ways_back(recording, plate, 1e-3, draws=4)
    np.testing.assert_allclose(errors["network"], errors["exact operator"])
    assert errors["exact operator"].min() > 1e3
    assert errors["Tikhonov"].max() < 1


def test_noise_has_the_size_asked_for():
    noisy = add_noise(END, 1e-3, rng(), 500)
    assert noisy.shape == (500, 64)
    assert np.std(noisy - END) == pytest.approx(1e-3, rel=0.02)
    np.testing.assert_array_equal(add_noise(END, 0.0, rng()), END[None])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: reverse(PLATE, END, 0.03, T), "must lie within the recorded 0.02 s; got 0.03 s"),
        (
            lambda: reverse(PLATE, END, -0.01, T),
            "span must be 0 or more; got -0.01",
        ),
        (lambda: reverse(PLATE, END, np.nan, T), "span must be finite.*; got nan"),
        (lambda: RECORDING.back(PLATE, frames=11), "must lie within the recorded 0.02 s"),
        (lambda: ways_back(RECORDING, PLATE, 1e-3, frames=11), "must lie within the recorded"),
        (lambda: add_noise(END, -1e-3, rng()), "size of the noise must be 0 or more; got -0.001"),
        (lambda: add_noise(END, np.nan, rng()), "size of the noise must be finite"),
        (lambda: add_noise(END, 1e-3, rng(), 0), "draws must be a positive integer; got 0"),
        (lambda: tikhonov(PLATE.weighted, END[None], T, -1), "weight must be 0 or more; got -1"),
        (lambda: discrepancy_weight(PLATE.weighted, END[None], T, 0), "noise must be positive"),
    ],
)
def test_wrong_input_is_refused_in_one_line(call, message):
    with pytest.raises(ValueError, match=message) as refused:
        call()
    assert "\n" not in str(refused.value)
