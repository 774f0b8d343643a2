"""How much a training computes: a measure that does not depend on the machine.

Counted are the products with weight matrices, 2 B a b operations for B samples and an (a, b)
matrix, which are nearly all that a network computes, and for Levenberg-Marquardt the Jacobian,
J^T J and its Cholesky factor.
"""

from contextlib import ExitStack

import torch

from dlnn_utils.models import Model


def prediction_work(model: Model, x) -> float:
    """Return the operations of one prediction of one sample.

    Parameters
    ----------
    model : Model
    x : array (B, k)
        Some of what it is trained on.
    """
    x = torch.as_tensor(x)[:2].to(model.network.input_scale)
    with torch.no_grad(), ExitStack() as stack:
        records = [stack.enter_context(net.recorded()) for net in model.networks]
        model.prediction(x)
    products = [product for record in records for product in record]
    return float(sum(2 * p.input.shape[1] * p.output.shape[1] for p in products))


def training_work(model: Model, x, n_outputs: int, passes: int, second_order: bool) -> float:
    """Return the operations of a training.

    Parameters
    ----------
    model : Model
    x : array (B, k)
        What it is trained on.
    n_outputs : int
        Components m of its prediction.
    passes : int
        Epochs of Adam, or steps of Levenberg-Marquardt.
    second_order : bool
        Whether it is the latter.

    Returns
    -------
    float
        Adam: a prediction and a backward pass of twice its work, for every sample and epoch.
        Levenberg-Marquardt, with P weights: a prediction and m backward passes for every sample,
        2 m P for its rows of the Jacobian, m P^2 for its part of J^T J, P^3 / 3 for the factor,
        and a prediction to judge the step.
    """
    one, B, P, m = prediction_work(model, x), len(x), model.n_weights, n_outputs
    if not second_order:
        return passes * B * 3 * one
    return passes * (B * ((2 + m) * one + 2 * m * P + m * P**2) + P**3 / 3)
