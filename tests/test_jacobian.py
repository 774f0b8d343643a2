"""Per-sample Jacobians against automatic differentiation one sample at a time."""

import numpy as np
import pytest
import torch

from dlnn_utils import Baseline, Diffusion, Mechanics, ScalarNetwork
from dlnn_utils.jacobian import prediction_and_jacobian
from dlnn_utils.models import Model

M = np.array([[2.0, 0.3], [0.3, 1.0]])


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


MODELS = {
    "diffusion": lambda n: Diffusion(ScalarNetwork(4, (6, 5), "silu", seed=n)),
    "diffusion, hessian": lambda n: Diffusion(ScalarNetwork(4, (6,), "tanh", seed=n), "hessian"),
    "mechanics": lambda n: Mechanics(ScalarNetwork(4, (6, 5), "quadratic_silu", seed=n), M),
    "mechanics, hessian": lambda n: Mechanics(
        ScalarNetwork(4, (7,), "silu", seed=n), M, "hessian"
    ),
    "two networks": lambda n: TwoNetworks(
        ScalarNetwork(4, (6, 5), "tanh", seed=n), ScalarNetwork(4, (7,), "silu", seed=n + 1)
    ),
    "baseline": lambda n: Baseline(4, "mechanics", (6, 5), activation="silu", seed=n),
}


@pytest.mark.parametrize("read", ["prediction", "homogeneity"])
@pytest.mark.parametrize("name", MODELS)
def test_jacobian(name, read):
    model = MODELS[name](1)
    model.scale_to(np.full((3, 4), 2.0), np.full((3, 4), 0.7))
    x = torch.randn(5, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    function = getattr(model, read)
    r, J = prediction_and_jacobian(model.networks, lambda: function(x))
    weights = model.weights
    assert J.shape == (5, function(x).shape[1], sum(w.numel() for w in weights))
    for b in range(len(x)):
        row = function(x[b : b + 1])[0]
        torch.testing.assert_close(r[b], row.detach())
        for i, component in enumerate(row):
            parts = torch.autograd.grad(component, weights, retain_graph=True, allow_unused=True)
            flat = [torch.zeros_like(w) if p is None else p for p, w in zip(parts, weights)]
            expected = torch.cat([p.ravel() for p in flat])
            torch.testing.assert_close(J[b, i], expected, rtol=1e-10, atol=1e-12)
