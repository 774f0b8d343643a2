"""The starts that a noisy later image allows: estimate, samples, and the mirror that selects."""

import numpy as np
from scipy.optimize import minimize
from scipy.sparse.linalg import LinearOperator, lsqr

from dlnn_utils._arguments import Array, Count, Positive, Seed, checked
from dlnn_utils.reversal.priors import Matern

EXACT, GOOD = 1e-11, 1e-6
"""Tolerances of LSQR: of the estimate, and of a sample's correction."""


class Posterior:
    """What the image y at the time T says of the image at the start.

    Parameters
    ----------
    law : LinearLaw or NonlinearLaw
        With `forward(c0)` and `mirror(psi_T, c0)`.
    y : array (n,)
        Observed image in mol/m^3.
    noise : float
        Standard deviation of its noise at each node in mol/m^3; see `noise_of_image`.
    prior : Matern, Bounded, TwoPhase or another `Prior`

    Raises
    ------
    ValueError
        If the image does not fit law and prior, contradicts the prior's bounds, or the noise is
        larger than the signal.
    """

    @checked
    def __init__(self, law, y: Array[" n"], noise: Positive, prior):
        for what, n in (("the law", law.n), ("the prior", prior.n)):
            if len(y) != n:
                raise ValueError(f"y must hold the {n} nodes of {what}; got {len(y)}")
        if noise > np.ptp(y):
            raise ValueError(
                f"y must vary by more than its noise {noise:g}; its range is {np.ptp(y):.2g}"
            )
        low, high = prior.bounds
        if y.mean() + 5 * noise < low or y.mean() - 5 * noise > high:
            raise ValueError(
                f"y contradicts the bounds {low:g} to {high:g}: its mean is {y.mean():.2g}"
            )
        self.law, self.y, self.noise, self.prior = law, y, noise, prior

    def misfit(self, c0: np.ndarray) -> np.ndarray:
        """Return chi^2 a node (...,) of starts c0 (..., n): one where the image is explained."""
        return np.mean(((self.y - self.law.forward(c0)) / self.noise) ** 2, axis=-1)

    def mirror_of(self, c0: np.ndarray) -> np.ndarray:
        """Return psi(0) (n,) of a start: the value of the mirror that selects it."""
        return self.law.mirror((self.y - self.law.forward(c0)) / self.noise**2, c0)

    def boundary_value(self, y=None, tolerance: float = EXACT) -> tuple[np.ndarray, np.ndarray]:
        """Solve the doubled system as a boundary-value problem; return c(0) and psi(0), both (n,).

        The law must be linear and the prior Gaussian. With c(0) = m + B^(1/2) w and
        E = G B^(1/2) / sigma it is [I, -E^T; E, I], of condition number sqrt(1 + s_max(E)^2).
        LSQR solves it without squaring that number.
        """
        prior, noise = self._gaussian(), self.noise
        y = self.y if y is None else y
        rest = (y - self.law.forward(np.full(prior.n, prior.mean))) / noise
        forward = lambda w: self.law.forward(prior.color(w)) / noise  # noqa: E731
        mirror = lambda r: prior.color_transposed(self.law.mirror(r)) / noise  # noqa: E731
        limits = {"atol": tolerance, "btol": tolerance, "conlim": 0, "iter_lim": 20 * prior.n}
        E = LinearOperator((prior.n, prior.n), matvec=forward, rmatvec=mirror, dtype=float)
        w = lsqr(E, rest, damp=1.0, **limits)[0]
        return prior.mean + prior.color(w), self.law.mirror((rest - forward(w)) / noise)

    @checked
    def estimate(self, steps: Count = 400) -> np.ndarray:
        """Return the most probable start (n,), by the gradient that the mirror gives."""
        low, high = self.prior.bounds
        start = np.clip(self.y, max(low, self.y.min()), min(high, self.y.max()))

        def objective(c0: np.ndarray) -> tuple[float, np.ndarray]:
            energy, slope = self.prior.energy(c0)
            off = (self.y - self.law.forward(c0)) / self.noise
            return energy + off @ off / 2, slope - self.law.mirror(off / self.noise, c0)

        bounds = None if np.isinf(low) else [(low, high)] * len(start)
        options = {
            "maxiter": steps,
            "maxfun": 2 * steps,
            "ftol": 1e-12,
            "gtol": 1e-9,
            "maxcor": 20,
        }
        found = minimize(
            objective, start, jac=True, bounds=bounds, method="L-BFGS-B", options=options
        )
        return found.x

    @checked
    def samples(self, number: Count, seed: Seed = 0) -> np.ndarray:
        """Return draws (number, n) of the starts that the image allows, by perturbing and solving.

        Exact for a linear law and a Gaussian prior: a draw of the prior and of the noise,
        corrected by the boundary-value solution for the rest.
        """
        prior, rng = self._gaussian(), np.random.default_rng(seed)
        drawn = prior.mean + prior.color(rng.normal(size=(number, prior.n)))
        seen = self.law.forward(drawn) + self.noise * rng.normal(size=drawn.shape)
        at_mean = self.law.forward(np.full(prior.n, prior.mean))
        rests = self.y - seen + at_mean
        corrections = [self.boundary_value(rest, GOOD)[0] - prior.mean for rest in rests]
        return drawn + np.array(corrections)

    def _gaussian(self) -> Matern:
        if not isinstance(self.prior, Matern) or not hasattr(self.law, "terms"):
            raise ValueError("this needs a linear law and a Gaussian prior, such as Matern")
        return self.prior


@checked
def condition_numbers(law, prior: Matern, noise: Positive) -> tuple[float, float, float]:
    """Return the condition numbers of a small doubled system, by dense matrices.

    As an initial-value problem, exp(2 lambda T); as a boundary-value problem; and the bound
    sqrt(1 + s_max^2) of the latter, the signal over the noise.
    """
    E = law.forward(prior.color(np.eye(prior.n))).T / noise
    s = np.linalg.svd(E, compute_uv=False)
    G = np.linalg.svd(law.forward(np.eye(prior.n)), compute_uv=False)
    doubled = np.sqrt((1 + s[0] ** 2) / (1 + s[-1] ** 2))
    with np.errstate(divide="ignore"):
        return float((G[0] / G[-1]) ** 2), float(doubled), float(np.sqrt(1 + s[0] ** 2))


@checked
def noise_of_image(y: Array["r c"]) -> float:
    """Estimate the standard deviation of an image's noise from its finest differences.

    The mixed second difference of a smooth image is small; of noise it has four times the
    variance.

    Parameters
    ----------
    y : array (r, c)
        Image in mol/m^3, of at least 2 x 2 nodes.

    Returns
    -------
    float
        In mol/m^3, by the median of the absolute differences.
    """
    if min(y.shape) < 2:
        raise ValueError(f"y must have at least 2 x 2 nodes; got {y.shape}")
    mixed = y[1:, 1:] - y[1:, :-1] - y[:-1, 1:] + y[:-1, :-1]
    return float(np.median(np.abs(mixed)) / 0.6745 / 2)
