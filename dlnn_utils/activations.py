"""Activation functions with their first three derivatives in closed form.

The closed-form gradient and Hessian-vector product of a network need phi, phi' and phi''
together; each function here returns them from one evaluation of the costly part, and with them
a function that works out phi''', which only the reverse pass needs (`dlnn_utils.reverse_pass`).
"""

from collections.abc import Callable

import torch
from torch import Tensor

from dlnn_utils import check

Derivatives = tuple[Tensor, Tensor, Tensor, Callable[[], Tensor]]


def identity(z: Tensor) -> Derivatives:
    """Return z, 1, 0."""
    zero = torch.zeros_like(z)
    return z, torch.ones_like(z), zero, lambda: zero


def tanh(z: Tensor) -> Derivatives:
    """Return tanh z and its derivatives, by tanh z = 2 sigmoid(2z) - 1 (cheaper than tanh)."""
    phi = 2 * torch.sigmoid(2 * z) - 1
    d1 = 1 - phi * phi
    return phi, d1, -2 * phi * d1, lambda: d1 * (4 - 6 * d1)


def silu(z: Tensor) -> Derivatives:
    """Return z sigmoid(z) and its derivatives."""
    s = torch.sigmoid(z)
    phi = z * s
    ds = torch.addcmul(s, s, s, value=-1)

    def third() -> Tensor:
        return z.addcmul(ds, z, value=-6).sub_(s, alpha=6).add_(3).mul_(ds)

    return phi, torch.addcmul(s, z, ds), z.sub(phi, alpha=2).add_(2).mul_(ds), third


def softplus(z: Tensor) -> Derivatives:
    """Return log(1 + e^z) and its derivatives."""
    s = torch.sigmoid(z)
    ds = s * (1 - s)
    return torch.nn.functional.softplus(z, threshold=50), s, ds, lambda: ds * (1 - 2 * s)


def quadratic_silu(z: Tensor) -> Derivatives:
    """Return z^2 sigmoid(z) and its derivatives: smooth, and quadratic far out for z > 0."""
    s = torch.sigmoid(z)
    ds = s * (1 - s)
    zds = z * ds

    def third() -> Tensor:
        return ds * (6 + z * (6 - 12 * s + z - 6 * zds))

    return z * z * s, z * (2 * s + zds), 2 * s + zds * (4 + z * (1 - 2 * s)), third


def quadratic(z: Tensor) -> Derivatives:
    """Return z^2 / 2, z, 1: a network with this one hidden layer is a quadratic form."""
    return 0.5 * z * z, z, torch.ones_like(z), lambda: torch.zeros_like(z)


ACTIVATIONS: dict[str, Callable[[Tensor], Derivatives]] = {
    "identity": identity,
    "tanh": tanh,
    "silu": silu,
    "softplus": softplus,
    "quadratic_silu": quadratic_silu,
    "quadratic": quadratic,
}
"""By name: functions of a tensor z that return phi(z), phi'(z) and phi''(z), each like z."""


def activation(name: str) -> Callable[[Tensor], Derivatives]:
    """Look an activation up by its name.

    Parameters
    ----------
    name : str
        A key of `ACTIVATIONS`.

    Returns
    -------
    callable
        Maps a tensor z to phi(z), phi'(z), phi''(z), and a function of nothing that works out
        phi'''(z).

    Raises
    ------
    ValueError
        If there is no activation of that name.
    """
    return ACTIVATIONS[check.choice("activation", name, ACTIVATIONS)]
