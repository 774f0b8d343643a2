"""One seed, one thread: what makes a run repeatable."""

import os
import random

import numpy as np

from ..threads import THREADS

for _name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, str(THREADS))


def seed_all(seed: int, torch_too: bool) -> np.random.Generator:
    """Seed every generator, hold to `THREADS`, one, and return a NumPy generator.

    Parameters
    ----------
    seed : int
        From 0 up.
    torch_too : bool
        Whether torch is used; where it is not, it is not imported.

    Returns
    -------
    numpy.random.Generator
    """
    random.seed(seed)
    np.random.seed(seed % 2**32)
    if torch_too:
        import torch

        torch.manual_seed(seed)
        torch.set_num_threads(THREADS)
    return np.random.default_rng(seed)
