"""Learning L_D from the images of a whole sequence (Section 5.4).

The pixels of a sequence share one unit and one scale.  A single trajectory visits few of their
directions; weights that start small, and steps that are as small as they can be, leave the other
directions with little curvature: what the images do not show is taken to move little.
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from dlnn_utils._arguments import Array, Count, NotNegative, Seed, checked
from dlnn_utils.models.motion import Diffusion
from dlnn_utils.models.network import ScalarNetwork
from dlnn_utils.training.fit import train
from dlnn_utils.training.gauss_newton import train_gauss_newton
from dlnn_utils.training.loss import ConstantCoefficients

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
