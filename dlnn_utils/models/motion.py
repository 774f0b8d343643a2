"""Equations of motion read out of a dissipative Lagrangian: network in, rate of the state out.

"euler-lagrange" is the stationarity of L_D itself (Eqs 11, 16), "hessian" the linear law (Eqs 13,
19) with the matrices of Eqs 12 and 17.  Both are equal if L_D is quadratic and not otherwise.
"""

from collections.abc import Callable
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from dlnn_utils._arguments import Array, Mass, checked
from dlnn_utils.models.model import Flow, Model
from dlnn_utils.models.network import ScalarNetwork

Form = Literal["euler-lagrange", "hessian"]


class Diffusion(Flow):
    """First-order dissipation M c' = -K c from a scalar L_D(c) (Section 3.2).

    The network sees R c with R = M^(1/2), and R c' is what it predicts: there the law is Eq. 16.

    Parameters
    ----------
    network : ScalarNetwork, L_D(c) = network(R c), n inputs
    M : array (n, n) or (n,), optional, symmetric and positive; by default the paper's identity
    form : {"euler-lagrange", "hessian"}, M c' = -dL_D/dc (Eq. 16)
        Or M c' = -(d2L_D/dc dc^T) c (Eqs 13, 17).
    """

    @checked
    def __init__(self, network: ScalarNetwork, M=None, form: Form = "euler-lagrange"):
        super().__init__(network, M)
        self.form = form

    def prediction(self, x: Tensor) -> Tensor:
        """Return R c' (B, n) at concentrations (B, n): Eq. 16, or Eqs 13 and 17."""
        x = self.inputs(x)
        if self.form == "euler-lagrange":
            return -self.network.gradient(x)
        return -self.network.gradient_and_hvp(x, x)[1]

    def homogeneity(self, x: Tensor) -> Tensor:
        """Return the difference of the two forms of the prediction (B, n)."""
        x = self.inputs(x)
        gradient, hessian_x = self.network.gradient_and_hvp(x, x)
        return gradient - hessian_x

    @checked
    def matrices(self, c: Array["{self.n_columns} | B {self.n_columns}"]) -> dict[str, np.ndarray]:
        """Return K = d2L_D/dc dc^T (Eq. 17), and M if given, (n, n) at c (n,) or (B, n, n)."""
        metric, H = self.metric, self.network.hessian
        K = _at(c, self.network, lambda c: metric.hessian(H(metric.inputs(c))))
        if metric.M is None:
            return {"K": K}
        M = np.diag(metric.M) if metric.M.ndim == 1 else metric.M
        return {"K": K, "M": np.broadcast_to(M, K.shape)}


class Mechanics(Model):
    """Damped motion M q'' + C q' + K q = 0 from a scalar L_D(q, qdot), M known (Section 3.1).

    The state is [q, qdot] (B, 2n).  As in Eq. 19 the mass is given; the network answers for K and
    the symmetric part of C, and its own d2L_D/dqdot dqdot^T is never trained.

    Parameters
    ----------
    network : ScalarNetwork, L_D(q, qdot), 2n inputs
    M : array (n, n), mass matrix, symmetric and invertible
    form : {"euler-lagrange", "hessian"}, M q'' = -(d2L_D/dqdot dq^T qdot + dL_D/dq) (Eq. 11)
        Or M q'' = -(C qdot + K q) with the matrices of Eq. 12.
    """

    @checked
    def __init__(self, network: ScalarNetwork, M: Mass, form: Form = "euler-lagrange"):
        super().__init__()
        if 2 * len(M) != network.n_inputs:
            raise ValueError(
                f"M must have shape (n, n), for a network of 2n inputs [q, qdot]; got {M.shape} "
                f"and {network.n_inputs} inputs"
            )
        self.network, self.form, self.n = network, form, len(M)
        M = torch.as_tensor(M).to(network.input_scale)
        self.register_buffer("M", M)
        self.register_buffer("M_inverse", torch.linalg.inv(M))

    def prediction(self, x: Tensor) -> Tensor:
        """Return the force M q'' (B, n) at the states x = [q, qdot] (B, 2n), Eq. 11 or Eq. 12."""
        n, q, qdot = self.n, x[:, : self.n], x[:, self.n :]
        moving = torch.cat([qdot, torch.zeros_like(q)], 1)
        if self.form == "euler-lagrange":
            gradient, along = self.network.gradient_and_hvp(x, moving)
            return -(along[:, n:] + gradient[:, :n])
        _, along, hessian_x = self.network.gradient_and_hvp(x, moving, x)
        return -(along[:, n:] + hessian_x[:, :n])

    def target(self, rate: Tensor) -> Tensor:
        """Return M q'' (B, n) from the rates [qdot, qddot] (B, 2n)."""
        return rate[:, self.n :] @ self.M

    def homogeneity(self, x: Tensor) -> Tensor:
        """Return the difference of the two forms of the force (B, n)."""
        gradient, hessian_x = self.network.gradient_and_hvp(x, x)
        return (gradient - hessian_x)[:, : self.n]

    def rate(self, x: Tensor) -> Tensor:
        """Return [qdot, qddot] (B, 2n) at the states x = [q, qdot] (B, 2n)."""
        return torch.cat([x[:, self.n :], self.prediction(x) @ self.M_inverse], 1)

    @checked
    def matrices(self, x: Array["{self.n_columns} | B {self.n_columns}"]) -> dict[str, np.ndarray]:
        """Return M as given, K, and the symmetric part of C (Eq. 12), at x (2n,) or (B, 2n)."""
        H, n = _at(x, self.network, self.network.hessian), self.n
        D = H[..., n:, :n]
        M = np.broadcast_to(self.M.cpu().numpy(), D.shape)
        return {"M": M, "C": D + np.swapaxes(D, -1, -2), "K": H[..., :n, :n]}


@checked
def potential_and_damping(model: Mechanics, q: Array["N n"]) -> tuple[np.ndarray, np.ndarray]:
    """Return V(q) = L_D(q, 0) - L_D(0, 0) (N,), and C(q) (N, n, n) of Eq. 12, at q (N, n).

    Of L_D = (1/2) q'^T M q' + q'^T g(q) + V(q) data determine both, in the Euler-Lagrange form.
    """
    x = np.hstack([q, np.zeros_like(q)])
    C = model.matrices(x)["C"]
    with torch.no_grad():
        values = model.network.value(torch.from_numpy(np.vstack([x, 0 * x[:1]]))).numpy()
    return values[:-1] - values[-1], C


def _at(x: np.ndarray, network: ScalarNetwork, matrices: Callable) -> np.ndarray:
    """Matrices (n, n) at x (n,), or (B, n, n) at x (B, n), by a function of tensors (B, n)."""
    points = torch.as_tensor(np.atleast_2d(x)).to(network.input_scale)
    with torch.no_grad():
        return matrices(points).double().cpu().numpy().reshape(*x.shape, -1)
