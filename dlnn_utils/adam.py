"""First-order training, as in the paper: Adam on shuffled batches (Section 4)."""

import copy

import torch
from tqdm import tqdm

from dlnn_utils import check
from dlnn_utils.models import Model
from dlnn_utils.prior import ConstantCoefficients
from dlnn_utils.training import (
    DivergenceError,
    History,
    data_loss,
    one_thread,
    prior_loss,
    tensors,
)


@one_thread()
def train_adam(
    model: Model,
    x,
    rate,
    *,
    epochs: int = 1000,
    batch_size: int = 1000,
    learning_rate: float = 1e-3,
    decay: bool = True,
    prior: ConstantCoefficients | None = None,
    target: float = 0.0,
    seed: int = 0,
    progress: bool | None = None,
) -> History:
    """Minimise the loss of Eqs 18, 19 by Adam; the best weights are kept.

    An epoch's mean loss is credited to the weights at its start; the last weights are judged by
    their loss over all data.

    Parameters
    ----------
    model : Model
        Trained in place.
    x, rate : array (B, n_state)
        States and their rates.
    epochs, batch_size : int
        Passes over the data, and samples a step.
    learning_rate : float
        Adam's step size at the start.
    decay : bool
        Whether it falls to zero along a half cosine.
    prior : ConstantCoefficients, optional
        Added to the loss of every batch.
    target : float
        Stop when the mean loss of an epoch's batches is at or below this.
    seed : int
        Seed of the shuffling.
    progress : bool, optional
        Show a progress bar; by default only on a terminal.

    Returns
    -------
    History
        Loss, averaged over the batches of each epoch.

    Raises
    ------
    ValueError
        If epochs, batch_size or learning_rate is not positive.
    DivergenceError
        If the loss is not finite.
    """
    epochs = check.positive_integer("epochs", epochs)
    learning_rate = check.positive("learning_rate", learning_rate)
    batch_size = check.positive_integer("batch_size", batch_size)
    target = check.not_negative("target", target)
    x, y = tensors(model, x, rate)
    rng = torch.Generator().manual_seed(check.seed(seed))
    optimiser = torch.optim.Adam(model.parameters(), lr=learning_rate)
    n_batches = -(-len(x) // batch_size)
    total = epochs * n_batches
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, total) if decay else None
    history, best, best_weights = History(), float("inf"), None
    bar = tqdm(range(epochs), "Adam", disable=None if progress is None else not progress)
    for epoch in bar:
        losses, weights = [], copy.deepcopy(model.state_dict())
        for batch in torch.randperm(len(x), generator=rng).to(x.device).chunk(n_batches):
            optimiser.zero_grad(set_to_none=True)
            data, extra = data_loss(model, x[batch], y[batch]), prior_loss(model, prior)
            (data + extra).backward()
            optimiser.step()
            if schedule:
                schedule.step()
            losses.append((data.detach(), extra.detach()))
        loss, extra = (float(sum(part) / n_batches) for part in zip(*losses))
        if not loss + extra < float("inf"):
            raise DivergenceError(
                f"the loss is {loss} in epoch {epoch + 1}: lower learning_rate (now "
                f"{learning_rate:g}) or rescale the data"
            )
        history.add(loss, extra)
        bar.set_postfix(loss=f"{loss:.1e}", refresh=False)
        if loss + extra < best:
            best, best_weights = loss + extra, weights
        if loss <= target:
            history.stop = "target"
            break
    with torch.no_grad():
        last = float(data_loss(model, x, y) + prior_loss(model, prior))
    if not last < best:
        model.load_state_dict(best_weights)
    return history
