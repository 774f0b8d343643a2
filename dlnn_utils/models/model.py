"""What all models share, and the paper's baseline: a network that knows of no Lagrangian."""

from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from dlnn_utils._arguments import Count, checked
from dlnn_utils.integration import integrate
from dlnn_utils.models.metric import Metric
from dlnn_utils.models.network import DenseNetwork, ScalarNetwork


class Model(nn.Module):
    """State in, rate out: training makes `prediction(x)` equal to `target(rate)`."""

    network: DenseNetwork

    @property
    def networks(self) -> list[DenseNetwork]:
        """The trained networks, one unless a subclass has more."""
        return [self.network]

    @property
    def weights(self) -> list[nn.Parameter]:
        """The trained weights, network after network."""
        return [w for network in self.networks for w in network.parameters()]

    @property
    def n_weights(self) -> int:
        """Number of trained weights."""
        return sum(w.numel() for w in self.weights)

    @property
    def n_columns(self) -> int:
        """Number of columns of what `prediction` takes: the state's components, as a rule."""
        return self.network.n_inputs

    def inputs(self, x: Tensor) -> Tensor:
        """Return what the network sees of the states x (B, n_state)."""
        return x

    def target(self, rate: Tensor) -> Tensor:
        """Return what `prediction` should be, given the states' true rates (B, n_state)."""
        return rate

    def rate(self, x: Tensor) -> Tensor:
        """Return the rate dx/dt (B, n_state) at the states x (B, n_state)."""
        return self.prediction(x)

    def units(self, x: Tensor) -> tuple[Tensor, float]:
        """Return the units of the network's inputs, and of its output where predictions are 1."""
        spread = self.inputs(x).abs().amax(0) / 2
        spread[spread == 0] = 1.0
        scalar = isinstance(self.network, ScalarNetwork)
        return spread, float(np.median(spread.tolist())) if scalar else 1.0

    def scale_to(self, x, rate) -> None:
        """Fix the network's scales: the training's inputs and predictions are of order 1 in it."""
        like = self.network.input_scale
        x, rate = (torch.as_tensor(np.ascontiguousarray(a)).to(like) for a in (x, rate))
        spread, unit = self.units(x)
        size = float(self.target(rate).square().mean().sqrt()) or 1.0
        like.copy_(1 / spread)
        self.network.output_scale.fill_(size * unit)

    def evolve(self, x0, t, **options) -> np.ndarray:
        """Return the states (T, n_state) or (T, B, n_state) from x0 on, at times that may fall.

        x0 (n_state,) or (B, n_state) holds concentrations c, or [q, qdot], at t[0]. Options are
        those of `integrate`, which raises IntegrationError if the solution blows up.
        """
        given = {"n_state": self.network.n_inputs, "like": self.network.input_scale}
        return integrate(self.rate, x0, t, **given, **options)


class Flow(Model):
    """First-order dissipation in the coordinates natural to its metric: R x' = f(R x)."""

    def __init__(self, network: DenseNetwork, M=None):
        super().__init__()
        self.network = network
        self.metric = Metric(M, network.n_inputs, network.input_scale)

    def inputs(self, x: Tensor) -> Tensor:
        """Return R x (B, n), what the network sees of the states x (B, n)."""
        return self.metric.inputs(x)

    def target(self, rate: Tensor) -> Tensor:
        """Return R x' (B, n) of the rates x' (B, n)."""
        return self.metric.force(rate)

    def rate(self, x: Tensor) -> Tensor:
        """Return the rate x' (B, n) at the states x (B, n)."""
        return self.metric.rate(self.prediction(x))


class Baseline(Flow):
    """A plain network state -> rate (or acceleration), the paper's baseline (Section 5.3).

    Parameters
    ----------
    n_state : int, length of the state: n for diffusion, 2n for mechanics
    kind : {"diffusion", "mechanics"}, whether it gives the whole rate, or the acceleration alone
    widths, **options : of the network, as for `ScalarNetwork`
    M : array (n, n) or (n,), optional, mass matrix of diffusion: the network maps R c to R c'
    """

    @checked
    def __init__(
        self,
        n_state: Count,
        kind: Literal["diffusion", "mechanics"],
        widths=(200, 200),
        M=None,
        **options,
    ):
        n_outputs = n_state if kind == "diffusion" else n_state // 2
        if kind == "mechanics" and (n_state % 2 or M is not None):
            raise ValueError(f"mechanics takes an even n_state and no M; got {n_state}")
        super().__init__(DenseNetwork(n_state, n_outputs, widths, output_bias=True, **options), M)
        self.n_outputs = n_outputs

    def prediction(self, x: Tensor) -> Tensor:
        """Return the rate R c' (B, n), or the acceleration q'' (B, n)."""
        return self.network(self.inputs(x))

    def target(self, rate: Tensor) -> Tensor:
        """Return the part of the rate that the network predicts."""
        return super().target(rate[:, -self.n_outputs :])

    def homogeneity(self, x: Tensor) -> Tensor:
        """Return f(x) - (df/dx) x, which vanishes for a linear f with f(0) = 0."""
        x = self.inputs(x)
        y, y_x = self.network.value_and_jvp(x, x)
        return y - y_x

    def rate(self, x: Tensor) -> Tensor:
        """Return c' (B, n), or [qdot, qddot] (B, 2n), at the states x (B, n_state)."""
        return torch.cat([x[:, self.n_outputs :], super().rate(x)], 1)
