"""Positions and momenta: p = M qdot, and Hamilton's equations of motion."""

import torch
from torch import Tensor, nn

from dlnn_utils import check


class Canonical(nn.Module):
    """The linear map from states [q, qdot] to [q, p] with p = M qdot.

    Parameters
    ----------
    n : int
        Number of positions.
    M : array (n, n), optional
        Mass matrix.  Without it states are [q, p] as they stand, which is the same as M = I.
    dtype : torch.dtype

    Raises
    ------
    ValueError
        If M is not symmetric or not invertible.
    """

    def __init__(self, n: int, M=None, dtype: torch.dtype = torch.float64):
        super().__init__()
        M = (
            torch.eye(n, dtype=torch.float64)
            if M is None
            else torch.from_numpy(check.mass_matrix(M, n))
        )
        self.n = n
        self.register_buffer("M", M.to(dtype))
        self.register_buffer("M_inverse", torch.linalg.inv(M).to(dtype))

    def forward(self, x: Tensor) -> Tensor:
        """Return [q, p] (B, 2n) of [q, qdot], or [q', p'] of [qdot, qddot]."""
        return torch.cat([x[:, : self.n], x[:, self.n :] @ self.M], 1)

    def back(self, z: Tensor) -> Tensor:
        """Return [q, qdot] (B, 2n) of [q, p], or [qdot, qddot] of [q', p']."""
        return torch.cat([z[:, : self.n], z[:, self.n :] @ self.M_inverse], 1)


def rotated(gradient: Tensor) -> Tensor:
    """Return J grad H = [dH/dp, -dH/dq] (B, 2n) of grad H = [dH/dq, dH/dp]."""
    by_q, by_p = gradient.chunk(2, 1)
    return torch.cat([by_p, -by_q], 1)
