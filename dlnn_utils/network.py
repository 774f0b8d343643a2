"""Dense networks with the derivatives that Lagrangian mechanics needs, in closed form.

A scalar network L_D(x) needs its gradient and its Hessian times a direction.  Both follow from
one forward pass, one tangent pass and one backward sweep, each a handful of matrix products:

    z_l  = W_l a_(l-1) + b_l      a_l  = phi_l(z_l)             a_0  = s x
    z'_l = W_l a'_(l-1)           a'_l = phi_l'(z_l) z'_l       a'_0 = s d
    g_(l-1)  = W_l^T (phi_l'(z_l) g_l)
    g'_(l-1) = W_l^T (phi_l'(z_l) g'_l + phi_l''(z_l) z'_l g_l)

so that grad L_D = s g_0 and (Hessian of L_D) d = s g'_0, with s the fixed scale of the inputs.
"""

from collections.abc import Sequence
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import Tensor, nn

from dlnn_utils import check
from dlnn_utils.activations import activation as look_up
from dlnn_utils.reverse_pass import GradientAndHvp, times


class Product(NamedTuple):
    """One recorded product with a weight matrix: output = input W^T (+ b), or input W."""

    layer: int
    input: Tensor
    output: Tensor
    transposed: bool
    biased: bool


class DenseNetwork(nn.Module):
    """A fully connected network x -> y with a linear last layer.

    Parameters
    ----------
    n_inputs, n_outputs : int
        Numbers of inputs and outputs.
    widths : sequence of int
        Width of each hidden layer.
    activation : str or sequence of str
        Of `ACTIVATIONS`: one name for all hidden layers, or one for each.
    seed : int
        Seed of the initial weights, which are N(0, 1/fan-in); biases start uniform in (-1, 1).
    output_bias : bool
        Whether the last layer has a bias.  A Lagrangian needs none.
    dtype : torch.dtype
        float64 by default.

    Attributes
    ----------
    input_scale, output_scale : Tensor (n_inputs,), ()
        Fixed factors applied to the inputs and to the outputs, 1 at first.

    Raises
    ------
    ValueError
        If a width is not a positive integer or an activation is unknown.
    """

    def __init__(
        self,
        n_inputs: int,
        n_outputs: int,
        widths: Sequence[int] = (200, 200),
        activation: str | Sequence[str] = "silu",
        seed: int = 0,
        output_bias: bool = False,
        dtype: torch.dtype = torch.float64,
    ):
        super().__init__()
        widths = check.positive_integers("widths", widths)
        if not isinstance(activation, str | list | tuple):
            raise ValueError(f"activation must be a name or names; got {check.shown(activation)}")
        names = [activation] * len(widths) if isinstance(activation, str) else list(activation)
        if len(names) != len(widths):
            raise ValueError(
                f"activation must be one name or one for each of the {len(widths)} hidden "
                f"layers; got {len(names)} names"
            )
        self.activation_names = tuple(names)
        self.activations = [look_up(name) for name in names]
        sizes = [check.positive_integer("n_inputs", n_inputs)]
        sizes += widths
        sizes += [check.positive_integer("n_outputs", n_outputs)]
        rng = torch.Generator().manual_seed(check.seed(seed))
        self.weights, self.biases = nn.ParameterList(), nn.ParameterList()
        for fan_in, fan_out in zip(sizes, sizes[1:]):
            W = torch.randn(fan_out, fan_in, generator=rng, dtype=torch.float64) / fan_in**0.5
            b = 2 * torch.rand(fan_out, generator=rng, dtype=torch.float64) - 1
            self.weights.append(nn.Parameter(W.to(dtype)))
            if len(self.biases) < len(widths):
                self.biases.append(nn.Parameter(b.to(dtype)))
            elif output_bias:
                self.biases.append(nn.Parameter(torch.zeros_like(b, dtype=dtype)))
        self.register_buffer("input_scale", torch.ones(n_inputs, dtype=dtype))
        self.register_buffer("output_scale", torch.ones((), dtype=dtype))
        self._record: list[Product] | None = None

    @property
    def n_inputs(self) -> int:
        """Number of inputs."""
        return self.weights[0].shape[1]

    @contextmanager
    def recorded(self):
        """Record every product with a weight matrix made inside this context.

        Yields
        ------
        list of Product
            Filled as the products are made; `dlnn_utils.jacobian` builds per-sample
            Jacobians from it.
        """
        self._record = []
        try:
            yield self._record
        finally:
            self._record = None

    def _up(self, layer: int, a: Tensor, biased: bool = True) -> Tensor:
        biased = biased and layer < len(self.biases)
        z = nn.functional.linear(a, self.weights[layer], self.biases[layer] if biased else None)
        if self._record is not None:
            self._record.append(Product(layer, a, z, False, biased))
        return z

    def _down(self, layer: int, g: Tensor) -> Tensor:
        h = times(g, self.weights[layer])
        if self._record is not None:
            self._record.append(Product(layer, g, h, True, False))
        return h

    def _forward(self, x: Tensor) -> tuple[Tensor, list[tuple[Tensor, Tensor]]]:
        """Last hidden layer's output, and (phi', phi'') of every hidden layer."""
        a, slopes = x * self.input_scale, []
        for layer, phi in enumerate(self.activations):
            a, d1, d2, _ = phi(self._up(layer, a))
            slopes.append((d1, d2))
        return a, slopes

    def forward(self, x: Tensor) -> Tensor:
        """Return y (B, n_outputs) at x (B, n_inputs)."""
        a, _ = self._forward(x)
        return self.output_scale * self._up(len(self.activations), a)

    def value_and_jvp(self, x: Tensor, d: Tensor) -> tuple[Tensor, Tensor]:
        """Return y and its derivative along d.

        Parameters
        ----------
        x, d : Tensor (B, n_inputs)
            Points and directions.

        Returns
        -------
        tuple of Tensor (B, n_outputs)
            y and dy/dx d.
        """
        a, a_d = x * self.input_scale, d * self.input_scale
        for layer, phi in enumerate(self.activations):
            a, d1, *_ = phi(self._up(layer, a))
            a_d = d1 * self._up(layer, a_d, biased=False)
        last = len(self.activations)
        y, y_d = self._up(last, a), self._up(last, a_d, biased=False)
        return self.output_scale * y, self.output_scale * y_d


