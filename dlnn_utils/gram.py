"""The Gram matrix J J^T of a network's predictions, without the Jacobian J itself.

Through one product with a weight matrix a prediction depends on the weights by an outer product
(`dlnn_utils.jacobian`).  The inner product of two outer products is a product of two inner
products, (a b^T) : (c d^T) = (a . c)(b . d), so that J J^T is a sum of entrywise products of
small Gram matrices, whatever the number of weights.
"""

from collections.abc import Callable
from itertools import combinations_with_replacement

import torch
from torch import Tensor

from dlnn_utils.network import DenseNetwork, Product


def prediction_and_gram(
    network: DenseNetwork, predict: Callable[[], Tensor]
) -> tuple[Tensor, Tensor, Callable[[Tensor], Tensor]]:
    """Return a prediction, the Gram matrix of its rows, and the product with J^T.

    Parameters
    ----------
    network : DenseNetwork
        The network whose parameters are meant.
    predict : callable
        Computes the prediction (B, m) with `network`; row b may depend on sample b alone.

    Returns
    -------
    r : Tensor (B, m)
    G : Tensor (B * m, B * m)
        J J^T, rows of J in the order of `r.reshape(-1)`.
    pull_back : callable
        Maps u (B, m) to J^T u (P,), P weights in the order of `network.parameters()`.
    """
    with torch.enable_grad(), network.recorded() as products:
        r = predict()
    B, m = r.shape
    outputs = [product.output for product in products]
    columns = [
        torch.autograd.grad(r[:, i].sum(), outputs, retain_graph=True, allow_unused=True)
        for i in range(m)
    ]
    factors = {}
    for product, parts in zip(products, zip(*columns)):
        if any(part is not None for part in parts):
            zero = torch.zeros_like(product.output)
            y = torch.stack([zero if part is None else part for part in parts], 1)
            factors.setdefault(product.layer, []).append(_factors(product, y))
    G = r.new_zeros(B, m, B, m)
    for products_of_layer in factors.values():
        for p, q in combinations_with_replacement(products_of_layer, 2):
            block = _inner(p.rows, q.rows) * (_inner(p.columns, q.columns) + p.biased * q.biased)
            G += block if p is q else block + block.permute(2, 3, 0, 1)
    weights = list(network.parameters())

    def pull_back(u: Tensor) -> Tensor:
        parts = torch.autograd.grad(r, weights, u, retain_graph=True, allow_unused=True)
        parts = [torch.zeros_like(w) if g is None else g for w, g in zip(weights, parts)]
        return torch.cat([g.reshape(-1) for g in parts])

    return r.detach(), G.reshape(B * m, B * m), pull_back


class _Factors:
    """The derivative by one weight matrix: rows (B, m or 1, out) times columns (B, m or 1, in)."""

    def __init__(self, rows: Tensor, columns: Tensor, biased: bool):
        self.rows, self.columns, self.biased = rows, columns, float(biased)


def _factors(product: Product, y: Tensor) -> _Factors:
    x = product.input.detach().unsqueeze(1)
    return _Factors(x, y, False) if product.transposed else _Factors(y, x, product.biased)


def _inner(a: Tensor, b: Tensor) -> Tensor:
    """Inner products (B, m or 1, B, m or 1) of the vectors of a and b."""
    flat = a.reshape(-1, a.shape[2]) @ b.reshape(-1, b.shape[2]).T
    return flat.view(*a.shape[:2], *b.shape[:2])
