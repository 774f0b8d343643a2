"""What importing this package costs beside importing torch, in fresh processes by turns.

Run with `python tests/benchmarks/benchmark_import.py`.
"""

import argparse

from dlnn_utils.companion.speed import imports
from dlnn_utils.companion.timing import milliseconds, paired


def main() -> None:
    """Print milliseconds of processor time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    costs = milliseconds(paired(imports(), options.repeats))
    for name, value in costs.items():
        print(f"{name:12s} {value:7.0f} ms, {value - costs['torch']:+7.0f} over torch")


if __name__ == "__main__":
    main()
