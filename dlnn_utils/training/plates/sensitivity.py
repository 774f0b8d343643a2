"""How the images of an open plate follow from what is learned, and the derivative of that.

M u' = -K u of u = c - b takes steps h of two equal L-stable stages: with g = 1 - 1/sqrt(2), q =
(M + g h K)^-1 M and a force M w, u(h) is q ((1 + sqrt(2)) q - sqrt(2)) u + h q ((1 - g) q + g) w.
Images take several steps a frame; their derivative takes one, with the frame's mean force.
"""

import numpy as np
from scipy.sparse import csc_array, csr_array, diags_array
from scipy.sparse.linalg import splu

from dlnn_utils.training.plates.law import CORNERS, Mesh

G, ROOT = 1 - 2**-0.5, 2**0.5
SUBSTEPS = 8
"""Steps from one frame to the next."""


class Steps:
    """The scheme's steps of given lengths under one stiffness, each factorised once."""

    def __init__(self, M: np.ndarray, K: csr_array, lengths: np.ndarray):
        self.M, self.lengths = M[:, None], lengths
        rounded = np.round(lengths / lengths.max(), 9)
        _, first, self.which = np.unique(rounded, return_index=True, return_inverse=True)
        options = {"permc_spec": "MMD_AT_PLUS_A", "options": {"SymmetricMode": True}}
        self.factors = [
            splu(csc_array(diags_array(M) + G * lengths[k] * K), diag_pivot_thresh=0, **options)
            for k in first
        ]

    def q(self, k: int, x: np.ndarray) -> np.ndarray:
        """Return (M + g h K)^-1 M x for the kth length."""
        return self.factors[self.which[k]].solve(self.M * x)

    def q_mirror(self, k: int, x: np.ndarray) -> np.ndarray:
        """Return the transpose of `q` at x."""
        return self.M * self.factors[self.which[k]].solve(np.ascontiguousarray(x))

    def step(self, k: int, u: np.ndarray, w: np.ndarray | float = 0.0) -> np.ndarray:
        """Return the states (n, R) after the kth step from u under the force w."""
        h = self.lengths[k]
        first = self.q(k, (1 + ROOT) * u + h * (1 - G) * w)
        return self.q(k, first - ROOT * u + h * G * w)

    def step_mirror(self, k: int, psi: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the transposes of the kth step at psi (n, R), by u and by w."""
        second = self.q_mirror(k, psi)
        first = self.q_mirror(k, second)
        h = self.lengths[k]
        by_w = h * ((1 - G) * first + G * second)
        return (1 + ROOT) * first - ROOT * second, by_w


def images_of(mesh: Mesh, K: csr_array, u0: np.ndarray, t: np.ndarray):
    """Return u (T, n) from u0 (n,) and its means over the frames (T - 1, n)."""
    steps, u = Steps(mesh.M, K, np.diff(t) / SUBSTEPS), [u0[:, None]]
    means = []
    for k in range(len(t) - 1):
        path = [u[-1]]
        for _ in range(SUBSTEPS):
            path.append(steps.step(k, path[-1]))
        u.append(path[-1])
        means.append((sum(path) - (path[0] + path[-1]) / 2) / SUBSTEPS)
    return np.array(u)[..., 0], np.array(means)[..., 0]


class Sensitivity:
    """The derivative J of images by (ln D (E), ln h (S), background if S, first image (n))."""

    def __init__(self, mesh: Mesh, D, h, sides, means: np.ndarray, t: np.ndarray):
        self.mesh, self.steps = mesh, Steps(mesh.M, mesh.stiffness(D, h), np.diff(t))
        E, self.edges = len(D), len(sides)
        self.E, self.n_law = E, E + self.edges + bool(self.edges)
        rows = np.concatenate([mesh.corners.ravel(), np.tile(np.arange(mesh.n), self.edges)])
        columns = np.concatenate(
            [np.arange(E).repeat(CORNERS), E + np.arange(self.edges).repeat(mesh.n)]
        )
        forces = D[:, None] * (means[:, mesh.corners] @ mesh.element)
        losses = means[:, None] * (h[:, None] * mesh.B)[list(sides)]
        values = np.concatenate(
            [forces.reshape(len(means), -1), losses.reshape(len(means), -1)], 1
        )
        shape = (mesh.n, E + self.edges)
        self.P = [csr_array((-v / mesh.M[rows], (rows, columns)), shape=shape) for v in values]
        self.PT = [csr_array(P.T) for P in self.P]

    def forward(self, d: np.ndarray) -> np.ndarray:
        """Return J d (T, n, R) of changes d (P, R)."""
        law, u = d[: self.E + self.edges], d[self.n_law :]
        b = d[self.n_law - 1] if self.edges else np.zeros(d.shape[1])
        all_u = [u - b]
        for k, P in enumerate(self.P):
            all_u.append(self.steps.step(k, all_u[-1], P @ law))
        return np.array(all_u) + b

    def mirror(self, r: np.ndarray) -> np.ndarray:
        """Return J^T r (P, R) of residuals r (T, n, R)."""
        law, psi = np.zeros((self.E + self.edges, r.shape[2])), r[-1]
        for k in reversed(range(len(self.P))):
            psi, by_w = self.steps.step_mirror(k, psi)
            law += self.PT[k] @ by_w
            psi = psi + r[k]
        b = (r.sum((0, 1)) - psi.sum(0))[None] if self.edges else law[:0]
        return np.concatenate([law, b, psi])
