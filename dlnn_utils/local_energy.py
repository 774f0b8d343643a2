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

from dlnn_utils import check
from dlnn_utils.finite_elements import check_elements
from dlnn_utils.integration import IntegrationError, integrate
from dlnn_utils.jacobian import prediction_and_jacobian
from dlnn_utils.models import Model
from dlnn_utils.network import ScalarNetwork

CORNERS = 4
FEATURES = 2
ROUNDING = np.finfo(float).eps


class LocalDiffusion(Model):
    """Diffusion on a plate of m x m elements from the energy of one element.

    Parameters
    ----------
    network : ScalarNetwork
        Energy of an element, of 8 inputs: its corners (clockwise from the top left), and its
        corners times its diffusivity.
    D : array (m, m)
        Diffusivity of each element, the top row first.
    mass : array (n,), optional
        Mass of each of the n = (m + 1)^2 pixels; by default the lumped one of a plate of 1 m by
        1 m.

    Raises
    ------
    ValueError
        If the network has another number of inputs, or D or the mass is malformed.
    """

    def __init__(self, network: ScalarNetwork, D, mass=None):
        super().__init__()
        if network.n_inputs != CORNERS * FEATURES:
            raise ValueError(
                f"the network of an element needs {CORNERS * FEATURES} inputs, its corners and "
                f"these times D; got {network.n_inputs}"
            )
        D = check_elements(D)
        corners = corners_of(len(D))
        self.n, self.network = int(corners.max()) + 1, network
        if mass is None:
            mass = np.bincount(corners.ravel()) / corners.size
        mass = check.array("mass", mass, (self.n,))
        if mass.min() <= 0:
            raise ValueError(f"mass must be positive at every pixel; got {mass.min():g}")
        features = np.stack([np.ones(D.size), D.ravel()], axis=1)
        self.register_buffer("corners", torch.from_numpy(corners).to(network.input_scale.device))
        self.register_buffer("features", torch.as_tensor(features).to(network.input_scale))
        self.register_buffer("mass", torch.as_tensor(mass).to(network.input_scale))

    @property
    def n_columns(self) -> int:
        """Number of columns of what `prediction` takes: pixels."""
        return self.n

    def on(self, D, mass=None) -> "LocalDiffusion":
        """Return the model of another plate, D (m, m) and mass (n,), with the same network."""
        return LocalDiffusion(self.network, D, mass)

    def prediction(self, x: Tensor) -> Tensor:
        """Return M c' = -dE/dc (B, n) at the concentrations x (B, n)."""
        return self._gather(self._corner_forces(self.inputs(x)), len(x))

    def target(self, rate: Tensor) -> Tensor:
        """Return M c' (B, n) from the rates (B, n)."""
        return rate * self.mass

    def rate(self, x: Tensor) -> Tensor:
        """Return the rate c' (B, n) at the concentrations x (B, n)."""
        return self.prediction(x) / self.mass

    def homogeneity(self, x: Tensor) -> Tensor:
        """Return by how much the prediction fails to be linear at the concentrations x (B, n)."""
        inputs = self.inputs(x)
        gradient, hessian_x = self.network.gradient_and_hvp(inputs, inputs)
        return self._gather(self._to_corners(hessian_x - gradient), len(x))

    def prediction_and_jacobian(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return `prediction(x)` (B, n), and its derivative by all P weights (B, n, P)."""
        inputs = self.inputs(x)
        r, J = prediction_and_jacobian(self.networks, lambda: self._corner_forces(inputs))
        return self._gather(r, len(x)), self._gather(J, len(x))

    def stiffness(self, c) -> csr_array:
        """Return d2E/dc dc^T (n, n), sparse, at the concentrations c (n,) (Eq. 17)."""
        c = check.array("c", c, (self.n,))
        with torch.no_grad():
            x = torch.as_tensor(c).to(self.mass)[None]
            H = self.network.hessian(self.inputs(x)).unflatten(2, (FEATURES, CORNERS))
            H = H.unflatten(1, (FEATURES, CORNERS))
            K = torch.einsum("ef,efigj,eg->eij", self.features, H, self.features).cpu().numpy()
        corners = self.corners.cpu().numpy()
        i, j = np.broadcast_arrays(corners[:, :, None], corners[:, None, :])
        return csr_array((K.ravel(), (i.ravel(), j.ravel())), shape=(self.n, self.n))

    def jacobian(self, c) -> csc_array:
        """Return the derivative of the rate, -M^-1 d2E/dc dc^T (n, n), at c (n,)."""
        return csc_array(-(diags_array(1 / self.mass.cpu().numpy()) @ self.stiffness(c)))

    def scale_to(self, x: np.ndarray, rate: np.ndarray) -> None:
        """Fix the network's scales so that inputs and forces are of order 1 inside it."""
        spread = np.abs(x).max() / 2 or 1.0
        material = self.features.abs().amax(0).repeat_interleave(CORNERS)
        force = self.target(torch.as_tensor(rate).to(self.mass)).square().mean().sqrt()
        self.network.input_scale.copy_(1 / (spread * material))
        self.network.output_scale.fill_(spread * (float(force) or 1.0))

    def evolve(self, x0, t, **options) -> np.ndarray:
        """Integrate from the concentrations x0 over the times t, one start after the other.

        The law is stiff: the fastest mode lives as long as an element's square over its D.  The
        solver is SciPy's BDF with the sparse Jacobian.

        Parameters
        ----------
        x0 : array (n,) or (B, n)
            Concentrations at time t[0].
        t : array (T,)
            Times, rising, or falling as far as the fastest mode's growth allows.
        **options
            Passed to `dlnn_utils.integrate` (rtol, atol, method).

        Returns
        -------
        array (T, n) or (T, B, n)

        Raises
        ------
        ValueError
            If x0 or t is malformed.
        IntegrationError
            If the solution blows up, or a rounding error would by growing backward.
        """
        t, x0 = check.times(t), check.states("x0", x0, self.n, most=2)
        options = {"method": "BDF", "rtol": 1e-6, "atol": 1e-8} | options
        if options["method"] in ("BDF", "Radau"):
            options.setdefault("jacobian", self.jacobian)
        starts = np.atleast_2d(x0)
        if t[-1] < t[0]:
            self._check_growth(starts[0], t[0] - t[-1])
        c = [integrate(self.rate, start, t, **options) for start in starts]
        return np.stack(c, axis=1) if x0.ndim == 2 else c[0]

    def fastest(self, c) -> float:
        """Return the largest decay rate of a mode near the concentrations c (n,), in 1/s."""
        root = diags_array(self.mass.cpu().numpy() ** -0.5)
        start = np.random.default_rng(0).normal(size=self.n)
        K = root @ self.stiffness(c) @ root
        return float(eigsh(K, 1, which="LA", v0=start, tol=1e-6, return_eigenvectors=False)[0])

    def _check_growth(self, c: np.ndarray, back: float) -> None:
        rate, most = self.fastest(c), -np.log(ROUNDING)
        if rate * back > most:
            raise IntegrationError(
                f"back over {back:g} s the fastest mode grows by exp({rate * back:.0f}), rounding "
                f"errors with it; the farthest that float64 allows is {most / rate:.2g} s"
            )

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
    """Return the pixels at the corners of m x m elements (m^2, 4), clockwise from the top left.

    Examples
    --------
    >>> corners_of(2)[0].tolist()
    [0, 1, 4, 3]
    """
    pixels = np.arange((m + 1) ** 2).reshape(m + 1, m + 1)
    corners = pixels[:-1, :-1], pixels[:-1, 1:], pixels[1:, 1:], pixels[1:, :-1]
    return np.stack(corners, axis=-1).reshape(-1, CORNERS)
