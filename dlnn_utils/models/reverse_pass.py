"""The derivative by the weights of a scalar network's gradient and Hessian-vector products.

With p, b, t for phi', phi'', phi''' at z_l (see `network`), u_l = p g_l and
u'_l = p g'_l + b z'_l g_l, the cotangents (barred) go up the way g came down,

    ubar_l  = gbar_(l-1) W_l^T                 gbar_l  = p ubar_l + b z'_l ubar'_l
    ubar'_l = gbar'_(l-1) W_l^T                gbar'_l = p ubar'_l

and then down, abar_(l-1) = zbar_l W_l and likewise abar', the way z came up,

    zbar_l  = p abar_l + b (g_l ubar_l + g'_l ubar'_l + z'_l abar'_l) + t z'_l g_l ubar'_l
    zbar'_l = p abar'_l + b g_l ubar'_l

W_l has the derivative u^T gbar + u'^T gbar' + zbar^T a + zbar'^T a', summed over directions.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from typing import NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn.functional import linear


class Outer(NamedTuple):
    """Outer products own shared^T (or transposed) of each sample, in the derivative by a matrix.

    `own` (..., B, a) belongs to the cotangents; if biased, it is the derivative by the bias.
    """

    layer: int
    own: Tensor
    shared: Tensor
    transposed: bool
    biased: bool


def times(a: Tensor, W: Tensor) -> Tensor:
    """Return a W (B, n); a product with few columns is several times faster transposed."""
    return a @ W if W.shape[0] <= W.shape[1] else linear(a, W.T.contiguous())


def _sum_of_outers(left: Sequence[Tensor], right: Sequence[Tensor]) -> Tensor:
    """Return the sum of a^T b over pairs a (B, m), b (B, n), the narrower factor first."""
    if left[0].shape[1] > right[0].shape[1]:
        return _sum_of_outers(right, left).T
    total = left[0].T @ right[0]
    for a, b in zip(left[1:], right[1:]):
        total.addmm_(a.T, b)
    return total


def sweep(network, x: Tensor, directions: Sequence[Tensor]) -> tuple[list[Tensor], tuple]:
    """Return g_0 and every g'_0 (B, n), and what `pull_back` needs."""
    weights, a, tangents, ups, downs = list(network.weights), x, directions, [], []
    for W, bias, phi in zip(weights, network.biases, network.activations):
        z, z_ds, inputs = (
            torch.addmm(bias, a, W.T),
            [a_d @ W.T for a_d in tangents],
            (a, *tangents),
        )
        a, p, b, third = phi(z)
        ups.append((inputs, third, z_ds, p, b, [b * z_d for z_d in z_ds]))
        tangents = [p * z_d for z_d in z_ds]
    g, g_ds = weights[-1], []
    for W, (*_, p, _, bz_ds) in zip(reversed(weights[:-1]), reversed(ups)):
        u, u_ds = p * g, [bz_d * g for bz_d in bz_ds]
        for u_d, g_d in zip(u_ds, g_ds):
            u_d.addcmul_(p, g_d)
        downs.insert(0, (g, g_ds, u, u_ds))
        g, g_ds = times(u, W), [times(u_d, W) for u_d in u_ds]
    return [g, *g_ds], (ups, downs)


