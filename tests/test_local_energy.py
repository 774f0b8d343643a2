"""One small network for every element: derivatives, training, and what it never saw."""

import numpy as np
import pytest
import torch

from dlnn_utils import (
    IntegrationError,
    LargePlate,
    LocalDiffusion,
    Plate,
    ScalarNetwork,
    diffusivity,
    elements_of,
    fit_local,
    grains,
    integrate,
    relative_error,
    train_adam,
)

T = np.array([0.0, 1e-3, 1e-2, 0.1])


def images(plate, seed=0):
    """Four images of a plate that starts with random concentrations, and their rates."""
    start = np.random.default_rng(seed).uniform(size=(2, plate.n))
    c = plate.evolve(start, T[:2]).reshape(-1, plate.n)
    return c, plate.rate(c)


def blob(m):
    """A start that training has not seen."""
    x = np.arange(m + 1) / m
    return np.exp(-((x[:, None] - 0.3) ** 2 + (x - 0.6) ** 2) / 0.02).ravel()


def error(model, D):
    """Error of a trajectory from the unseen start on the microstructure D."""
    truth = LargePlate.of(D).evolve(blob(len(D)), T)
    return relative_error(model.on(D).evolve(blob(len(D)), T), truth)


@pytest.fixture(scope="module")
def model():
    """Trained on four images of one small plate."""
    plate = LargePlate.of(grains(15))
    return fit_local(*images(plate), plate.D, widths=(10,), target=1e-24)


@pytest.fixture
def untrained():
    """Of 3 x 3 elements, its network without any symmetry."""
    return LocalDiffusion(ScalarNetwork(8, (5, 4), "silu", seed=1), grains(3))


def test_the_large_plate_is_the_plate():
    D = grains(6)
    plate, large = Plate.of(D), LargePlate.of(D)
    np.testing.assert_allclose(np.diag(large.mass), plate.M, atol=1e-15)
    np.testing.assert_allclose(large.K.toarray(), plate.K, atol=1e-14)
    np.testing.assert_allclose(large.fastest(), plate.modes[0][-1])
    start = np.random.default_rng(0).uniform(size=(2, plate.n))
    for t in (T, -0.01 * T):
        np.testing.assert_allclose(large.evolve(start, t), plate.evolve(start, t), atol=1e-9)
    np.testing.assert_allclose(large.rate(start), plate.rate(start), atol=1e-11)


def test_the_force_is_minus_the_gradient_of_the_summed_energy(untrained):
    x = torch.rand(2, 16, dtype=torch.float64, requires_grad=True)
    energy = untrained.network.value(untrained.inputs(x)).sum()
    (gradient,) = torch.autograd.grad(energy, x)
    torch.testing.assert_close(untrained.prediction(x), -gradient)
    torch.testing.assert_close(untrained.rate(x) * untrained.mass, -gradient)


def test_stiffness_and_jacobian_are_derivatives_of_force_and_rate(untrained):
    x = torch.rand(16, dtype=torch.float64)
    for matrix, function, sign in (
        (untrained.stiffness(x), untrained.prediction, -1),
        (untrained.jacobian(x), untrained.rate, 1),
    ):
        exact = torch.autograd.functional.jacobian(lambda x, f=function: f(x[None])[0], x)
        np.testing.assert_allclose(matrix.toarray(), sign * exact, atol=1e-12)


def test_the_jacobian_by_the_weights_is_that_of_autograd(untrained):
    x = torch.rand(2, 16, dtype=torch.float64)
    r, J = untrained.prediction_and_jacobian(x)
    torch.testing.assert_close(r, untrained.prediction(x))
    for b, i in ((0, 0), (0, 5), (1, 10)):
        row = torch.autograd.grad(untrained.prediction(x)[b, i], untrained.weights)
        torch.testing.assert_close(J[b, i], torch.cat([part.reshape(-1) for part in row]))


def test_homogeneity_vanishes_for_a_quadratic_form_alone(model, untrained):
    x = torch.rand(2, model.n, dtype=torch.float64)
    with torch.no_grad():
        assert untrained.homogeneity(x[:, :16]).abs().max() > 1e-3
        assert model.homogeneity(x).abs().max() < 1e-10


def test_it_learns_and_follows_an_unseen_start(model):
    assert model.n_weights == 100
    assert model.history.loss[-1] < 1e-18
    assert error(model, grains(15)) < 1e-5


