"""625 trajectories of a trained network to 1E-8: one batch against a loop over SciPy's solver.

Run with `python tests/benchmarks/benchmark_rollout.py`, on one thread.
"""

import argparse

import numpy as np
import torch

from dlnn_utils.companion.race import TIMES, starts, trained
from dlnn_utils.companion.speed import one_at_a_time
from dlnn_utils.companion.timing import milliseconds, paired, ratio


def main() -> None:
    """Print milliseconds and the ratio; both errors against a far tighter tolerance."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--every", type=int, default=5, help="the loop takes every k-th start")
    options = parser.parse_args()
    torch.set_num_threads(1)
    model, x0 = trained(), starts()
    exact = model.evolve(x0, TIMES, rtol=1e-12, atol=1e-13)
    exact, kept = {"batch": exact, "loop": exact[:, :: options.every]}, {}
    calls = {
        "batch": lambda: kept.update(batch=model.evolve(x0, TIMES)),
        "loop": lambda: kept.update(loop=one_at_a_time(model, x0[:: options.every], TIMES)),
    }
    times = paired(calls, options.repeats, warm_up=False)
    for name, value in milliseconds(times).items():
        print(f"{name:6s} {value:9.0f} ms, error {np.abs(kept[name] - exact[name]).max():.1e}")
    share = len(x0) / len(x0[:: options.every])
    print(f"loop over all / batch: {share * ratio(times, 'loop', 'batch'):.0f}")


if __name__ == "__main__":
    main()
