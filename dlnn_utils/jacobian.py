"""Per-sample Jacobians of a network's predictions by its weights.

Everything a dense network computes, derivatives included, is made of products with its weight
matrices: y = W x going up, h = W^T g going down.  Through one such product a prediction r of one
sample depends on W by the outer product (dr/dy) x^T, and r's derivative by all of W is the sum
of these over the products recorded while r was computed.  One reverse pass for each component
of the prediction therefore gives the rows of the Jacobian for the whole batch.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from dlnn_utils.network import DenseNetwork


def prediction_and_jacobian(
    network: DenseNetwork, predict: Callable[[], Tensor]
) -> tuple[Tensor, Tensor]:
    """Return a prediction and its derivative by all weights, sample by sample.

    Parameters
    ----------
    network : DenseNetwork
        The network whose parameters are meant.
    predict : callable
        Computes the prediction (B, m) with `network`; row b may depend on sample b alone.

    Returns
    -------
    r : Tensor (B, m)
    J : Tensor (B, m, P)
        P weights in the order of `network.parameters()`: all matrices, then all biases.
    """
    with torch.enable_grad(), network.recorded() as products:
        r = predict()
    B, m = r.shape
    outputs = [product.output for product in products]
    sizes = [p.numel() for p in network.parameters()]
    starts = torch.tensor([0] + sizes).cumsum(0).tolist()
    n_matrices = len(network.weights)
    J = r.new_zeros(B, m, starts[-1])
    for i in range(m):
        cotangents = torch.autograd.grad(
            r[:, i].sum(), outputs, retain_graph=i + 1 < m, allow_unused=True
        )
        for product, y in zip(products, cotangents):
            if y is None:
                continue
            layer, x = product.layer, product.input.detach()
            rows = (x, y) if product.transposed else (y, x)
            block = J[:, i, starts[layer] : starts[layer + 1]].view(
                B, *network.weights[layer].shape
            )
            block += rows[0].unsqueeze(2) * rows[1].unsqueeze(1)
            if product.biased:
                J[:, i, starts[n_matrices + layer] : starts[n_matrices + layer + 1]] += y
    return r.detach(), J
