"""The exact laws' tools: matrices by scikit-fem, smooth random fields, tight integration.

Exact laws share with a learned one the finite elements.  Forms, quadrature (of higher order) and
integrators are others.
"""

import numpy as np
import skfem
from scipy.integrate import solve_ivp
from scipy.sparse import csr_array

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
