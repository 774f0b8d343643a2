"""Models at the same loss: the ground of a fair comparison (Section 5.3).

Training goes down in steps, and a second-order step may pass a wanted loss by a factor.  Here the
weights at the start of every step are noted, and a model of the wanted loss is found on the
segment between the last weights above it and the first below.
"""

import copy
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from dlnn_utils.fit import train
from dlnn_utils.models import Model
from dlnn_utils.training import data_loss, tensors


def loss_of(model: Model, x, rate) -> float:
    """Return a model's loss, the mean over samples of |prediction - target|^2 (Eqs 18, 19).

    Parameters
    ----------
    model : Model
    x, rate : array (B, n_state)
        States and their rates.
    """
    with torch.no_grad():
        return float(data_loss(model, *tensors(model, x, rate)))


def train_to_losses(
    model: Model, x, rate, losses: Sequence[float], *, tolerance: float = 0.02, **options
) -> list[Model | None]:
    """Train a model once, and return what it was at each of several losses.

    Parameters
    ----------
    model : Model
        Trained in place, to the lowest of the losses if it gets there.
    x, rate : array (B, n_state)
        States and their rates.
    losses : sequence of float
        Wanted losses, above 0.
    tolerance : float
        A model of the loss L has a loss from (1 - tolerance) L to L.
    **options
        Of `dlnn_utils.train`.  All weights of the way down are held in memory.

    Returns
    -------
    list of Model or None
        One model for each loss, in the order given, with the whole training's `.history`; None
        where training ended above the loss or began below it.

    Raises
    ------
    ValueError
        If a loss or the tolerance is not positive.
    """
    if not (len(losses) and min(losses) > 0):
        raise ValueError(f"losses must be positive numbers, at least one; got {list(losses)}")
    if not 0 < tolerance < 1:
        raise ValueError(f"tolerance must be between 0 and 1; got {tolerance}")
    path = _trained_path(model, x, rate, target=min(losses), **options)
    found = copy.deepcopy(model)
    on_the_way = np.array([_loss_at(found, v, x, rate) for v in path])
    models = []
    for loss in losses:
        below = np.flatnonzero(on_the_way <= loss)
        landed = None
        if len(below) and below[0] > 0:
            first = below[0]
            landed = copy.deepcopy(model)
            _land(landed, path[first - 1], path[first], x, rate, loss, tolerance)
        models.append(landed)
    return models


def _trained_path(model: Model, x, rate, **options) -> list[Tensor]:
    """Train; return the weights wherever gradients were taken, and the final ones."""
    path, predict = [], model.prediction

    def noting(states: Tensor) -> Tensor:
        if torch.is_grad_enabled():
            path.append(parameters_to_vector(model.parameters()).detach().clone())
        return predict(states)

    model.prediction = noting
    try:
        train(model, x, rate, **options)
    finally:
        del model.prediction
    return [*path, parameters_to_vector(model.parameters()).detach()]


def _loss_at(model: Model, weights: Tensor, x, rate) -> float:
    """Give a model these weights and return its loss."""
    vector_to_parameters(weights, model.parameters())
    return loss_of(model, x, rate)


def _land(model, above: Tensor, below: Tensor, x, rate, loss: float, tolerance: float) -> None:
    """Give a model weights between `above` and `below`, by bisection, whose loss is `loss`."""
    near, far, now = 0.0, 1.0, _loss_at(model, below, x, rate)
    while not (1 - tolerance) * loss <= now <= loss:
        middle = (near + far) / 2
        now = _loss_at(model, above + middle * (below - above), x, rate)
        near, far = (middle, far) if now > loss else (near, middle)
