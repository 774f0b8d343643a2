"""Energies of patches: a prior of two phases, learned by denoising, and its price of each flip."""

import numpy as np
import torch
from scipy.optimize import minimize_scalar
from tqdm import trange

from dlnn_utils._arguments import Array, Count, Positive, Seed, checked
from dlnn_utils.models.network import ScalarNetwork

SIDE = 4
"""Pixels along an edge of a patch; its 2^16 images of two phases fill a table."""

BATCH, FLIPPED, BLURRED, RATE = 16, 0.06, (0.05, 0.5), 5e-3
"""Images of a training step, their largest part of flipped pixels, their noise, Adam's rate."""


class LearnedEnergy:
    """An energy of images, the sum of one scalar network over all patches of 4 x 4 pixels.

    It is a dissipative Lagrangian of the image: its flow c' = -grad L_D removes noise. The network
    is one for all patches, so that it fits every mesh.

    Parameters
    ----------
    network : ScalarNetwork
        Of 16 inputs, a patch row by row, scaled to -1 and 1.
    m : int
        Elements along an edge of the plate, n = (m + 1)^2 nodes, m at least 3.
    weight : float
        Of the energy, in nats.
    """

    bounds, mean, size = (0.0, 1.0), 0.5, 0.5

    @checked
    def __init__(self, network: ScalarNetwork, m: Count, weight: Positive):
        if m + 1 < SIDE or network.n_inputs != SIDE**2:
            raise ValueError(f"a patch needs {SIDE} x {SIDE} pixels and as many network inputs")
        self.network, self.m, self.n, self.weight = network, m, (m + 1) ** 2, weight
        self.windows = windows(m + 1, SIDE, mirrored=True)

    @classmethod
    @checked
    def fit(cls, images: Array["N r r"], steps: Count = 600, seed: Seed = 0) -> "LearnedEnergy":
        """Learn the energy from images of two phases, 0 and 1, by denoising score matching.

        Images, turned and mirrored, get flipped pixels and Gaussian noise; one step of the flow,
        c - grad L_D(c), shall remove both (Vincent 2011). Then the weight is that of the largest
        pseudo-likelihood of the images: the probability of each pixel, given all others.

        Parameters
        ----------
        images : array (N, r, r)
            Of 0 and 1.
        steps : int
            Of Adam, with sixteen images each.
        seed : int

        Returns
        -------
        LearnedEnergy
            On the mesh of the images; `on(m)` has others.
        """
        if not np.isin(images, (0, 1)).all():
            raise ValueError("images must hold the two phases 0 and 1 only")
        rng, r = np.random.default_rng(seed), images.shape[1]
        prior = cls(ScalarNetwork(SIDE**2, (32, 32), seed=seed), r - 1, 1.0)
        adam = torch.optim.Adam(prior.network.parameters(), lr=RATE)
        rates = torch.optim.lr_scheduler.CosineAnnealingLR(adam, steps)
        for _ in trange(steps, desc="steps", disable=None):
            clean = np.rot90(
                images[rng.integers(len(images), size=BATCH)], rng.integers(4), (1, 2)
            )
            clean = clean[:, :, :: rng.choice((-1, 1))].reshape(BATCH, -1)
            flipped = rng.random(clean.shape) < FLIPPED * rng.random((BATCH, 1))
            blur = rng.uniform(*BLURRED, size=(BATCH, 1)) * rng.normal(size=clean.shape)
            noisy = torch.from_numpy(np.where(flipped, 1 - clean, clean) + blur)
            left = noisy - prior._slope(noisy) - torch.from_numpy(clean.copy())
            adam.zero_grad()
            left.square().mean().backward()
            adam.step()
            rates.step()
        prices = FlipPrices(prior).of(images.reshape(-1, r * r))[1][:, :-1]
        cost = lambda x: np.logaddexp(0, -np.exp(x) * prices).mean()  # noqa: E731
        return cls(prior.network, r - 1, np.exp(minimize_scalar(cost, bounds=(-3, 6)).x))

    def on(self, m: int) -> "LearnedEnergy":
        """Return the energy on a plate of m x m elements."""
        return LearnedEnergy(self.network, m, self.weight)

    def energy(self, c: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the energies (...,) and their gradients (..., n)."""
        x = torch.as_tensor(c.reshape(-1, self.n))
        with torch.no_grad():
            values = self.network.value(self._patches(x)).reshape(len(x), -1).sum(1).numpy()
            slopes = self._slope(x).numpy()
        return self.weight * values.reshape(c.shape[:-1]), self.weight * slopes.reshape(c.shape)

    def patches(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the pixels (P, 16) of all patches, and energies (2^16,); bit b is pixel b."""
        with torch.no_grad():
            values = self.network.value(torch.from_numpy(2.0 * bits_of(SIDE**2) - 1)).numpy()
        return self.windows, self.weight * values

    def _patches(self, x: torch.Tensor) -> torch.Tensor:
        return (2 * x[:, self.windows] - 1).reshape(-1, SIDE**2)

    def _slope(self, x: torch.Tensor) -> torch.Tensor:
        """Return the gradient (B, n) of the energy of weight one, by c."""
        slopes = 2 * self.network.gradient(self._patches(x)).reshape(len(x), -1)
        return torch.zeros_like(x).index_add(1, torch.from_numpy(self.windows.ravel()), slopes)


class FlipPrices:
    """What each flip of a pixel adds to a prior's energy, for chains of images of two phases.

    `prior.patches()` are pixels (P, k) and energies (2^k,); the flip of pixel n changes nothing.
    """

    def __init__(self, prior):
        self.n, (self.windows, self.table) = prior.n, prior.patches()
        P, size = self.windows.shape
        self.bits = 1 << np.arange(size)
        pairs, where = np.unique(
            self.windows.ravel() * P + np.repeat(np.arange(P), size), False, True
        )
        masks = np.bincount(where, np.tile(self.bits, P)).astype(int)
        pixels, patches = pairs // P, pairs % P
        self.often = np.bincount(pixels, minlength=self.n + 1)
        self.patches_of, self.masks_of = _grouped(pixels, self.n + 1, (patches, P), (masks, 0))
        self.pixels_in, self.masks_in = _grouped(patches, P + 1, (pixels, self.n), (masks, 0))

    def of(self, c: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the codes (B, P + 1) of the patches of images c (B, n), and prices (B, n + 1)."""
        codes = (c[:, self.windows].astype(int) * self.bits).sum(-1)
        codes, prices = np.pad(codes, ((0, 0), (0, 1))), np.zeros((len(c), self.n + 1))
        for pixels, masks in zip(self.pixels_in.T, self.masks_in.T):
            change = self.table[codes ^ masks] - self.table[codes]
            np.add.at(prices, (np.arange(len(c))[:, None], pixels), change)
        return codes, prices

    def energies(self, codes: np.ndarray) -> np.ndarray:
        """Return the energies (B,)."""
        return self.table[codes[:, :-1]].sum(1)

    def flip(self, codes: np.ndarray, prices: np.ndarray, rows: np.ndarray, pixels: np.ndarray):
        """Flip one pixel in each of some chains; change codes and prices in place."""
        most = self.often[pixels].max(initial=0)
        patches, rows = self.patches_of[pixels, :most], rows[:, None]
        old = codes[rows, patches]
        new = codes[rows, patches] = old ^ self.masks_of[pixels, :most]
        masks, table = self.masks_in[patches], self.table
        change = table[new[:, :, None] ^ masks] - table[old[:, :, None] ^ masks]
        change -= (table[new] - table[old])[:, :, None]
        at = (rows[:, :, None] * (self.n + 1) + self.pixels_in[patches]).ravel()
        prices += np.bincount(at, change.ravel(), prices.size).reshape(prices.shape)


def windows(r: int, side: int, mirrored: bool = False) -> np.ndarray:
    """Return the pixels (P, side^2) of all patches of r x r pixels, also across mirrored edges."""
    pixels = np.arange(r * r).reshape(r, r)
    pixels = np.pad(pixels, side - 1, mode="symmetric") if mirrored else pixels
    return np.lib.stride_tricks.sliding_window_view(pixels, (side, side)).reshape(-1, side**2)


def _grouped(keys: np.ndarray, number: int, *columns: tuple[np.ndarray, int]) -> list[np.ndarray]:
    """Return for each column the values (number, most) of each key, filled up with a last one."""
    order = np.argsort(keys, kind="stable")
    counts = np.bincount(keys, minlength=number)
    place = np.arange(len(keys)) - np.repeat(np.cumsum(counts) - counts, counts)
    tables = [np.full((number, counts.max()), fill) for _, fill in columns]
    for table, (values, _) in zip(tables, columns):
        table[keys[order], place] = values[order]
    return tables


def bits_of(number: int) -> np.ndarray:
    """Return all images (2^number, number) of 0 and 1."""
    return np.arange(2**number)[:, None] >> np.arange(number) & 1