def pull_back(
    weights: Sequence[Tensor], kept: tuple, gbar: Tensor, gbar_ds: Sequence[Tensor]
) -> Iterator[Outer]:
    """Yield the derivatives by the weights, given the cotangents (..., B, n) of the outputs."""
    ups, downs = kept
    cotangents = []
    for layer, (W, (*_, p, _, bz_ds), (g, g_ds, u, u_ds)) in enumerate(zip(weights, ups, downs)):
        for shared, own in zip((u, *u_ds), (gbar, *gbar_ds)):
            yield Outer(layer, own, shared, True, False)
        ubar, ubar_ds = gbar @ W.T, [gbar_d @ W.T for gbar_d in gbar_ds]
        pbar = g * ubar
        for g_d, ubar_d in zip(g_ds, ubar_ds):
            pbar.addcmul_(g_d, ubar_d)
        cotangents.append((pbar, [g * ubar_d for ubar_d in ubar_ds]))
        gbar = ubar.mul_(p)
        for bz_d, ubar_d in zip(bz_ds, ubar_ds):
            gbar.addcmul_(bz_d, ubar_d)
        gbar_ds = [ubar_d.mul_(p) for ubar_d in ubar_ds] if g_ds else []
    yield Outer(len(ups), gbar, gbar.new_ones(gbar.shape[-2], 1), True, False)
    abar, abar_ds = None, []
    for layer in reversed(range(len(ups))):
        (inputs, third, z_ds, p, b, _), (pbar, vbars) = ups[layer], cotangents[layer]
        bend = None
        for z_d, vbar in zip(z_ds, vbars):
            bend = z_d * vbar if bend is None else bend.addcmul_(z_d, vbar)
        zbar_ds = [vbar.mul_(b) for vbar in vbars]
        for zbar_d, z_d, abar_d in zip(zbar_ds, z_ds, abar_ds):
            pbar.addcmul_(z_d, abar_d)
            zbar_d.addcmul_(p, abar_d)
        zbar = pbar.mul_(b) if bend is None else bend.mul_(third()).addcmul_(b, pbar)
        if abar is not None:
            zbar.addcmul_(p, abar)
        for own, shared in zip((zbar, *zbar_ds), inputs):
            yield Outer(layer, own, shared, False, own is zbar)
        if layer:
            abar, *abar_ds = (cotangent @ weights[layer] for cotangent in (zbar, *zbar_ds))


ORDER = count()


class Product(NamedTuple):
    """One recorded product with a weight matrix: output = input W^T (+ b), or input W."""

    layer: int
    input: Tensor
    output: Tensor
    transposed: bool
    biased: bool
    order: int = -1

    @property
    def outputs(self) -> list[Tensor]:
        """What the cotangents are of."""
        return [self.output]

    def derivatives(self, cotangents: list[Tensor | None]) -> list[Outer]:
        """Return the derivative by the matrix, given the output's cotangents (m, B, a)."""
        (own,), shared = cotangents, self.input.detach()
        return [Outer(self.layer, own, shared, *self[3:5])] if own is not None else []


class Sweep(NamedTuple):
    """A recorded gradient with its Hessian-vector products; `order` rises from one to the next."""

    weights: list[Tensor]
    kept: tuple
    outputs: list[Tensor]
    order: int

    def derivatives(self, cotangents: list[Tensor | None]) -> Iterable[Outer]:
        """Return the derivatives by all matrices, given the outputs' cotangents (m, B, n)."""
        like = next((bar for bar in cotangents if bar is not None), None)
        if like is None:
            return []
        first, *others = (like.new_zeros(like.shape) if c is None else c for c in cotangents)
        return pull_back(self.weights, self.kept, first, others)


class GradientAndHvp(torch.autograd.Function):
    """Unscaled gradient and Hessian-vector products (B, n), differentiable by the weights."""

    @staticmethod
    def forward(ctx, network, x: Tensor, directions: tuple[Tensor, ...], *parameters: Tensor):
        """Return g_0 and every g'_0."""
        outputs, ctx.kept = sweep(network, x, directions)
        ctx.depth = len(network.activations)
        ctx.save_for_backward(*parameters)
        return tuple(outputs)

    @staticmethod
    @once_differentiable
    def backward(ctx, gbar: Tensor, *gbar_ds: Tensor):
        """Return the cotangents of the weights and the biases."""
        parameters, depth, groups = ctx.saved_tensors, ctx.depth, {}
        bars = [None] * len(parameters)
        for outer in pull_back(parameters[: depth + 1], ctx.kept, gbar, gbar_ds):
            groups.setdefault((outer.layer, outer.transposed), []).append(outer)
            if outer.biased:
                bars[depth + 1 + outer.layer] = outer.own.sum(0)
        (last,) = groups.pop((depth, True))
        bars[depth] = last.own.sum(0, keepdim=True)
        for layer in range(depth):
            _, own, shared, *_ = zip(*groups[layer, True])
            bars[layer] = _sum_of_outers(shared, own)
            _, own, shared, *_ = zip(*groups[layer, False])
            bars[layer] += _sum_of_outers(own, shared)
        return None, None, None, *bars
