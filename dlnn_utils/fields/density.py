"""The density of an energy: one small network, shared by all quadrature points.

    L(x) = sum_s w_s l(f_s (x) y(z_s)),        z = G x + z_0

with the fields z, the products of their invariants y (by default z itself) and the features
f = (1, material).  All derivatives by x follow from those by z at a point.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.func import jacrev, vmap

from dlnn_utils._arguments import SMALLEST, array
from dlnn_utils.fields.probes import Probes
from dlnn_utils.models.jacobians import Jacobian
from dlnn_utils.models.network import ScalarNetwork


class Density:
    """A scalar network l over the quadrature points of `probes`.

    Parameters
    ----------
    network : ScalarNetwork
        Of (1 + number of features) times the number of invariants inputs; in a law of second
        order twice as many, those of the rates last, unless the term is a potential.
    probes : Probes
        As `probes(basis, fields)` gives them.
    features : mapping, optional
        The material by name: a number, an array (S,) over quadrature points, an array of one value
        for each element, or a function of the points (d, S).
    invariant : callable, optional
        Maps the fields z (k,) of one point to invariants (m,), in torch.
    positive : sequence of str
        Features that must be above 0 everywhere.

    Raises
    ------
    ValueError
        If the network has another number of inputs, or a feature is malformed or unphysical.
    """

    def __init__(
        self,
        network: ScalarNetwork,
        probes: Probes,
        features: Mapping | None = None,
        *,
        invariant: Callable[[Tensor], Tensor] | None = None,
        positive=(),
    ):
        if not isinstance(probes, Probes):
            raise ValueError(f"probes must come from probes(); got {type(probes).__name__}")
        if not isinstance(features, Mapping | None):
            raise ValueError(f"features must be a mapping; got {type(features).__name__}")
        self.network, self.probes, self.invariant = network, probes, invariant
        self.positive, features = tuple(positive), dict(features or {})
        self.names = tuple(features)
        columns = [np.ones(len(probes.weights))]
        columns += [self._feature(name, value) for name, value in features.items()]
        self.features = torch.from_numpy(np.stack(columns, 1))
        zero = torch.zeros(probes.k, dtype=torch.float64)
        self.m = probes.k if invariant is None else len(invariant(zero))
        one = len(columns) * self.m
        if network.n_inputs not in (one, 2 * one):
            raise ValueError(
                f"network must have {one} inputs, {len(columns)} features times {self.m} fields, "
                f"or twice as many; got {network.n_inputs}"
            )
        self.order = network.n_inputs // one

    def on(self, probes: Probes, features: Mapping | None = None) -> "Density":
        """Return the same density on other probes, with the features that are there."""
        given = set(features or {})
        if missing := sorted(set(self.names) - given):
            raise ValueError(f"features must hold {', '.join(missing)} on the new mesh")
        if unknown := sorted(given - set(self.names)):
            known = ", ".join(self.names) or "none"
            raise ValueError(f"features must be {known}; got {', '.join(unknown)}")
        if isinstance(probes, Probes) and probes.k != self.probes.k:
            raise ValueError(f"probes must give {self.probes.k} fields a point; got {probes.k}")
        features = {name: features[name] for name in self.names}
        options = dict(invariant=self.invariant, positive=self.positive)
        return Density(self.network, probes, features, **options)

    def _feature(self, name: str, value) -> np.ndarray:
        p = self.probes
        value = array("features", value(p.points) if callable(value) else value)
        if value.ndim == 1 and len(value) == p.elements[-1] + 1 != len(p.weights):
            value = value[p.elements]
        if value.shape not in ((), p.weights.shape):
            sizes = f"{len(p.weights)} quadrature points or {p.elements[-1] + 1} elements"
            raise ValueError(f"features must be of {sizes}; {name} has shape {value.shape}")
        if name in self.positive and value.min() < SMALLEST:
            raise ValueError(f"features must be physical; {name} reaches {value.min():g}")
        return np.broadcast_to(value, p.weights.shape)

    def at(self, z: Tensor, rate: Tensor | None = None) -> "Place":
        """Return what the network sees of the fields z (R, k) of states, and of their rates.

        A density of order 1 takes rates only as the mass: its force is (d2l/dz2) z'.
        """
        f = self.features.repeat(len(z) // len(self.features), 1)
        products = lambda y: (f[:, :, None] * y[:, None, :]).flatten(1)  # noqa: E731
        if self.invariant is None:
            point, slopes = products(z), None
        else:
            point, slopes = products(vmap(self.invariant)(z)), vmap(jacrev(self.invariant))(z)
        if rate is None:
            return Place(point, None, f, slopes)
        along = products(rate)
        if self.order == 1:
            return Place(point, along, f, slopes)
        return Place(torch.cat([point, along], 1), torch.cat([along, 0 * along], 1), f, slopes)

    def stress(self, place: "Place") -> Tensor:
        """Return dl/dz (R, k), or for a law of second order the force of Eq. 11 at z and z'.

        With l(z, z') that is d/dz' (z' . dl/dz) = dl/dz + (d2l/dz' dz) z'.
        """
        point, direction, f, slopes = place
        if direction is None:
            g = self.network.gradient(point)
        elif self.order == 1:
            g = self.network.gradient_and_hvp(point, direction)[1]
        else:
            g, h = self.network.gradient_and_hvp(point, direction)
            half = point.shape[1] // 2
            g = g[:, :half] + h[:, half:]
        g = (f[:, :, None] * g.unflatten(1, (f.shape[1], -1))).sum(1)
        return g if slopes is None else (slopes * g[:, :, None]).sum(1)

    def slopes(self, *fields: Tensor) -> tuple[np.ndarray, ...]:
        """Return the derivatives (R, k, k) of the stress by the fields z, and by z' if given."""
        given = [a.detach().requires_grad_() for a in fields]
        with torch.enable_grad():
            stress = self.stress(self.at(*given))
            parts = [
                torch.autograd.grad(s.sum(), given, retain_graph=True, materialize_grads=True)
                for s in stress.unbind(1)
            ]
        return tuple(torch.stack(rows, 1).numpy() for rows in zip(*parts))

    def jacobian(self, place: "Place") -> tuple[np.ndarray, np.ndarray]:
        """Return the stress (R, k) and its derivative by all P weights (R, k, P)."""
        jacobian = Jacobian([self.network], lambda: self.stress(place))
        return jacobian.r.T.numpy(), jacobian.rows().transpose(0, 1).numpy()


class Place(NamedTuple):
    """A network's inputs and directions, features, and slopes of the invariants at R points."""

    point: Tensor
    direction: Tensor | None
    features: Tensor
    slopes: Tensor | None

    def some(self, rows: slice) -> "Place":
        """Return the place of some of the points."""
        return Place(*(None if a is None else a[rows] for a in self))
