"""Samples of images of two phases: flips of pixels, priced by the mirror."""

from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from dlnn_utils._arguments import Array, Count, Seed, checked
from dlnn_utils.reversal.patches import FlipPrices

ANNEALED, HOT, COLD, RECORDS = 0.7, 0.03, 0.1, 10
"""Part of the steps in which the misfit's weight rises, the noise in mol/m^3 that gives the first
weight, its largest value, and records after it."""

UNLIKELY = 12.0
"""Energy in nats above the best chain's at which a chain is stuck: e^-12 of its probability."""


class FlipSamples(NamedTuple):
    """Chains of images of two phases, after annealing.

    `images` (records, chains, n) have `energies` (records, chains), minus the logarithm of the
    posterior density in nats; each chain `begun` (chains,) at a start with the energy `before`.
    """

    images: np.ndarray
    energies: np.ndarray
    begun: np.ndarray
    before: np.ndarray

    @property
    def stuck(self) -> np.ndarray:
        """Which chains (chains,) stay 12 nats or more above the best chain's mean energy."""
        means = self.energies.mean(axis=0)
        return means > means.min() + UNLIKELY

    @property
    def samples(self) -> np.ndarray:
        """The images (number, n) of all chains that are not stuck."""
        return self.images[:, ~self.stuck].reshape(-1, self.images.shape[-1])

    @property
    def between_starts(self) -> float:
        """RMS difference of the pixels' means between the starts, without stuck chains; or NaN."""
        free = [self.images[:, (self.begun == s) & ~self.stuck] for s in np.unique(self.begun)]
        means = [images.mean(axis=(0, 1)) for images in free if images.shape[1]]
        return float(np.sqrt(np.mean(np.ptp(means, axis=0) ** 2))) if len(means) > 1 else np.nan

    @property
    def effective(self) -> float:
        """Number of independent draws that the chains are worth, by the variances of energies."""
        energies = self.energies[:, ~self.stuck]
        R, C = energies.shape
        within = energies.var(axis=0, ddof=1).mean()
        among = max(energies.mean(axis=0).var(ddof=min(1, C - 1)) - within / R, 0)
        alike = among / (among + within) if among + within > 0 else 1.0
        return float(C * R / (1 + (R - 1) * alike))


@checked
def flip_samples(
    post,
    number: Count = 20,
    steps: Count = 3000,
    seed: Seed = 0,
    starts: Array["S n"] | None = None,
    near: Count | None = None,
) -> FlipSamples:
    """Draw images of two phases from a posterior of a linear law, by pairs of flips.

    A flip of pixel i by d = 1 - 2 c_i changes the misfit by -d psi_i(0) + H_ii / 2, H = G^T G /
    sigma^2: the mirror prices every flip.  A step flips a pixel at an interface, or none, and then
    one pixel, or none, drawn by the prices of all: the Hamming-ball sampler (Titsias, Yau 2017).

    Parameters
    ----------
    post : Posterior, of a `LinearLaw` and a prior with `patches`: `LearnedEnergy` or `TwoPhase`
    number : int, chains, shared by the starts
    steps : int, of each chain, as if noise fell from 0.03 mol/m^3; 30 % are recorded ten times
    seed : int
    starts : array (S, n), optional, images of 0 and 1; by default two cuts of image and estimate
    near : int, optional, flip only pixels that have both phases of a start so near; else all

    Returns
    -------
    FlipSamples
    """
    if not hasattr(post.prior, "patches") or not hasattr(post.law, "terms"):
        raise ValueError("flips need a linear law and a prior of patches, such as LearnedEnergy")
    starts = np.stack([_cut(post), post.estimate() > 0.5]) if starts is None else starts
    if starts.shape[1] != post.law.n or not np.isin(starts, (0, 1)).all():
        raise ValueError(f"starts must be images of 0 and 1 with {post.law.n} pixels")
    begun = np.arange(number) % len(starts)
    chains = _Chains(post, 1.0 * starts[begun], _band(starts, near), np.random.default_rng(seed))
    before, records = chains.energies(), []
    every = max(round((1 - ANNEALED) * steps / RECORDS), 1)
    with tqdm(total=steps, desc="steps", disable=None) as bar:
        first = min(COLD, (post.noise / HOT) ** 2)
        for weight in np.geomspace(first, 1, max(steps - every * RECORDS, 1)):
            chains.step(weight)
            bar.update()
        for _ in range(RECORDS):
            for _ in range(every):
                chains.step(1.0)
            bar.update(every)
            records.append((chains.images.copy(), chains.energies()))
    images, energies = map(np.array, zip(*records))
    return FlipSamples(images, energies, begun, before)