class ScalarNetwork(DenseNetwork):
    """A dense network with one output: the dissipative Lagrangian L_D (Eqs 7, 15).

    Parameters
    ----------
    n_inputs : int
        n for L_D(c), 2n for L_D(q, qdot).
    widths : sequence of int
    activation : str or sequence of str
    seed : int
    **options
        All as for `DenseNetwork`, dtype among them.
    """

    def __init__(self, n_inputs: int, widths=(200, 200), activation="silu", seed=0, **options):
        super().__init__(n_inputs, 1, widths, activation, seed, **options)

    def value(self, x: Tensor) -> Tensor:
        """Return L_D (B,) at x (B, n)."""
        return self(x)[:, 0]

    def gradient(self, x: Tensor) -> Tensor:
        """Return grad L_D (B, n) at x (B, n)."""
        _, slopes = self._forward(x)
        g = self._down(len(slopes), x.new_ones(len(x), 1))
        for layer in reversed(range(len(slopes))):
            g = self._down(layer, slopes[layer][0] * g)
        return self.output_scale * self.input_scale * g

    def gradient_and_hvp(self, x: Tensor, *directions: Tensor) -> tuple[Tensor, ...]:
        """Return grad L_D and the Hessian of L_D times each direction.

        Parameters
        ----------
        x : Tensor (B, n)
            Points.
        *directions : Tensor (B, n)
            One or more directions d at each point.

        Returns
        -------
        tuple of Tensor (B, n)
            The gradient, then (d2 L_D / dx dx^T) d for each d.
        """
        a = x * self.input_scale
        tangents = [d * self.input_scale for d in directions]
        scale = self.output_scale * self.input_scale
        if (
            directions
            and self._record is None
            and not any(t.requires_grad for t in (a, *tangents))
        ):
            results = GradientAndHvp.apply(self, a, tangents, *self.parameters())
            return tuple(scale * g for g in results)
        slopes, bends = [], []
        for layer, phi in enumerate(self.activations):
            a, d1, d2, _ = phi(self._up(layer, a))
            z_ds = [self._up(layer, a_d, biased=False) for a_d in tangents]
            tangents = [d1 * z_d for z_d in z_ds]
            slopes.append(d1)
            bends.append([d2 * z_d for z_d in z_ds])
        g = self._down(len(slopes), x.new_ones(len(x), 1))
        g_ds = [0.0] * len(directions)
        for layer in reversed(range(len(slopes))):
            g_ds = [
                self._down(layer, slopes[layer] * g_d + bend * g)
                for g_d, bend in zip(g_ds, bends[layer])
            ]
            g = self._down(layer, slopes[layer] * g)
        return scale * g, *(scale * g_d for g_d in g_ds)

    def hessian(self, x: Tensor) -> Tensor:
        """Return the Hessian d2 L_D / dx dx^T (B, n, n) at x (B, n)."""
        B, n = x.shape
        points = x.repeat_interleave(n, dim=0)
        units = torch.eye(n, dtype=x.dtype, device=x.device).repeat(B, 1)
        return self.gradient_and_hvp(points, units)[1].reshape(B, n, n)
