"""The laws tried on the first part of each recording, and what they predict of the last."""

from dataclasses import dataclass, replace
from warnings import catch_warnings, simplefilter

import numpy as np
import torch
from tqdm import tqdm

from dlnn_utils.data.horizon import noise_of
from dlnn_utils.models.model import Model
from dlnn_utils.models.network import ScalarNetwork
from dlnn_utils.training.from_states.fitting import SUBSTEPS, first_guess, fit_runs, spread, start
from dlnn_utils.training.from_states.laws import SOFT, Form
from dlnn_utils.training.from_states.likelihood import Likelihood, fit_law
from dlnn_utils.training.from_states.linear import linear_law
from dlnn_utils.training.from_states.shooting import cut, trajectories
from dlnn_utils.training.loss import DivergenceError

BETTER, FREER, ENOUGH, EXACT = 0.85, 0.7, 1.15, 1e-4
"""The share of a simpler law's error that a richer one must reach, and a network; an error, over
the noise or over the spread, beyond which nothing richer is tried."""
LOST = 0.5
"""A share of the spread: a larger error predicts nothing."""
OF_NETWORKS, OF_LAWS = (10, 50, 250), (10, 40, 160, 640)
"""Lengths of pieces, in steps."""
MANY, A_PERIOD = 500, 24
"""Samples beyond which records are thinned, to so many in 2 pi of the fastest motion at least."""
MOST = 12
"""Components up to which laws are fitted."""


@dataclass(frozen=True)
class Tried:
    """A law tried: number of coefficients, RMS error held back in spreads, and in noises."""

    kind: str
    coefficients: int
    error: float
    over_noise: float


