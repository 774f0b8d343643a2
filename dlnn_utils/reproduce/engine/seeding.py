"""One seed, one thread: what makes a run repeatable."""

import os
import random

import numpy as np

THREADS = max(1, int(os.environ.get("DLNN_THREADS") or 1))
"""Threads of a notebook: one, unless the reader asks whether that matters, as for trainings."""

for _name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, str(THREADS))


def seed_all(seed: int, torch_too: bool) -> np.random.Generator:
    """Seed every generator, hold to `THREADS`, and return a NumPy generator."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    if torch_too:
        import torch

        torch.manual_seed(seed)
        torch.set_num_threads(THREADS)
    return np.random.default_rng(seed)
