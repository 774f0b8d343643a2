"""Per-sample Jacobians, by the weights and by the states, against automatic differentiation."""

import numpy as np
import pytest
import torch

from dlnn_utils import Baseline, Diffusion, Mechanics, ScalarNetwork
from dlnn_utils.models.jacobians import Jacobian
from dlnn_utils.models.model import Model


class TwoNetworks(Model):
    """A rate that multiplies the derivatives of two networks."""

    def __init__(self, network, other):
        super().__init__()
        self.network, self.other = network, other

    @property
    def networks(self):
        return [self.network, self.other]

    def prediction(self, x):
        gradient, along = self.other.gradient_and_hvp(x, x.flip(1))
        return self.network.gradient(x) * along + gradient

    def homogeneity(self, x):
        return self.network.gradient(x) - self.other.gradient(x)


class Chained(TwoNetworks):
    """A rate that asks one network where the other points."""

    def prediction(self, x):
        return self.network.gradient_and_hvp(self.other.gradient(x) * x, x)[1]

    def homogeneity(self, x):
        return self.network.gradient(x + self.other.value(x)[:, None])


def network(widths, activation, seed=1):
    return ScalarNetwork(4, widths, activation, seed)


M = np.array([[2.0, 0.3], [0.3, 1.0]])
PAIR = network((6, 5), "tanh"), network((7,), "silu", 2)
MODELS = {
    "diffusion": Diffusion(network((6, 5), "silu")),
    "diffusion, hessian": Diffusion(network((6,), "tanh"), form="hessian"),
    "mechanics": Mechanics(network((6, 5), "quadratic_silu"), M),
    "mechanics, hessian": Mechanics(network((7,), "silu"), M, "hessian"),
    "two networks": TwoNetworks(*PAIR),
    "chained": Chained(*PAIR),
    "baseline": Baseline(4, "mechanics", (6, 5), activation="silu", seed=1),
}


@pytest.mark.parametrize("read", ["prediction", "homogeneity"])
@pytest.mark.parametrize("name", MODELS)
def test_jacobian(name, read):
    model = MODELS[name]
    model.scale_to(np.full((3, 4), 2.0), np.full((3, 4), 0.7))
    assert_jacobian(model, getattr(model, read))


def assert_jacobian(model, function):
    """Compare a function's derivatives, by weights and states, with those of autograd."""
    x = np.random.default_rng(0).normal(size=(5, model.n_columns))
    x = torch.from_numpy(x).requires_grad_()
    jacobian = Jacobian(model.networks, lambda: function(x), x)
    expected, J, close = function(x), jacobian.rows(), dict(rtol=1e-10, atol=1e-12)
    options = dict(retain_graph=True, materialize_grads=True)
    torch.testing.assert_close(jacobian.r.T, expected.detach())
    assert J.shape == (expected.shape[1], 5, model.n_weights)
    for i, component in enumerate(expected.T):
        (by_states,) = torch.autograd.grad(component.sum(), x, **options)
        torch.testing.assert_close(jacobian.by_states[i], by_states, **close)
        for b, r in enumerate(component):
            parts = torch.autograd.grad(r, model.weights, **options)
            torch.testing.assert_close(J[i, b], torch.cat([p.ravel() for p in parts]), **close)
