"""PyDMD, dynamic mode decomposition: a linear law from states alone, evenly spaced in time."""

import numpy as np

from dlnn_utils import check
from dlnn_utils.systems import LinearSystem


def fit_dmd(x, t, **options) -> LinearSystem:
    """Fit x(t + dt) = A x(t) by PyDMD, and return its generator, log(A) / dt.

    Parameters
    ----------
    x : array (T, n) or (T, B, n)
        States at the times t.
    t : array (T,)
        Evenly spaced times.
    **options
        Of `pydmd.DMD`; by default the decomposition is exact and of full rank.

    Returns
    -------
    LinearSystem
        With `rate` and `evolve`.

    Raises
    ------
    ValueError
        If the times are not evenly spaced, or the states do not fit them.
    """
    from pydmd import DMD

    t = check.times(t)
    steps = np.diff(t)
    if np.ptp(steps) > 1e-9 * np.abs(steps).max():
        raise ValueError(
            f"PyDMD needs evenly spaced times t; got steps from {steps.min():.3g} to "
            f"{steps.max():.3g}"
        )
    x = check.series("x", x, len(t), least=2)
    n = x.shape[-1]
    now, after = x[:-1].reshape(-1, n).T, x[1:].reshape(-1, n).T
    if np.linalg.matrix_rank(now) < n:
        raise ValueError(
            f"x must have {n} independent components for PyDMD; some depend on others"
        )
    with np.errstate(divide="ignore", invalid="ignore"):
        dmd = DMD(**({"svd_rank": n, "exact": True} | options)).fit(now, after)
        growth = np.log(dmd.eigs.astype(complex)) / steps.mean()
    if not np.isfinite(growth).all():
        raise ValueError("x must not come to rest within a step; PyDMD finds such a mode")
    A = ((dmd.modes * growth) @ np.linalg.pinv(dmd.modes)).real
    return LinearSystem(check.square("the fit to x and t", A))
