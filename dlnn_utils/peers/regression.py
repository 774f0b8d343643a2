"""What a practitioner tries first: PyDMD and PySINDy, behind the same `rate` and `evolve`."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from pydmd import DMD
from pysindy import STLSQ, CustomLibrary, FiniteDifference, PolynomialLibrary, SINDy
from torch import Tensor

from dlnn_utils._arguments import Array, Count, Counts, NotNegative, Times, answer, array, checked
from dlnn_utils.integration import integrate
from dlnn_utils.systems.linear import LinearSystem


@checked
def fit_dmd(x: Array["T n | T B n"], t: Times) -> LinearSystem:
    """Fit x(t + dt) = A x(t) by PyDMD to states at even times; return the law log(A) / dt."""
    steps = np.diff(t)
    if np.ptp(steps) > 1e-9 * np.abs(steps).max():
        found = f"{steps.min():.3g} to {steps.max():.3g}"
        raise ValueError(f"PyDMD needs evenly spaced times t; got steps from {found}")
    n = x.shape[-1]
    now, after = x[:-1].reshape(-1, n).T, x[1:].reshape(-1, n).T
    if np.linalg.matrix_rank(now) < n:
        raise ValueError(f"x must have {n} independent components; some depend on others")
    with np.errstate(divide="ignore", invalid="ignore"):
        dmd = DMD(svd_rank=n, exact=True).fit(now, after)
        growth = np.log(dmd.eigs.astype(complex)) / steps.mean()
    if not np.isfinite(growth).all():
        raise ValueError("x must not come to rest within a step; PyDMD finds such a mode")
    A = ((dmd.modes * growth) @ np.linalg.pinv(dmd.modes)).real
    return LinearSystem(answer("x and t", A))


@dataclass(frozen=True)
class SparseLaw:
    """What PySINDy found: dx/dt = Theta(x) Xi, with the `terms` Theta (B, k) and Xi (k, n)."""

    sindy: SINDy
    terms: Callable[[Tensor], Tensor]
    coefficients: Tensor

    @property
    def n_weights(self) -> int:
        """Number of coefficients that are not zero."""
        return int(torch.count_nonzero(self.coefficients))

    def rate(self, x) -> Tensor:
        """Return dx/dt (B, n) at the states x (B, n), as `SINDy.predict` but at less cost."""
        return self.terms(torch.as_tensor(x)) @ self.coefficients

    def evolve(self, x0, t, **options) -> np.ndarray:
        """Integrate from the states x0 (n,) or (B, n) over the times t (`integrate`)."""
        return integrate(self.rate, x0, t, **options)


@checked
def fit_sindy(
    x: Array["T n | T B n"],
    rate=None,
    *,
    t: Times = None,
    degree: Count = 2,
    threshold: NotNegative = 0.02,
) -> SparseLaw:
    """Fit a sparse polynomial law by PySINDy, which drops coefficients below a threshold.

    Without rates, of the shape of x, PySINDy takes finite differences over the times t (T,).
    """
    if rate is None and t is None:
        raise ValueError("PySINDy needs the rates of x, or the times t of x to take them from")
    if rate is None:
        rate = np.asarray(FiniteDifference()(x.reshape(len(x), -1), t)).reshape(x.shape)
    rate = array("rate", rate, " ".join(map(str, x.shape)))
    sindy, coefficients = _fitted(PolynomialLibrary(degree), threshold, x, rate)
    occur = coefficients.any(axis=1)
    powers = torch.from_numpy(np.asarray(sindy.feature_library.powers_)[occur])
    coefficients = torch.from_numpy(coefficients[occur])
    return SparseLaw(sindy, lambda x: (x[:, None, :] ** powers).prod(2), coefficients)


@checked
def fit_sindy_pixels(
    c: Array["B n"], cdot: Array["B n"], powers: Counts = (1, 3), threshold: NotNegative = 1e-3
) -> SparseLaw:
    """Fit a sparse law of images and rates (B, n) in powers of each pixel, not of products."""
    if not powers:
        raise ValueError("powers must name at least one; got none")
    library = CustomLibrary([_raised_to(power) for power in powers])
    sindy, coefficients = _fitted(library, threshold, c, cdot)
    coefficients = torch.from_numpy(coefficients.copy())
    return SparseLaw(sindy, lambda c: torch.cat([c**p for p in powers], 1), coefficients)


def _fitted(library, threshold: float, x, rate) -> tuple[SINDy, np.ndarray]:
    """Return what PySINDy fits, and its Xi (k, n), terms of the library by components."""
    x, rate = (a.reshape(-1, a.shape[-1]) for a in (x, rate))
    sindy = SINDy(STLSQ(threshold=threshold), library).fit(x, 1.0, x_dot=rate)
    return sindy, np.asarray(sindy.coefficients()).T


def _raised_to(power: int) -> Callable:
    """A function of one argument: PySINDy counts them."""
    return lambda c: c**power
