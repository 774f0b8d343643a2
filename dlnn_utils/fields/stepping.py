"""Time steps of a law of fields: implicit midpoint with a sparse Newton method, or SciPy's.

Midpoint steps keep quadratic invariants, such as a norm; compositions of them have the order 4
or 6.  Backward, h lambda = 2 is a pole of the midpoint rule, and rounding errors grow by
exp(lambda T).
"""

import itertools

import numpy as np
from scipy.integrate import solve_ivp
from scipy.sparse import block_array, csc_array, eye_array
from scipy.sparse.linalg import splu

from dlnn_utils._arguments import Count, Times, array, checked, choice
from dlnn_utils.integration import IntegrationError

METHODS = ("midpoint", "BDF", "Radau", "DOP853", "RK45")
FARTHEST = -np.log(np.finfo(float).eps)
STEPS_OF = {
    2: (1.0,),
    4: (1.3512071919596578, -1.7024143839193153, 1.3512071919596578),
    6: (
        *(0.39216144400731413928, 0.33259913678935943860, -0.70624617255763935981),
        *(0.082213596293550800230, 0.79854399093482996340, 0.082213596293550800230),
        *(-0.70624617255763935981, 0.33259913678935943860, 0.39216144400731413928),
    ),
}
"""Fractions of a step: Yoshida (1990) and Kahan and Li (1997)."""


@checked
def evolve(
    law,
    x0,
    t: Times,
    *,
    load=None,
    method="midpoint",
    steps=1,
    accuracy=2,
    rtol=1e-9,
    atol=1e-11,
    max_evaluations: Count = 100_000,
) -> np.ndarray:
    """Integrate a law from states (n,) or (B, n) over the times t (T,), rising or falling.

    `load(t)` is a known force (n,).  Midpoint takes `steps` between two times, each composed to
    the order `accuracy`; SciPy's methods take rtol, atol and max_evaluations of the rate.
    """
    x0 = array("x0", x0, f"{law.n_state} | B {law.n_state}")
    choice("method", method, METHODS)
    if accuracy not in STEPS_OF:
        raise ValueError(f"accuracy must be 2, 4 or 6; got {accuracy!r}")
    if isinstance(steps, bool) or not isinstance(steps, int | np.integer) or steps < 1:
        raise ValueError(f"steps must be a positive integer; got {steps!r}")
    starts = np.atleast_2d(x0)
    fractions = STEPS_OF[accuracy]
    backward = t[0] > t[-1]
    if backward or min(fractions) < 0:
        longest = max(abs(np.diff(t))) / steps * max(abs(f) for f in fractions)
        _guard(law, starts, t, longest if method == "midpoint" else 0.0, backward)
    load = load or (lambda _: np.zeros(law.n))
    if method == "midpoint":
        paths = [_midpoints(law, x, t, load, steps, fractions) for x in starts]
    else:
        options = dict(method=method, t_eval=t, rtol=rtol, atol=atol)
        paths = [_solve(law, x, load, max_evaluations, options) for x in starts]
    return np.stack(paths, 1) if x0.ndim == 2 else paths[0]


def _guard(law, starts: np.ndarray, t: np.ndarray, longest: float, backward: bool) -> None:
    """Refuse times and steps that no float64 carries backward."""
    fastest = max(law.fastest(x) for x in starts)
    back = abs(t[-1] - t[0])
    if backward and fastest * back > FARTHEST:
        raise IntegrationError(
            f"t must not go back {back:g}: the fastest mode grows by exp({fastest * back:.0f}), "
            f"rounding errors with it; the farthest for float64 is {FARTHEST / fastest:.2g}"
        )
    if longest * fastest >= 2:
        raise IntegrationError(
            f"steps must be shorter: h lambda = {longest * fastest:.2g} reaches the midpoint "
            f"rule's pole at 2; take {int(longest * fastest / 2) + 1} times as many"
        )


def _solve(law, x0: np.ndarray, load, max_evaluations: int, options: dict) -> np.ndarray:
    t, evaluations = options["t_eval"], itertools.count(1)
    if options["method"] in ("BDF", "Radau") and law.order == 1:
        options = options | {"jac": lambda _, x: law.jacobian(x)}

    def rate(now: float, x: np.ndarray) -> np.ndarray:
        if next(evaluations) > max_evaluations:
            raise IntegrationError(
                f"the solution needs more than {max_evaluations} evaluations of the rate; it "
                f"reached t = {now:g} of {t[-1]:g}"
            )
        return law.rate(x, load(now))

    with np.errstate(over="ignore", invalid="ignore"):
        found = solve_ivp(rate, (t[0], t[-1]), x0, **options)
    if not found.success or not np.isfinite(found.y).all():
        raise IntegrationError(f"the solution blows up before t = {t[-1]:g}")
    return found.y.T


def _midpoints(law, x0: np.ndarray, t: np.ndarray, load, steps: int, fractions) -> np.ndarray:
    newton, path, x = Newton(law), [x0], x0
    for now, span in zip(t, np.diff(t)):
        for _ in range(steps):
            for fraction in fractions:
                h = fraction * span / steps
                x = newton.step(x, h, load(now + h / 2))
                now += h
        path.append(x)
    return np.stack(path)


class Newton:
    """Implicit midpoint steps; factors are kept until they no longer contract."""

    def __init__(self, law):
        self.law, self._kept, self._speed = law, {}, 0.0

    def step(self, x: np.ndarray, h: float, load: np.ndarray) -> np.ndarray:
        """Return the state after a step h."""
        law, n, key = self.law, self.law.n, round(h, 15)
        q0, v0 = x[:n], x[n:]
        y, last = q0 + h / 2 * (v0 if law.order == 2 else self._speed), np.inf
        for _ in range(60):
            middle = y if law.order == 1 else np.concatenate([y, 2 / h * (y - q0)])
            F = self._residual(middle, y, q0, v0, h, load)
            if key not in self._kept:
                self._kept[key] = self._factors(middle, h)
            if law.B is not None:
                F = np.concatenate([F, law.B @ (y - q0)])
            dy = -self._kept[key].solve(F)[:n]
            y, size = y + dy, np.linalg.norm(dy) / (np.linalg.norm(y) + 1e-300)
            if size < 1e-14 or (size < 1e-12 and size > 0.1 * last):
                if law.order == 1:
                    self._speed = 2 / h * (y - q0)
                    return 2 * y - q0
                return np.concatenate([2 * y - q0, 4 / h * (y - q0) - v0])
            if size > 0.1 * last or not np.isfinite(size):
                self._kept.pop(key)
            last = size
        raise IntegrationError("Newton's method does not converge; take more steps")

    def _residual(self, middle, y, q0, v0, h, load) -> np.ndarray:
        law, force = self.law, self.law.force(middle) - load
        if law.kind == "mobility":
            return y - q0 + h / 2 * (law.N @ force)
        if law.order == 2:
            return 2 / h * (law.N @ (2 / h * (y - q0) - v0)) + force
        return 2 / h * (law.N @ (y - q0)) + force

    def _factors(self, middle: np.ndarray, h: float):
        law, parts = self.law, self.law.tangent(middle)
        if law.kind == "mobility":
            return splu(csc_array(eye_array(law.n) + h / 2 * (law.N @ parts[0])))
        if law.order == 2:
            return splu(csc_array(4 / h**2 * law.N + parts[0] + 2 / h * parts[1]))
        A = 2 / h * law.N + parts[0]
        return splu(csc_array(A if law.B is None else block_array([[A, law.B.T], [law.B, None]])))
