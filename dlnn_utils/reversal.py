"""Ways back from noisy images: exactly, with Tikhonov regularisation, by a network."""

import numpy as np

from dlnn_utils import check
from dlnn_utils.integration import integrate
from dlnn_utils.microstructures import error_if_finite
from dlnn_utils.recording import Learned, Recording
from dlnn_utils.regularisation import add_noise, discrepancy_weight, tikhonov

METHODS = ("exact operator", "Tikhonov", "network")


def ways_back(
    recording: Recording,
    network,
    noise: float,
    frames: int | None = None,
    draws: int = 20,
    seed: int = 0,
) -> dict[str, np.ndarray]:
    """Return the errors of three ways back from noisy images at the end of a record.

    The exact operator knows the equation; with Tikhonov regularisation also the size of the
    noise, by the discrepancy principle.

    Parameters
    ----------
    recording : Recording
    network : object with `evolve(c0, t)`
        Learned from it.
    noise : float
        Standard deviation at each node, in units of concentration, above 0.
    frames : int, optional
        How many frames to go back, by default all.
    draws : int
        Number of noisy images.
    seed : int
        Seed of the noise.

    Returns
    -------
    dict of array (draws,)
        Relative errors by the names of `METHODS`; not a number where a solution blows up.

    Raises
    ------
    ValueError
        If noise is not positive, or the frames are more than were recorded.
    """
    plate, noise = recording.plate, check.positive("noise", noise)
    frames = None if frames is None else check.positive_integer("frames", frames)
    frames = len(recording.t) - 1 if frames is None else frames
    images = add_noise(recording.c[-1], noise, np.random.default_rng(check.seed(seed)), draws)
    exact, learned = recording.back(plate, images, frames), recording.back(network, images, frames)
    x, span = plate.to_weighted(images), recording.t[-1] - recording.t[-1 - frames]
    weight = discrepancy_weight(plate.weighted, x, span, noise * np.trace(plate.M) ** 0.5)
    regular = plate.from_weighted(tikhonov(plate.weighted, x, span, weight))
    truth = recording.c[-1 - frames]
    return {
        name: np.array([error_if_finite(c, truth) for c in solutions])
        for name, solutions in zip(METHODS, (exact, regular, learned))
    }


def evaluations(learned: Learned, c0, t) -> int:
    """Return how often the Dormand-Prince pair asks a learned model for its rate.

    Parameters
    ----------
    learned : Learned
    c0 : array (n,)
        Concentrations at t[0].
    t : array (T,)
        Times, rising or falling.
    """
    asked = 0

    def rate(x):
        nonlocal asked
        asked += 1
        return learned.model.rate(x)

    integrate(rate, learned.plate.to_weighted(c0) if learned.weighted else c0, t, method="RK45")
    return asked
