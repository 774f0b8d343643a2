"""Activation functions with their first and second derivatives in closed form.

The closed-form gradient and Hessian-vector product of a network need phi, phi' and phi''
together; each function here returns them from one evaluation of the costly part.
"""

from collections.abc import Callable

import torch
from torch import Tensor

Derivatives = tuple[Tensor, Tensor, Tensor]


def identity(z: Tensor) -> Derivatives:
    """Return z, 1, 0."""
    return z, torch.ones_like(z), torch.zeros_like(z)


def tanh(z: Tensor) -> Derivatives:
    """Return tanh z and its derivatives, by tanh z = 2 sigmoid(2z) - 1 (cheaper than tanh)."""
    phi = 2 * torch.sigmoid(2 * z) - 1
    d1 = 1 - phi * phi
    return phi, d1, -2 * phi * d1


def silu(z: Tensor) -> Derivatives:
    """Return z sigmoid(z) and its derivatives."""
    s = torch.sigmoid(z)
    phi = z * s
    ds = s * (1 - s)
    return phi, s + z * ds, ds * (2 + z - 2 * phi)


def softplus(z: Tensor) -> Derivatives:
    """Return log(1 + e^z) and its derivatives."""
    s = torch.sigmoid(z)
    return torch.nn.functional.softplus(z, threshold=50), s, s * (1 - s)


def quadratic_silu(z: Tensor) -> Derivatives:
    """Return z^2 sigmoid(z) and its derivatives: smooth, and quadratic far out for z > 0."""
    s = torch.sigmoid(z)
    ds = s * (1 - s)
    zds = z * ds
    return z * z * s, z * (2 * s + zds), 2 * s + zds * (4 + z * (1 - 2 * s))


def quadratic(z: Tensor) -> Derivatives:
    """Return z^2 / 2, z, 1: a network with this one hidden layer is a quadratic form."""
    return 0.5 * z * z, z, torch.ones_like(z)


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
        Maps a tensor z to (phi(z), phi'(z), phi''(z)).

    Raises
    ------
    ValueError
        If there is no activation of that name.
    """
    if name not in ACTIVATIONS:
        raise ValueError(f"activation must be one of {', '.join(ACTIVATIONS)}; got {name!r}")
    return ACTIVATIONS[name]
