"""Learning L_D from images: of a whole sequence (Section 5.4), or of one element.

The pixels of a sequence share one unit and one scale.  A single trajectory visits few of their
directions; weights that start small, and steps that are as small as they can be, leave the other
directions with little curvature: what the images do not show is taken to move little.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from dlnn_utils._arguments import Array, Count, NotNegative, Seed, checked
from dlnn_utils.models.elements import CORNERS, FEATURES, LocalDiffusion
from dlnn_utils.models.motion import Diffusion
from dlnn_utils.models.network import ScalarNetwork
from dlnn_utils.training.fit import train
from dlnn_utils.training.gauss_newton import OnStep, minimise, primal, train_gauss_newton
from dlnn_utils.training.loss import (
    ConstantCoefficients,
    History,
    data_loss,
    one_thread,
    tensors,
)

START = 0.1
"""Standard deviation of all initial weights."""


class ImageDiffusion(Diffusion):
    """A `Diffusion` with one unit for all pixels and weights that start small."""

    def __init__(self, network: ScalarNetwork, M=None, form: str = "euler-lagrange"):
        super().__init__(network, M, form)
        with torch.no_grad():
            for W in network.weights:
                W.mul_(START * W.shape[1] ** 0.5)

    def units(self, x: Tensor) -> tuple[Tensor, float]:
        """Return the largest input as the unit of all inputs and of the output."""
        size = float(self.inputs(x).abs().max()) or 1.0
        return torch.full_like(self.network.input_scale, size), size


@checked
def fit_images(
    c: Array["T n"],
    cdot: Array["T n"],
    *,
    M=None,
    widths=(600,),
    activation: str = "quadratic_silu",
    form: str = "euler-lagrange",
    seed: Seed = 0,
    frames: Count | None = 10,
    along_rays: NotNegative = 0.0,
    optimiser: str | Callable = train_gauss_newton,
    **options,
) -> ImageDiffusion:
    """Learn L_D from the images of a sequence and their rates (Eq. 18).

    Parameters
    ----------
    c, cdot : array (T, n)
        Images, a row of n pixels each, and their rates, in the order of time.
    M, widths, activation, form, seed
        As for `fit_diffusion`.
    frames : int, optional
        How many images to train on, closer together where the sequence begins; None for all.
    along_rays : float
        Weight of the soft prior of constant coefficients on the rays from 0 through the images:
        an image that is everywhere half as strong should move half as fast.  0 for none.
    optimiser, **options
        The training, as for `train`; for a network of so many weights, Gauss-Newton.

    Returns
    -------
    ImageDiffusion
        Fitted model, with `.evolve(c0, t)`, `.matrices(c)` and the training's `.history`.
    """
    if frames is not None:
        kept = early_frames(len(c), frames)
        c, cdot = c[kept], cdot[kept]
    model = ImageDiffusion(ScalarNetwork(c.shape[1], widths, activation, seed), M, form)
    if along_rays:
        options["prior"] = ConstantCoefficients.along_rays(c, weight=along_rays, seed=seed)
    return train(model, c, cdot, optimiser=optimiser, seed=seed, **options)


def early_frames(total: int, number: int) -> np.ndarray:
    """Return which of `total` frames to keep: the first, the last, and ever fewer between."""
    if number > total:
        raise ValueError(f"frames must be at most the {total} there are; got {number}")
    for points in range(number, 100 * total):
        kept = np.unique(np.geomspace(1, total, points).round().astype(int)) - 1
        if len(kept) >= number:
            return kept
    return np.arange(total)


@checked
def fit_local(
    c: Array["B n"],
    cdot: Array["B n"],
    D: Array["m m"],
    *,
    M=None,
    widths: Sequence[int] = (16,),
    activation: str | Sequence[str] = "quadratic",
    seed: Seed = 0,
    optimiser: str | Callable | None = None,
    **options,
) -> LocalDiffusion:
    """Learn the energy of one element from images of a plate (Eq. 18, with the mass known).

    Parameters
    ----------
    c, cdot : array (B, n)
        Images, a row of n = (m + 1)^2 pixels each, row by row from the top left, and their rates.
    D : array (m, m)
        Diffusivity of each element.
    M : array (n,), or diagonal (n, n), optional
        Mass of each pixel; by default the lumped one of a plate of 1 m by 1 m.
    widths, activation, seed
        Of the network, as for `ScalarNetwork`; by default a quadratic form, the paper's constant
        coefficients.
    optimiser : str or callable, optional
        Another training, as for `train`; by default `train_local`.
    **options
        Of the training (max_steps, target) and of `train` (device).

    Returns
    -------
    LocalDiffusion
        Fitted model, with `.evolve(c0, t)`, `.on(D)` for another microstructure and `.history`.

    Raises
    ------
    ValueError
        If an argument is malformed.
    DivergenceError
        If training diverges.
    """
    network = ScalarNetwork(CORNERS * FEATURES, widths, activation, seed)
    model = LocalDiffusion(network, D, M)
    if c.shape[1] != model.n:
        raise ValueError(f"c must have shape (any, {model.n}); got {c.shape}")
    return train(model, c, cdot, optimiser=optimiser or train_local, **options)


@checked
@one_thread()
def train_local(
    model: LocalDiffusion,
    x: Array["B n"],
    rate: Array["B n"],
    *,
    max_steps: Count = 200,
    target: NotNegative = 0.0,
    prior: None = None,
    on_step: OnStep = None,
) -> History:
    """Minimise the loss of Eq. 18 over the shared weights like `train_levenberg_marquardt`.

    A pixel's rate is what is left where four elements' forces nearly cancel, over a small mass;
    so the forces are trained, in float64.  A network with hardly more neurons than its quadratic
    form needs may take ten times the steps of one with some to spare.
    """
    if prior is not None:
        raise ValueError(
            "a local energy is trained without the soft prior of constant coefficients; "
            'activation="quadratic" has them by construction'
        )
    x, y = tensors(model, x, rate)

    @torch.no_grad()
    def losses() -> tuple[float, float]:
        return float(data_loss(model, x, y)), 0.0

    def rows() -> Iterator[tuple[Tensor, Tensor]]:
        scale = len(x) ** -0.5
        for image, force in zip(x.split(1), y.split(1)):
            r, J = model.prediction_and_jacobian(image)
            yield scale * (r - force)[0], scale * J[0]

    return minimise(model, losses, lambda: primal(rows()), max_steps, target, on_step)
