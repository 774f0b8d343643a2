"""Learning L_D from a sequence of images: one trajectory of many pixels (Section 5.4).

The pixels share one unit and one scale.  A single trajectory visits few of their directions;
weights that start small, and steps that are as small as they can be, leave the other directions
with little curvature: what the images do not show is taken to move little.
"""

from collections.abc import Callable

import numpy as np
import torch

from dlnn_utils import check
from dlnn_utils.fit import train
from dlnn_utils.gauss_newton import train_gauss_newton
from dlnn_utils.models import Diffusion
from dlnn_utils.network import ScalarNetwork
from dlnn_utils.prior import ConstantCoefficients

START = 0.1
"""Standard deviation of all initial weights."""


class ImageDiffusion(Diffusion):
    """`Diffusion` with one scale for all pixels, and weights that start small.

    Parameters
    ----------
    network : ScalarNetwork
        L_D(c); its initial weight matrices are rescaled.
    form : {"euler-lagrange", "hessian"}
        As for `Diffusion`.
    """

    def __init__(self, network: ScalarNetwork, form: str = "euler-lagrange"):
        super().__init__(network, form)
        with torch.no_grad():
            for W in network.weights:
                W.mul_(START * W.shape[1] ** 0.5)

    def scale_to(self, x: np.ndarray, rate: np.ndarray) -> None:
        """Fix the scales so that the largest pixel and the RMS rate are 1 inside the network."""
        size = float(np.abs(x).max()) or 1.0
        self.network.input_scale.fill_(1 / size)
        self.network.output_scale.fill_(size * (float(np.sqrt(np.mean(rate**2))) or 1.0))


def fit_images(
    c,
    cdot,
    *,
    widths=(600,),
    activation: str = "quadratic_silu",
    form: str = "euler-lagrange",
    seed: int = 0,
    frames: int | None = 10,
    along_rays: float = 0.0,
    optimiser: str | Callable = train_gauss_newton,
    **options,
) -> ImageDiffusion:
    """Learn L_D from the images of a sequence and their rates (Eq. 18).

    Parameters
    ----------
    c, cdot : array (T, n)
        Images, a row of n pixels each, and their rates, in the order of time.
    widths : sequence of int
        Width of each hidden layer.
    activation : str
        As for `ScalarNetwork`.
    form : {"euler-lagrange", "hessian"}
        How the rate is read out of L_D, see `Diffusion`.
    seed : int
        Of the initial weights.
    frames : int, optional
        How many images to train on, closer together where the sequence begins; None for all.
    along_rays : float
        Weight of the soft prior of constant coefficients on the rays from 0 through the images:
        an image that is everywhere half as strong should move half as fast.  0 for none.
    optimiser : str or callable
        Which training, as for `train`; for a network of so many weights, Gauss-Newton.
    **options
        Of that training.

    Returns
    -------
    ImageDiffusion
        Fitted model, with `.evolve(c0, t)`, `.matrices(c)` and the training's `.history`.

    Raises
    ------
    ValueError
        If an argument is malformed.
    DivergenceError
        If training diverges.
    """
    c = check.array("c", c, (None, None))
    cdot = check.array("cdot", cdot, c.shape)
    if frames is not None:
        kept = early_frames(len(c), frames)
        c, cdot = c[kept], cdot[kept]
    model = ImageDiffusion(ScalarNetwork(c.shape[1], widths, activation, seed), form)
    if check.not_negative("along_rays", along_rays):
        options["prior"] = rays(c, weight=along_rays, seed=seed)
    return train(model, c, cdot, optimiser=optimiser, **options)


def early_frames(total: int, number: int) -> np.ndarray:
    """Return which of `total` frames to keep: the first, the last, and ever fewer between.

    Examples
    --------
    >>> early_frames(101, 8).tolist()
    [0, 1, 3, 6, 13, 26, 51, 100]
    """
    total, number = (check.positive_integer("frames", n) for n in (total, number))
    if number > total:
        raise ValueError(f"frames must be at most the {total} there are; got {number}")
    for points in range(number, 100 * total):
        kept = np.unique(np.geomspace(1, total, points).round().astype(int)) - 1
        if len(kept) >= number:
            return kept
    return np.arange(total)


def rays(
    c, reach: float = 1.2, n_points: int = 6, weight: float = 1.0, seed: int = 0
) -> ConstantCoefficients:
    """Return the soft prior of constant coefficients on the rays from 0 through the images.

    Parameters
    ----------
    c : array (B, n)
        Images.
    reach : float
        How far the rays go; 1 is the image itself.
    n_points : int
        Number of points, at random on the rays through random images.
    weight : float
        Weight of the prior relative to the data.
    seed : int
        Seed of the points.
    """
    rng = np.random.default_rng(seed)
    chosen = np.asarray(c)[rng.choice(len(c), n_points, replace=len(c) < n_points)]
    return ConstantCoefficients(
        torch.from_numpy(chosen * rng.uniform(0, reach, (n_points, 1))), weight
    )
