"""The choice between a linear law, one with friction, and a free network's.

Each is fitted to the first part of every recording; the law of fewest coefficients that predicts
the rest about as well as the best is then fitted to all that was measured.
"""

from dataclasses import dataclass, field
from warnings import warn

import numpy as np

from dlnn_utils._arguments import Count, Counts, Mass, Positive, Seed, array, checked, times
from dlnn_utils.models.model import Model
from dlnn_utils.training.from_states.candidates import Candidates, Tried
from dlnn_utils.training.from_states.laws import Form
from dlnn_utils.training.from_states.remarks import remarks_on
from dlnn_utils.training.from_states.units import Units


@dataclass(frozen=True)
class FittedMotion:
    """The law chosen: its model, its kind, all that was tried, and its coefficients.

    `coefficients` maps names to (value, standard error or None) in the units of x, t and M: K, C,
    the rest, drag, dry friction.  `noise` (m,) is measured; `remarks` say what data do not carry.
    """

    model: Model
    kind: str
    tried: list[Tried]
    coefficients: dict[str, tuple[float, float | None]]
    noise: np.ndarray
    remarks: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """Return the report, a line for each law tried and for each coefficient."""
        lines = [f"law chosen: {self.kind}"]
        for one in self.tried:
            lines.append(
                f"  {one.kind}: {one.coefficients} coefficients, error of the held-back part "
                f"{one.error:.2%} of the spread, {one.over_noise:.3g} times the noise"
            )
        for name, (value, error) in self.coefficients.items():
            lines.append(
                f"  {name} = {value:.5g}" + (f" ± {error:.2g}" if error is not None else "")
            )
        return "\n".join([*lines, *(f"  note: {remark}" for remark in self.remarks)])


@checked
def fit_motion(
    x,
    t,
    *,
    M: Mass = None,
    held_back: Positive = 0.25,
    dissipative: bool = False,
    neighbours: Count = None,
    widths: Counts = (12,),
    max_steps: Count = 10,
    seed: Seed = 0,
) -> FittedMotion:
    """Choose the law of one recording or several by what it predicts of their held-back ends.

    A linear law, one with drag and dry friction, and a free network are fitted to the first part
    of each recording; the last part decides, and the law chosen is fitted to all of it.

    Parameters
    ----------
    x : array (T, m) or (T, B, m), or list of arrays (T_k, m)
        Measured states, or for mechanics positions alone, of one or more recordings.
    t : array (T,), or list of arrays (T_k,)
        Times, rising, evenly spaced or not; of each recording if x is a list.
    M : array (n, n), optional
        Mass matrix of mechanics; the identity gives K and C per unit of mass.  Without it the
        data are of first order, such as concentrations or temperatures.
    held_back : float
        Share of each recording that decides, below 1.
    dissipative : bool
        Whether the law must dissipate by construction: C, or K of a first-order law, is kept
        positive semidefinite, friction positive; no network is tried.
    neighbours : int, optional
        In a chain, such as a rod with sensors in a row, how far apart components act on each
        other; by default all do.  It holds for linear laws and those with friction.
    widths, seed
        Of the free network, as for `ScalarNetwork`; one of half the widths is tried too.
    max_steps : int
        Steps for each length of the network's pieces, at most: work is bounded by counts.

    Returns
    -------
    FittedMotion
        With the `model`, its `kind`, and the numbers of the choice.  Printed, it is a report.
        Kinds are "linear", "friction" and "free"; of first order also "chain", in which
        neighbours alone act on each other, and "dissipative", whose K is never negative.

    Raises
    ------
    ValueError
        If x or t is malformed, does not move, or has fewer samples than the law needs.

    Examples
    --------
    >>> t = np.linspace(0, 9, 60)
    >>> found = fit_motion(np.exp(-0.1 * t)[:, None] * np.cos(t)[:, None], t, M=[[1.0]])
    >>> found.kind, round(found.coefficients["K11"][0], 3)
    ('linear', 1.01)
    """
    runs = _recordings(x, t)
    m = runs[0][1].shape[1]
    n = m if M is None else len(M)
    if m not in ((n,) if M is None else (n, 2 * n)):
        raise ValueError(f"x must hold {n} positions, or with velocities {2 * n}; got {m}")
    if held_back >= 1:
        raise ValueError(f"held_back must be below 1; got {held_back:g}")
    (remarks, noise), units = remarks_on(runs, n, M), Units.of(runs, M)
    for remark in remarks:
        warn(remark, stacklevel=3)
    runs = units.scaled(runs)
    form = Form(
        n, None if M is None else M / units.mass, dissipative=dissipative, neighbours=neighbours
    )
    candidates = Candidates(runs, form, held_back, max_steps, widths, seed)
    kind, model, law = candidates.best()
    units.give_back(model)
    if kind == "free":
        coefficients = _at_rest(model, n, units)
    else:
        coefficients = _with_errors(candidates.forms[kind], law, units)
    return FittedMotion(
        model, kind, candidates.tried, coefficients, noise, remarks + candidates.said
    )


