"""Comparisons for a reversal: random images, simpler methods, and a public benchmark."""

import numpy as np
from scipy.sparse import diags_array
from scipy.sparse.linalg import eigsh

from dlnn_utils._arguments import Array, Count, Positive, Seed, Times, checked
from dlnn_utils.reversal.law import LinearLaw
from dlnn_utils.reversal.posterior import Posterior
from dlnn_utils.systems.evaluation import overlap, relative_error
from dlnn_utils.systems.shapes import elements_of, nodes_of

FORGOTTEN, DENSE, SLACK, WEIGHTS = 1e4, 1000, 1.1, np.geomspace(1e-12, 1, 61)
"""Decay beyond which modes are left out, and nodes up to which all modes are computed;
Morozov's factor of the noise; weights of Tikhonov's regularisation, among which it is chosen.
"""


@checked
def random_images(number: Count, m: Count, seed: Seed = 0) -> np.ndarray:
    """Return images (number, (m + 1)^2) of two phases, each the union of three random boxes."""
    rng, made = np.random.default_rng(seed), []
    for _ in range(number):
        left, top = rng.uniform(0.05, 0.6, (2, 3))
        right, bottom = np.minimum((left, top) + rng.uniform(0.15, 0.35, (2, 3)), 0.95)
        boxes = np.transpose([left, right, top, bottom])
        made.append(nodes_of(elements_of(boxes, m)).ravel())
    return np.array(made)


@checked
def window_changes(c: Array["T ..."], t: Times, width: Count) -> tuple[np.ndarray, np.ndarray]:
    """Return mean states and mean rates (B, n) over windows of so many steps of c (T, N, n)."""
    edges = range(0, len(c) - width, width)
    means = [(c[k : k + width] + c[k + 1 : k + width + 1]).mean(axis=0) / 2 for k in edges]
    rates = [(c[k + width] - c[k]) / (t[k + width] - t[k]) for k in edges]
    return tuple(np.reshape(a, (-1, c.shape[-1])) for a in (means, rates))


@checked
def best_threshold(y: Array[" n"], truth: Array[" n"]) -> np.ndarray:
    """Return the image y cut at the level of the largest overlap with the truth: the null test."""
    cuts = [1.0 * (y > level) for level in np.linspace(0, 1, 51)]
    return max(cuts, key=lambda c: overlap(c, truth) if c.any() else 0)


class ModeFilter:
    """Reversals of a linear law that damp each mode by itself, in the norm of the mass."""

    def __init__(self, law: LinearLaw):
        self.root, S = law.root, law.S
        if law.n <= DENSE:
            rates, self.modes = np.linalg.eigh(S.toarray())
        else:
            k, v0 = min(law.modes_above(FORGOTTEN), law.n - 2), np.ones(law.n)
            rates, self.modes = eigsh(S, k, sigma=-1 / law.T, v0=v0)
        self.decay = np.exp(-rates * law.T)

    def tikhonov(self, y: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Return the starts (W, n) that minimise |G c - y|^2 + weight |c|^2."""
        return self._filtered(y, self.decay / (self.decay**2 + weights[:, None]))

    def quasi_boundary_value(self, y: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Return the starts (W, n) with G c + weight c = y (Showalter 1983)."""
        return self._filtered(y, 1 / (self.decay + weights[:, None]))

    def _filtered(self, y: np.ndarray, factors: np.ndarray) -> np.ndarray:
        return factors * ((y * self.root) @ self.modes) @ self.modes.T / self.root


def starts_by_all(law: LinearLaw, y, noise: float, priors: dict, truth, steps: int) -> dict:
    """Return starts (n,) by method and prior; the best threshold and weight know the truth."""
    starts = ModeFilter(law).tikhonov(y, WEIGHTS)
    misfit = np.mean(((y - law.forward(starts)) / noise) ** 2, axis=-1)
    found = {"threshold": best_threshold(y, truth)}
    found["Tikhonov, discrepancy"] = starts[np.flatnonzero(misfit <= SLACK**2).max(initial=0)]
    found["Tikhonov, best weight"] = min(starts, key=lambda c: relative_error(c, truth))
    for name, prior in priors.items():
        post, gaussian = Posterior(law, y, noise, prior), hasattr(prior, "color")
        found[name] = post.boundary_value()[0] if gaussian else post.estimate(steps)
    return found


class White:
    """Independent normal values of a standard deviation and mean zero: a prior."""

    mean, bounds = 0.0, (-np.inf, np.inf)

    @checked
    def __init__(self, n: Count, size: Positive = 1.0):
        self.n, self.size = n, size

    def color(self, w: np.ndarray) -> np.ndarray:
        """Return B^(1/2) w (..., n)."""
        return self.size * w

    color_transposed = color

    def energy(self, c: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return |c|^2 / 2 size^2 (...,) and its gradient (..., n)."""
        return np.sum(c**2, -1) / 2 / self.size**2, c / self.size**2


def heat1d() -> tuple[LinearLaw, np.ndarray, np.ndarray]:
    """Return law, start and end (128,) of CUQIpy's benchmark Heat1D: a bar of 1 m over 0.01 s."""
    n, T = 128, 0.01
    x, h = np.arange(1, n + 1) / (n + 1), 1 / (n + 1)
    K = diags_array([-1.0, 2.0, -1.0], offsets=[-1, 0, 1], shape=(n, n)).tocsr() / h**2
    start, steps = x * np.exp(-2 * x) * np.sin(1 - x), int(T / (5 / 11 * h**2))
    end = start
    for _ in range(steps):
        end = end - T / steps * (K @ end)
    return LinearLaw(K, np.ones(n), T), start, end
