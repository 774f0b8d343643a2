"""Models at the same loss: the ground of a fair comparison (Section 5.3).

Training goes down in steps, and a second-order step may pass a wanted loss by a factor.  Here the
weights at the start of every step are watched, and a model of the wanted loss is found on the
segment between the last weights above it and the first below.
"""

import copy
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from dlnn_utils import check
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

    Returns
    -------
    float
    """
    return float(check.answer("x and rate", _loss(model, x, rate)))


def _loss(model: Model, x, rate) -> float:
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
        Of `dlnn_utils.train`.

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
    losses = check.array("losses", losses, (None,)).tolist()
    if min(losses) < check.SMALLEST:
        raise ValueError(f"losses must be positive; got {min(losses):g}")
    if not 0 < check.positive("tolerance", tolerance) < 1:
        raise ValueError(f"tolerance must be between 0 and 1; got {tolerance}")
    x, rate = check.array("x", x, (None, None)), check.array("rate", rate, (None, None))
    tensors(model, x, rate)
    brackets = _brackets(model, x, rate, losses, **options)
    models = []
    for loss in losses:
        above, below = brackets.get(loss, (None, None))
        landed = None if above is None else copy.deepcopy(model)
        if landed:
            _land(landed, above, below, x, rate, loss, tolerance)
        models.append(landed)
    return models


def _brackets(model: Model, x, rate, losses: Sequence[float], **options) -> dict:
    """Train; return by loss the weights of the step before it was reached, and the first below.

    Any optimiser takes its gradients at the weights from which a step starts; there the loss is
    watched.  If it is below from the start, the weights before are None.
    """
    model.scale_to(x, rate)
    probe, predict = copy.deepcopy(model), model.prediction
    brackets, last = {}, None

    def watch() -> None:
        nonlocal last
        now = parameters_to_vector(model.parameters()).detach().clone()
        reached = _loss_at(probe, now, x, rate)
        brackets.update({w: (last, now) for w in losses if reached <= w and w not in brackets})
        last = now

    def watched(states: Tensor) -> Tensor:
        if torch.is_grad_enabled():
            watch()
        return predict(states)

    model.prediction = watched
    try:
        train(model, x, rate, target=min(losses), **options)
    finally:
        del model.prediction
    watch()
    return brackets


def _loss_at(model: Model, weights: Tensor, x, rate) -> float:
    """Give a model these weights and return its loss."""
    vector_to_parameters(weights.clone(), model.parameters())
    return _loss(model, x, rate)


def _land(model, above: Tensor, below: Tensor, x, rate, loss: float, tolerance: float) -> None:
    """Give a model weights between `above` and `below`, by bisection, whose loss is `loss`."""
    near, far, now = 0.0, 1.0, _loss_at(model, below, x, rate)
    while not (1 - tolerance) * loss <= now <= loss:
        middle = (near + far) / 2
        now = _loss_at(model, above + middle * (below - above), x, rate)
        near, far = (middle, far) if now > loss else (near, middle)
