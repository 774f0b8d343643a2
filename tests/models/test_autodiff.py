"""The losses by definition agree with the closed form, and tell when they should not."""

import pytest
import torch

from dlnn_utils.models import autodiff as oracle
from dlnn_utils.models.motion import Diffusion, Mechanics
from dlnn_utils.models.network import ScalarNetwork
from dlnn_utils.systems.linear import Relaxation, lehmer, table_1
from dlnn_utils.training.loss import data_loss

GENERATOR = torch.Generator().manual_seed(0)
C, CDOT = 2 * torch.rand(2, 20, 4, generator=GENERATOR, dtype=torch.float64) - 1


@pytest.mark.parametrize("activation", ["tanh", "silu", "softplus", "quadratic_silu"])
def test_closed_form_losses_agree(activation):
    network = ScalarNetwork(4, widths=(12, 9), activation=activation, seed=1)
    cdot = torch.tensor(Relaxation.of(lehmer(4)).rate(C))
    loss = data_loss(Diffusion(network, form="hessian"), C, cdot)
    assert oracle.difference(network, loss, oracle.diffusion_loss(network, C, cdot)) < 1e-12

    M = torch.tensor([[2.0, 0.5], [0.5, 1.0]], dtype=torch.float64)
    rate, model = torch.tensor(table_1().rate(C)), Mechanics(network, M, form="hessian")
    loss = data_loss(model, C, model.target(rate))
    reference = oracle.mechanics_loss(network, M, C[:, :2], C[:, 2:], rate[:, 2:])
    assert oracle.difference(network, loss, reference) < 1e-12


def test_other_form_of_the_rate_is_told_apart():
    network = ScalarNetwork(4, widths=(8, 6), activation=("silu", "tanh"), seed=3)
    loss = data_loss(Diffusion(network, form="euler-lagrange"), C, CDOT)
    assert oracle.difference(network, loss, oracle.diffusion_loss(network, C, CDOT)) > 1e-3
