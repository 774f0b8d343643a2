"""The written-out reverse pass against automatic differentiation of the forward pass."""

import pytest
import torch

from dlnn_utils import ACTIVATIONS, ScalarNetwork
from dlnn_utils.reverse_pass import times


def points(*shape, seed=0):
    rng = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=rng, dtype=torch.float64)


@pytest.mark.parametrize("n_directions", [1, 2, 3])
@pytest.mark.parametrize("widths", [(5,), (2, 6), (4, 5, 6)])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_weights_get_the_derivatives_of_autograd(name, widths, n_directions):
    network = ScalarNetwork(3, widths, name, seed=1)
    network.input_scale.copy_(torch.tensor([0.5, 1.0, 2.0]))
    network.output_scale.fill_(1.7)
    x, *directions = (points(7, 3, seed=i) for i in range(n_directions + 1))
    cotangents = [points(7, 3, seed=10 + i) for i in range(n_directions + 1)]
    written_out = network.gradient_and_hvp(x, *directions)
    with network.recorded():
        by_autograd = network.gradient_and_hvp(x, *directions)
    weights = list(network.parameters())
    options = dict(grad_outputs=cotangents, materialize_grads=True)
    gradients = [torch.autograd.grad(y, weights, **options) for y in (written_out, by_autograd)]
    for ours, theirs in [*zip(written_out, by_autograd), *zip(*gradients)]:
        torch.testing.assert_close(ours, theirs, rtol=1e-11, atol=1e-12)


def test_derivatives_by_the_states_are_left_to_autograd():
    network, x = ScalarNetwork(3, (5,), "tanh"), points(4, 3).requires_grad_()
    _, along = network.gradient_and_hvp(x, torch.ones_like(x))
    (third,) = torch.autograd.grad(along.sum(), x)
    assert third.abs().max() > 0


def test_weights_changed_before_the_reverse_pass_are_noticed():
    network, x = ScalarNetwork(3, (5, 4)), points(4, 3)
    loss = network.gradient_and_hvp(x, x)[1].square().sum()
    with torch.no_grad():
        network.weights[0].mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


@pytest.mark.parametrize("shape", [(6, 2), (2, 6), (4, 4)])
def test_products(shape):
    a, W = points(9, shape[0]), points(*shape, seed=1)
    torch.testing.assert_close(times(a, W), a @ W)
