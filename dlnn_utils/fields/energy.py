"""The law of fields N x' = -dL/dx (+ a known load) under B x' = 0, or M q'' = -force(q, q').

N is known: a mass matrix for a gradient flow (Eq. 16), an antisymmetric one for Schroedinger's
equation, the inverse of a mobility for Cahn-Hilliard's.  Laws of second order are Eq. 11's.
"""

from collections.abc import Sequence

import numpy as np
import torch
from scipy.sparse import csc_array, csr_array, diags_array
from scipy.sparse.linalg import ArpackError, LinearOperator, eigs, eigsh, splu

from dlnn_utils._arguments import array
from dlnn_utils.fields.density import Density
from dlnn_utils.fields.operators import constraint_of, factors, operator_of
from dlnn_utils.fields.stepping import evolve

BLOCK = 4096
"""Points at once, which a processor's cache holds."""


class FieldEnergy:
    """A law of fields from densities that are summed over quadrature points.

    Parameters
    ----------
    terms : sequence of Density
        L is their sum.
    metric : sparse or dense (n, n), or (n,)
        N, symmetric or antisymmetric.
    mobility : sparse or dense (n, n)
        Its inverse instead, which may be singular.
    constraint : sparse or dense (m, n), optional
        B, of independent rows: B x stays as it starts.
    order : {1, 2}
        With 2 the state is (q, q').
    mass : as `metric`, or Density
        M of a law of second order, symmetric, or a learned one: the second derivative of a density
        of q', of a network with one "quadratic" layer.

    Raises
    ------
    ValueError
        If the operators do not fit the probes or each other.
    """

    def __init__(
        self,
        terms: Sequence[Density],
        metric=None,
        *,
        mobility=None,
        constraint=None,
        order: int = 1,
        mass=None,
    ):
        self.terms = [terms] if isinstance(terms, Density) else list(terms)
        if not self.terms or not all(isinstance(term, Density) for term in self.terms):
            raise ValueError("terms must be densities, at least one")
        if order not in (1, 2):
            raise ValueError(f"order must be 1 or 2; got {order!r}")
        sizes = {term.probes.n for term in self.terms}
        if len(sizes) > 1:
            raise ValueError(f"terms must have probes of one basis; they take {sorted(sizes)}")
        if max(term.order for term in self.terms) > order:
            raise ValueError(f"terms must have networks for a law of order {order}")
        (self.n,), self.order = sizes, order
        names = {"metric": metric, "mobility": mobility, "mass": mass}
        given = [name for name, value in names.items() if value is not None]
        wanted = ["mass"] if order == 2 else ["metric", "mobility"]
        if len(given) != 1 or given[0] not in wanted:
            raise ValueError(f"order {order} takes {' or '.join(wanted)}; got {given or 'none'}")
        (self.kind,) = given
        self.inertia = _inertia(mass, self.n) if isinstance(mass, Density) else None
        self.B = None if constraint is None else constraint_of(constraint, self.n)
        if self.kind == "mobility" and self.B is not None:
            raise ValueError("constraint must go with a metric; got a mobility")
        self.history = None
        self.place(names[self.kind])

    def place(self, operator=None) -> None:
        """Set N, which a learned mass gives anew after training."""
        if self.inertia is not None:
            zero = torch.zeros(self.inertia.probes.shape, dtype=torch.float64)
            operator = self.inertia.probes.stiffness(self.inertia.slopes(zero)[0])
        self.N, self.antisymmetric = operator_of(self.kind, operator, self.n)
        if self.order == 2 and self.antisymmetric:
            raise ValueError("mass must be symmetric; it is antisymmetric")
        self._factors = None if self.kind == "mobility" else factors(self.N, self.B, self.kind)

    @property
    def networks(self) -> list:
        """The networks, one a term; two terms may share one."""
        return list(dict.fromkeys(term.network for term in self.learned))

    @property
    def learned(self) -> list[Density]:
        """The terms, and the density of a learned mass."""
        return self.terms if self.inertia is None else [*self.terms, self.inertia]

    @property
    def weights(self) -> list:
        """The trained weights, network after network."""
        return [w for network in self.networks for w in network.parameters()]

    @property
    def n_weights(self) -> int:
        """Number of trained weights."""
        return sum(w.numel() for w in self.weights)

    @property
    def n_state(self) -> int:
        """Number of unknowns of a state."""
        return self.order * self.n

    def on(self, places, metric=None, *, mobility=None, constraint=None, mass=None):
        """Return the law elsewhere: `places` are pairs (probes, features), one for each term.

        A learned mass takes such a pair as well.
        """
        places = list(places)
        if len(places) != len(self.terms):
            raise ValueError(f"places must be {len(self.terms)}, one a term; got {len(places)}")
        terms = [term.on(*place) for term, place in zip(self.terms, places)]
        mass = mass if self.inertia is None else self.inertia.on(*mass)
        options = dict(mobility=mobility, constraint=constraint, mass=mass)
        return FieldEnergy(terms, metric, order=self.order, **options)

    def energy(self, x) -> np.ndarray:
        """Return L (B,) of states (B, n), or of one (n,); for a law of second order at q' = 0."""
        x = self._states(x) * np.repeat([1, 0][: self.order], self.n)
        total = np.zeros(len(x))
        for term in self.terms:
            values = term.network.value(term.at(*self._fields(term, x)).point).detach().numpy()
            total += values.reshape(len(x), -1) @ term.probes.weights
        return total

    def force(self, x) -> np.ndarray:
        """Return dL/dx (B, n) at states (B, n), or Eq. 11's force (B, n) at states (B, 2n)."""
        states = self._states(x)
        total = self._force([term.at(*self._fields(term, states)) for term in self.terms])
        return total if np.ndim(x) == 2 else total[0]

    @torch.no_grad()
    def _force(self, places) -> np.ndarray:
        total = 0.0
        for term, place in zip(self.learned, places):
            blocks = range(0, len(place.point), BLOCK)
            parts = [term.stress(place.some(slice(k, k + BLOCK))).numpy() for k in blocks]
            stress = np.concatenate(parts)
            total = total + term.probes.gather(stress.reshape(-1, *term.probes.shape))
        return total

    def tangent(self, x) -> list[csr_array]:
        """Return the sparse derivatives of the force at one state by q, and by q' if it has it."""
        total = [csr_array((self.n, self.n))] * self.order
        for term in self.terms:
            for k, D in enumerate(term.slopes(*self._fields(term, self._states(x)))):
                total[k] = total[k] + term.probes.stiffness(D)
        return total

    def hessian(self, x) -> csr_array:
        """Return d2L/dx dx^T (n, n), sparse, at one state (n,) (Eq. 17)."""
        return self.tangent(x)[0]

    def rate(self, x, load=0.0) -> np.ndarray:
        """Return x' at states (B, n) or (n,), or (q', q'') at (q, q'), under a load (n,)."""
        x = np.asarray(x, dtype=float)
        speed = self.solve(load - self.force(x))
        return speed if self.order == 1 else np.concatenate([x[..., self.n :], speed], -1)

    def solve(self, force: np.ndarray) -> np.ndarray:
        """Return N^-1 f (..., n), within the constraint."""
        if self.kind == "mobility":
            return (self.N @ force.reshape(-1, self.n).T).T.reshape(force.shape)
        rows = 0 if self.B is None else self.B.shape[0]
        columns = np.zeros((self.n + rows, force.size // self.n))
        columns[: self.n] = force.reshape(-1, self.n).T
        return self._factors.solve(columns)[: self.n].T.reshape(force.shape)

    def fastest(self, x) -> float:
        """Return the largest decay rate near a state, or at rest if it is larger, in 1/s."""
        if self.antisymmetric:
            return 0.0
        x = np.asarray(x, dtype=float)
        return max(self._fastest(x), self._fastest(0 * x))

    def _fastest(self, x: np.ndarray) -> float:
        H = self.tangent(x)[-1]
        start = np.random.default_rng(0).normal(size=self.n)
        options = dict(k=1, v0=start, tol=1e-4, return_eigenvectors=False, maxiter=20 * self.n)
        try:
            if self.kind == "mobility":
                product = LinearOperator(H.shape, lambda v: self.N @ (H @ v), dtype=float)
                return float(abs(eigs(product, which="LM", **options)[0]))
            lu = splu(csc_array(self.N))
            inverse = LinearOperator(H.shape, lu.solve, dtype=float)
            return max(0.0, float(eigsh(H, M=self.N, Minv=inverse, which="LA", **options)[0]))
        except ArpackError:
            return float(abs(H).sum(axis=1).max() / abs(self.N).diagonal().min())

    def evolve(self, x0, t, *, load=None, method: str = "midpoint", **options) -> np.ndarray:
        """Integrate from a state (n,) or states (B, n) over the times t, as `stepping.evolve`."""
        return evolve(self, x0, t, load=load, method=method, **options)

    def jacobian(self, x) -> csc_array:
        """Return the derivative of the rate (n, n) of a law of first order at one state."""
        H = self.hessian(x)
        if self.kind == "mobility":
            return csc_array(-(self.N @ H))
        if self.N.nnz == self.n == np.count_nonzero(self.N.diagonal()) and self.B is None:
            return csc_array(diags_array(-1 / self.N.diagonal()) @ H)
        return csc_array(-self.solve(H.toarray().T).T)

    def _states(self, x) -> np.ndarray:
        return np.atleast_2d(array("x", x, f"{self.n_state} | B {self.n_state}"))

    def _fields(self, term: Density, x: np.ndarray) -> list[torch.Tensor]:
        """Return the fields z (B S, k), and z' of a term of second order."""
        parts = np.split(x, self.order, axis=1)
        z = (term.probes.fields(part).reshape(-1, term.probes.k) for part in parts)
        return [torch.from_numpy(one) for one in z][: term.order]


def _inertia(mass: Density, n: int) -> Density:
    """Return a checked density of a mass that depends on no velocity."""
    plain = mass.order == 1 and mass.invariant is None and mass.probes.n == n
    if not plain or mass.network.activation_names != ("quadratic",):
        raise ValueError('mass must be a density of the rates alone, of one "quadratic" layer')
    return mass
