"""The Gram matrix J J^T of a network's residuals, without the Jacobian J itself.

Through one product with a weight matrix a prediction depends on the weights by an outer product
(`dlnn_utils.jacobian`).  The inner product of two outer products is a product of two inner
products, (a b^T) : (c d^T) = (a . c)(b . d), so that J J^T is a sum of entrywise products of
small Gram matrices, whatever the number of weights.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations_with_replacement
from typing import NamedTuple

import torch
from torch import Tensor

from dlnn_utils.network import DenseNetwork, Product


class Outer(NamedTuple):
    """The derivative of residuals (B, m) by a weight matrix, through one product with it.

    Sample by sample and component by component it is rows (B, m or 1, out) times columns
    (B, m or 1, in); the factor of length 1 is the product's input, which all components share.
    """

    where: slice
    layer: int
    rows: Tensor
    columns: Tensor
    biased: bool


def residuals_and_gram(
    network: DenseNetwork, functions: Sequence[Callable[[], Tensor]]
) -> tuple[Tensor, Tensor, Callable[[Tensor], Tensor]]:
    """Return residuals, the Gram matrix of their Jacobian's rows, and the product with J^T.

    Parameters
    ----------
    network : DenseNetwork
        The network whose parameters are meant.
    functions : sequence of callable
        Each computes residuals (B, m) with `network`; row b may depend on sample b alone.

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
    residuals, outers, end = [], [], 0
    for function in functions:
        with torch.enable_grad(), network.recorded() as products:
            r = function()
        residuals.append(r.reshape(-1))
        where, end = slice(end, end + r.numel()), end + r.numel()
        outers += [Outer(where, *factors) for factors in _derivatives(r, products)]
    r, G = torch.cat(residuals), residuals[0].new_zeros(end, end).detach()
    for p, q in combinations_with_replacement(outers, 2):
        if p.layer == q.layer:
            columns = _inner(p.columns, q.columns) + float(p.biased and q.biased)
            block = (_inner(p.rows, q.rows) * columns).reshape(G[p.where, q.where].shape)
            G[p.where, q.where] += block
            if p is not q:
                G[q.where, p.where] += block.T
    weights = list(network.parameters())

    def pull_back(u: Tensor) -> Tensor:
        parts = torch.autograd.grad(r, weights, u, retain_graph=True, materialize_grads=True)
        return torch.cat([part.reshape(-1) for part in parts])

    return r.detach(), G, pull_back


def _derivatives(r: Tensor, products: Sequence[Product]) -> Iterator[tuple]:
    """Yield layer, rows, columns and biased of every product's part in the residuals r (B, m)."""
    outputs = [product.output for product in products]
    components = torch.eye(r.shape[1]).to(r)[:, None].expand(-1, *r.shape)
    options = {"is_grads_batched": True, "allow_unused": True, "retain_graph": True}
    for product, y in zip(products, torch.autograd.grad(r, outputs, components, **options)):
        if y is not None:
            x, y = product.input.detach().unsqueeze(1), y.transpose(0, 1).contiguous()
            rows, columns = (x, y) if product.transposed else (y, x)
            yield product.layer, rows, columns, product.biased


def _inner(a: Tensor, b: Tensor) -> Tensor:
    """Inner products (B, m or 1, A, k or 1) of the vectors of a and b."""
    a, b, shape = a.flatten(0, 1), b.flatten(0, 1), (*a.shape[:2], *b.shape[:2])
    return _product(a, b).view(shape)


def _product(a: Tensor, b: Tensor) -> Tensor:
    """Return a b^T; NumPy recognises the symmetric product and halves its cost."""
    if a.is_cuda or a.data_ptr() != b.data_ptr():
        return a @ b.T
    a = a.numpy()
    return torch.from_numpy(a @ a.T)
