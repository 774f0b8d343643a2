"""Training a local energy on 64 x 64 pixels, and following an unseen microstructure with it.

Run with `python tests/benchmarks/benchmark_local_energy.py`, on one thread.
"""

import argparse

import numpy as np
import torch

from dlnn_utils import LargePlate, diffusivity, elements_of, fit_local, grains, relative_error
from dlnn_utils.companion.timing import seconds

TIMES = np.concatenate([[0.0], np.geomspace(1e-4, 0.5, 20)])


def main() -> None:
    """Print seconds and the error of the trajectory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--elements", type=int, default=63, help="along an edge")
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    torch.set_num_threads(1)
    rng, m, kept = np.random.default_rng(0), options.elements, {}
    plate = LargePlate.of(grains(m))
    c = plate.evolve(rng.uniform(size=(2, plate.n)), [0, 1e-3]).reshape(-1, plate.n)
    given = dict(target=1e-20, device=options.device)
    spent = seconds(lambda: kept.update(model=fit_local(c, plate.rate(c), plate.D, **given)))
    D = diffusivity(elements_of("cross", m))
    model, truth = kept["model"].on(D), LargePlate.of(D)
    start = np.zeros(plate.n)
    start[: m + 1] = 1
    steps, weights = len(kept["model"].history.loss) - 1, model.n_weights
    print(f"{plate.n} pixels, {weights} weights: {steps} steps, {spent:.1f} s of the processor")
    followed = seconds(lambda: kept.update(c=model.evolve(start, TIMES)))
    error = relative_error(kept["c"], truth.evolve(start, TIMES))
    print(f"unseen microstructure to {TIMES[-1]} s: {followed:.1f} s, error {error:.1e}")


if __name__ == "__main__":
    main()