class _Chains:
    """Images (B, n + 1) of B chains, prices of flips by prior and misfit; pixel n is none."""

    def __init__(self, post, starts: np.ndarray, band: np.ndarray, rng: np.random.Generator):
        self.post, self.rng, n = post, rng, starts.shape[1]
        self.c, self.rows = np.pad(starts, ((0, 0), (0, 1))), np.arange(len(starts))
        self.band, self.prior = np.append(band, n), FlipPrices(post.prior)
        self.codes, self.prices = self.prior.of(starts)
        seen = np.pad(post.law.forward(np.eye(n)[band]) / post.noise, ((0, 1), (0, 0)))
        self.H = seen @ seen.T
        self.slope = -(post.y - post.law.forward(starts)) @ seen.T / post.noise
        self.near, self.movable = _neighbours(round(n**0.5)), np.isin(np.arange(n + 1), band)
        self.edge = (self.c[:, self.near] != self.c[:, :, None]).any(-1) & self.movable
        self.edge[:, n] = True

    @property
    def images(self) -> np.ndarray:
        return self.c[:, :-1]

    def energies(self) -> np.ndarray:
        misfit = self.post.misfit(self.images) * self.post.law.n / 2
        return self.prior.energies(self.codes) + misfit

    def step(self, weight: float) -> None:
        """Flip a pixel at an interface, then one drawn by the prices of all; accept or undo."""
        before = self.edge.sum(1)
        first = self._drawn(1.0 * self.edge[:, self.band])
        self._flip(self.rows, first)
        misfit = (1 - 2 * self.c[:, self.band]) * self.slope + np.diag(self.H) / 2
        price = self.prices[:, self.band] + weight * misfit
        second = self._drawn(np.exp(price.min(1, keepdims=True) - price))
        self._flip(self.rows, second)
        ratio = self.edge[self.rows, self.band[second]] * before / self.edge.sum(1)
        undone = np.flatnonzero(self.rng.random(len(ratio)) >= ratio)
        self._flip(undone, second[undone])
        self._flip(undone, first[undone])

    def _drawn(self, weights: np.ndarray) -> np.ndarray:
        total = np.cumsum(weights, axis=1)
        return (total <= (self.rng.random(len(total)) * total[:, -1])[:, None]).sum(1)

    def _flip(self, rows: np.ndarray, which: np.ndarray) -> None:
        pixels = self.band[which]
        d = 1 - 2 * self.c[rows, pixels]
        self.c[rows, pixels] += d
        self.slope[rows] += d[:, None] * self.H[which]
        self.prior.flip(self.codes, self.prices, rows, pixels)
        touched = self.near[pixels]
        changed = self.c[rows[:, None, None], self.near[touched]]
        unlike = (changed != self.c[rows[:, None], touched][:, :, None]).any(-1)
        self.edge[rows[:, None], touched] = unlike & self.movable[touched]
        self.edge[rows, -1] = True


def _neighbours(r: int) -> np.ndarray:
    """Return each pixel and its four neighbours (n + 1, 5), at edges itself; pixel n has none."""
    p = np.pad(np.arange(r * r).reshape(r, r), 1, mode="edge")
    around = [p[1:-1, 1:-1], p[:-2, 1:-1], p[2:, 1:-1], p[1:-1, :-2], p[1:-1, 2:]]
    return np.vstack([np.stack(around, -1).reshape(-1, 5), np.full(5, r * r)])


def _band(starts: np.ndarray, near: int | None) -> np.ndarray:
    """Return the pixels near an interface of a start."""
    around = _neighbours(round(starts.shape[1] ** 0.5))[:-1]
    inside = (starts[:, around] != starts[:, :, None]).any(-1)
    for _ in range(near or 0):
        inside = inside[:, around].any(-1)
    return np.arange(starts.shape[1]) if near is None else np.flatnonzero(inside.any(0))


def _cut(post) -> np.ndarray:
    """Return the image's brightest pixels, as many as hold its amount: diffusion keeps it."""
    mass = post.law.root**2
    order = np.argsort(-post.y)
    full = np.cumsum(mass[order]) <= max(post.y @ mass, mass.min())
    c = np.zeros(len(order))
    c[order[full]] = 1
    return c
