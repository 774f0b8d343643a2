"""Per-sample Jacobians of a network's predictions by its weights.

A dense network is products y = W x and h = W^T g; through one of them a sample's prediction r
depends on W by the outer product (dr/dy) x^T.  A Jacobian is kept as these.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import cached_property
from itertools import accumulate

import numpy as np
import torch
from scipy.linalg.blas import get_blas_funcs
from torch import Tensor

from dlnn_utils.models.network import DenseNetwork
from dlnn_utils.models.reverse_pass import Outer, Sweep


class Jacobian:
    """A prediction r (m, B) and its derivative J (m, B, P) by all weights, sample by sample.

    `predict` computes r (B, m).  The P weights come network after network, as in `parameters()`;
    `states` (B, n) are those of `by_states`.
    """

    def __init__(
        self,
        networks: Sequence[DenseNetwork],
        predict: Callable[[], Tensor],
        states: Tensor | None = None,
    ):
        self._networks, self._states = networks, [] if states is None else [states]
        with torch.enable_grad(), ExitStack() as stack:
            self._records = [stack.enter_context(network.recorded()) for network in networks]
            self._prediction = predict()
        self.r = self._prediction.detach().T
        self.shapes = [w.shape for network in networks for w in network.parameters()]
        sizes = [shape.numel() for shape in self.shapes]
        self.where = [slice(end - size, end) for size, end in zip(sizes, accumulate(sizes))]

    @property
    def outers(self) -> dict[int, list[Outer]]:
        """The outer products of each parameter, by its place; a bias takes their `own` alone."""
        return self._derivatives[0]

    @property
    def by_states(self) -> Tensor:
        """The derivative (m, B, n) by the states."""
        return self._derivatives[1]

    @cached_property
    def _derivatives(self) -> tuple[dict[int, list[Outer]], Tensor | None]:
        entries, first = [], 0
        for network, record in zip(self._networks, self._records):
            entries += [(first, len(network.weights), entry) for entry in record]
            first += len(network.weights) + len(network.biases)
        r, ends = self._prediction, [end for *_, entry in entries for end in entry.outputs]
        ends += self._states
        bars, found = {id(end): None for end in ends}, {}
        units = torch.eye(r.shape[1]).to(r)[:, None, None].expand(-1, 1, *r.shape)
        _add_cotangents(bars, ends, [r], units)
        for first, depth, entry in sorted(entries, key=lambda e: -e[2].order):
            with torch.no_grad():
                outers = list(entry.derivatives([bars[id(output)] for output in entry.outputs]))
            if isinstance(entry, Sweep):
                _through(bars, ends, entry, outers)
            for outer in outers:
                outer = outer._replace(shared=outer.shared.detach())
                found.setdefault(first + outer.layer, []).append(outer)
                if outer.biased:
                    found.setdefault(first + depth + outer.layer, []).append(outer)
        by_states = bars[id(self._states[0])] if self._states else None
        del self._records, self._prediction, self._states
        return found, by_states

    def rows(self, samples: slice = slice(None), memory: Tensor | None = None) -> Tensor:
        """Return J (m, B', P) of some samples, written into `memory`: fresh pages cost more."""
        shape = *self.r[:, samples].shape, self.where[-1].stop
        memory = self.r.new_empty(shape) if memory is None else memory
        J = memory.view(-1)[: shape[0] * shape[1] * shape[2]].view(shape)
        for k, where in enumerate(self.where):
            block, outers = J[..., where], self.outers.get(k)
            if outers is None:
                block.zero_()
            elif len(self.shapes[k]) == 2:
                _write_outers(outers, samples, block.unflatten(2, self.shapes[k]))
            else:
                block.copy_(outers[0].own[:, samples])
                for outer in outers[1:]:
                    block += outer.own[:, samples]
        return J

    def blocks(self, memory: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield r (R,) and rows (R, P) of as many samples at once as the memory holds."""
        (m, B), P = self.r.shape, self.where[-1].stop
        length = len(memory) // (m * P)
        for start in range(0, B, length):
            some = slice(start, start + length)
            yield self.r[:, some].reshape(-1), self.rows(some, memory).flatten(0, 1)

    def pull_back(self, u: Tensor) -> Tensor:
        """Return J^T u (P,) of a vector u (m, B)."""
        total = u.new_zeros(self.where[-1].stop)
        for k, outers in self.outers.items():
            for outer in outers:
                weighted = u[..., None] * outer.own
                if len(self.shapes[k]) == 1:
                    total[self.where[k]] += weighted.sum((0, 1))
                    continue
                own = weighted.sum(0)
                pair = (outer.shared, own) if outer.transposed else (own, outer.shared)
                total[self.where[k]] += (pair[0].T @ pair[1]).reshape(-1)
        return total


def add_product(A: Tensor | None, J: Tensor) -> Tensor:
    """Return A + J^T J, of which the lower triangle alone is right; A is overwritten."""
    if J.is_cuda:
        return J.T @ J if A is None else A.addmm_(J.T, J)
    rows = J.numpy()
    syrk = get_blas_funcs("syrk", (rows,))
    more = {} if A is None else dict(beta=1.0, c=A.numpy().T, overwrite_c=True)
    return torch.from_numpy(syrk(1.0, rows.T, **more).T)


def gram(jacobians: Sequence[Jacobian]) -> Tensor:
    """Return J J^T (R, R) of Jacobians of one network: (a b^T) : (c d^T) = (a . c)(b . d)."""
    pieces, end = {}, 0
    for jacobian in jacobians:
        where, end = slice(end, end + jacobian.r.numel()), end + jacobian.r.numel()
        for k, outers in jacobian.outers.items():
            if len(jacobian.shapes[k]) == 2:
                pieces.setdefault(k, []).extend((outer, where) for outer in outers)
    G = jacobians[0].r.new_zeros(end, end)
    for group in pieces.values():
        for i, (p, rows) in enumerate(group):
            for q, columns in group[: i + 1]:
                block = _inner(p, q)
                G[rows, columns] += block
                if p is not q:
                    G[columns, rows] += block.T
    return G


def _inner(p: Outer, q: Outer) -> Tensor:
    """Inner products (m B, m' B') of all outer products of p with those of q."""
    sizes = *p.own.shape[:2], *q.own.shape[:2]
    if p.transposed == q.transposed:
        block = _product(p.own.flatten(0, 1), q.own.flatten(0, 1)).view(sizes)
        block *= (_product(p.shared, q.shared) + float(p.biased and q.biased))[:, None]
    else:
        block = (p.own.flatten(0, 1) @ q.shared.T).view(*sizes[:2], 1, sizes[3])
        block = block * (p.shared @ q.own.flatten(0, 1).T).view(1, sizes[1], *sizes[2:])
    return block.reshape(sizes[0] * sizes[1], -1)


def _product(a: Tensor, b: Tensor) -> Tensor:
    """Return a b^T; of a and a NumPy recognises the symmetric product and halves its cost."""
    return a @ b.T if a.is_cuda else torch.from_numpy(a.numpy() @ b.numpy().T)


def _add_cotangents(bars: dict, ends: Sequence[Tensor], of: Sequence[Tensor], given) -> None:
    """Add to the ends' cotangents (m, B, a) what comes from `of`, whose own are given[i]."""
    graph = {"retain_graph": True, "allow_unused": True}
    parts = [torch.autograd.grad(of, ends, list(one), **graph) for one in given]
    for end, each in zip(ends, zip(*parts)):
        if all(part is None for part in each):
            continue
        bar = torch.stack([torch.zeros_like(end) if part is None else part for part in each])
        bars[id(end)] = bar if bars[id(end)] is None else bars[id(end)] + bar


def _through(bars: dict, ends: Sequence[Tensor], sweep: Sweep, outers: Sequence[Outer]) -> None:
    """Carry cotangents on from a sweep to whatever its inputs came from."""
    live = [
        (outer.shared, (outer.own @ sweep.weights[0]).detach())
        for outer in outers
        if outer.layer == 0 and not outer.transposed and outer.shared.requires_grad
    ]
    if live:
        inputs, own = zip(*live)
        _add_cotangents(bars, ends, inputs, zip(*own))


def _write_outers(outers: Sequence[Outer], samples: slice, block: Tensor) -> None:
    """Write the sum of some samples' outer products into a block (m, B', n, k)."""
    if len(outers) == 1 and block.shape[2] == 1:
        (outer,) = outers
        torch.mul(outer.own[:, samples], outer.shared[samples], out=block[:, :, 0])
        return
    ends = []
    for outer in outers:
        own, shared = outer.own[:, samples], outer.shared[samples].expand(len(block), -1, -1)
        ends.append((shared, own) if outer.transposed else (own, shared))
    left, right = (torch.stack(end, 2) for end in zip(*ends))
    if block.is_cuda:
        block.copy_(left.mT @ right)
    else:
        np.matmul(left.mT.numpy(), right.numpy(), out=block.numpy())
