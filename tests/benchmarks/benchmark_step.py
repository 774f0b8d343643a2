"""A training step in closed form against nested automatic differentiation, side by side.

Run with `python tests/benchmarks/benchmark_step.py`; each figure is a median over pairs of
alternating runs on one thread.
"""

import argparse

import numpy as np
import torch

from dlnn_utils import Mechanics, ScalarNetwork, oracle
from dlnn_utils.companion.timing import milliseconds, paired, ratio
from dlnn_utils.training import data_loss


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
    mass = torch.eye(2, dtype=dtype)

    def step(loss):
        network.zero_grad(set_to_none=True)
        loss().backward()

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
    }
    times = paired(calls, options.repeats)
    for name, value in milliseconds(times).items():
        print(f"{name:34s} {value:8.1f} ms")
    for form in ("Euler-Lagrange", "Hessian"):
        pair = f"nested autograd, {form}", f"closed form, {form}"
        print(f"nested / closed, {form}: {ratio(times, *pair):.2f}")


if __name__ == "__main__":
    main()