def _recordings(x, t) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return rising times (T,) and states (T, m) of each recording, or raise ValueError."""
    if isinstance(x, list | tuple) and isinstance(t, list | tuple) and np.ndim(t[0]) == 1:
        if len(x) != len(t):
            raise ValueError(f"x and t must list as many recordings; got {len(x)} and {len(t)}")
        runs = [(times(f"t[{k}]", one), array(f"x[{k}]", x[k], "T m")) for k, one in enumerate(t)]
        if len({x.shape[1] for _, x in runs}) > 1:
            raise ValueError("x must hold as many components in each recording")
    else:
        x, t = array("x", x, "T m | T B m"), times("t", t)
        x = x[:, None] if x.ndim == 2 else x
        runs = [(t, x[:, b]) for b in range(x.shape[1])]
    for k, (t, x) in enumerate(runs):
        if len(t) != len(x):
            raise ValueError(
                f"x must have as many times as t; recording {k} has {len(x)}, {len(t)}"
            )
    return [(t, x) if t[0] < t[-1] else (t[::-1].copy(), x[::-1].copy()) for t, x in runs]


def _with_errors(form: Form, law, units: Units) -> dict[str, tuple[float, float]]:
    """Return the coefficients of a law in the data's units, with their standard errors."""
    step, size, mass = units.step, units.size, units.mass if form.order == 2 else units.step
    factor = {"K": mass / step**2, "C": mass / step, "a": mass / size, "b": mass * size / step**2}

    def named(theta):
        found = {k: v * factor[k[0]] for k, v in zip(form.names, theta) if k[0] != "f"}
        K = form.matrix(theta, 0)
        if np.linalg.cond(K) < 1e6:
            rest = -np.linalg.solve(K, form.vectors(theta)[0])
            rest = units.origin[: form.n] + units.sizes[: form.n] * rest
            found |= {f"rest{i + 1}": value for i, value in enumerate(rest)}
        return found

    values, spread = named(law.theta), np.sqrt(np.diag(law.covariance).clip(min=0))
    nudged = [named(law.theta + 1e-4 * one) for one in np.diag(spread)]
    J = np.array([[(one[k] - v) / 1e-4 for k, v in values.items()] for one in nudged])
    scale = np.where(spread > 0, spread, 1.0)
    errors = np.einsum("pi,pq,qi->i", J, law.covariance / np.outer(scale, scale), J)
    return {k: (float(v), float(e)) for (k, v), e in zip(values.items(), np.sqrt(errors))}


def _at_rest(model: Model, n: int, units: Units) -> dict[str, tuple[float, None]]:
    """Return K and C of a free network amid the data, without errors."""
    z = np.zeros(model.network.n_inputs)
    z[:n] = units.origin[:n]
    found = model.matrices(z)
    pairs = [(i, j) for i in range(n) for j in range(i, n)]
    return {
        f"{k}{i + 1}{j + 1}": (float(found[k][i, j]), None)
        for k in "KC"
        if k in found
        for i, j in pairs
    }