class Candidates:
    """Laws of recordings (t, x (T, m)) in scaled units: fitted to a part, compared on the rest."""

    def __init__(self, runs, form: Form, held_back: float, max_steps: int, widths, seed: int):
        probe = form.model(np.zeros(len(form.names)))
        self.runs = self._thinned(runs, *first_guess(runs, probe))
        self.states, self.rates = first_guess(self.runs, probe)
        self.scale = spread(self.states).numpy()
        speed = np.sqrt(np.mean(np.concatenate(self.states)[:, -form.n :] ** 2, axis=0))
        self.forms = {"linear": form}
        if form.order == 2:
            soft = SOFT * np.where(speed > 0, speed, 1.0)
            self.forms["friction"] = replace(form, friction=True, soft=soft)
        elif form.n > 2 and form.neighbours is None:
            chain = replace(form, neighbours=1)
            safe = {} if form.dissipative else {"dissipative": replace(form, dissipative=True)}
            self.forms = {"chain": chain, **safe, "linear": form}
        self.cuts = [min(len(t) - 2, round((1 - held_back) * (len(t) - 1))) for t, _ in self.runs]
        self.first = [(t[: k + 1], x[: k + 1]) for (t, x), k in zip(self.runs, self.cuts)]
        left = [noise_of(x, t) ** 2 for t, x in self.runs]
        self.noise = np.sqrt(np.mean(left, axis=0)).clip(min=1e-9)
        self.options, self.tried = (max_steps, widths, seed), []

    def best(self) -> tuple[str, Model, Likelihood | None]:
        """Return the kind of the law chosen, its model and its coefficients, fitted to all."""
        with catch_warnings(record=True) as said:
            simplefilter("always", UserWarning)
            found = self._best()
        self.said = [f"the network: {one.message}" for one in said if one.category is UserWarning]
        error = self._error(found[0])
        if error > LOST and self.tried_of(found[0]).over_noise > 2:
            self.said.append(f"the law errs by {error:.0%} of the spread in the held-back part")
        return found

    def _best(self) -> tuple[str, Model, Likelihood | None]:
        bar = tqdm(total=len(self.forms) + 2, desc="laws", disable=None)
        chosen, law = None, None
        for kind, form in self.forms.items() if self.scale.size <= 2 * MOST else ():
            bar.set_postfix_str(kind)
            found = self._law(kind, form)
            if found and (chosen is None or self._error(kind) < BETTER * self._error(chosen)):
                chosen, law = kind, found
            bar.update()
        dissipative = self.forms["linear"].dissipative
        if chosen is None and dissipative:
            raise DivergenceError("no law that dissipates can be followed over these data")
        model = None
        one = self.tried_of(chosen) if chosen else None
        if not dissipative and (one is None or one.over_noise > ENOUGH and one.error > EXACT):
            bar.set_postfix_str("free")
            model = self._best_free(chosen, law)
            if chosen is not None and not self._error("free") < FREER * self._error(chosen):
                model = None
        bar.update()
        if model is not None:
            fit_runs(model, self.runs, self.states, OF_NETWORKS[1:], self.options[0])
            chosen, law = "free", None
        else:
            form = self.forms[chosen]
            law = fit_law(law.theta, self.runs, self.states, form, OF_LAWS, self.scale)
            model = form.model(law.theta)
        bar.update()
        bar.close()
        return chosen, model, law

    def tried_of(self, kind: str) -> Tried:
        """Return what was found of a kind."""
        return next(one for one in self.tried if one.kind == kind)

    def _error(self, kind: str) -> float:
        return self.tried_of(kind).error

    def _law(self, kind: str, form: Form) -> Likelihood | None:
        """Return the law of a form fitted to the first parts, if there is one, and note it."""
        states = [z[: k + 1] for z, k in zip(self.states, self.cuts)]
        theta = linear_law(self.first, states, form)
        if theta is None:
            return None
        law = fit_law(theta, self.first, states, form, OF_LAWS, self.scale)
        follow = lambda z, h: form.follow(law.theta, z, h.numpy())  # noqa: E731
        self.tried.append(self._judged(kind, len(law.theta), law.states, follow))
        return law

    def _best_free(self, kind: str | None, law: Likelihood | None) -> Model:
        """Return the better one of a network and one of half the width, and note it."""
        widths = self.options[1]
        halves = tuple(max(2, w // 2) for w in widths)
        found = [self._free(kind, law, some) for some in dict.fromkeys((halves, tuple(widths)))]
        model, tried = min(found, key=lambda pair: pair[1].error)
        self.tried.append(tried)
        return model

    def _free(self, kind: str | None, law: Likelihood | None, widths) -> tuple[Model, Tried]:
        """Return a free network fitted to the first parts from a law on, and its errors."""
        form = self.forms[kind or "linear"]
        max_steps, _, seed = self.options
        theta = np.zeros(len(form.names)) if law is None else law.theta
        network = ScalarNetwork(self.scale.size, widths, "quadratic_silu", seed)
        model = form.model(theta, network)
        states, rates = (
            [z[: k + 1].copy() for z, k in zip(all_, self.cuts)]
            for all_ in (self.states, self.rates)
        )
        start(model, self.first, states, rates, None if law is None else form.rate(theta))
        fit_runs(model, self.first, states, OF_NETWORKS, max_steps)
        follow = lambda z, h: trajectories(model, torch.from_numpy(z), h, SUBSTEPS)[0]  # noqa: E731
        return model, self._judged("free", model.n_weights, states, follow)

    def _judged(self, kind: str, coefficients: int, states: list, follow) -> Tried:
        """Return the errors of the parts held back, followed from the ends of states (T, N)."""
        rest = [(t[k:], x[k:]) for (t, x), k in zip(self.runs, self.cuts)]
        segments, where = cut(rest, max(len(t) for t, _ in rest))
        starts = np.array([states[b][-1] for _, b in where])
        with np.errstate(all="ignore"):
            path = follow(starts, segments.h)[:, 1:]
        off = np.asarray(path)[..., : segments.x.shape[2]] - segments.x[:, 1:].numpy()
        off = np.nan_to_num(off[segments.valid[:, 1:].numpy() > 0], nan=np.inf)
        error = np.sqrt(np.mean((off / self.scale[: off.shape[1]]) ** 2))
        over = np.sqrt(np.mean((off / self.noise) ** 2))
        return Tried(kind, coefficients, float(error), float(over))

    @staticmethod
    def _thinned(runs: list, states: list, rates: list) -> list:
        """Return recordings of no more samples than their motion needs."""
        z, rate = np.concatenate(states), np.concatenate(rates)
        ratio = rate.std(axis=0) / np.where(z.std(axis=0) > 0, z.std(axis=0), np.inf)
        k = int(2 * np.pi / A_PERIOD / max(ratio.max(), 1e-9))
        return [
            thinned(t, x, min(k, len(t) // (MANY // 2))) if len(t) > MANY else (t, x)
            for t, x in runs
        ]


def thinned(t: np.ndarray, x: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return every k-th time and the states there, of a parabola through 2 k samples around it."""
    if k < 3:
        return t, x
    centres, found = np.arange(k, len(t) - k, k), []
    for c in centres:
        near = slice(c - k, c + k + 1)
        u = (t[near] - t[c]) / (t[c + k] - t[c - k])
        found.append(np.polynomial.polynomial.polyfit(u, x[near], 2)[0])
    return t[centres], np.array(found)
