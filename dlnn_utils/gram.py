"""The Gram matrix J J^T of a network's residuals, without the Jacobian J itself.

Through one product with a weight matrix a prediction depends on the weights by an outer product
(`dlnn_utils.jacobian`).  The inner product of two outer products is a product of two inner
products, (a b^T) : (c d^T) = (a . c)(b . d), so that J J^T is a sum of entrywise products of
small Gram matrices, whatever the number of weights.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from dlnn_utils.network import DenseNetwork, Product


class Outers(NamedTuple):
    """The derivatives of residuals by one weight matrix, through products of one direction.

    Of sample b and component i the derivative is the outer product of own[b, i] and shared[b],
    or its transpose; if there is a bias, that by the bias is own[b, i].

    Attributes
    ----------
    own : Tensor (B, m, a)
    shared : Tensor (B, c)
    bias : Tensor (B,)
        1 where the product has a bias, else 0.
    where : list of slice
        The residuals that B * m rows belong to, piece by piece.
    """

    own: Tensor
    shared: Tensor
    bias: Tensor
    where: list[slice]


def residuals_and_gram(
    network: DenseNetwork, functions: Sequence[Callable[[], Tensor]]
) -> tuple[Tensor, Tensor, Callable[[Tensor], Tensor]]:
    """Return residuals, the Gram matrix of their Jacobian's rows, and the product with J^T.

    Parameters
    ----------
    network : DenseNetwork
        The network whose parameters are meant.
    functions : sequence of callable
        Each computes residuals (B, m) with `network`, all with the same m; row b may depend on
        sample b alone.

    Returns
    -------
    r : Tensor (R,)
        All residuals, flattened.
    G : Tensor (R, R)
        J J^T.
    pull_back : callable
        Maps u (R,) to J^T u (P,), P weights in the order of `network.parameters()`; valid as
        long as the weights are what they were.
    """
    residuals, pieces, end = [], {}, 0
    for function in functions:
        with torch.enable_grad(), network.recorded() as products:
            r = function()
        residuals.append(r.reshape(-1))
        where, end = slice(end, end + r.numel()), end + r.numel()
        for product, piece in _derivatives(r, products, where):
            key = product.layer, product.transposed
            pieces.setdefault(key, []).append(piece)
    r, G = torch.cat(residuals), residuals[0].new_zeros(end, end).detach()
    outers = {key: _joined(group) for key, group in pieces.items()}
    for (layer, transposed), up in outers.items():
        _add(G, _same_direction(up), up.where, up.where)
        if not transposed and (down := outers.get((layer, True))):
            block = _opposite_directions(up, down)
            _add(G, block, up.where, down.where)
            _add(G, block.T, down.where, up.where)
    weights = list(network.parameters())

    def pull_back(u: Tensor) -> Tensor:
        parts = torch.autograd.grad(r, weights, u, retain_graph=True, materialize_grads=True)
        return torch.cat([part.reshape(-1) for part in parts])

    return r.detach(), G, pull_back


def _derivatives(
    r: Tensor, products: Sequence[Product], where: slice
) -> Iterator[tuple[Product, Outers]]:
    """Yield every product with its part in the residuals r (B, m)."""
    outputs = [product.output for product in products]
    components = torch.eye(r.shape[1]).to(r)[:, None].expand(-1, *r.shape)
    options = {"is_grads_batched": True, "allow_unused": True, "retain_graph": True}
    for product, own in zip(products, torch.autograd.grad(r, outputs, components, **options)):
        if own is not None:
            x = product.input.detach()
            bias = x.new_full((len(x),), float(product.biased))
            yield product, Outers(own.transpose(0, 1), x, bias, [where])


def _joined(group: Sequence[Outers]) -> Outers:
    own, shared, bias, where = zip(*group)
    return Outers(torch.cat(own), torch.cat(shared), torch.cat(bias), sum(where, []))


def _same_direction(p: Outers) -> Tensor:
    """Inner products (B m, B m) of all derivatives with one another."""
    own = p.own.flatten(0, 1)
    block = _times_itself(own).view(*p.own.shape[:2], *p.own.shape[:2])
    block *= (p.shared @ p.shared.T + torch.outer(p.bias, p.bias))[:, None, :, None]
    return block.reshape(len(own), len(own))


def _opposite_directions(p: Outers, q: Outers) -> Tensor:
    """Inner products (B m, A m) of derivatives with such that are transposed."""
    rows = p.own @ q.shared.T
    columns = p.shared @ q.own.flatten(0, 1).T
    block = rows[..., None] * columns.view(len(p.own), 1, *q.own.shape[:2])
    return block.reshape(p.own.shape[0] * p.own.shape[1], -1)


def _add(G: Tensor, block: Tensor, rows: Sequence[slice], columns: Sequence[slice]) -> None:
    """Add a block, piece by piece, to the residuals that its rows and columns belong to."""
    heights, widths = ([s.stop - s.start for s in slices] for slices in (rows, columns))
    for strip, where in zip(block.split(heights), rows):
        for piece, there in zip(strip.split(widths, 1), columns):
            G[where, there] += piece


def _times_itself(a: Tensor) -> Tensor:
    """Return a a^T; NumPy recognises the symmetric product and halves its cost."""
    return a @ a.T if a.is_cuda else torch.from_numpy(a.numpy() @ a.numpy().T)
