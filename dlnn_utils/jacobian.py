"""Per-sample Jacobians of a network's predictions by its weights.

Everything a dense network computes, derivatives included, is made of products with its weight
matrices: y = W x going up, h = W^T g going down.  Through one such product a prediction r of one
sample depends on W by the outer product (dr/dy) x^T, and r's derivative by all of W is the sum
of these over the products recorded while r was computed.  One reverse pass for each component
of the prediction therefore gives the rows of the Jacobian for the whole batch.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack

import numpy as np
import torch
from torch import Tensor

from dlnn_utils.network import DenseNetwork, Product


def prediction_and_jacobian(
    networks: Sequence[DenseNetwork], predict: Callable[[], Tensor]
) -> tuple[Tensor, Tensor]:
    """Return a prediction and its derivative by all weights, sample by sample.

    Parameters
    ----------
    networks : sequence of DenseNetwork
        The networks whose parameters are meant.
    predict : callable
        Computes the prediction (B, m) with these networks; row b may depend on sample b alone.

    Returns
    -------
    r : Tensor (B, m)
    J : Tensor (B, m, P)
        P weights, network after network, in the order of `network.parameters()`: all matrices,
        then all biases.
    """
    with torch.enable_grad(), ExitStack() as stack:
        records = [stack.enter_context(network.recorded()) for network in networks]
        r = predict()
    J = r.new_zeros(*r.shape, sum(w.numel() for net in networks for w in net.parameters()))
    outputs = [product.output for record in records for product in record]
    for i in range(r.shape[1]):
        cotangents = iter(
            torch.autograd.grad(
                r[:, i].sum(), outputs, retain_graph=i + 1 < r.shape[1], allow_unused=True
            )
        )
        rows = J[:, i].split([w.numel() for net in networks for w in net.parameters()], dim=1)
        for network, record in zip(networks, records):
            n_matrices, n_biases = len(network.weights), len(network.biases)
            parts, rows = rows[: n_matrices + n_biases], rows[n_matrices + n_biases :]
            pairs = [(product, y) for product, y in zip(record, cotangents) if y is not None]
            for layer, (W, block) in enumerate(zip(network.weights, parts)):
                own = [pair for pair in pairs if pair[0].layer == layer]
                _sum_outers(own, block.view(-1, *W.shape))
                for product, y in own:
                    if product.biased:
                        parts[n_matrices + layer].add_(y)
    return r.detach(), J


def _sum_outers(pairs: Sequence[tuple[Product, Tensor]], out: Tensor) -> None:
    """Write to out (B, n, m) the sum of a matrix's derivatives over its products."""
    if not pairs:
        return
    ends = [(p.input.detach(), y) if p.transposed else (y, p.input.detach()) for p, y in pairs]
    left, right = (torch.stack(end, 1) for end in zip(*ends))
    if out.is_cuda:
        out.copy_(left.mT @ right)
    else:
        np.matmul(left.mT.numpy(), right.numpy(), out=out.numpy())
