"""What recordings cannot carry, said in words before anything is fitted."""

import numpy as np

from dlnn_utils.data.horizon import noise_of

NOISY, NOTHING_ELSE, STILL, GROWS = 0.5, 0.8, 1e-9, 3.0


def remarks_on(runs: list, n: int, M) -> tuple[list[str], np.ndarray]:
    """Return sentences on runs (t, x (T, m)) of n positions, and their noise (m,)."""
    x = np.concatenate([x for _, x in runs])
    shortest, samples = min(len(t) for t, _ in runs), x.size
    order = 1 if M is None else 2
    needed = order * n * (n + 1) // 2 + n + order * n * len(runs)
    if shortest < 8:
        raise ValueError(f"each recording must have at least 8 times; the shortest has {shortest}")
    if samples < 2 * needed:
        raise ValueError(
            f"x must hold at least {2 * needed} numbers for the {needed} unknowns of a linear "
            f"law; got {samples}"
        )
    moved = np.max([np.ptp(x, axis=0) for _, x in runs], axis=0)
    for i in np.flatnonzero(moved <= STILL * np.abs(x).max(axis=0)):
        raise ValueError(f"x must move; component {i + 1} stays at {x[0, i]:g}: leave it out")
    said = []
    noise = np.sqrt(np.mean([noise_of(x, t) ** 2 for t, x in runs], axis=0))
    signal = np.sqrt(np.mean([x.var(axis=0) for _, x in runs], axis=0))
    if (noise > NOTHING_ELSE * signal).all():
        raise ValueError(
            f"x must show motion, sampled eight times a period or more; its noise is "
            f"{(noise / signal).min():.0%} of its spread"
        )
    for i in np.flatnonzero(noise > NOISY * signal):
        said.append(
            f"component {i + 1} is mostly noise, {noise[i] / signal[i]:.0%} of its spread: it "
            f"carries no law, or is sampled too coarsely"
        )
    if not said and all(_grows(x[:, :n], order) for _, x in runs):
        said.append("the data only grow: a law that dissipates is not what they show")
    return said, noise


def _grows(x: np.ndarray, order: int) -> bool:
    """Whether a recording moves in one direction, faster and faster."""
    T = len(x)
    path = np.linalg.norm(x - x[0], axis=1)
    first, last = path[T // 3] - path[0], path[-1] - path[-T // 3 - 1]
    coarse = path[:: max(1, T // 8)]
    return bool(last > GROWS * abs(first) and (np.diff(coarse) >= 0).all())
