"""What the neural peers share: data checked, networks scaled, `fit` as a method."""

import numpy as np
import torch
from torch import Tensor

from dlnn_utils._arguments import Array, checked, positive_integer
from dlnn_utils.models.model import Model
from dlnn_utils.models.network import DenseNetwork
from dlnn_utils.training.fit import train


class Peer(Model):
    """A neural peer, with its paper's network in `published`; `samples` refuses unfit data."""

    n_state: int
    published: dict

    @property
    def networks(self) -> list[DenseNetwork]:
        """All networks, in the order of `parameters()`."""
        return [net for net in self.children() if isinstance(net, DenseNetwork)]

    def fit(self, x, rate, force=None, **options) -> "Peer":
        """Train on states and rates, for `DeLaN` with forces, by `train`; return itself."""
        return train(self, *self.samples(x, rate, force), **options)

    @checked
    def samples(
        self, x: Array["B {self.n_state}"], rate: Array["B {self.n_state}"], force=None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the arrays that `prediction` and `target` take; arguments as of `fit`."""
        if force is not None:
            raise ValueError(f"{type(self).__name__} does not learn from forces; leave force out")
        return x, rate

    def homogeneity(self, x: Tensor) -> Tensor:
        """Refuse: the soft prior of constant coefficients is defined for the paper's models."""
        name = type(self).__name__
        raise ValueError(f"{name} takes no prior; leave constant_coefficients at 0")


def positions(name: str, n_state: int, why: str) -> int:
    """Return n of a state of length 2n, or raise ValueError with the reason for an even length."""
    n, odd = divmod(positive_integer("n_state", n_state), 2)
    if odd:
        raise ValueError(f"{name} needs a state of even length, {why}; got {n_state}")
    return n


def second_order(name: str, x: np.ndarray, rate: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return x and rate (B, 2n), or raise ValueError unless the rate of [q, qdot] has qdot."""
    n = x.shape[1] // 2
    gap = np.abs(rate[:, :n] - x[:, n:]).max()
    if gap > 1e-6 * np.abs(rate[:, :n]).max():
        raise ValueError(
            f"{name} learns second-order laws, rates [qdot, qddot] of states [q, qdot]; in these "
            f"data the first half of the rate differs from the state's second half by {gap:.2g}"
        )
    return x, rate


def another(net: dict, activation=None) -> dict:
    """Return the options of a second network: its own seed, and its own activation if given."""
    seed = net.get("seed", 0) + 1_000_003
    return net | {"seed": seed, "activation": activation or net["activation"]}


def scale_like(first: DenseNetwork, network: DenseNetwork, size: Tensor | float) -> None:
    """Give a network the first one's scale of inputs, and `size` as that of its outputs."""
    network.input_scale.copy_(first.input_scale)
    network.output_scale.fill_(size)


def rms(values) -> float:
    """Return the root mean square of all entries."""
    return float(torch.as_tensor(values).square().mean().sqrt())
