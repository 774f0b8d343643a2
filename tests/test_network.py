"""Closed-form derivatives against nested automatic differentiation."""

import pytest
import torch

from dlnn_utils import ACTIVATIONS, DenseNetwork, ScalarNetwork
from dlnn_utils.activations import activation

TOLERANCE = 1e-10
SHAPES = [((7,), "silu"), ((9, 5), "tanh"), ((6, 5, 4), ("silu", "softplus", "quadratic_silu"))]
SHAPES += [((8,), name) for name in ACTIVATIONS]


def points(*shape, seed=0):
    rng = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=rng, dtype=torch.float64)


def scaled(network):
    """Give the network scales other than one, as fitting does."""
    network.input_scale.copy_(torch.linspace(0.5, 2.0, network.n_inputs))
    network.output_scale.fill_(1.7)
    return network


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation_derivatives(name):
    z = (3 * points(200)).requires_grad_()
    phi, d1, d2, third = activation(name)(z)
    (first,) = torch.autograd.grad(phi.sum(), z, create_graph=True)
    torch.testing.assert_close(d1, first, rtol=TOLERANCE, atol=TOLERANCE)
    expected = [_derivative(first, z), _derivative(d2, z)]
    for part, oracle in zip((d2, third()), expected):
        torch.testing.assert_close(part, oracle, rtol=TOLERANCE, atol=TOLERANCE)


def _derivative(y, z):
    """Of a function of z alone, entry by entry; zeros if it is constant."""
    if not y.requires_grad:
        return torch.zeros_like(z)
    (dy,) = torch.autograd.grad(y.sum(), z, create_graph=True, materialize_grads=True)
    return dy


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_are_finite_far_out(name):
    z = torch.tensor([-800.0, -50.0, 0.0, 50.0, 800.0], dtype=torch.float64)
    *parts, third = activation(name)(z)
    assert all(torch.isfinite(part).all() for part in (*parts, third()))


@pytest.mark.parametrize(("widths", "names"), SHAPES)
def test_gradient_and_hessian_agree_with_autograd(widths, names):
    network, x = scaled(ScalarNetwork(4, widths, names, seed=1)), points(11, 4)
    oracle_gradient = torch.func.vmap(torch.func.grad(lambda p: network.value(p[None])[0]))(x)
    oracle_hessian = torch.func.vmap(torch.func.hessian(lambda p: network.value(p[None])[0]))(x)
    directions = points(11, 4, seed=1), points(11, 4, seed=2)
    gradient, *products = network.gradient_and_hvp(x, *directions)
    close = dict(rtol=TOLERANCE, atol=TOLERANCE)
    torch.testing.assert_close(network.gradient(x), oracle_gradient, **close)
    torch.testing.assert_close(gradient, oracle_gradient, **close)
    torch.testing.assert_close(network.hessian(x), oracle_hessian, **close)
    for d, product in zip(directions, products):
        expected = torch.einsum("bij,bj->bi", oracle_hessian, d)
        torch.testing.assert_close(product, expected, **close)


@pytest.mark.parametrize(("widths", "names"), [s for s in SHAPES if s[1] != "identity"])
def test_closed_form_can_be_trained_through(widths, names):
    network, x, d = ScalarNetwork(3, widths, names, seed=2), points(6, 3), points(6, 3, seed=3)
    weights = list(network.parameters())

    def gradients(loss):
        found = torch.autograd.grad(loss, weights, allow_unused=True)
        return [torch.zeros_like(w) if g is None else g for g, w in zip(found, weights)]

    gradient, product = network.gradient_and_hvp(x, d)
    closed = gradients((gradient.square() + product.square()).sum())
    x = x.requires_grad_()
    (gradient,) = torch.autograd.grad(network.value(x).sum(), x, create_graph=True)
    (product,) = torch.autograd.grad((gradient * d).sum(), x, create_graph=True)
    nested = gradients((gradient.square() + product.square()).sum())
    for a, b in zip(closed, nested):
        torch.testing.assert_close(a, b, rtol=TOLERANCE, atol=TOLERANCE)


def test_value_and_jvp():
    network = scaled(DenseNetwork(4, 3, (6, 5), output_bias=True, seed=4))
    x, d = points(9, 4), points(9, 4, seed=1)
    y, y_d = network.value_and_jvp(x, d)
    oracle, oracle_d = torch.func.jvp(network, (x,), (d,))
    torch.testing.assert_close(y, oracle, rtol=TOLERANCE, atol=TOLERANCE)
    torch.testing.assert_close(y_d, oracle_d, rtol=TOLERANCE, atol=TOLERANCE)


def test_one_quadratic_layer_is_a_quadratic_form():
    network = ScalarNetwork(4, (9,), "quadratic", seed=0)
    W, w = network.weights[0], network.weights[1][0]
    K = (W.T * w) @ W
    torch.testing.assert_close(network.hessian(points(5, 4)), K.expand(5, 4, 4))


def test_same_seed_same_weights_other_seed_other_weights():
    first, second, third = (ScalarNetwork(4, (5,), seed=s).weights[0] for s in (3, 3, 4))
    assert torch.equal(first, second)
    assert not torch.equal(first, third)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(activation="relu"), "activation must be one of .*; got 'relu'"),
        (dict(activation=("silu", "tanh")), "one for each of the 1 hidden layers; got 2 names"),
        (dict(widths=(0,)), "widths must be a positive integer; got 0"),
        (dict(widths=(2.5,)), "widths must be a positive integer; got 2.5"),
        (dict(n_inputs=-1), "n_inputs must be a positive integer; got -1"),
        (dict(seed=-1), "seed must be a non-negative integer; got -1"),
        (dict(seed=0.5), "seed must be a non-negative integer; got 0.5"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        ScalarNetwork(**{"n_inputs": 4, "widths": (8,)} | arguments)
