"""Learning a density from states and rates: Levenberg-Marquardt over the shared weights.

Each snapshot has unit force, so that no strong one hides a weak one.  Forces are compared; with a
mobility, which may be singular, rates are.
"""

from collections.abc import Iterator

import numpy as np
import torch

from dlnn_utils._arguments import Array, Count, NotNegative, checked
from dlnn_utils.fields.energy import FieldEnergy
from dlnn_utils.training.gauss_newton import minimise, primal
from dlnn_utils.training.loss import one_thread


@checked
@one_thread()
def fit_field(
    model: FieldEnergy,
    x: Array["B k"],
    rate: Array["B n"],
    *,
    load: Array["B n"] = None,
    project: Array["n m"] = None,
    weight: Array[" B"] = None,
    max_steps: Count = 100,
    target: NotNegative = 0.0,
) -> FieldEnergy:
    """Learn the densities of a law of fields from states and rates.

    Parameters
    ----------
    model : FieldEnergy
        Changed in place.
    x : array (B, n) or, of a law of second order, (B, 2n)
        States.
    rate : array (B, n)
        x', or q'' of a law of second order.
    load : array (B, n), optional
        The known forces at these states.  A mass can only be learned with them.
    project : array (n, m), optional
        Modes whose forces nobody observes; the constraint's are left out anyway.
    weight : array (B,), optional
        Of each snapshot's residual; by default one over its force.
    max_steps : int
    target : float
        The loss at which training ends.

    Returns
    -------
    FieldEnergy
        The model, with the training's `.history`.

    Raises
    ------
    ValueError
        If the arrays do not fit the model.
    """
    if x.shape[1] != model.n_state or rate.shape[1] != model.n:
        wanted = f"(B, {model.n_state}) and (B, {model.n})"
        raise ValueError(f"x and rate must have shapes {wanted}; got {x.shape} and {rate.shape}")
    if len(rate) != len(x):
        raise ValueError(f"rate must have {len(x)} rows, as x; got {len(rate)}")
    if model.inertia is not None and load is None:
        raise ValueError("load must be given where the mass is learned: without, L = 0 fits")
    data = Snapshots(model, x, rate, 0.0 if load is None else load, project, weight)
    data.scale()
    model.history = minimise(
        model, data.losses, lambda: primal(data.rows()), max_steps, target, None
    )
    if model.inertia is not None:
        model.place()
    return model


class Snapshots:
    """States with their target forces, each of unit size, and the residuals of a model on them."""

    def __init__(self, model: FieldEnergy, x, rate, load, project, weight):
        self.model, self.x = model, x
        modes = [] if model.B is None else [model.B.toarray().T]
        modes += [] if project is None else [project]
        self.Q = np.linalg.qr(np.hstack(modes))[0] if modes else None
        if model.kind == "mobility":
            self.target = (model.N @ np.broadcast_to(load, rate.shape).T).T - rate
        else:
            known = 0.0 if model.inertia is not None else (model.N @ rate.T).T
            self.target = self._seen(load - known)
        if weight is None:
            size = np.linalg.norm(self.target, axis=1)
            if not size.min() > 1e-12 * size.max():
                raise ValueError("rate must not vanish at a snapshot without a weight")
            weight = 1 / size
        self.weight = weight / len(x) ** 0.5
        self.places = [term.at(*model._fields(term, x)) for term in model.terms]
        if (mass := model.inertia) is not None:
            z = (torch.from_numpy(mass.probes.fields(a)).flatten(0, 1) for a in (0 * rate, rate))
            self.places.append(mass.at(*z))

    def _seen(self, force: np.ndarray) -> np.ndarray:
        """What is compared of forces (B, n)."""
        if self.model.kind == "mobility":
            return (self.model.N @ force.T).T
        return force if self.Q is None else force - (force @ self.Q) @ self.Q.T

    def scale(self) -> None:
        """Make the networks' inputs of order 1, and their forces of the targets' size."""
        wanted = np.linalg.norm(self.target) / len(self.places) ** 0.5
        for network in self.model.networks:
            network.output_scale.fill_(0.0)
        for term, place in zip(self.model.learned, self.places):
            network = term.network
            if network.output_scale:
                continue  # shared with a term before
            seen = place.direction if term is self.model.inertia else place.point
            spread = seen.square().mean(0).sqrt()
            spread[spread == 0] = 1.0
            network.input_scale.copy_(1 / spread)
            network.output_scale.fill_(1.0)
            with torch.no_grad():
                stress = term.stress(place).numpy().reshape(len(self.x), *term.probes.shape)
            force = self._seen(term.probes.gather(stress))
            network.output_scale.fill_(wanted / (np.linalg.norm(force) or 1.0))

    @torch.no_grad()
    def losses(self) -> tuple[float, float]:
        """Return the mean square of the residuals, relative to the targets."""
        off = self._seen(self.model._force(self.places)) - self.target
        return float(np.sum((self.weight[:, None] * off) ** 2)), 0.0

    def rows(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Yield residuals (n,) and their derivatives (n, P), a snapshot at a time."""
        networks = self.model.networks
        sizes = [sum(w.numel() for w in network.parameters()) for network in networks]
        ends = np.cumsum(sizes)
        for b, (target, weight) in enumerate(zip(self.target, self.weight)):
            J, force = np.zeros((self.model.n, ends[-1])), 0.0
            for term, place in zip(self.model.learned, self.places):
                p, k = term.probes, networks.index(term.network)
                S = len(p.weights)
                stress, by_weights = term.jacobian(place.some(slice(b * S, (b + 1) * S)))
                force = force + p.gather(stress[None])[0]
                weighted = by_weights * p.weights[:, None, None]
                flat = weighted.swapaxes(0, 1).reshape(p.G.shape[0], -1)
                J[:, ends[k] - sizes[k] : ends[k]] += p.G.T @ flat
            J, r = self._seen(J.T).T, self._seen(force[None])[0] - target
            yield torch.from_numpy(weight * r), torch.from_numpy(weight * J)
