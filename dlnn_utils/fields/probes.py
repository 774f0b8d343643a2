"""Probes: the fields of a finite-element state at quadrature points, z = G x + z_0.

Edge signs, vector elements and curved meshes are scikit-fem's; boundary values are `Probes.of`'s.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.sparse import block_diag, coo_array, csr_array, vstack

from dlnn_utils._arguments import choice, shown

FIELDS = ("value", "grad", "curl", "div", "strain")


@dataclass(frozen=True)
class Probes:
    """k numbers at each of S quadrature points from n unknowns.

    `G` is sparse (k S, n), all points of the first number first; `offset` (k S,) is the share of
    boundary values.  `weights` (S,) are those of the quadrature, `points` (d, S) its places, and
    `elements` (S,) its elements.
    """

    G: csr_array
    offset: np.ndarray
    weights: np.ndarray
    points: np.ndarray
    elements: np.ndarray

    @property
    def k(self) -> int:
        """Number of fields at a point."""
        return self.G.shape[0] // len(self.weights)

    @property
    def shape(self) -> tuple[int, int]:
        """Number of points and of fields."""
        return len(self.weights), self.k

    @property
    def n(self) -> int:
        """Number of unknowns."""
        return self.G.shape[1]

    def of(self, *, copies: int = 1, free=None, fixed=None) -> "Probes":
        """Return the probes of a state of several copies, or of its free unknowns only.

        The other unknowns have the values `fixed` (n,), by default 0.  The fields of the first
        copy come first.
        """
        G, offset = self.G, self.offset
        if free is not None:
            if fixed is not None:
                held = np.setdiff1d(np.arange(self.n), free)
                offset = offset + G[:, held] @ np.asarray(fixed, float)[held]
            G = csr_array(G[:, free])
        if copies > 1:
            G, offset = csr_array(block_diag([G] * copies)), np.tile(offset, copies)
        return replace(self, G=G, offset=offset)

    def fields(self, x: np.ndarray) -> np.ndarray:
        """Return the fields (B, S, k) of states (B, n)."""
        z = (self.G @ x.T).T + self.offset
        return z.reshape(len(x), self.k, -1).swapaxes(1, 2)

    def gather(self, stress: np.ndarray) -> np.ndarray:
        """Return G^T w s (B, n) of numbers s (B, S, k), the transpose of `fields`."""
        weighted = (stress * self.weights[:, None]).swapaxes(1, 2).reshape(len(stress), -1)
        return (self._transpose @ weighted.T).T

    @cached_property
    def _transpose(self) -> csr_array:
        return csr_array(self.G.T)

    def stiffness(self, D: np.ndarray) -> csr_array:
        """Return G^T w D G (n, n), sparse, of the slopes D (S, k, k)."""
        S, k = len(self.weights), self.k
        i, j = np.meshgrid(np.arange(k) * S, np.arange(k) * S, indexing="ij")
        rows, columns = (a[None] + np.arange(S)[:, None, None] for a in (i, j))
        values = (D * self.weights[:, None, None]).ravel()
        middle = coo_array((values, (rows.ravel(), columns.ravel())), shape=(k * S, k * S))
        return csr_array(self._transpose @ (csr_array(middle) @ self.G))


def probes(basis, fields: str | Sequence[str] = ("value", "grad")) -> Probes:
    """Return the probes of a scikit-fem basis.

    Parameters
    ----------
    basis : skfem.CellBasis
        Of any mesh, element and quadrature.
    fields : str or sequence of str
        Of "value", "grad", "curl", "div" and "strain", in this order in z.  A strain has its
        shear components times the root of 2, so that |z|^2 = e : e.

    Returns
    -------
    Probes

    Raises
    ------
    ValueError
        If the basis has no such field.
    """
    if not hasattr(basis, "element_dofs"):
        raise ValueError(f"basis must be one of scikit-fem; got {type(basis).__name__}")
    names = [fields] if isinstance(fields, str) else fields
    if not isinstance(names, list | tuple) or not names:
        raise ValueError(f"fields must name at least one field; got {shown(fields)}")
    names = [choice("fields", name, FIELDS) for name in names]
    blocks = [_block(basis, name) for name in names]
    G, points = csr_array(vstack(blocks)), np.asarray(basis.global_coordinates())
    weights, width = basis.dx.ravel(), basis.dx.shape[1]
    elements = np.repeat(np.arange(len(basis.dx)), width)
    return Probes(G, np.zeros(G.shape[0]), weights, points.reshape(len(points), -1), elements)


def _block(basis, name: str) -> csr_array:
    """G of one field (k S, n): the values of all basis functions at all quadrature points."""
    S = basis.dx.size
    parts = []
    for i, local in enumerate(basis.basis):
        values = np.stack([_components(f, name) for f in local]).sum(0)  # fields of one element
        dofs = np.repeat(basis.element_dofs[i], basis.dx.shape[1])
        k, points = len(values), np.arange(S)
        rows = (np.arange(k)[:, None] * S + points).ravel()
        entries = (values.reshape(k, S).ravel(), (rows, np.tile(dofs, k)))
        parts.append(coo_array(entries, shape=(k * S, basis.N)))
    total = csr_array(parts[0])
    for part in parts[1:]:
        total = total + csr_array(part)
    total.eliminate_zeros()
    return total


def _components(field, name: str) -> np.ndarray:
    """Components (k, E, Q) of one field of a basis function."""
    derived = "grad" if name == "strain" else name
    values = np.asarray(field) if name == "value" else getattr(field, derived, None)
    wanted = 4 if name == "strain" else 2
    if values is None or np.ndim(values) < wanted:
        raise ValueError(f"fields must be those of the element; it has no {name!r}")
    values = np.asarray(values)
    if name != "strain":
        return values.reshape(-1, *values.shape[-2:])
    e, (i, j) = (values + values.swapaxes(0, 1)) / 2, np.triu_indices(len(values), 1)
    return np.concatenate([np.stack([e[m, m] for m in range(len(e))]), 2**0.5 * e[i, j]])
