"""PySINDy, sparse identification: few terms of a library of candidates, from states and rates."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from dlnn_utils import check
from dlnn_utils.integration import integrate


@dataclass(frozen=True)
class SparseLaw:
    """What PySINDy found: the rate as a sparse combination of monomials.

    Attributes
    ----------
    sindy : pysindy.SINDy
        Fitted, with a `PolynomialLibrary`.
    """

    sindy: object

    @property
    def n_weights(self) -> int:
        """Number of coefficients that are not zero."""
        return int(np.count_nonzero(self.sindy.coefficients()))

    @cached_property
    def _terms(self) -> tuple[Tensor, Tensor]:
        """Exponents (k, n) of the monomials that occur, and their coefficients (k, n)."""
        coefficients = np.asarray(self.sindy.coefficients()).T
        powers = np.asarray(self.sindy.feature_library.powers_)
        occur = coefficients.any(axis=1)
        return torch.from_numpy(powers[occur]), torch.from_numpy(coefficients[occur])

    def rate(self, x) -> Tensor:
        """Return dx/dt (B, n) at the states x (B, n), as `SINDy.predict` but at less cost."""
        powers, coefficients = self._terms
        return (torch.as_tensor(x)[:, None, :] ** powers).prod(2) @ coefficients

    def evolve(self, x0, t, **options) -> np.ndarray:
        """Integrate from the states x0 (n,) or (B, n) over the times t (`integrate`)."""
        return integrate(self.rate, x0, t, **options)


def fit_sindy(x, rate=None, *, t=None, degree: int = 2, threshold: float = 0.02) -> SparseLaw:
    """Fit a sparse polynomial law by PySINDy's sequentially thresholded least squares.

    Parameters
    ----------
    x : array (B, n), or (T, n) or (T, B, n) with `t`
        States.
    rate : array like x, optional
        Their rates; without them PySINDy takes finite differences of x over t.
    t : array (T,), optional
        Times of x.
    degree : int
        Of the polynomials in the library.
    threshold : float
        Coefficients smaller than this are dropped.

    Returns
    -------
    SparseLaw

    Raises
    ------
    ValueError
        If neither rates nor times are given, or shapes do not fit.
    """
    from pysindy import STLSQ, PolynomialLibrary, SINDy

    if rate is None and t is None:
        raise ValueError("PySINDy needs the rates of x, or the times t of x to take them from")
    check.positive_integer("degree", degree)
    threshold = check.not_negative("threshold", threshold)
    sindy = SINDy(STLSQ(threshold=threshold), PolynomialLibrary(degree))
    if rate is None:
        x = check.series("x", x, len(check.times(t)), least=2)
        states = [x] if x.ndim == 2 else list(x.transpose(1, 0, 2))
        return SparseLaw(sindy.fit(states, np.asarray(t, dtype=float)))
    x = check.array("x", x, (None, None))
    rate = check.array("rate", rate, x.shape)
    return SparseLaw(sindy.fit(x, 1.0, x_dot=rate))
