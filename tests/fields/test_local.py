"""One small network for every element: derivatives, training, and what it never saw."""

import numpy as np
import pytest
import torch

from dlnn_utils import (
    IntegrationError,
    LocalDiffusion,
    Plate,
    ScalarNetwork,
    diffusivity,
    elements_of,
    fit_local,
    grains,
    relative_error,
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
    truth = Plate.of(D).evolve(blob(len(D)), T)
    return relative_error(model.on(D).evolve(blob(len(D)), T), truth)


@pytest.fixture(scope="module")
def model():
    """Trained on four images of one small plate."""
    plate = Plate.of(grains(7))
    return fit_local(*images(plate), plate.D, widths=(10,), target=1e-22)


@pytest.fixture
def untrained():
    """Of 3 x 3 elements, its network without any symmetry."""
    return LocalDiffusion(ScalarNetwork(8, (5, 4), "silu", seed=1), grains(3))


def test_rates_of_tensors_are_those_of_arrays_and_autograd_follows_them(untrained):
    x = torch.rand(2, 16, dtype=torch.float64)
    rates = untrained.rates(x).detach().numpy()
    np.testing.assert_allclose(rates, untrained.rate(x.numpy()), atol=1e-14)
    exact = torch.autograd.functional.jacobian(lambda c: untrained.rates(c[None])[0], x[0])
    np.testing.assert_allclose(untrained.jacobian(x[0].numpy()).toarray(), exact, atol=1e-12)


def test_the_law_falls_down_the_summed_energy_of_its_corners(untrained):
    c, D = torch.rand(4, 4, dtype=torch.float64, requires_grad=True), torch.as_tensor(untrained.D)
    corners = torch.stack([c[:-1, :-1], c[:-1, 1:], c[1:, 1:], c[1:, :-1]], -1).reshape(-1, 4)
    inputs = torch.cat([corners, D.reshape(-1, 1) * corners], 1)
    energy = untrained.network.value(inputs).sum()
    assert np.isclose(untrained.energy(c.detach().numpy().ravel())[0], energy.item())
    (gradient,) = torch.autograd.grad(energy, c)
    np.testing.assert_allclose(untrained.force(c.detach().numpy().ravel()), gradient.ravel())


@pytest.mark.parametrize(
    "D",
    [
        grains(7),
        diffusivity(elements_of("l_shape", 7)),
        diffusivity(elements_of("cross", 7), 0.7, 0.03),
        grains(11, seed=1),
    ],
    ids=["its own plate", "another shape", "other diffusivities", "a finer mesh"],
)
def test_it_follows_an_unseen_start_on_plates_it_never_saw(model, D):
    assert (model.n_weights, model.history.stop) == (100, "target")
    assert error(model, D) < 1e-5


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_training_arrives_from_every_seed(seed):
    plate = Plate.of(grains(7, seed))
    model = fit_local(*images(plate), plate.D, widths=(10,), target=1e-20, seed=seed)
    assert model.history.stop == "target"


def test_two_starts_are_two_runs_and_back_is_only_as_far_as_it_goes(model):
    starts = np.stack([blob(7), 1 - blob(7)])
    both = model.evolve(starts, T)
    np.testing.assert_array_equal(both[:, 1], model.evolve(starts[1], T))
    there = both[1]
    assert np.abs(model.evolve(there, [1e-3, 0], rtol=1e-7, atol=1e-9)[1] - starts).max() < 1e-4
    with pytest.raises(
        IntegrationError, match="t must not go back 0.5: the fastest mode grows by exp"
    ):
        model.evolve(there[0], [0.5, 0])


@pytest.mark.parametrize(
    ("D", "M", "message"),
    [
        (-np.ones((3, 3)), None, "D must be positive in every element; got -1"),
        (np.ones((3, 3)), np.ones((16, 16)) + np.eye(16), "M must be diagonal"),
        (np.ones((4, 4)), None, r"c must have shape \(any, 25\); got \(4, 16\)"),
    ],
)
def test_wrong_plates_are_told(D, M, message):
    with pytest.raises(ValueError, match=message):
        fit_local(*images(Plate.of(grains(3))), D, M=M)


def test_wrong_input_is_told():
    with pytest.raises(ValueError, match="needs 8 inputs; got 5"):
        LocalDiffusion(ScalarNetwork(5), grains(3))


def test_a_stiff_path_is_given_up_after_so_many_rates(model):
    with pytest.raises(IntegrationError, match="more than 5 evaluations of the rate"):
        model.evolve(blob(7), T, max_evaluations=5)
