"""Diffusion on a plate from the energy of one element: a law of fields without quadrature.

    E(c) = sum_e l(f_e c_e),        M c' = -dE/dc

(Eq. 16 with the lumped mass M, known as in mechanics.)  An element e is one point of a `Density`.
Its fields are the pixels c_e at its four corners, its features f_e = (1, D_e).
"""

from collections.abc import Sequence

import numpy as np
import torch
from scipy.sparse import csr_array
from torch import Tensor

from dlnn_utils._arguments import SMALLEST, Array, Count, NotNegative, Seed, Times, checked
from dlnn_utils.fields.density import Density
from dlnn_utils.fields.energy import FieldEnergy
from dlnn_utils.fields.fit import fit_field
from dlnn_utils.fields.probes import Probes
from dlnn_utils.models.metric import as_metric
from dlnn_utils.models.network import ScalarNetwork

CORNERS, FEATURES = 4, 2


class LocalDiffusion(FieldEnergy):
    """Diffusion on a plate of m x m elements from the energy of one element.

    Parameters
    ----------
    network : ScalarNetwork
        Energy of an element, of 8 inputs: its corners, clockwise from the top left, and these
        times its diffusivity.
    D : array (m, m)
        Diffusivity of each element, the top row first.
    M : array (n,), or diagonal (n, n), optional
        Mass of each of the n = (m + 1)^2 pixels; by default the lumped one of a plate of 1 m by
        1 m.

    Raises
    ------
    ValueError
        If the network has another number of inputs, or D or M is malformed.
    """

    @checked
    def __init__(self, network: ScalarNetwork, D: Array["m m"], M=None):
        if network.n_inputs != CORNERS * FEATURES:
            raise ValueError(f"the network of an element needs 8 inputs; got {network.n_inputs}")
        if D.min() < SMALLEST:
            raise ValueError(f"D must be positive in every element; got {D.min():g}")
        probes = corners_of(len(D))
        lumped = probes.gather(np.ones((1, *probes.shape)))[0] / (CORNERS * D.size)
        M = as_metric(lumped if M is None else M, probes.n)
        if M.ndim == 2:
            raise ValueError("M must be diagonal, a mass for each pixel; it has other entries")
        self.network, self.D, self.M = network, D, M
        super().__init__(Density(network, probes, {"D": D.ravel()}), M)

    def on(self, D, M=None) -> "LocalDiffusion":
        """Return the model of another plate, D (m, m) and M (n,), with the same network."""
        return LocalDiffusion(self.network, D, M)

    def rates(self, x: Tensor) -> Tensor:
        """Return the rate c' (B, n) at the concentrations x (B, n), which autograd can follow."""
        (density,) = self.terms
        at = torch.from_numpy(density.probes.G.indices).long()
        z = x[:, at].reshape(len(x), CORNERS, -1).swapaxes(1, 2).reshape(-1, CORNERS)
        stress = density.stress(density.at(z)).reshape(len(x), -1, CORNERS).swapaxes(1, 2)
        force = torch.zeros_like(x).index_add(1, at, stress.reshape(len(x), -1))
        return -force / torch.from_numpy(self.M)

    @checked
    def evolve(self, x0, t: Times, *, method="BDF", rtol=1e-6, atol=1e-8, **options) -> np.ndarray:
        """Integrate from x0 (n,) or (B, n) over the times t (T,), as `FieldEnergy.evolve`.

        The law is stiff: the fastest mode lives as long as an element's square over its D.  So
        SciPy's BDF with the sparse Jacobian is the solver.
        """
        return super().evolve(x0, t, method=method, rtol=rtol, atol=atol, **options)


def corners_of(m: int) -> Probes:
    """Return the corners of m x m elements as fields, clockwise from the top left."""
    pixels = np.arange((m + 1) ** 2).reshape(m + 1, m + 1)
    corners = pixels[:-1, :-1], pixels[:-1, 1:], pixels[1:, 1:], pixels[1:, :-1]
    rows, columns = np.arange(CORNERS * m * m), np.concatenate([c.ravel() for c in corners])
    G = csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(rows), pixels.size))
    middle = (np.indices((m, m)).reshape(2, -1) + 0.5) / m
    return Probes(G, np.zeros(len(rows)), np.ones(m * m), middle, np.arange(m * m))


@checked
def fit_local(
    c: Array["B n"],
    cdot: Array["B n"],
    D: Array["m m"],
    *,
    M=None,
    widths: Sequence[int] = (16,),
    activation: str | Sequence[str] = "quadratic",
    seed: Seed = 0,
    max_steps: Count = 200,
    target: NotNegative = 0.0,
) -> LocalDiffusion:
    """Learn the energy of one element from images of a plate (Eq. 18, with the mass known).

    A pixel's rate is what is left where four elements' forces nearly cancel, over a small mass;
    so the forces are trained.  A network with hardly more neurons than its quadratic form needs
    may take ten times the steps of one with some to spare.

    Parameters
    ----------
    c, cdot : array (B, n)
        Images, a row of n = (m + 1)^2 pixels each, row by row from the top left, and their rates.
    D : array (m, m)
        Diffusivity of each element.
    M : array (n,), or diagonal (n, n), optional
        Mass of each pixel; by default the lumped one of a plate of 1 m by 1 m.
    widths, activation, seed
        Of the network, as for `ScalarNetwork`; by default a quadratic form, the paper's constant
        coefficients.
    max_steps, target
        As for `fit_field`; the loss is relative to the mean square of the forces.

    Returns
    -------
    LocalDiffusion
        Fitted model, with `.evolve(c0, t)`, `.on(D)` for another microstructure and `.history`.

    Raises
    ------
    ValueError
        If an argument is malformed.
    """
    model = LocalDiffusion(ScalarNetwork(CORNERS * FEATURES, widths, activation, seed), D, M)
    if c.shape[1] != model.n:
        raise ValueError(f"c must have shape (any, {model.n}); got {c.shape}")
    size = float(np.sqrt(np.mean(np.sum((model.M * cdot) ** 2, axis=1)))) or 1.0
    weight = np.full(len(c), 1 / size)
    return fit_field(model, c, cdot, weight=weight, max_steps=max_steps, target=target)
