"""Equations of motion read out of a dissipative Lagrangian: network in, rate of the state out.

Two readings, equal if L_D is quadratic and not otherwise:

- "euler-lagrange": the stationarity of L_D itself, Eqs 11 and 16;
- "hessian": the matrices of Eqs 12 and 17 put into the linear law, Eqs 13 and 19.
"""

import numpy as np
import torch
from torch import Tensor, nn

from dlnn_utils import check
from dlnn_utils.integration import integrate
from dlnn_utils.network import DenseNetwork, ScalarNetwork

FORMS = ("euler-lagrange", "hessian")


class Model(nn.Module):
    """State in, rate out.  What all models share.

    A subclass computes `prediction(x)` with its network; training makes that equal to
    `target(rate)`.  `homogeneity(x)` vanishes if the model has constant coefficients.
    """

    network: DenseNetwork

    @property
    def networks(self) -> list[DenseNetwork]:
        """The trained networks, one unless a subclass has more."""
        return [self.network]

    @property
    def weights(self) -> list[nn.Parameter]:
        """The trained weights, network after network."""
        return [w for network in self.networks for w in network.parameters()]

    @property
    def n_weights(self) -> int:
        """Number of trained weights."""
        return sum(w.numel() for w in self.weights)

    def prediction(self, x: Tensor) -> Tensor:
        """Return what the network says of the states x (B, n_state)."""
        raise NotImplementedError

    def target(self, rate: Tensor) -> Tensor:
        """Return what `prediction` should be, given the states' true rates (B, n_state)."""
        return rate

    def homogeneity(self, x: Tensor) -> Tensor:
        """Return by how much the prediction fails to be linear at the states x (B, n_state)."""
        raise NotImplementedError

    def rate(self, x: Tensor) -> Tensor:
        """Return the rate dx/dt (B, n_state) at the states x (B, n_state)."""
        return self.prediction(x)

    def scale_to(self, x: np.ndarray, rate: np.ndarray) -> None:
        """Fix the network's scales so that inputs and predictions are of order 1 inside it.

        Parameters
        ----------
        x, rate : array (B, n_state)
            Training states and rates.
        """
        spread = np.abs(x).max(axis=0) / 2
        spread[spread == 0] = 1.0
        y = self.target(torch.as_tensor(rate).to(self.network.input_scale))
        size = float(y.square().mean().sqrt()) or 1.0
        if isinstance(self.network, ScalarNetwork):
            size *= float(np.median(spread))
        self.network.input_scale.copy_(torch.as_tensor(1 / spread))
        self.network.output_scale.fill_(size)

    def evolve(self, x0, t, **options) -> np.ndarray:
        """Integrate the model from the states x0 over the times t, forward or backward.

        Parameters
        ----------
        x0 : array (n_state,) or (B, n_state)
            States at time t[0].
        t : array (T,)
            Times, rising or falling; t[0] is the time of x0.
        **options
            Passed to `dlnn_utils.integrate` (rtol, atol, method).

        Returns
        -------
        array (T, n_state) or (T, B, n_state)

        Raises
        ------
        ValueError
            If x0 or t is malformed.
        IntegrationError
            If the solution blows up.
        """
        return integrate(self.rate, x0, t, n_state=self.network.n_inputs, **options)


class Diffusion(Model):
    """First-order dissipation c' = -K c from a scalar L_D(c) (Section 3.2).

    Parameters
    ----------
    network : ScalarNetwork
        L_D(c), n inputs.
    form : {"euler-lagrange", "hessian"}
        c' = -dL_D/dc (Eq. 16) or c' = -(d2L_D/dc dc^T) c (Eqs 13, 17).
    """

    def __init__(self, network: ScalarNetwork, form: str = "euler-lagrange"):
        super().__init__()
        self.network, self.form = network, _form(form)

    def prediction(self, x: Tensor) -> Tensor:
        """Return the rate c' (B, n) at concentrations (B, n): Eq. 16, or Eqs 13 and 17."""
        if self.form == "euler-lagrange":
            return -self.network.gradient(x)
        return -self.network.gradient_and_hvp(x, x)[1]

    def homogeneity(self, x: Tensor) -> Tensor:
        """Return the difference of the two forms of the rate (B, n)."""
        gradient, hessian_x = self.network.gradient_and_hvp(x, x)
        return gradient - hessian_x

    def matrices(self, c) -> dict[str, np.ndarray]:
        """Return K = d2L_D/dc dc^T (Eq. 17).

        Parameters
        ----------
        c : array (n,) or (B, n)
            Concentrations.

        Returns
        -------
        dict of str to array
            By "K": (n, n), or (B, n, n).

        Raises
        ------
        ValueError
            If c is malformed.
        """
        return {"K": _hessian(self.network, c)}


class Mechanics(Model):
    """Damped motion M q'' + C q' + K q = 0 from a scalar L_D(q, qdot), M known (Section 3.1).

    The state is x = [q, qdot] (B, 2n).  As in Eq. 19 the mass enters as it is given, and the
    network answers for K and the symmetric part of C; its own d2L_D/dqdot dqdot^T is never
    trained.

    Parameters
    ----------
    network : ScalarNetwork
        L_D(q, qdot), 2n inputs.
    M : array (n, n)
        Mass matrix, symmetric and invertible.
    form : {"euler-lagrange", "hessian"}
        M q'' = -(d2L_D/dqdot dq^T qdot + dL_D/dq) (Eq. 11), or M q'' = -(C qdot + K q) with the
        matrices of Eq. 12.

    Raises
    ------
    ValueError
        If M is not symmetric or not invertible, or its size does not match the network.
    """

    def __init__(self, network: ScalarNetwork, M, form: str = "euler-lagrange"):
        super().__init__()
        n, odd = divmod(network.n_inputs, 2)
        if odd:
            raise ValueError(
                f"a mechanics network needs an even number of inputs [q, qdot]; got {n * 2 + 1}"
            )
        self.network, self.form, self.n = network, _form(form), n
        M = torch.as_tensor(check.mass_matrix(M, n)).to(network.input_scale)
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

    def matrices(self, x) -> dict[str, np.ndarray]:
        """Return M (as given), C and K (n, n) of Eq. 12 at the states x (2n,) or (B, 2n).

        L_D sees only the symmetric part of C, which is what is returned; for B states the
        matrices are (B, n, n).

        Parameters
        ----------
        x : array (2n,) or (B, 2n)
            States [q, qdot].

        Returns
        -------
        dict of str to array
            By "M", "C" and "K".

        Raises
        ------
        ValueError
            If x is malformed.
        """
        H, n = _hessian(self.network, x), self.n
        D = H[..., n:, :n]
        M = np.broadcast_to(self.M.cpu().numpy(), D.shape).copy()
        return {"M": M, "C": D + np.swapaxes(D, -1, -2), "K": H[..., :n, :n]}


def _form(form: str) -> str:
    return check.choice("form", form, FORMS)


def _hessian(network: ScalarNetwork, x) -> np.ndarray:
    """Hessian (n, n) at x (n,), or (B, n, n) at x (B, n)."""
    x = check.states("x", x, network.n_inputs, most=2)
    with torch.no_grad():
        H = network.hessian(torch.as_tensor(np.atleast_2d(x)).to(network.input_scale))
    H = H.cpu().numpy().astype(np.float64)
    return H if x.ndim == 2 else H[0]
