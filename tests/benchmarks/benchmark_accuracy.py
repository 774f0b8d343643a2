"""Seconds of training until no trajectory is off by more than 1E-3 at 1.25 times the range.

Run with `python tests/benchmarks/benchmark_accuracy.py`, on one thread.
"""

import argparse

import torch

from dlnn_utils.companion.race import GOAL, race


def main() -> None:
    """Print every system's seconds, steps and error."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=400, help="of Adam")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    for a in race(options.epochs, options.seed):
        there = "there" if a.there else f"not at {GOAL:g}"
        print(f"{a.name:28s} {a.seconds:9.3f} s {a.steps:4d} steps, error {a.error:.1e}, {there}")


if __name__ == "__main__":
    main()
