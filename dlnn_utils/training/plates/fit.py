"""Learning what a plate is made of, and how it loses, from one recording of images.

The law, the first image and the noise are found together by Gauss-Newton: the images of the
`OpenPlate` are compared with all measured ones, so that noise biases nothing.  Elements have
independent log-normal priors about one unknown mean.  The error bars are those of the Laplace
approximation, from samples of its normal distribution.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from tqdm.auto import tqdm

from dlnn_utils._arguments import SMALLEST, Array, Count, NotNegative, Positive, Seed, Times, checked
from dlnn_utils.training.plates.law import SIDES, Mesh, OpenPlate
from dlnn_utils.training.plates.sensitivity import Sensitivity, images

OPEN = {"none": (), "edges": (0, 1, 2, 3), "edges and face": (0, 1, 2, 3, 4)}

FORGET = 1e-3


def _conjugate(product, b: np.ndarray, scale: np.ndarray, most: int, tolerance: float):
    """Return H^-1 b (P, R) by conjugate gradients, preconditioned by 1 / scale (P, 1)."""
    x, r = np.zeros_like(b), b.copy()
    z = r / scale
    p, rz = z.copy(), np.sum(r * z, 0)
    first = rz.copy()
    its = 0
    for its in range(most):
        Hp = product(p)
        a = rz / np.maximum(np.sum(p * Hp, 0), 1e-300)
        x += a * p
        r -= a * Hp
        z = r / scale
        new = np.sum(r * z, 0)
        if (new < tolerance**2 * first).all():
            break
        p = z + new / np.maximum(rz, 1e-300) * p
        rz = new
    return x, its
