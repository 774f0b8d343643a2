"""The peers' predictions computed as in their published codes, to be timed beside ours.

D-HNN and LNN nest automatic differentiation; DeLaN carries the derivative of every layer along.
"""

import torch
from torch import Tensor
from torch.func import grad, hessian, vmap
from torch.nn.functional import linear, silu, softplus

from dlnn_utils.models.network import DenseNetwork
from dlnn_utils.peers.delan import DeLaN
from dlnn_utils.peers.hamiltonian import DHNN, rotated
from dlnn_utils.peers.lagrangian import LNN

ACTIVATIONS = {"tanh": torch.tanh, "silu": silu, "softplus": softplus}


def plain(network: DenseNetwork, x: Tensor) -> Tensor:
    """Return the network's outputs (..., n_outputs) at x (..., n_inputs), by torch's functions."""
    a = x * network.input_scale
    for W, b, name in zip(network.weights, network.biases, network.activation_names):
        a = ACTIVATIONS[name](linear(a, W, b))
    return network.output_scale * linear(a, network.weights[-1], _last_bias(network))


def _last_bias(network: DenseNetwork) -> Tensor | None:
    return [*network.biases, None][len(network.activations)]


def dhnn(model: DHNN, x: Tensor) -> Tensor:
    """Return (q', p') (B, 2n) at the states x (B, 2n): a gradient of each network's sum."""
    z = model.inputs(x).detach().requires_grad_()
    sums = (plain(network, z).sum() for network in (model.network, model.dissipation))
    by_h, by_d = (torch.autograd.grad(total, z, create_graph=True)[0] for total in sums)
    return rotated(by_h) + by_d


def lnn(model: LNN, x: Tensor) -> Tensor:
    """Return q'' (B, n) at the states x (B, 2n): each sample's Hessian, nested."""
    n = model.n

    def lagrangian(x: Tensor) -> Tensor:
        return x[n:] @ x[n:] / 2 + plain(model.network, x)[0]

    def acceleration(x: Tensor) -> Tensor:
        H, g = hessian(lagrangian)(x), grad(lagrangian)(x)
        return torch.linalg.pinv(H[n:, n:], hermitian=True) @ (g[:n] - H[n:, :n] @ x[n:])

    return vmap(acceleration)(x)


def delan(model: DeLaN, x: Tensor) -> Tensor:
    """Return the forces (B, n) at [q, qdot, qddot] (B, 3n)."""
    n = model.n
    q, v, acceleration = x.split(n, 1)
    entries, slopes = _with_derivative(model.cholesky, q)
    i, j = torch.tril_indices(n, n)
    diagonal = i == j
    slopes = torch.where(diagonal[:, None], torch.sigmoid(entries)[:, :, None] * slopes, slopes)
    entries = torch.where(diagonal, softplus(entries), entries)
    every = torch.arange(len(q))[:, None]
    L = q.new_zeros(len(q), n, n).index_put((every, i, j), entries)
    dL = q.new_zeros(len(q), n, n, n).index_put((every, i, j), slopes)
    half = torch.einsum("bijk,blj->bilk", dL, L)
    dH = model.mass_scale * (half + half.transpose(1, 2))
    turning = torch.einsum("bijk,bk,bj->bi", dH, v, v)
    turning = turning - torch.einsum("bjki,bk,bj->bi", dH, v, v) / 2
    force = _with_derivative(model.network, q)[1][:, 0]
    return (model.mass(L) @ acceleration[:, :, None])[:, :, 0] + turning + force


def _with_derivative(network: DenseNetwork, x: Tensor) -> tuple[Tensor, Tensor]:
    """Outputs (B, m) and their derivative (B, m, n), layer by layer, a matrix a sample."""
    a = x * network.input_scale
    along = torch.diag_embed(network.input_scale.expand_as(x))
    for W, b, phi in zip(network.weights, network.biases, network.activations):
        z = linear(a, W, b)
        a, slope, *_ = phi(z)
        along = (slope[:, :, None] * W) @ along
    W, scale = network.weights[-1], network.output_scale
    return scale * linear(a, W, _last_bias(network)), scale * (W @ along)
