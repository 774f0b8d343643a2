"""The paper's baseline: a plain network that knows of no Lagrangian (Section 5.3)."""

from collections.abc import Sequence

import torch
from torch import Tensor

from dlnn_utils import check
from dlnn_utils.models import Model
from dlnn_utils.network import DenseNetwork


class Baseline(Model):
    """A plain network state -> rate (or acceleration), the paper's baseline (Section 5.3).

    Parameters
    ----------
    n_state : int
        Length of the state: n for diffusion, 2n for mechanics.
    kind : {"diffusion", "mechanics"}
        Whether the network gives the whole rate, or the acceleration alone.
    widths : sequence of int
    **options
        Both as for `DenseNetwork`: activation, seed, dtype.

    Raises
    ------
    ValueError
        If there is no such kind, or the network's arguments are malformed.
    """

    def __init__(self, n_state: int, kind: str, widths: Sequence[int] = (200, 200), **options):
        super().__init__()
        self.kind = check.choice("kind", kind, ("diffusion", "mechanics"))
        n_state = check.positive_integer("n_state", n_state)
        if kind == "mechanics" and n_state % 2:
            raise ValueError(f"n_state must be even, [q, qdot], for mechanics; got {n_state}")
        self.n_outputs = n_state if kind == "diffusion" else n_state // 2
        self.network = DenseNetwork(n_state, self.n_outputs, widths, output_bias=True, **options)

    def prediction(self, x: Tensor) -> Tensor:
        """Return the rate (B, n), or the acceleration q'' (B, n), at the states x."""
        return self.network(x)

    def target(self, rate: Tensor) -> Tensor:
        """Return the part of the rate that the network predicts."""
        return rate[:, -self.n_outputs :]

    def homogeneity(self, x: Tensor) -> Tensor:
        """Return f(x) - (df/dx) x, which vanishes for a linear f with f(0) = 0."""
        y, y_x = self.network.value_and_jvp(x, x)
        return y - y_x

    def rate(self, x: Tensor) -> Tensor:
        """Return the rate (B, n_state) at the states x (B, n_state)."""
        y = self.prediction(x)
        return y if self.kind == "diffusion" else torch.cat([x[:, self.n_outputs :], y], 1)
