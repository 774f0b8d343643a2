"""The derivative by the weights of a scalar network's gradient and Hessian-vector products.

Training needs d(loss)/dW where the loss is made of g_0 and g'_0 of `dlnn_utils.network`.  Here
that reverse pass is written out, so that a step makes the fewest passes over its arrays.  With
p, b, t for phi', phi'', phi''' at z_l, and u_l = p g_l, u'_l = p g'_l + b z'_l g_l what goes
down through W_l, the cotangents (barred) go up first, the way g came down,

    ubar_l  = gbar_(l-1) W_l^T                 gbar_l  = p ubar_l + b z'_l ubar'_l
    ubar'_l = gbar'_(l-1) W_l^T                gbar'_l = p ubar'_l

and then down, the way z came up,

    zbar'_l = p abar'_l + b g_l ubar'_l
    zbar_l  = p abar_l + b (g_l ubar_l + g'_l ubar'_l + z'_l abar'_l) + t z'_l g_l ubar'_l
    abar_(l-1) = zbar_l W_l                    abar'_(l-1) = zbar'_l W_l

and W_l has the derivative u^T gbar + u'^T gbar' + zbar^T a + zbar'^T a'.  With several
directions, each has its own primed quantities, and their terms add up.
"""

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn.functional import linear


def times(a: Tensor, W: Tensor) -> Tensor:
    """Return a W (B, n); a product with few columns is several times faster transposed."""
    return a @ W if W.shape[0] <= W.shape[1] else linear(a, W.T.contiguous())


def _sum_of_outers(left: tuple[Tensor, ...], right: tuple[Tensor, ...]) -> Tensor:
    """Return the sum of a^T b over pairs a (B, m), b (B, n), the narrower factor first."""
    if left[0].shape[1] > right[0].shape[1]:
        return _sum_of_outers(right, left).T
    total = left[0].T @ right[0]
    for a, b in zip(left[1:], right[1:]):
        total.addmm_(a.T, b)
    return total


class GradientAndHvp(torch.autograd.Function):
    """Gradient (B, n) and Hessian-vector products (B, n) of a scalar network, unscaled.

    Called as `apply(network, x, directions, *network.parameters())` with x and the directions
    already scaled to the network's inputs.  Differentiable once, by the weights.
    """

    @staticmethod
    def forward(ctx, network, x: Tensor, directions: tuple[Tensor, ...], *parameters: Tensor):
        """Return g_0 and every g'_0."""
        depth = len(network.activations)
        weights, biases = parameters[: depth + 1], parameters[depth + 1 :]
        a, tangents, ups, downs = x, directions, [], []
        for W, bias, phi in zip(weights, biases, network.activations):
            z = torch.addmm(bias, a, W.T)
            z_ds = [a_d @ W.T for a_d in tangents]
            inputs = a, tangents
            a, p, b, third = phi(z)
            ups.append((inputs, third, z_ds, p, b, [b * z_d for z_d in z_ds]))
            tangents = [p * z_d for z_d in z_ds]
        g, g_ds = weights[-1], None
        for W, (_, _, _, p, _, bz_ds) in zip(reversed(weights[:-1]), reversed(ups)):
            u, u_ds = p * g, [bz_d * g for bz_d in bz_ds]
            for u_d, g_d in zip(u_ds, g_ds or []):
                u_d.addcmul_(p, g_d)
            downs.insert(0, (g, g_ds, u, u_ds))
            g, g_ds = times(u, W), [times(u_d, W) for u_d in u_ds]
        ctx.save_for_backward(*weights)
        ctx.kept = ups, downs, len(biases) - depth
        return g, *g_ds

    @staticmethod
    @once_differentiable
    def backward(ctx, gbar: Tensor, *gbar_ds: Tensor):
        """Return the cotangents of the weights and the biases."""
        weights, (ups, downs, surplus) = ctx.saved_tensors, ctx.kept
        Wbars, cotangents = [], []
        for W, (*_, p, _b, bz_ds), (g, g_ds, u, u_ds) in zip(weights, ups, downs):
            Wbars.append(_sum_of_outers((u, *u_ds), (gbar, *gbar_ds)))
            ubar, ubar_ds = gbar @ W.T, [gbar_d @ W.T for gbar_d in gbar_ds]
            pbar = g * ubar
            for g_d, ubar_d in zip(g_ds or [], ubar_ds):
                pbar.addcmul_(g_d, ubar_d)
            cotangents.append((pbar, [g * ubar_d for ubar_d in ubar_ds]))
            gbar = ubar.mul_(p)
            for bz_d, ubar_d in zip(bz_ds, ubar_ds):
                gbar.addcmul_(bz_d, ubar_d)
            gbar_ds = [ubar_d.mul_(p) for ubar_d in ubar_ds] if g_ds else []
        Wbars.append(gbar.sum(0, keepdim=True))
        biasbars, abar, abar_ds = [], None, None
        for layer in reversed(range(len(ups))):
            (a, tangents), third, z_ds, p, b, _ = ups[layer]
            pbar, vbars = cotangents[layer]
            bbar = z_ds[0] * vbars[0]
            for z_d, vbar in zip(z_ds[1:], vbars[1:]):
                bbar.addcmul_(z_d, vbar)
            zbar_ds = [vbar.mul_(b) for vbar in vbars]
            for zbar_d, z_d, abar_d in zip(zbar_ds, z_ds, abar_ds or []):
                pbar.addcmul_(z_d, abar_d)
                zbar_d.addcmul_(p, abar_d)
            zbar = bbar.mul_(third()).addcmul_(b, pbar)
            if abar is not None:
                zbar.addcmul_(p, abar)
            Wbars[layer] += _sum_of_outers((zbar, *zbar_ds), (a, *tangents))
            biasbars.insert(0, zbar.sum(0))
            if layer:
                W = weights[layer]
                abar, abar_ds = zbar @ W, [zbar_d @ W for zbar_d in zbar_ds]
        return None, None, None, *Wbars, *biasbars, *[None] * surplus
