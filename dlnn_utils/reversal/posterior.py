"""The starts that a noisy later image allows: estimate, samples, and the mirror that selects."""

from functools import cached_property

import numpy as np
from scipy.optimize import minimize
from tqdm import tqdm

from dlnn_utils._arguments import Array, Count, Positive, Seed, checked
from dlnn_utils.reversal.diagnostics import noise_of_image

EXACT, ROUNDING, MOST_ITERATIONS = 1e-12, 1e-14, 200
"""Errors of white coordinates that end the iteration, relative to them and to what E amplifies."""

LEFT = 0.1
"""Signal over noise below which a mode is left to the iteration."""


class Posterior:
    """What the image y at the time T says of the image at the start.

    `modes_left` of a linear law are left above the noise.

    Parameters
    ----------
    law : LinearLaw or NonlinearLaw, with `forward(c0)` and `mirror(psi_T, c0)`
    y : array (n,), observed image in mol/m^3, row by row
    noise : float or None, standard deviation at a node in mol/m^3; None for `noise_of_image`
    prior : Matern, Bounded, TwoPhase or another `Prior`
    """

    @checked
    def __init__(self, law, y: Array[" n"], noise: Positive | None, prior):
        for what, n in (("the law", law.n), ("the prior", prior.n)):
            if len(y) != n:
                raise ValueError(f"y must hold the {n} nodes of {what}; got {len(y)}")
        if noise is None:
            noise = noise_of_image(y.reshape(round(len(y) ** 0.5), -1))
        if not 0 < noise <= np.ptp(y):
            raise ValueError(
                f"y must vary by more than its noise {noise:g}; its range is {np.ptp(y):.2g}"
            )
        low, high = prior.bounds
        if y.mean() + 5 * noise < low or y.mean() - 5 * noise > high:
            raise ValueError(
                f"y contradicts the bounds {low:g} to {high:g}: its mean is {y.mean():.2g}"
            )
        self.law, self.y, self.noise, self.prior = law, y, noise, prior
        contrast, linear = prior.size * len(y) ** 0.5 / noise, hasattr(law, "modes_above")
        self.modes_left = law.modes_above(contrast) if linear else None
        if self.modes_left is not None and self.modes_left <= 1:
            raise ValueError(
                f"noise {noise:g} leaves {self.modes_left} of {law.n} modes after {law.T:g} s, "
                "at most the mean; shorten T"
            )

    def misfit(self, c0: np.ndarray) -> np.ndarray:
        """Return chi^2 a node (...,) of starts c0 (..., n): one where the image is explained."""
        return np.mean(((self.y - self.law.forward(c0)) / self.noise) ** 2, axis=-1)

    def boundary_value(self) -> tuple[np.ndarray, np.ndarray]:
        """Solve the doubled system [I, -E^T; E, I] of prior and data; return c(0), psi(0) (n,)."""
        w, rest = self._solve(self._rest)
        return self.prior.mean + self.prior.color(w), self.law.mirror(rest / self.noise)

    @checked
    def samples(self, number: Count, seed: Seed = 0) -> np.ndarray:
        """Return draws (number, n) of the starts that the image allows; exact for a linear law."""
        self._gaussian()
        drawn, noise = np.random.default_rng(seed).normal(size=(2, number, self.law.n))
        w, _ = self._solve(self._rest - self._seen(drawn) - noise)
        return self.prior.mean + self.prior.color(drawn + w)

    @checked
    def estimate(self, steps: Count = 400, start: Array[" n"] | None = None) -> np.ndarray:
        """Return the most probable start (n,), by L-BFGS-B and the mirror's gradient."""
        low, high = self.prior.bounds
        start = self.y if start is None else start
        bar = tqdm(total=steps, desc="steps", disable=None)

        def objective(c0: np.ndarray) -> tuple[float, np.ndarray]:
            energy, slope = self.prior.energy(c0)
            off = (self.y - self.law.forward(c0)) / self.noise
            return energy + off @ off / 2, slope - self.law.mirror(off / self.noise, c0)

        limits = {"maxiter": steps, "maxfun": 2 * steps, "ftol": 1e-12, "gtol": 1e-9, "maxcor": 20}
        found = minimize(
            objective,
            np.clip(start, low, high),
            jac=True,
            bounds=None if np.isinf(low) else [(low, high)] * len(start),
            method="L-BFGS-B",
            options=limits,
            callback=lambda _: bar.update() and None,
        )
        bar.close()
        return found.x

    @cached_property
    def _rest(self) -> np.ndarray:
        """(y - G m) / sigma (n,)."""
        mean = np.full(self.law.n, self._gaussian().mean)
        return (self.y - self.law.forward(mean)) / self.noise

    @cached_property
    def _modes(self) -> tuple[np.ndarray, np.ndarray]:
        """Return E's right singular vectors (k, n) and values above `LEFT` (Halko et al. 2011)."""
        k, n = max(32, self.modes_left), self.law.n
        while True:
            V = np.random.default_rng(0).normal(size=(min(k, n), n))
            V = np.linalg.qr(self._mirrored(self._seen(V)).T)[0].T
            left, s, _ = np.linalg.svd(self._seen(V), full_matrices=False)
            if k >= n or s[-1] < LEFT:
                return (left.T @ V)[s > LEFT], s[s > LEFT]
            k *= 2

    def _solve(self, rests: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Solve w = E^T r, r = rests - E w by eased conjugate gradients; return w and r."""
        V, s = self._modes
        part = s**2 / (1 + s**2)
        eased = lambda g: g - (g @ V.T * part) @ V  # noqa: E731
        r, w = np.atleast_2d(rests).copy(), np.zeros_like(np.atleast_2d(rests))
        p, before = np.zeros_like(r), np.inf
        for _ in tqdm(range(MOST_ITERATIONS), "iterations", disable=None):
            g = self._mirrored(r) - w
            z = eased(g)
            now = np.sum(g * z, -1, keepdims=True)
            floor = np.sum(r * r, -1, keepdims=True) * (ROUNDING * s.max(initial=1)) ** 2
            if (now <= EXACT**2 * np.sum(w * w, -1, keepdims=True) + floor).all():
                return w.reshape(np.shape(rests)), r.reshape(np.shape(rests))
            p, before = z + now / before * p, now
            q = self._seen(p)
            step = now / np.maximum(np.sum(q * q + p * p, -1, keepdims=True), 1e-300)
            w, r = w + step * p, r - step * q
        raise ValueError(f"law, noise and prior are ill-posed beyond {MOST_ITERATIONS} iterations")

    def _seen(self, w: np.ndarray) -> np.ndarray:
        """Return E w (..., n)."""
        return self.law.forward(self.prior.color(w)) / self.noise

    def _mirrored(self, r: np.ndarray) -> np.ndarray:
        """Return E^T r (..., n)."""
        return self.prior.color_transposed(self.law.mirror(r / self.noise))

    def _gaussian(self):
        if not hasattr(self.prior, "color") or not hasattr(self.law, "terms"):
            raise ValueError("this needs a linear law and a Gaussian prior, such as Matern")
        return self.prior
