"""Closed-form derivatives, by states and by weights, against automatic differentiation."""

import pytest
import torch

from dlnn_utils import ScalarNetwork
from dlnn_utils.models.activations import ACTIVATIONS
from dlnn_utils.models.network import DenseNetwork

CLOSE = dict(rtol=1e-10, atol=1e-10)
SHAPES = [((9, 5), "tanh"), ((6, 5, 4), ("silu", "softplus", "quadratic_silu"))]
SHAPES += [((8,), name) for name in ACTIVATIONS]


def points(*shape, seed=0):
    rng = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=rng, dtype=torch.float64)


def scaled(network):
    """Give the network scales other than one, as fitting does."""
    network.input_scale.copy_(torch.linspace(0.5, 2.0, network.n_inputs))
    network.output_scale.fill_(1.7)
    return network


def slope(y, z):
    """Derivative of a function of z alone, entry by entry; zeros if it is constant."""
    if not y.requires_grad:
        return torch.zeros_like(z)
    return torch.autograd.grad(y.sum(), z, create_graph=True, materialize_grads=True)[0]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_have_their_derivatives_and_are_finite_far_out(name):
    z = (3 * points(200)).requires_grad_()
    phi, d1, d2, third = ACTIVATIONS[name](z)
    for part, expected in ((d1, slope(phi, z)), (d2, slope(d1, z)), (third(), slope(d2, z))):
        torch.testing.assert_close(part, expected, **CLOSE)
    far = torch.tensor([-800.0, -50.0, 0.0, 50.0, 800.0], dtype=torch.float64)
    *parts, third = ACTIVATIONS[name](far)
    assert all(torch.isfinite(part).all() for part in (*parts, third()))


@pytest.mark.parametrize(("widths", "names"), SHAPES)
def test_gradient_and_hessian_agree_with_autograd(widths, names):
    network, x = scaled(ScalarNetwork(4, widths, names, seed=1)), points(11, 4)
    gradient = torch.func.vmap(torch.func.grad(lambda p: network.value(p[None])[0]))(x)
    hessian = torch.func.vmap(torch.func.hessian(lambda p: network.value(p[None])[0]))(x)
    directions = points(11, 4, seed=1), points(11, 4, seed=2)
    closed, *products = network.gradient_and_hvp(x, *directions)
    torch.testing.assert_close(network.gradient(x), gradient, **CLOSE)
    torch.testing.assert_close(closed, gradient, **CLOSE)
    torch.testing.assert_close(network.hessian(x), hessian, **CLOSE)
    for d, product in zip(directions, products):
        torch.testing.assert_close(product, torch.einsum("bij,bj->bi", hessian, d), **CLOSE)


@pytest.mark.parametrize(("widths", "number"), [((5,), 1), ((2, 6), 2), ((4, 5, 6), 3)])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_weights_get_the_derivatives_of_autograd(name, widths, number):
    network = scaled(ScalarNetwork(3, widths, name, seed=1))
    x, *directions = (points(7, 3, seed=i) for i in range(number + 1))
    cotangents = [points(7, 3, seed=10 + i) for i in range(number + 1)]
    written_out = network.gradient_and_hvp(x, *directions)
    by_autograd = network.gradient_and_hvp(x.requires_grad_(), *directions)
    options = dict(grad_outputs=cotangents, materialize_grads=True)
    weights = list(network.parameters())
    gradients = [torch.autograd.grad(y, weights, **options) for y in (written_out, by_autograd)]
    for ours, theirs in [*zip(written_out, by_autograd), *zip(*gradients)]:
        torch.testing.assert_close(ours, theirs, rtol=1e-11, atol=1e-12)


def test_weights_changed_before_the_reverse_pass_are_noticed():
    network, x = ScalarNetwork(3, (5, 4)), points(4, 3)
    loss = network.gradient_and_hvp(x, x)[1].square().sum()
    with torch.no_grad():
        network.weights[0].mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_value_and_jvp():
    network = scaled(DenseNetwork(4, 3, (6, 5), output_bias=True, seed=4))
    x, d = points(9, 4), points(9, 4, seed=1)
    for ours, theirs in zip(network.value_and_jvp(x, d), torch.func.jvp(network, (x,), (d,))):
        torch.testing.assert_close(ours, theirs, **CLOSE)


def test_same_seed_same_weights_other_seed_other_weights():
    first, second, third = (ScalarNetwork(4, (5,), seed=s).weights[0] for s in (3, 3, 4))
    assert torch.equal(first, second)
    assert not torch.equal(first, third)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(activation="relu"), "activation must be one of .*; got 'relu'"),
        (dict(activation=("silu", "tanh")), "activation must name all 1 layers; got 2"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        ScalarNetwork(**{"n_inputs": 4, "widths": (8,)} | arguments)
