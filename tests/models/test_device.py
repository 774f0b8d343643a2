"""Where training and prediction run: the CPU, or a GPU if there is one."""

import numpy as np
import pytest
import torch

from dlnn_utils import fit_diffusion, fit_mechanics, table_1

needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no GPU here")
needs_none = pytest.mark.skipif(torch.cuda.is_available(), reason="torch finds a GPU here")
K = np.array([[1.0, -0.4], [-0.4, 1.0]])


def fit(**options):
    """A fitted model of two pixels."""
    c = np.random.default_rng(0).uniform(size=(40, 2))
    return fit_diffusion(c, -c @ K, widths=(6,), max_steps=20, **options)


def mechanics(**options):
    """A fitted model of the two masses."""
    x = np.random.default_rng(0).normal(size=(100, 4))
    q, v, a = x[:, :2], x[:, 2:], table_1().rate(x)[:, 2:]
    return fit_mechanics(q, v, a, M=np.eye(2), widths=(12,), max_steps=20, **options)


every_fit = pytest.mark.parametrize("fitted", [fit, mechanics])


@needs_none
@every_fit
def test_a_gpu_that_is_not_there_is_told_in_one_line(fitted):
    with pytest.raises(ValueError, match="is 'cuda', but torch finds no GPU here: use \"cpu\"$"):
        fitted(device="cuda")


def test_a_device_that_is_none_is_told_in_one_line():
    with pytest.raises(ValueError, match='device must be "cpu" or "cuda"; got \'gpu\''):
        fit(device="gpu")


@every_fit
def test_naming_the_cpu_changes_nothing(fitted):
    for named, unnamed in zip(fitted(device="cpu").weights, fitted().weights):
        torch.testing.assert_close(named, unnamed, rtol=0, atol=0)


@needs_gpu
@every_fit
def test_a_gpu_learns_the_same_in_float64_and_evolves_arrays(fitted):
    here, there = fitted(), fitted(device="cuda")
    assert all(w.is_cuda and w.dtype == torch.float64 for w in there.weights)
    np.testing.assert_allclose(there.history.loss[:4], here.history.loss[:4], rtol=1e-6)
    start = np.full(there.n_columns, 0.1)
    assert there.evolve(start, [0.0, 0.1]).shape == (2, len(start))


@needs_gpu
def test_adam_runs_on_a_gpu():
    c = np.random.default_rng(0).uniform(size=(40, 2))
    model = fit_diffusion(c, -c @ K, optimiser="adam", epochs=3, device="cuda")
    assert model.network.input_scale.is_cuda
    assert np.isfinite(model.history.loss).all()
