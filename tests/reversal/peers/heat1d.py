"""CUQIpy's benchmark Heat1D by CUQIpy, and by the boundary-value problem of law and mirror.

It needs an environment of its own, and no test runs it:

    python -m venv peers && peers/bin/pip install cuqipy==1.5.1
    peers/bin/python tests/reversal/peers/heat1d.py solve heat1d.npz
    PYTHONPATH=. python tests/reversal/peers/heat1d.py compare heat1d.npz > heat1d.csv
"""

import sys

import numpy as np

RATIOS, SAMPLES = (1000, 20), 2000


def solve(path: str) -> None:
    """Save data, estimates and standard deviations by CUQIpy, at two ratios of signal to noise."""
    import cuqi

    np.random.seed(0)  # CUQIpy draws from NumPy's global generator
    rows = []
    for ratio in RATIOS:
        problem = cuqi.testproblem.Heat1D(dim=128, max_time=0.01, SNR=ratio)
        size = np.linalg.norm(problem.exactData) / ratio
        A = np.array([np.asarray(problem.model.forward(unit)) for unit in np.eye(128)]).T
        x = cuqi.distribution.Gaussian(np.zeros(128), 1)
        y = cuqi.distribution.Gaussian(cuqi.model.LinearModel(A) @ x, size**2)
        linear = cuqi.problem.BayesianProblem(y, x).set_data(y=np.asarray(problem.data))
        drawn = linear.sample_posterior(SAMPLES).samples
        parts = problem.data, linear.MAP(), drawn.std(axis=1), problem.exactSolution
        rows.append([*map(np.asarray, parts)])
    np.savez(path, rows=np.array(rows))


def compare(path: str) -> None:
    """Print how far the boundary-value solution and its samples are from CUQIpy's."""
    import dlnn_utils as dlnn
    from dlnn_utils.reversal.baselines import White, heat1d

    law, start, end = heat1d()
    print("signal over noise,difference of starts,difference of estimates,ratio of deviations")
    for ratio, (y, estimate, deviation, same) in zip(RATIOS, np.load(path)["rows"]):
        post = dlnn.Posterior(law, y, np.linalg.norm(end) / ratio, White(law.n))
        off = np.abs(post.boundary_value()[0] - estimate).max() / np.abs(estimate).max()
        spread = (post.samples(SAMPLES).std(axis=0) / deviation).mean()
        print(ratio, f"{np.abs(same - start).max():.1e},{off:.1e},{spread:.3f}", sep=",")


if __name__ == "__main__":
    {"solve": solve, "compare": compare}[sys.argv[1]](sys.argv[2])
