"""An energy of neighbourhoods: L_D(c) as a sum of one small network over all elements.

A dense network of n pixels has weights for every pixel.  But diffusion is local, and its energy
is a sum over elements e of what the pixels c_e at its corners and its material f_e say:

    E(c) = sum_e l(f_e c_e),        M c' = -dE/dc

(Eq. 16 with the lumped mass M, known as in mechanics.)  All elements share the network l, so that
its weights do not depend on how many there are, and it can be asked about another microstructure
or another mesh.  Its input is every product of a feature and a corner: linear in c_e.
"""

import numpy as np
import torch
from scipy.sparse import csc_array, csr_array, diags_array
from scipy.sparse.linalg import eigsh
from torch import Tensor

from dlnn_utils._arguments import SMALLEST, Array, Times, checked
from dlnn_utils.integration import IntegrationError, integrate
from dlnn_utils.models.jacobians import Jacobian
from dlnn_utils.models.metric import as_metric
from dlnn_utils.models.model import Model
from dlnn_utils.models.network import ScalarNetwork

CORNERS = 4
FEATURES = 2


class LocalDiffusion(Model):
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
        super().__init__()
        if network.n_inputs != CORNERS * FEATURES:
            raise ValueError(f"the network of an element needs 8 inputs; got {network.n_inputs}")
        if D.min() < SMALLEST:
            raise ValueError(f"D must be positive in every element; got {D.min():g}")
        corners = corners_of(len(D))
        self.n, self.network = int(corners.max()) + 1, network
        M = as_metric(np.bincount(corners.ravel()) / corners.size if M is None else M, self.n)
        if M.ndim == 2:
            raise ValueError("M must be diagonal, a mass for each pixel; it has other entries")
        features = np.stack([np.ones(D.size), D.ravel()], axis=1)
        self.register_buffer("corners", torch.from_numpy(corners).to(network.input_scale.device))
        self.register_buffer("features", torch.as_tensor(features).to(network.input_scale))
        self.register_buffer("M", torch.as_tensor(M).to(network.input_scale))

    @property
    def n_columns(self) -> int:
        """Number of columns of what `prediction` takes: pixels."""
        return self.n

    def on(self, D, M=None) -> "LocalDiffusion":
        """Return the model of another plate, D (m, m) and M (n,), with the same network."""
        return LocalDiffusion(self.network, D, M)

    def prediction(self, x: Tensor) -> Tensor:
        """Return M c' = -dE/dc (B, n) at the concentrations x (B, n)."""
        return self._gather(self._corner_forces(self.inputs(x)), len(x))

    def target(self, rate: Tensor) -> Tensor:
        """Return M c' (B, n) from the rates (B, n)."""
        return rate * self.M

    def rate(self, x: Tensor) -> Tensor:
        """Return the rate c' (B, n) at the concentrations x (B, n)."""
        return self.prediction(x) / self.M

    def homogeneity(self, x: Tensor) -> Tensor:
        """Return by how much the prediction fails to be linear at the concentrations x (B, n)."""
        inputs = self.inputs(x)
        gradient, hessian_x = self.network.gradient_and_hvp(inputs, inputs)
        return self._gather(self._to_corners(hessian_x - gradient), len(x))

    def prediction_and_jacobian(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return `prediction(x)` (B, n), and its derivative by all P weights (B, n, P)."""
        inputs = self.inputs(x)
        jacobian = Jacobian(self.networks, lambda: self._corner_forces(inputs))
        J = jacobian.rows().transpose(0, 1)
        return self._gather(jacobian.r.T, len(x)), self._gather(J, len(x))

    @checked
    def stiffness(self, c: Array[" {self.n}"]) -> csr_array:
        """Return d2E/dc dc^T (n, n), sparse, at the concentrations c (n,) (Eq. 17)."""
        with torch.no_grad():
            x = torch.as_tensor(c).to(self.M)[None]
            H = self.network.hessian(self.inputs(x)).unflatten(2, (FEATURES, CORNERS))
            H = H.unflatten(1, (FEATURES, CORNERS))
            K = torch.einsum("ef,efigj,eg->eij", self.features, H, self.features).cpu().numpy()
        corners = self.corners.cpu().numpy()
        i, j = np.broadcast_arrays(corners[:, :, None], corners[:, None, :])
        return csr_array((K.ravel(), (i.ravel(), j.ravel())), shape=(self.n, self.n))

    def jacobian(self, c) -> csc_array:
        """Return the derivative of the rate, -M^-1 d2E/dc dc^T (n, n), at c (n,)."""
        return csc_array(-(diags_array(1 / self.M.cpu().numpy()) @ self.stiffness(c)))

    def units(self, x: Tensor) -> tuple[Tensor, float]:
        """Return the units of the network's inputs, and of its output where forces are 1."""
        spread = float(x.abs().max()) / 2 or 1.0
        return spread * self.features.abs().amax(0).repeat_interleave(CORNERS), spread

    @checked
    def evolve(self, x0: Array["{self.n} | B {self.n}"], t: Times, **options) -> np.ndarray:
        """Integrate from x0 (n,) or (B, n) over the times t (T,), one start after the other.

        The law is stiff: the fastest mode lives as long as an element's square over its D.  So
        SciPy's BDF with the sparse Jacobian is the solver; options are those of `integrate`.
        """
        options = {"method": "BDF", "rtol": 1e-6, "atol": 1e-8} | options
        if options["method"] in ("BDF", "Radau"):
            options.setdefault("jacobian", self.jacobian)
        starts = np.atleast_2d(x0)
        back, most = t[0] - t[-1], -np.log(np.finfo(float).eps)
        if back > 0 and (rate := self.fastest(starts[0])) * back > most:
            raise IntegrationError(
                f"back over {back:g} s the fastest mode grows by exp({rate * back:.0f}), rounding "
                f"errors with it; the farthest that float64 allows is {most / rate:.2g} s"
            )
        c = [integrate(self.rate, start, t, like=self.features, **options) for start in starts]
        return np.stack(c, axis=1) if x0.ndim == 2 else c[0]

    def fastest(self, c) -> float:
        """Return the largest decay rate of a mode near the concentrations c (n,), in 1/s."""
        root = diags_array(self.M.cpu().numpy() ** -0.5)
        start = np.random.default_rng(0).normal(size=self.n)
        K = root @ self.stiffness(c) @ root
        return float(eigsh(K, 1, which="LA", v0=start, tol=1e-6, return_eigenvectors=False)[0])

    def inputs(self, x: Tensor) -> Tensor:
        """Return the network's inputs (B E, 8) at the concentrations x (B, n) of E elements."""
        at_corners = x[:, self.corners]
        return (self.features[:, :, None] * at_corners[:, :, None, :]).reshape(-1, 2 * CORNERS)

    def _corner_forces(self, inputs: Tensor) -> Tensor:
        """-dl/dc_e (B E, 4)."""
        return self._to_corners(-self.network.gradient(inputs))

    def _to_corners(self, g: Tensor) -> Tensor:
        """Derivatives by the inputs (B E, 8) as derivatives by the corners (B E, 4)."""
        g = g.view(-1, *self.features.shape, CORNERS)
        return (self.features[:, :, None] * g).sum(2).view(-1, CORNERS)

    def _gather(self, parts: Tensor, B: int) -> Tensor:
        """Sum what each corner of each element has (B E, 4, ...) over the pixels (B, n, ...)."""
        parts = parts.reshape(B, -1, *parts.shape[2:])
        total = parts.new_zeros(B, self.n, *parts.shape[2:])
        return total.index_add(1, self.corners.reshape(-1), parts)


def corners_of(m: int) -> np.ndarray:
    """Return the pixels at the corners of m x m elements (m^2, 4), clockwise from the top left."""
    pixels = np.arange((m + 1) ** 2).reshape(m + 1, m + 1)
    corners = pixels[:-1, :-1], pixels[:-1, 1:], pixels[1:, 1:], pixels[1:, :-1]
    return np.stack(corners, axis=-1).reshape(-1, CORNERS)
