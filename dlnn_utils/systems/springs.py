"""Ground truth beyond linear laws: masses on hardening springs, from their scalar L_D."""

from typing import Literal

import numpy as np
import torch
from torch import Tensor

from dlnn_utils._arguments import Array, answer, checked
from dlnn_utils.integration import integrate

ELONGATIONS = torch.tensor([[1.0, 0.0], [-1.0, 1.0], [0.0, -1.0]], dtype=torch.float64)
"""Elongations of the three springs by the positions: wall, mass, mass, wall."""


class NonlinearSystem:
    """dx/dt = rate(x) without a closed solution, integrated by SciPy, forward or backward."""

    n_state: int

    def rates(self, x: Tensor) -> Tensor:
        """Return dx/dt (B, n_state) at the states x (B, n_state)."""
        raise NotImplementedError

    @checked
    def rate(self, x: Array["... {self.n_state}"]) -> np.ndarray:
        """Return dx/dt (..., n_state) at the states x (..., n_state)."""
        rates = self.rates(torch.from_numpy(x.reshape(-1, self.n_state)))
        return answer("x", rates.numpy().reshape(x.shape))

    def evolve(self, x0, t, **options) -> np.ndarray:
        """Return the states (T, n) or (T, B, n) by `integrate`, with rtol 1e-10 and atol 1e-11."""
        options = {"rtol": 1e-10, "atol": 1e-11} | options
        return integrate(self.rates, x0, t, n_state=self.n_state, **options)


class HardeningSprings(NonlinearSystem):
    """Two masses between two walls, on springs that harden, with dampers that stiffen.

    From L_D(q, q') = (1/2) q'^T M q' + q'^T g(q) + V(q) Eq. 11 makes M q'' + C(q) q' + dV/dq = 0,
    C = dg/dq + (dg/dq)^T.  Each elongation s = A q has a spring of the energy V(s) and a damper
    c(s).

    ============  ================================  ===========================
    law           force of a spring, k times        coefficient of a damper
    ============  ================================  ===========================
    hyperbolic    sinh(b s) / b                     c0 + c1 (b s)^2 / (1 + (b s)^2)
    cubic         s + b^2 s^3 / 6                   c0 + c1 (b s)^2
    ============  ================================  ===========================

    The masses are in kg, the stiffness k in N/m, the hardening b in 1/m, c0 and c1 in N s/m.
    """

    n_state = 4
    masses, stiffness, hardening, damping = (1.0, 1.5), (1.0, 0.5, 1.0), 1.5, (0.05, 0.2)

    @checked
    def __init__(self, law: Literal["hyperbolic", "cubic"] = "hyperbolic"):
        self.law = law

    @property
    def M(self) -> np.ndarray:
        """Mass matrix (2, 2) in kg."""
        return np.diag(self.masses)

    def lagrangian(self, q: Tensor, qdot: Tensor) -> Tensor:
        """Return L_D (B,) at q (B, 2) and qdot (B, 2): Eq. 7 beyond the quadratic."""
        s, sdot = q @ ELONGATIONS.T, qdot @ ELONGATIONS.T
        b, (c0, c1) = self.hardening, self.damping
        more = s**3 * b**2 / 3 if self.law == "cubic" else s - torch.atan(b * s) / b
        return self._kinetic(qdot) + self._potential(s) + (sdot * (c0 * s + c1 * more)).sum(1) / 2

    def rates(self, x: Tensor) -> Tensor:
        """Return [q', q''] (B, 4) at the states x = [q, q'] (B, 4), by Eq. 11."""
        q, qdot = x[:, :2], x[:, 2:]
        s, sdot = q @ ELONGATIONS.T, qdot @ ELONGATIONS.T
        z = self.hardening * s
        pull = s + z**2 * s / 6 if self.law == "cubic" else torch.sinh(z) / self.hardening
        forces = s.new_tensor(self.stiffness) * pull + self._coefficient(s) * sdot
        return torch.cat([qdot, -(forces @ ELONGATIONS) / s.new_tensor(self.masses)], 1)

    def rates_of_hessian_form(self, x: Tensor) -> Tensor:
        """Return [q', -M^-1 (C q' + K q)] (B, 4) by Eqs 12 and 19, wrong for this L_D."""
        x = x.detach().requires_grad_()
        L = self.lagrangian(x[:, :2], x[:, 2:]).sum()
        (gradient,) = torch.autograd.grad(L, x, create_graph=True)
        H = [torch.autograd.grad(g.sum(), x, retain_graph=True)[0] for g in gradient.T]
        x, H = x.detach(), torch.stack(H, 1)
        K, D = H[:, :2, :2], H[:, 2:, :2]
        force = K @ x[:, :2, None] + (D + D.mT) @ x[:, 2:, None]
        return torch.cat([x[:, 2:], -force[..., 0] / x.new_tensor(self.masses)], 1)

    @checked
    def potential_and_damping(self, q: Array["N 2"]) -> tuple[np.ndarray, np.ndarray]:
        """Return V (N,) in J and C (N, 2, 2) in N s/m at the positions q (N, 2)."""
        s = torch.from_numpy(q) @ ELONGATIONS.T
        C = torch.einsum("sa,bs,sc->bac", ELONGATIONS, self._coefficient(s), ELONGATIONS)
        return answer("q", self._potential(s).numpy()), answer("q", C.numpy())

    @checked
    def energy(self, x: Array["... 4"]) -> np.ndarray:
        """Return kinetic and potential energy (...,) in J of the states x = [q, q'] (..., 4)."""
        q, qdot = torch.from_numpy(x.reshape(-1, 4)).split(2, 1)
        energy = self._kinetic(qdot) + self._potential(q @ ELONGATIONS.T)
        return answer("x", energy.numpy().reshape(x.shape[:-1]))

    def _coefficient(self, s: Tensor) -> Tensor:
        z2, (c0, c1) = (self.hardening * s) ** 2, self.damping
        return c0 + c1 * (z2 if self.law == "cubic" else z2 / (1 + z2))

    def _kinetic(self, qdot: Tensor) -> Tensor:
        return (qdot.square() * qdot.new_tensor(self.masses)).sum(1) / 2

    def _potential(self, s: Tensor) -> Tensor:
        z = self.hardening * s
        each = z**2 / 2 + z**4 / 24 if self.law == "cubic" else torch.cosh(z) - 1
        return (each * s.new_tensor(self.stiffness)).sum(1) / self.hardening**2
