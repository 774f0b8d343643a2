"""Soft prior of constant coefficients, where there are no data.

The paper assumes "problems with constant coefficients" when it reads M, C and K from L_D by
Eqs 12 and 17.  Then the two readings of the rate, by Euler-Lagrange and by the matrices, agree
everywhere.  Asking a network for that agreement at random states, also far outside the training
range, costs no data, and is all the linearity that training is told of.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from dlnn_utils import check


@dataclass(frozen=True)
class ConstantCoefficients:
    """The request that the two readings of the rate agree at some states.

    Attributes
    ----------
    points : Tensor (P, n_state)
        Where they are compared.
    weight : float
        Weight of their difference relative to the residual of the data.
    """

    points: Tensor
    weight: float

    @classmethod
    def around(
        cls, x, reach: float = 2.0, n_points: int = 600, weight: float = 0.1, seed: int = 0
    ) -> "ConstantCoefficients":
        """Draw the points from a box around the origin that spans `reach` times the data.

        Parameters
        ----------
        x : array (B, n_state)
            Training states.
        reach : float
            Half-widths of the box over max |x| of each coordinate.
        n_points : int
            Number of points P.
        weight : float
            Weight of the prior, above 0.
        seed : int
            Seed of the points.

        Returns
        -------
        ConstantCoefficients

        Raises
        ------
        ValueError
            If reach or weight is not positive.
        """
        reach, weight = check.positive("reach", reach), check.positive("weight", weight)
        n_points = check.positive_integer("n_points", n_points)
        half = reach * np.abs(check.array("x", x, (None, None))).max(axis=0)
        points = np.random.default_rng(check.seed(seed)).uniform(
            -half, half, (n_points, len(half))
        )
        return cls(torch.from_numpy(points), weight)

    def residual(self, model) -> Tensor:
        """Return weight times the difference (P, m) of the two readings of a model.

        Parameters
        ----------
        model : Model
            With `homogeneity(x)`, whose length m is the prediction's.

        Returns
        -------
        Tensor (P, m)
        """
        return self.weight * model.homogeneity(self.points.to(model.network.input_scale))
