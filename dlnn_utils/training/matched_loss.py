"""Models at the same loss, between two steps of a training: for fair comparison (Section 5.3)."""

import copy
from collections.abc import Sequence

from torch import Tensor
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from dlnn_utils._arguments import SMALLEST, Array, Positive, checked
from dlnn_utils.models.model import Model
from dlnn_utils.training.fit import train
from dlnn_utils.training.loss import loss_of, tensors


@checked
def train_to_losses(
    model: Model,
    x: Array["B n"],
    rate: Array["B n"],
    losses: Array[" L"],
    *,
    tolerance: Positive = 0.02,
    **options,
) -> list[Model | None]:
    """Train a model once on x and rate (B, n_state); return it as it was at each loss (L,).

    A model of the loss L has one from (1 - tolerance) L to L, and the whole `.history`; it is None
    where training ended above L or began below it.  Options are those of `train`.
    """
    if losses.min() < SMALLEST:
        raise ValueError(f"losses must be positive; got {losses.min():g}")
    if not tolerance < 1:
        raise ValueError(f"tolerance must be between 0 and 1; got {tolerance}")
    tensors(model, x, rate)
    brackets, models = _brackets(model, x, rate, losses, **options), []
    for loss in losses:
        above, below = brackets.get(loss, (None, None))
        models.append(None if above is None else copy.deepcopy(model))
        if above is not None:
            _land(models[-1], above, below, x, rate, loss, tolerance)
    return models


def _brackets(model: Model, x, rate, losses: Sequence[float], **options) -> dict:
    """Train; return by loss the weights before it was reached, if any, and the first below it."""
    brackets, last = {}, None

    def watch(*_) -> None:
        nonlocal last
        reached = loss_of(model, x, rate)
        now = parameters_to_vector(model.parameters()).detach().clone()
        brackets.update({w: (last, now) for w in losses if reached <= w and w not in brackets})
        last = now

    model.scale_to(x, rate)
    watch()
    train(model, x, rate, target=min(losses), on_step=watch, **options)
    return brackets


def _land(model, above: Tensor, below: Tensor, x, rate, loss: float, tolerance: float) -> None:
    """Give a model weights between `above` and `below`, by bisection, whose loss is `loss`."""

    def at(share: float) -> float:
        vector_to_parameters(above.lerp(below, share), model.parameters())
        return loss_of(model, x, rate)

    near, far, now = 0.0, 1.0, at(1.0)
    while not (1 - tolerance) * loss <= now <= loss:
        middle = (near + far) / 2
        now = at(middle)
        near, far = (middle, far) if now > loss else (near, middle)
