"""Levenberg-Marquardt steps against J^T J and one Cholesky solve each, side by side.

Run with `python tests/benchmarks/benchmark_second_order.py`, on one thread.
"""

import argparse

import torch

from dlnn_utils.companion.speed import second_order_steps
from dlnn_utils.companion.timing import milliseconds, paired, ratio


def main() -> None:
    """Print milliseconds of a step and of its floor, and the ratio, for three widths."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--steps", type=int, default=10)
    options = parser.parse_args()
    torch.set_num_threads(1)
    for width in (20, 40, 120):
        times = paired(second_order_steps(options.steps, width), options.repeats)
        step, floor = (value / options.steps for value in milliseconds(times).values())
        over = ratio(times, "training", "floor")
        print(f"width {width:4d}: a step {step:7.1f} ms, its floor {floor:6.1f} ms, {over:.2f}")


if __name__ == "__main__":
    main()
