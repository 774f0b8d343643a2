"""Plates of unknown material against the plates that made the images."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

import dlnn_utils as dlnn
from dlnn_utils.training.plates.law import Mesh
from dlnn_utils.training.plates.sensitivity import Sensitivity, images_of

M = 12
T = np.linspace(0, 0.05, 40)


def two_phases(seed):
    """Return D of round grains of 0.1 in 1 m^2/s, and an image of ten spots."""
    rng = np.random.default_rng(seed)
    D = np.where(gaussian_filter(rng.normal(size=(M, M)), 0.7) > 0, 1.0, 0.1)
    y, x = np.mgrid[: M + 1, : M + 1] / M
    spots = (np.hypot(x - a, y - b) < 0.1 for a, b in rng.random((10, 2)))
    return D, 0.1 + 0.8 * np.any(list(spots), axis=0)


def recorded(plate, first, seed, noise=0.5):
    """Return 40 images of 8 bits, from a camera with noise of so many grey levels."""
    c = plate.evolve(first.ravel(), T).reshape(len(T), *first.shape)
    noisy = 255 * c + noise * np.random.default_rng(seed).normal(size=c.shape)
    return np.round(np.clip(noisy, 0, 255)) / 255


def test_the_law_on_a_plate_of_one_material_is_the_known_one():
    D = np.random.default_rng(0).uniform(0.1, 1, (5, 5))
    open_plate, plate = dlnn.OpenPlate(D, pixel=[0.2, 0.2]), dlnn.Plate.of(D)
    c = np.random.default_rng(1).uniform(size=plate.n)
    assert np.allclose(open_plate.K.toarray(), plate.K.toarray(), atol=1e-14)
    assert np.allclose(open_plate.evolve(c, [0, 0.1]), plate.evolve(c, [0, 0.1]), atol=1e-12)


def test_a_plate_decays_to_its_background():
    plate = dlnn.OpenPlate(np.ones((3, 4)), [1, 0, 0, 2, 0.5], background=0.3)
    assert np.allclose(plate.evolve(np.linspace(0, 1, 20), [0, 200])[-1], 0.3, atol=1e-9)


def test_the_derivative_and_its_transpose_agree_with_differences():
    rng, t = np.random.default_rng(0), np.linspace(0, 1, 6)
    mesh, h, sides = Mesh(4, 5, (1.0, 1.1)), np.array([0.1, 0, 0.2, 0, 0.3]), (0, 2, 4)
    log_D, u = rng.normal(size=12), rng.normal(size=mesh.n)

    def run(d):
        loss = h.copy()
        loss[list(sides)] *= np.exp(d[12:15])
        K = mesh.stiffness(np.exp(log_D + d[:12]), loss)
        c, means = images_of(mesh, K, u + d[16:] - (0.2 + d[15]), t)
        return c + 0.2 + d[15], means

    J = Sensitivity(mesh, np.exp(log_D), h, sides, run(np.zeros(36))[1], t)
    d, r = rng.normal(size=(36, 1)), rng.normal(size=(6, mesh.n, 1))
    assert np.isclose(np.sum(r * J.forward(d)), np.sum(d * J.mirror(r)), rtol=1e-12)
    e = 1e-5 * d[:, 0]
    slope = (run(e)[0] - run(-e)[0]) / 2e-5
    assert np.linalg.norm(J.forward(d)[..., 0] - slope) < 0.05 * np.linalg.norm(slope)


def test_two_phases_are_found_from_one_recording_of_40_images_of_8_bits():
    seen, within, covered = [], [], []
    for seed in range(2):
        D, first = two_phases(seed)
        images = recorded(dlnn.OpenPlate(D, pixel=[1 / M, 1 / M]), first, seed)
        found = dlnn.fit_plate(T, images, pixel=1 / M)
        assert not found.losses.any() and found.background is None
        seen += [found.seen]
        within += [np.abs(found.D / D - 1) < 0.1]
        covered += [(found.low <= D) & (found.high >= D)]
    seen, within, covered = map(np.array, (seen, within, covered))
    assert seen.mean() > 0.5
    assert within[seen].mean() > 0.9
    assert 0.8 < covered.mean() < 0.97 and covered[seen].mean() > 0.8


def test_an_open_edge_and_the_background_are_learned():
    D, first = two_phases(6)
    plate = dlnn.OpenPlate(D, [0, 0.5, 0, 0, 0], background=0.1, pixel=[1 / M, 1 / M])
    found = dlnn.fit_plate(T, recorded(plate, first, 6), pixel=1 / M)
    assert (found.losses > 0).tolist() == [False, True, False, False, False]
    assert abs(found.losses[1] - 0.5) < 3 * found.losses_error[1] < 0.1
    assert abs(found.background - 0.1) < 3 * found.background_error < 0.05


def test_units_of_length_time_and_image_change_the_answer_by_their_own():
    D, first = two_phases(6)
    images = recorded(dlnn.OpenPlate(D, pixel=[1 / M, 1 / M]), first, 6)[:, :8, :7]
    a = dlnn.fit_plate(T, images, pixel=[0.1, 0.08], losing="none")
    b = dlnn.fit_plate(60 * T + 9, 300 + 7 * images, pixel=[1, 0.8], losing="none")
    assert np.allclose(b.D * 60 / 100, a.D, rtol=1e-6)
    assert np.allclose(b.noise / 7, a.noise, rtol=1e-6)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t, c: (t[::-1], c), "t must rise over at least four times"),
        (lambda t, c: (t, 0 * c + c[0]), "images must change in time; all 40 are equal"),
        (lambda t, c: (t, 0 * c + 0.3), "images must show contrast"),
        (lambda t, c: (t, c[:, :1]), "images must have two rows"),
    ],
)
def test_images_that_tell_nothing_are_refused_in_one_line(change, said):
    t, images = change(T, np.random.default_rng(0).uniform(size=(40, 4, 5)))
    with pytest.raises(ValueError, match=said) as e:
        dlnn.fit_plate(t, images)
    assert "\n" not in str(e.value)
