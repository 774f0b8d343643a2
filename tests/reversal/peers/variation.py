"""Total variation by another library, pyproximal, on the same images.

It needs an environment of its own, and no test runs it:

    PYTHONPATH=. python tests/reversal/peers/variation.py write problems.npz
    python -m venv peers && peers/bin/pip install pylops==2.8.0 pyproximal==0.13.0
    peers/bin/python tests/reversal/peers/variation.py solve problems.npz > variation.csv
"""

import sys

import numpy as np

M, T, NOISE, WEIGHT, IMAGES = 15, 0.02, 1e-2, 10.0, 10


def write(path: str) -> None:
    """Save ten images on 16 x 16 nodes, 20 ms later with noise, and our estimates of them."""
    import dlnn_utils as dlnn
    from dlnn_utils.reversal.baselines import random_images

    truths, rows = random_images(IMAGES, M, 500), []
    for k, truth in enumerate(truths):
        law = dlnn.LinearLaw.of(dlnn.Plate.of(dlnn.grains(M, 500 + k, (0.3, 1.0, 3.0))), T)
        y = law.forward(truth) + NOISE * np.random.default_rng(k).normal(size=law.n)
        post = dlnn.Posterior(law, y, NOISE, dlnn.TotalVariation(M, WEIGHT))
        rows.append((law.forward(np.eye(law.n)).T, y, post.estimate(400)))
    G, y, ours = (np.array(part) for part in zip(*rows))
    np.savez(path, truths=truths, G=G, y=y, ours=ours)


def solve(path: str) -> None:
    """Minimise misfit and total variation within bounds by primal-dual steps; print a table."""
    import pylops
    import pyproximal
    from pyproximal.optimization.primaldual import PrimalDual

    data, n = np.load(path), (M + 1) ** 2
    gradient = pylops.Gradient((M + 1, M + 1), kind="forward")
    weight = WEIGHT / M

    def energy(c: np.ndarray, G: np.ndarray, y: np.ndarray) -> float:
        slopes = np.linalg.norm((gradient @ c).reshape(2, n), axis=0)
        return np.sum((G @ c - y) ** 2) / 2 / NOISE**2 + weight * slopes.sum()

    print("image,error ours,error pyproximal,energy ours,energy pyproximal")
    given = zip(data["truths"], data["G"], data["y"], data["ours"])
    for k, (truth, G, y, ours) in enumerate(given):
        A = pylops.VStack([pylops.MatrixMult(G / NOISE), gradient])
        step = 0.99 / np.linalg.norm(G / NOISE, 2)
        dual = pyproximal.VStack(
            [pyproximal.L2(b=y / NOISE), pyproximal.L21(ndim=2, sigma=weight)], nn=[n, 2 * n]
        )
        box = pyproximal.Box(0, 1)
        c = PrimalDual(box, dual, A, y.clip(0, 1), tau=step, mu=step, niter=20000)
        error = [np.linalg.norm(x - truth) / np.linalg.norm(truth) for x in (ours, c)]
        values = [energy(x, G, y) for x in (ours, c)]
        print(k, *(f"{v:.4g}" for v in (*error, *values)), sep=",", flush=True)


if __name__ == "__main__":
    {"write": write, "solve": solve}[sys.argv[1]](sys.argv[2])
