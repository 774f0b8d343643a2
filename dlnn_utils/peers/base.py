"""What the neural peers share: data checked, networks scaled, `fit` as a method."""

import numpy as np
import torch
from torch import Tensor

from dlnn_utils import check
from dlnn_utils.fit import train
from dlnn_utils.models import Model
from dlnn_utils.network import DenseNetwork, ScalarNetwork


class Peer(Model):
    """A neural peer: state in, rate out.

    A subclass keeps its first network in `network`, and says in `samples` what it cannot learn
    from.
    """

    n_state: int

    @property
    def networks(self) -> list[DenseNetwork]:
        """All networks, in the order of `parameters()`."""
        return [net for net in self.children() if isinstance(net, DenseNetwork)]

    def fit(self, x, rate, force=None, **options) -> "Peer":
        """Train on states and their rates.

        Parameters
        ----------
        x, rate : array (B, n_state)
            States and their rates; for mechanics [q, qdot] and [qdot, qddot].
        force : array (B, n), optional
            The forces that act, for a system that learns from them.
        **options
            Of `dlnn_utils.train`: optimiser ("levenberg-marquardt" or "adam") and its options.

        Returns
        -------
        Peer
            Itself, with the course of training in `.history`.

        Raises
        ------
        ValueError
            If the data are such that this system cannot learn from them; the message says why.
        """
        return train(self, *self.samples(x, rate, force), **options)

    def samples(self, x, rate, force=None) -> tuple[np.ndarray, np.ndarray]:
        """Return the arrays that `prediction` and `target` take, checked; arguments as of `fit`.

        Raises
        ------
        ValueError
            If this system cannot learn from them.
        """
        if force is not None:
            raise ValueError(f"{type(self).__name__} does not learn from forces; leave force out")
        x = check.array("x", x, (None, self.n_state))
        return x, check.array("rate", rate, x.shape)

    def homogeneity(self, x: Tensor) -> Tensor:
        """Refuse: the soft prior of constant coefficients is defined for the paper's models."""
        raise ValueError(
            f"{type(self).__name__} takes no prior of constant coefficients; "
            f"leave constant_coefficients at 0"
        )


def positions(name: str, n_state: int, why: str) -> int:
    """Return n of a state of length 2n, or raise ValueError with the reason for an even length."""
    n, odd = divmod(check.positive_integer("n_state", n_state), 2)
    if odd:
        raise ValueError(f"{name} needs a state of even length, {why}; got {n_state}")
    return n


def check_second_order(name: str, x: np.ndarray, rate: np.ndarray) -> None:
    """Raise ValueError unless the rate of [q, qdot] begins with qdot.

    Parameters
    ----------
    name : str
        Of the system, for the message.
    x, rate : array (B, 2n)
        States and rates.
    """
    n = x.shape[1] // 2
    gap = np.abs(rate[:, :n] - x[:, n:]).max()
    if gap > 1e-6 * np.abs(rate[:, :n]).max():
        raise ValueError(
            f"{name} learns second-order laws, rates [qdot, qddot] of states [q, qdot]; in these "
            f"data the first half of the rate differs from the state's second half by {gap:.2g}"
        )


def set_scales(network: DenseNetwork, inputs, size: float) -> None:
    """Fix a network's scales so that inputs and what is read from it are of order 1 inside.

    Parameters
    ----------
    network : DenseNetwork
        For a `ScalarNetwork` the gradient is what is read from it.
    inputs : array or Tensor (B, n)
        Its inputs over the training data.
    size : float
        Typical size of what is read from it.
    """
    spread = np.abs(_numbers(inputs)).max(axis=0) / 2
    spread[spread == 0] = 1.0
    scalar = isinstance(network, ScalarNetwork)
    network.input_scale.copy_(torch.as_tensor(1 / spread))
    network.output_scale.fill_((size or 1.0) * (float(np.median(spread)) if scalar else 1.0))


def rms(values) -> float:
    """Return the root mean square of all entries."""
    return float(np.sqrt(np.mean(np.square(_numbers(values)))))


def _numbers(values) -> np.ndarray:
    return np.asarray(values.cpu() if isinstance(values, Tensor) else values, dtype=np.float64)
