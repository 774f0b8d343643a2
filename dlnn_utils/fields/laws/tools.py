"""The exact laws' tools: matrices by scikit-fem, smooth random fields, tight integration.

Exact laws share with a learned one the finite elements.  Forms, quadrature (of higher order) and
integrators are others.
"""

from typing import NamedTuple

import numpy as np
import skfem
from scipy.integrate import solve_ivp
from scipy.sparse import coo_array, csr_array

from dlnn_utils.fields.density import Density
from dlnn_utils.fields.energy import FieldEnergy

TIGHT = dict(rtol=1e-11, atol=1e-12)


def grid(m: int, triangles: bool = False):
    """Return the unit square in m x m squares, or each of these in two triangles."""
    edges = np.linspace(0, 1, m + 1)
    return (skfem.MeshTri if triangles else skfem.MeshQuad).init_tensor(edges, edges)


def matrix(form, basis, other=None, **by_element) -> csr_array:
    """Return the matrix of a bilinear form (u, v, w) with fields of one value an element."""
    fields = {name: spread(basis, value) for name, value in by_element.items()}
    bases = [basis] if other is None else [other, basis]
    return csr_array(skfem.BilinearForm(form).assemble(*bases, **fields))


def spread(basis, value) -> np.ndarray:
    """Return one value an element (E,), or one for all, at the quadrature points (E, Q)."""
    return np.broadcast_to(np.reshape(value, (-1, 1)), basis.dx.shape)


def smooth(points: np.ndarray, number: int, rng, modes: int = 4) -> np.ndarray:
    """Return random smooth functions (number, N) at points (2, N): sums of low cosines."""
    k = np.arange(modes)
    x, y = (np.cos(np.pi * np.outer(k, one)) for one in points)
    a = rng.normal(size=(number, modes, modes)) / (1 + k[:, None] ** 2 + k**2)
    return np.einsum("bij,in,jn->bn", a, x, y)


def follow(rate, x0: np.ndarray, t, method: str = "DOP853", **options) -> np.ndarray:
    """Return the solution (T, n) of x' = rate(x), to eleven digits a step."""
    options = TIGHT | options
    found = solve_ivp(lambda _, x: rate(x), (t[0], t[-1]), x0, method, t, **options)
    return found.y.T


class Errors(NamedTuple):
    """Of a learned law, relative in RMS: of its rates, its way forward and back, and its steps."""

    rates: float
    forward: float
    backward: float
    steps: float


class Journey(NamedTuple):
    """The exact and the learned way forward (T, n), the learned way back, and the errors."""

    truth: np.ndarray
    forward: np.ndarray
    backward: np.ndarray
    errors: Errors


class ExactLaw:
    """A known law on a mesh, from which a law of fields is learned and with which it is compared.

    `places()` are pairs (probes, features), one a term; `networks(seed)` the densities' networks;
    `invariants` their invariants; `operators` the metric, mobility, mass or constraint.
    """

    invariants: tuple = (None, None)
    order = 1

    def untrained(self, seed: int = 0, **operators) -> FieldEnergy:
        """Return a law with random networks, with other operators if some are given."""
        parts = zip(self.networks(seed), self.places(), self.invariants)
        terms = [Density(network, *place, invariant=one) for network, place, one in parts]
        return FieldEnergy(terms, order=self.order, **(operators or self.operators))

    def carry(self, law: FieldEnergy) -> FieldEnergy:
        """Return a law learned elsewhere on this mesh, with this material."""
        return law.on(self.places(), **self.operators)

    def journey(self, law: FieldEnergy, x0: np.ndarray, t, back: int = -1, **how) -> Journey:
        """Follow a law from elsewhere forward over t, and from the exact t[back] to the start.

        With back = 0 there is no way back.  The steps' error is that against half the step, or
        against a hundredth of the tolerance.
        """
        law, truth, t = self.carry(law), self.evolve(x0, t), np.asarray(t)
        finer = {"steps": 2 * how["steps"]} if "steps" in how else {"rtol": how["rtol"] / 100}
        there, again = law.evolve(x0, t, **how), law.evolve(x0, t[:2], **how | finer)
        home = np.full((1, len(x0)), np.nan)
        if back:
            home = law.evolve(truth[back], t[: back % len(t) + 1][::-1], **how)
        rates = relative(law.rate(truth), self.rate(truth))
        pairs = (there[1:], truth[1:]), (home[-1], x0), (there[1], again[1])
        return Journey(truth, there, home, Errors(rates, *(relative(*pair) for pair in pairs)))


def relative(found: np.ndarray, exact: np.ndarray) -> float:
    """Return |found - exact| / |exact|."""
    return float(np.linalg.norm(found - exact) / np.linalg.norm(exact))


def noisy(rate: np.ndarray, size: float, rng) -> np.ndarray:
    """Return rates (B, n) with white noise of a fraction of each one's RMS."""
    scale = np.sqrt(np.mean(rate**2, axis=1, keepdims=True))
    return rate + size * scale * rng.normal(size=rate.shape)


def image(points: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return values (N,) at the points (2, N) of a square grid as an image, y upward."""
    m = round(len(values) ** 0.5)
    return values[np.lexsort((points[0].round(9), -points[1].round(9)))].reshape(m, m)


def middles(mesh) -> np.ndarray:
    """Return the middle points (2, E) of a mesh's elements."""
    return mesh.p[:, mesh.t].mean(axis=1)


def fit_elements(dofs: np.ndarray, materials, x: np.ndarray, force: np.ndarray) -> np.ndarray:
    """Return element matrices (F, k, k) for materials (F, E) by least squares on forces (B, n).

    This is what one would do without a network where a law is linear: K of an element is their
    sum, each times its material.  `dofs` (k, E) are the unknowns of the elements.
    """
    k, columns = len(dofs), []
    for material in materials:
        for i, j in np.ndindex(k, k):
            column = np.zeros_like(x)
            np.add.at(column, (slice(None), dofs[i]), material * x[:, dofs[j]])
            columns.append(column.ravel())
    found = np.linalg.lstsq(np.stack(columns, 1), force.ravel(), rcond=None)[0]
    return found.reshape(len(materials), k, k)


def assemble(dofs: np.ndarray, materials, matrices: np.ndarray) -> csr_array:
    """Return the matrix (n, n) of element matrices (F, k, k) and materials (F, E)."""
    i, j = (np.broadcast_to(one, (len(dofs), *dofs.shape)) for one in (dofs[:, None], dofs[None]))
    values = np.einsum("fij,fe->ije", matrices, np.asarray(materials))
    return csr_array(coo_array((values.ravel(), (i.ravel(), j.ravel()))))
