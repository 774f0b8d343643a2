"""The losses by definition agree with the closed form, and tell when they should not."""

import pytest
import torch

from dlnn_utils import oracle
from dlnn_utils.models import Diffusion, Mechanics
from dlnn_utils.network import ScalarNetwork
from dlnn_utils.systems import Relaxation, lehmer, table_1
from dlnn_utils.training import data_loss

GENERATOR = torch.Generator().manual_seed(0)


def uniform(*shape):
    return 2 * torch.rand(*shape, generator=GENERATOR, dtype=torch.float64) - 1


@pytest.fixture
def network():
    return ScalarNetwork(4, widths=(8, 6), activation=("silu", "tanh"), seed=3)


@pytest.mark.parametrize("activation", ["tanh", "silu", "softplus", "quadratic_silu"])
def test_closed_form_losses_agree(activation):
    network = ScalarNetwork(4, widths=(12, 9), activation=activation, seed=1)
    c, truth = uniform(20, 4), table_1()
    cdot = torch.tensor(Relaxation.of(lehmer(4)).rate(c))
    loss = data_loss(Diffusion(network, form="hessian"), c, cdot)
    assert oracle.difference(network, loss, oracle.diffusion_loss(network, c, cdot)) < 1e-12

    x, M = uniform(20, 4), torch.tensor([[2.0, 0.5], [0.5, 1.0]], dtype=torch.float64)
    rate, model = torch.tensor(truth.rate(x)), Mechanics(network, M, form="hessian")
    loss = data_loss(model, x, model.target(rate))
    reference = oracle.mechanics_loss(network, M, x[:, :2], x[:, 2:], rate[:, 2:])
    assert oracle.difference(network, loss, reference) < 1e-12


def test_other_form_of_the_rate_is_told_apart(network):
    c, cdot = uniform(20, 4), uniform(20, 4)
    loss = data_loss(Diffusion(network, form="euler-lagrange"), c, cdot)
    assert oracle.difference(network, loss, oracle.diffusion_loss(network, c, cdot)) > 1e-3


def test_nested_hessian_is_that_of_a_quadratic_form():
    network = ScalarNetwork(3, widths=(5,), activation="quadratic", seed=2)
    W, w = network.weights[0], network.weights[1][0]
    H = oracle.nested_hessian(network, uniform(2, 3))
    torch.testing.assert_close(H, (W.T * w @ W).expand(2, 3, 3), rtol=0, atol=1e-14)
