"""First-order training, as in the paper: Adam on shuffled batches (Section 4)."""

import copy
from collections.abc import Callable

import torch
from tqdm import tqdm

from dlnn_utils._arguments import Count, NotNegative, Positive, Seed, checked
from dlnn_utils.models.model import Model
from dlnn_utils.training.loss import (
    ConstantCoefficients,
    DivergenceError,
    History,
    data_loss,
    one_thread,
    prior_loss,
    stream,
    tensors,
)


@one_thread()
@checked
def train_adam(
    model: Model,
    x,
    rate,
    *,
    epochs: Count = 1000,
    batch_size: Count = 1000,
    learning_rate: Positive = 1e-3,
    prior: ConstantCoefficients | None = None,
    target: NotNegative = 0.0,
    seed: Seed = 0,
    on_step: Callable[[Model, History], bool | None] | None = None,
) -> History:
    """Minimise the loss of Eqs 18, 19 over states x and rates (B, n_state); keep the best weights.

    The learning rate falls along a half cosine.  An epoch's mean loss is credited to the weights
    at its start.  Training ends at `target`, or when `on_step`, called after steps, returns True.
    """
    x, y = tensors(model, x, rate)
    rng = stream(seed, "shuffling")
    optimiser = torch.optim.Adam(model.parameters(), lr=learning_rate)
    n_batches = -(-len(x) // batch_size)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs * n_batches)
    history, best, best_weights, ended = History(), float("inf"), None, False
    bar = tqdm(range(epochs), "Adam", disable=None)
    for epoch in bar:
        losses, weights = [], copy.deepcopy(model.state_dict())
        for batch in torch.from_numpy(rng.permutation(len(x))).to(x.device).chunk(n_batches):
            optimiser.zero_grad(set_to_none=True)
            data, extra = data_loss(model, x[batch], y[batch]), prior_loss(model, prior)
            (data + extra).backward()
            optimiser.step()
            schedule.step()
            losses.append((data.detach(), extra.detach()))
            if ended := bool(on_step and on_step(model, history)):
                break
        loss, extra = (float(sum(part) / len(losses)) for part in zip(*losses))
        if not loss + extra < float("inf"):
            raise DivergenceError(
                f"the loss is {loss} in epoch {epoch + 1}: lower learning_rate (now "
                f"{learning_rate:g}) or rescale the data"
            )
        history.add(loss, extra)
        bar.set_postfix(loss=f"{loss:.1e}", refresh=False)
        if loss + extra < best:
            best, best_weights = loss + extra, weights
        if ended or loss <= target:
            history.stop = "on_step" if ended else "target"
            break
    with torch.no_grad():
        last = float(data_loss(model, x, y) + prior_loss(model, prior))
    if not last < best:
        model.load_state_dict(best_weights)
    return history