@pytest.mark.parametrize(
    "D",
    [
        diffusivity(elements_of("l_shape", 15)),
        diffusivity(elements_of("cross", 15), 0.7, 0.03),
        grains(31, seed=1),
    ],
    ids=["another shape", "other diffusivities", "a finer mesh"],
)
def test_the_same_network_serves_what_it_never_saw(model, D):
    assert error(model, D) < 1e-5


def test_two_diffusivities_do_not_tell_of_a_third():
    plate = LargePlate.of(diffusivity(elements_of("square", 15)))
    two = fit_local(*images(plate), plate.D, target=1e-24)
    assert error(two, diffusivity(elements_of("l_shape", 15))) < 1e-5
    force = -two.on(np.full((2, 2), 0.3)).stiffness(np.zeros(9)) @ np.arange(9.0)
    assert relative_error(force, LargePlate.of(np.full((2, 2), 0.3)).force(np.arange(9.0))) > 0.1


def test_first_order_training_does_not_get_there():
    plate = LargePlate.of(grains(15))
    options = dict(optimiser=train_adam, epochs=300, batch_size=4, learning_rate=1e-2)
    slow = fit_local(*images(plate), plate.D, widths=(10,), **options)
    assert len(slow.history.loss) == 300
    assert slow.history.loss[-1] > 1e-6
    assert slow.history.loss[-1] < 0.1 * slow.history.loss[0]


@pytest.mark.parametrize("widths", [(10,), (16,)])
def test_training_arrives_from_every_seed(widths):
    for seed in range(10):
        plate = LargePlate.of(grains(7, seed))
        options = dict(widths=widths, target=1e-20, seed=seed)
        assert fit_local(*images(plate), plate.D, **options).history.stop == "target", seed


def test_64_by_64_pixels_are_learned_in_a_few_steps():
    plate = LargePlate.of(grains(63))
    c, cdot = images(plate)
    model = fit_local(c[:2], cdot[:2], plate.D, widths=(10,), target=1e-22)
    assert model.history.stop == "target"
    assert error(model, diffusivity(elements_of("cross", 63))) < 0.01


def test_two_starts_are_two_runs_and_back_is_only_as_far_as_it_goes(model):
    starts = np.stack([blob(15), 1 - blob(15)])
    both = model.evolve(starts, T)
    np.testing.assert_array_equal(both[:, 1], model.evolve(starts[1], T))
    there = both[1]
    assert np.abs(model.evolve(there, [1e-3, 0], rtol=1e-9, atol=1e-11)[1] - starts).max() < 1e-4
    with pytest.raises(
        IntegrationError, match=r"^back over 0.5 s the fastest mode grows by exp\("
    ):
        model.evolve(there[0], [0.5, 0])


def test_wrong_input_is_told_in_one_line():
    plate = LargePlate.of(grains(3))
    c, cdot = images(plate)
    for D, mass, message in (
        (np.ones((3, 2)), None, r"D must hold m x m elements, m at least 1; got shape \(3, 2\)"),
        (-plate.D, None, "D must be positive in every element; got -1"),
        (plate.D, np.ones(9), r"mass must have shape \(16\); got \(9,\)"),
        (plate.D, np.zeros(16), "mass must be positive at every pixel; got 0"),
        (np.ones((4, 4)), None, r"c must have shape \(any, 25\); got \(4, 16\)"),
    ):
        with pytest.raises(ValueError, match=message) as caught:
            fit_local(c, cdot, D, mass=mass)
        assert "\n" not in str(caught.value)
    with pytest.raises(ValueError, match=r"cdot must have shape \(4, 16\); got \(2, 16\)"):
        fit_local(c, cdot[:2], plate.D)
    with pytest.raises(ValueError, match="has no option 'step'"):
        fit_local(c, cdot, plate.D, step=1)
    with pytest.raises(ValueError, match="without the soft prior"):
        fit_local(c, cdot, plate.D, constant_coefficients=0.1)
    with pytest.raises(ValueError, match="needs 8 inputs, its corners and these times D; got 5"):
        LocalDiffusion(ScalarNetwork(5), plate.D)
    model = LocalDiffusion(ScalarNetwork(8), plate.D)
    with pytest.raises(ValueError, match="jacobian is taken for one start at a time; got 4 start"):
        integrate(model.rate, c, T, method="BDF", jacobian=model.jacobian)
