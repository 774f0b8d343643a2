"""Per-sample Jacobians of a network's predictions by its weights.

Everything a dense network computes, derivatives included, is made of products with its weight
matrices: y = W x going up, h = W^T g going down.  Through one such product a prediction r of one
sample depends on W by the outer product (dr/dy) x^T, and r's derivative by all of W is the sum
of these over the products recorded while r was computed.  One reverse pass for each component
of the prediction therefore gives the rows of the Jacobian for the whole batch.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack

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
    places, start = [], 0
    for network, record in zip(networks, records):
        sizes = [w.numel() for w in network.parameters()]
        starts = torch.tensor([start, *sizes]).cumsum(0).tolist()
        places += [(product, network, starts) for product in record]
        start = starts[-1]
    outputs = [product.output for product, *_ in places]
    for i in range(r.shape[1]):
        cotangents = torch.autograd.grad(
            r[:, i].sum(), outputs, retain_graph=i + 1 < r.shape[1], allow_unused=True
        )
        for y, (product, network, starts) in zip(cotangents, places):
            if y is not None:
                _add_outers(J[:, i], product, y, network, starts)
    return r.detach(), J


def _add_outers(
    J: Tensor, product: Product, y: Tensor, network: DenseNetwork, starts: Sequence[int]
) -> None:
    """Add to the rows J (B, P) what one product, with its cotangent y, contributes."""
    layer, x = product.layer, product.input.detach()
    rows = (x, y) if product.transposed else (y, x)
    block = J[:, starts[layer] : starts[layer + 1]].view(len(J), *network.weights[layer].shape)
    block += rows[0].unsqueeze(2) * rows[1].unsqueeze(1)
    if product.biased:
        bias = len(network.weights) + layer
        J[:, starts[bias] : starts[bias + 1]] += y
