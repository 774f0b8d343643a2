"""PySINDy for images, told which powers of each pixel to look for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from dlnn_utils import check
from dlnn_utils.integration import integrate


@dataclass(frozen=True)
class PixelLaw:
    """What PySINDy found: the rate as a sparse combination of given powers of each pixel.

    Attributes
    ----------
    sindy : pysindy.SINDy
        Fitted.
    powers : tuple of int
    """

    sindy: object
    powers: tuple[int, ...]

    @property
    def n_weights(self) -> int:
        """Number of coefficients that are not zero."""
        return int(np.count_nonzero(self.sindy.coefficients()))

    def rate(self, c) -> Tensor:
        """Return dc/dt (B, n) at the images c (B, n)."""
        terms = torch.cat([torch.as_tensor(c) ** power for power in self.powers], 1)
        return terms @ torch.from_numpy(np.asarray(self.sindy.coefficients()).T.copy())

    def evolve(self, c0, t, **options) -> np.ndarray:
        """Integrate from the images c0 (n,) or (B, n) over the times t (`integrate`)."""
        return integrate(self.rate, c0, t, **options)


def fit_sindy_pixels(c, cdot, powers: Sequence[int] = (1, 3), threshold: float = 1e-3) -> PixelLaw:
    """Fit a sparse law in powers of each pixel, without products of different ones.

    Parameters
    ----------
    c, cdot : array (B, n)
        Images and their rates.
    powers : sequence of int
        Which powers are in the library.
    threshold : float
        Coefficients smaller than this are dropped.

    Returns
    -------
    PixelLaw

    Raises
    ------
    ValueError
        If the arrays do not fit each other, or a power is not positive.
    """
    from pysindy import STLSQ, CustomLibrary, SINDy

    c = check.array("c", c, (None, None))
    cdot = check.array("cdot", cdot, c.shape)
    threshold = check.not_negative("threshold", threshold)
    if not (powers := check.positive_integers("powers", powers)):
        raise ValueError("powers must name at least one; got none")
    library = CustomLibrary([_raised_to(power) for power in powers])
    return PixelLaw(SINDy(STLSQ(threshold=threshold), library).fit(c, 1.0, x_dot=cdot), powers)


def _raised_to(power: int) -> Callable:
    """A function of one argument: PySINDy counts them."""
    return lambda c: c**power
