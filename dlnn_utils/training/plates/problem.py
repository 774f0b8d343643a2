"""The misfit of an open plate to images, its minimum by Gauss-Newton steps, its curvature there.

|c(t) - images|^2 / (2 noise^2) + sum_e (ln D_e - mean)^2 / (2 PRIOR^2) + weak priors is least; its
curvature H there gives the error bars of Laplace's approximation.
"""

import numpy as np
from scipy.optimize import minimize_scalar

from dlnn_utils.training.plates.law import SIDES, Mesh
from dlnn_utils.training.plates.sensitivity import Sensitivity, images_of

PRIOR = 1.5
"""Prior standard deviation of ln D about its unknown mean: phases that differ by 20."""
PRIOR_LOSS, PRIOR_BACKGROUND = 3.0, 10.0
"""The same of ln h and of the background, in ranges of the images, about where they start."""
MOST_ITERATIONS = 50


class Problem:
    """The minimisation over p = (ln D (E), ln h (S), background if S, first image (n)), scaled."""

    def __init__(self, mesh: Mesh, t, data, rng):
        self.mesh, self.t, self.data, self.rng = mesh, t, data, rng
        self.E, self.held = len(mesh.corners), True
        self.free = max(data.size - mesh.n - self.E, len(t))

    def even(self) -> np.ndarray:
        """Return the closed plate of one D that misses the images least."""
        E, first = self.E, self.data[0]

        def misfit(log_D):
            return self.misfit(np.append(np.full(E, log_D), first), ())

        guess = np.log(self.mesh.n) + np.arange(-9, 5)
        best = guess[np.argmin([misfit(k) for k in guess])]
        best = minimize_scalar(misfit, bounds=(best - 1, best + 1), method="bounded").x
        return np.append(np.full(E, best), first)

    def opened(self, p, sides, background: float) -> np.ndarray:
        """Return a closed plate p with sides that lose as it conducts."""
        h = np.full(len(sides), p[: self.E].mean() - np.log(self.mesh.n) / 2)
        return np.concatenate([p[: self.E], h, [background], p[self.E :]])

    def misfit(self, p, sides) -> float:
        """Return the sum of squares of all that the images miss."""
        return float(np.sum(self._run(p, sides)[1] ** 2))

    def unpack(self, p, sides):
        """Return D (E,), all coefficients of loss (5,), the background and the first image."""
        E, S, h = self.E, len(sides), np.zeros(len(SIDES))
        h[list(sides)] = np.exp(p[E : E + S])
        return np.exp(p[:E]), h, p[E + S] if S else 0.0, p[-self.mesh.n :]

    def _run(self, p, sides):
        """Return the law's images, what the measured ones add, and u's means over the frames."""
        D, h, b, first = self.unpack(p, sides)
        u, means = images_of(self.mesh, self.mesh.stiffness(D, h), first - b, self.t)
        return u + b, self.data - u - b, means

    def _prior(self, d, sides):
        """Return the prior's precision at d (P, R)."""
        g = np.zeros_like(d)
        g[: self.E] = (d[: self.E] - d[: self.E].mean(0)) / PRIOR**2
        if sides:
            k = self.E + len(sides)
            g[self.E : k] = d[self.E : k] / PRIOR_LOSS**2
            g[k] = d[k] * (PRIOR_BACKGROUND**-2 if not self.held else 1e12)
        return g

    def solve(self, p, sides, most: int = 40) -> np.ndarray:
        """Return the unknowns of the minimum from a start p, and store what belongs to it."""
        centre = np.zeros_like(p)
        if sides:
            centre[self.E : -self.mesh.n] = p[self.E : -self.mesh.n]
        self.c, r, self.means = self._run(p, sides)
        for _ in range(most):
            self.variance = max(np.sum(r**2) / self.free, 1e-14)
            before = self._objective(p - centre, r, sides)
            self._linearise(p, sides, probes=8)
            g = self.J.mirror(r[..., None]) / self.variance
            g -= self._prior((p - centre)[:, None], sides)
            d = self._solved(g, MOST_ITERATIONS, 0.1)[:, 0]
            d[: -self.mesh.n] = np.clip(d[: -self.mesh.n], -1, 1)
            for size in 0.5 ** np.arange(8):
                new = p + size * d
                c, left, means = self._run(new, sides)
                after = self._objective(new - centre, left, sides)
                if after < before:
                    p, r, self.c, self.means = new, left, c, means
                    break
            if not before - after > 1e-4 * before:
                break
        self.variance = max(np.sum(r**2) / self.free, 1e-14)
        self._linearise(p, sides, probes=16)
        return p

    def _objective(self, d, r, sides) -> float:
        prior = np.sum(d * self._prior(d[:, None], sides)[:, 0])
        return 0.5 * (np.sum(r**2) / self.variance + prior)

    def _linearise(self, p, sides, probes: int) -> None:
        D, h, _, _ = self.unpack(p, sides)
        self.sides, shape = sides, (*self.data.shape, probes)
        self.J = Sensitivity(self.mesh, D, h, sides, self.means, self.t)
        signs = self.rng.choice([-1.0, 1.0], size=shape)
        diagonal = np.mean(self.J.mirror(signs) ** 2, axis=1) / self.variance
        self.scale = (diagonal + self._prior(np.ones((len(p), 1)), sides)[:, 0])[:, None]
        self.scale[: self.E] += PRIOR**-2

    def posterior(self, p, sides, draws: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Return draws of ln D about its estimate (E, draws), and other deviations (S + 1,)."""
        rng, law = self.rng, slice(self.E, len(p) - self.mesh.n)
        b = self.J.mirror(rng.normal(size=(*self.data.shape, draws))) / self.variance**0.5
        inner = rng.normal(size=(self.E, draws)) / PRIOR
        b[: self.E] += inner - inner.mean(0)
        units = np.eye(len(p))[:, law]
        most, tolerance = (4 * MOST_ITERATIONS, 0.02) if draws else (MOST_ITERATIONS, 0.05)
        x = self._solved(np.hstack([b, units]), most, tolerance)
        return x[: self.E, :draws], np.sqrt(x[law, draws:].diagonal())

    def _solved(self, b, most: int, tolerance: float) -> np.ndarray:
        """Return H^-1 b (P, R) by conjugate gradients until half of the R columns converge."""
        x, r, p = np.zeros_like(b), b.copy(), b / self.scale
        rz = first = np.sum(r * p, axis=0)
        for _ in range(most):
            Hp = self.J.mirror(self.J.forward(p)) / self.variance + self._prior(p, self.sides)
            step = rz / np.maximum(np.sum(p * Hp, axis=0), 1e-300)
            x += step * p
            r -= step * Hp
            z = r / self.scale
            before, rz = rz, np.sum(r * z, axis=0)
            if np.median(rz / np.maximum(first, 1e-300)) <= tolerance**2:
                break
            p = z + rz / np.maximum(before, 1e-300) * p
        return x
