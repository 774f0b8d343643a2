"""A training step in closed form against nested automatic differentiation, side by side.

Run with `python tests/benchmarks/benchmark_step.py`; each figure is a median over pairs of
alternating runs on one thread.
"""

import argparse
from statistics import median
from time import perf_counter

import numpy as np
import torch

from dlnn_utils import Mechanics, ScalarNetwork, oracle
from dlnn_utils.training import data_loss


def seconds(call) -> float:
    """Wall-clock time of one call."""
    start = perf_counter()
    call()
    return perf_counter() - start


def paired(calls: dict, repeats: int) -> dict[str, list[float]]:
    """Time the calls in turn, `repeats` times each, after one unmeasured round."""
    for call in calls.values():
        call()
    times = {name: [] for name in calls}
    for _ in range(repeats):
        for name, call in calls.items():
            times[name].append(seconds(call))
    return times


def nested_euler_lagrange_loss(network, x, force):
    """The loss of Eq. 19 in Euler-Lagrange form, M = I, by differentiating L_D twice."""
    n = force.shape[1]
    qdot = x[:, n:]
    x = x.clone().requires_grad_()
    (g,) = torch.autograd.grad(network.value(x).sum(), x, create_graph=True)
    (along,) = torch.autograd.grad((g[:, :n] * qdot).sum(), x, create_graph=True)
    return (force + along[:, n:] + g[:, :n]).square().sum(1).mean()


def main() -> None:
    """Print milliseconds of a step of 2 x 200, batch 1000, and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--dtype", choices=["float32", "float64"], default="float32")
    options = parser.parse_args()
    torch.set_num_threads(1)
    dtype = getattr(torch, options.dtype)
    rng = np.random.default_rng(0)
    x = torch.tensor(rng.uniform(-1, 1, (1000, 4)), dtype=dtype)
    force, M = torch.tensor(rng.normal(size=(1000, 2)), dtype=dtype), np.eye(2)
    network = ScalarNetwork(4, (200, 200), "silu", dtype=dtype)
    forms = {form: Mechanics(network, M, form) for form in ("euler-lagrange", "hessian")}
    W, a = network.weights[1].detach(), torch.randn(1000, 200, dtype=dtype)
    mass = torch.eye(2, dtype=dtype)

    def step(loss):
        network.zero_grad(set_to_none=True)
        loss().backward()

    def products():
        for _ in range(12):
            a @ W

    calls = {
        "closed form, Euler-Lagrange": lambda: step(
            lambda: data_loss(forms["euler-lagrange"], x, force)
        ),
        "nested autograd, Euler-Lagrange": lambda: step(
            lambda: nested_euler_lagrange_loss(network, x, force)
        ),
        "closed form, Hessian": lambda: step(lambda: data_loss(forms["hessian"], x, force)),
        "nested autograd, Hessian": lambda: step(
            lambda: oracle.mechanics_loss(network, mass, x[:, :2], x[:, 2:], force)
        ),
        "twelve 200 x 200 products": products,
    }
    times = paired(calls, options.repeats)
    for name, values in times.items():
        print(f"{name:34s} {1e3 * median(values):8.1f} ms")
    for form in ("Euler-Lagrange", "Hessian"):
        pairs = zip(times[f"nested autograd, {form}"], times[f"closed form, {form}"])
        print(f"nested / closed, {form}: {median(a / b for a, b in pairs):.2f}")
    pairs = zip(times["closed form, Euler-Lagrange"], times["twelve 200 x 200 products"])
    print(f"closed form / its products, Euler-Lagrange: {median(a / b for a, b in pairs):.2f}")


if __name__ == "__main__":
    main()
