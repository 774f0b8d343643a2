"""Dense networks with the derivatives that Lagrangian mechanics needs, in closed form.

    z_l = W_l a_(l-1) + b_l,  a_l = phi_l(z_l);  z'_l = W_l a'_(l-1),  a'_l = phi_l'(z_l) z'_l
    g_(l-1) = W_l^T (phi_l' g_l),  g'_(l-1) = W_l^T (phi_l' g'_l + phi_l'' z'_l g_l)

From a_0 = s x, a'_0 = s d they lead to grad L_D = s g_0 and (Hessian of L_D) d = s g'_0.
"""

from collections.abc import Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from dlnn_utils._arguments import Count, Counts, Seed, checked, choice
from dlnn_utils.models.activations import ACTIVATIONS
from dlnn_utils.models.reverse_pass import ORDER, GradientAndHvp, Product, Sweep, sweep, times


class DenseNetwork(nn.Module):
    """A fully connected network x -> y with a linear last layer, as `ScalarNetwork` has one.

    Fixed factors, `input_scale` and `output_scale`, are 1 at first.
    """

    @checked
    def __init__(
        self,
        n_inputs: Count,
        n_outputs: Count,
        widths: Counts = (200, 200),
        activation: str | Sequence[str] = "silu",
        seed: Seed = 0,
        output_bias: bool = False,
        dtype: torch.dtype = torch.float64,
    ):
        super().__init__()
        names = activation if isinstance(activation, list | tuple) else [activation] * len(widths)
        if len(names) != len(widths):
            raise ValueError(f"activation must name all {len(widths)} layers; got {len(names)}")
        self.activation_names = tuple(choice("activation", name, ACTIVATIONS) for name in names)
        self.activations = [ACTIVATIONS[name] for name in self.activation_names]
        sizes = [n_inputs, *widths, n_outputs]
        rng = torch.Generator().manual_seed(seed)
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
        self._record: list[Product | Sweep] | None = None

    @property
    def n_inputs(self) -> int:
        """Number of inputs."""
        return self.weights[0].shape[1]

    @contextmanager
    def recorded(self):
        """Record every product with a weight matrix, and every `Sweep`, made in this context."""
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

    def forward(self, x: Tensor) -> Tensor:
        """Return y (B, n_outputs) at x (B, n_inputs)."""
        a = x * self.input_scale
        for layer, phi in enumerate(self.activations):
            a, *_ = phi(self._up(layer, a))
        return self.output_scale * self._up(len(self.activations), a)

    def value_and_jvp(self, x: Tensor, d: Tensor) -> tuple[Tensor, Tensor]:
        """Return y and its derivative dy/dx d (B, n_outputs) at x, along d (B, n_inputs)."""
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
    n_inputs : int, n for L_D(c), 2n for L_D(q, qdot)
    widths : sequence of int, of the hidden layers
    activation : str or sequence of str, of `ACTIVATIONS`, for all hidden layers or for each
    seed : int, of the weights, which start N(0, 1/fan-in), and biases, uniform in (-1, 1)
    **options : dtype, float64 by default
    """

    def __init__(self, n_inputs: int, widths=(200, 200), activation="silu", seed=0, **options):
        super().__init__(n_inputs, 1, widths, activation, seed, **options)

    def value(self, x: Tensor) -> Tensor:
        """Return L_D (B,) at x (B, n)."""
        return self(x)[:, 0]

    def gradient(self, x: Tensor) -> Tensor:
        """Return grad L_D (B, n) at x (B, n)."""
        return self.gradient_and_hvp(x)[0]

    def gradient_and_hvp(self, x: Tensor, *directions: Tensor) -> tuple[Tensor, ...]:
        """Return grad L_D at x, and (d2L_D/dx dx^T) d for each direction d, all (B, n)."""
        a = x * self.input_scale
        tangents = [d * self.input_scale for d in directions]
        scale = self.output_scale * self.input_scale
        if self._sweeps(a, *tangents):
            return tuple(scale * g for g in self._swept(a, tangents))
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

    def _sweeps(self, *inputs: Tensor) -> bool:
        """Whether the derivatives by the weights may be had in closed form."""
        if self._record is not None:
            return torch.is_grad_enabled()  # without, products are counted
        return not any(x.requires_grad for x in inputs)

    def _swept(self, x: Tensor, directions: Sequence[Tensor]) -> Sequence[Tensor]:
        """Gradient and Hessian-vector products (B, n), unscaled; recorded, they are leaves."""
        if self._record is None and torch.is_grad_enabled():
            return GradientAndHvp.apply(self, x, directions, *self.parameters())
        with torch.no_grad():
            outputs, kept = sweep(self, x, directions)
        if self._record is not None:
            outputs = [g.requires_grad_() for g in outputs]
            self._record.append(Sweep(list(self.weights), kept, outputs, next(ORDER)))
        return outputs

    def hessian(self, x: Tensor) -> Tensor:
        """Return the Hessian d2 L_D / dx dx^T (B, n, n) at x (B, n)."""
        B, n = x.shape
        points = x.repeat_interleave(n, dim=0)
        units = torch.eye(n, dtype=x.dtype, device=x.device).repeat(B, 1)
        return self.gradient_and_hvp(points, units)[1].reshape(B, n, n)
