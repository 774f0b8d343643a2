"""A training step of every system, and of ours the matrix products it consists of, side by side.

Run with `python tests/benchmarks/benchmark_products.py`: 2 x 200, batch 1000, one thread.
"""

import argparse

import torch

from dlnn_utils.companion.speed import first_order_steps
from dlnn_utils.companion.timing import milliseconds, paired, ratio


def main() -> None:
    """Print milliseconds, and every system over ours."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=25)
    parser.add_argument("--dtype", choices=["float32", "float64"], default="float32")
    options = parser.parse_args()
    torch.set_num_threads(1)
    times = paired(first_order_steps(dtype=getattr(torch, options.dtype)), options.repeats)
    for name, value in milliseconds(times).items():
        print(f"{name:18s} {value:7.1f} ms {ratio(times, name, 'Euler-Lagrange'):6.2f} of ours")
    print(f"ours / its products: {ratio(times, 'Euler-Lagrange', 'matrix products'):.2f}")


if __name__ == "__main__":
    main()
