"""The cost of a rate per pixel from 64 to 16,384 pixels, local energy and dense networks.

Run with `python tests/benchmarks/benchmark_pixels.py`, on one thread.
"""

import argparse

import torch

from dlnn_utils.companion.speed import rates_of_pixels
from dlnn_utils.companion.timing import milliseconds, paired

TOTAL = 16384


def main() -> None:
    """Print nanoseconds a pixel."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=9)
    options = parser.parse_args()
    torch.set_num_threads(1)
    for side in (8, 16, 32, 64, 128):
        costs = milliseconds(paired(rates_of_pixels(side, TOTAL), options.repeats))
        shown = ", ".join(f"{name} {1e6 * ms / TOTAL:7.0f}" for name, ms in costs.items())
        print(f"{side**2:6d} pixels, ns a pixel: {shown}", flush=True)


if __name__ == "__main__":
    main()
