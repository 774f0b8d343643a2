"""The answer to data of one's own, on a page: the law, its forecast, how far back, and its limits.

The law of the first parts runs over what was held out, and back, beside least squares and PyDMD.
"""

import numpy as np

from dlnn_utils._arguments import Positive, array, checked, positive, shown, times
from dlnn_utils.answers.page import Answer
from dlnn_utils.data.horizon import horizon_of, jacobian_at
from dlnn_utils.data.last_state import estimate_state
from dlnn_utils.data.smoothing import smooth_states
from dlnn_utils.integration import IntegrationError
from dlnn_utils.models.motion import Mechanics
from dlnn_utils.systems.linear import LinearSystem
from dlnn_utils.training.from_states.choosing import FittedMotion
from dlnn_utils.training.least_squares import fit_least_squares

HELD_OUT, WINDOW, FEW, FARTHEST, BINS = 0.2, 120, 9, 3.0, 24
"""The share of each recording held out, the most and the fewest times that show a state, how far
the horizon is followed, in lengths of the longest recording, and dots of errors back.
"""
UNITS = ({"K": "1/s"}, {"K": "N/m", "C": "N s/m", "rest": "m", "a": "kg/m", "b": "N"})
MISSES = 1.5


def first_parts(runs, held_out: float = HELD_OUT) -> tuple[list, list]:
    """Return the states and the times of each recording but its end, as `fit_motion` takes them.

    Parameters
    ----------
    runs : sequence of (t (T,), x (T, m))
        Such as `States.runs`.
    held_out : float
        Share of each recording that is left for `answer_motion`.

    Returns
    -------
    x, t : lists of arrays (T, m) and (T,)
    """
    runs, cuts = recordings_of(runs), []
    for k, (t, _) in enumerate(runs):
        cuts.append(len(t) - max(1, round(positive("held_out", held_out) * len(t))))
        if cuts[-1] < FEW:
            raise ValueError(
                f"held_out must leave at least {FEW} times of each recording; {held_out:g} leaves "
                f"{max(0, cuts[-1])} of recording {k + 1}"
            )
    return [x[:k] for k, (_, x) in zip(cuts, runs)], [t[:k] for k, (t, _) in zip(cuts, runs)]


def recordings_of(runs) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return recordings as arrays (t (T,), x (T, m)); ValueError if they are none."""
    try:
        pairs = [(t, x) for t, x in runs]
    except (TypeError, ValueError):
        pairs = []
    if not pairs:
        raise ValueError(f"runs must be recordings (t, x), such as States.runs; got {shown(runs)}")
    return [(times("the times of runs", t), array("the states of runs", x, f"{len(t)} m"))
            for t, x in pairs]  # fmt: skip


@checked
def answer_motion(
    found: FittedMotion, runs, held_out: Positive = HELD_OUT, share: Positive = 0.1
) -> Answer:
    """Return the page on a law found by `fit_motion` from the `first_parts` of recordings.

    Parameters
    ----------
    found : FittedMotion
    runs : sequence of (t (T,), x (T, m))
        Whole recordings, such as `States.runs`.
    held_out : float
        As given to `first_parts`.
    share : float
        Of the signal: the error back in time that bounds `Answer.horizon`.

    Returns
    -------
    Answer
        With `.figure()`, `.rows()` for a table, and `.save(folder)`.
    """
    order = 2 if isinstance(found.model, Mechanics) else 1
    runs, (x, t) = recordings_of(runs), first_parts(runs, held_out)
    size = np.sqrt(np.mean([one.var(axis=0) for _, one in runs], axis=0))
    noise = np.maximum(found.noise, 1e-9 * size)
    laws = {"DLNN": (found.model, 0.0)} | _baselines(list(zip(t, x)), order)
    ways = {
        name: [_way(model, middle, run, len(part), noise) for run, part in zip(runs, t)]
        for name, (model, middle) in laws.items()
    }
    off = {
        name: [(path[:, : len(size)] - x) / size for (path, _), (_, x) in zip(way, runs)]
        for name, way in ways.items()
    }
    errors = {name: (_rms([o[len(one) :] for o, one in zip(all_, t)]),
                     _rms([o[: len(one)] for o, one in zip(all_, t)]))
              for name, all_ in off.items()}  # fmt: skip
    path, covariance = ways["DLNN"][0]
    sizes = np.sqrt(np.mean([p.var(axis=0) for p, _ in ways["DLNN"]], axis=0))
    sizes[: len(size)] = size
    A = jacobian_at(found.model, path[len(t[0]) - 1])
    longest = FARTHEST * max(np.ptp(one) for one, _ in runs)
    horizon = horizon_of(A, covariance, sizes, longest, share)
    units = UNITS[order - 1]
    law = [(name, *pair, units.get(name.rstrip("0123456789"), "as given"))
           for name, pair in found.coefficients.items()]  # fmt: skip
    grain = _rms([noise / size])
    behind = [(one[-1] - one, o[: len(one)]) for one, o in zip(t, off["DLNN"])]
    return Answer(
        f"Law: {found.kind}, from {len(runs)} recording{'s' * (len(runs) > 1)}",
        law,
        errors,
        grain,
        horizon,
        _pooled(*map(np.concatenate, zip(*behind))),
        _limits(found, order, len(runs), errors["DLNN"][0] / grain, x),
        ("motion", *(a[:, 0] if a.ndim > 1 else a for a in runs[0]),
         {name: way[0][0][:, 0] for name, way in ways.items()}, t[0][-1],
         "first position (m)" if order == 2 else "first component (unit of the file)"),
    )  # fmt: skip


def _pooled(tau: np.ndarray, off: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean times back and RMS errors (bins,) of errors off (S, m) at the times tau (S,)."""
    bins = np.minimum((BINS * tau / tau.max()).astype(int), BINS - 1)
    kept = np.unique(bins)
    found = [(tau[bins == b].mean(), _rms([off[bins == b]])) for b in kept]
    return tuple(map(np.array, zip(*found)))


def _way(model, middle, run, k: int, noise) -> tuple[np.ndarray, np.ndarray]:
    """Return the states (T, N) of a law, from its state at the kth time, and that's covariance."""
    t, x = run
    told = slice(max(0, k - min(WINDOW, max(FEW, k // 3))), k)
    try:
        state, covariance = estimate_state(model, x[told] - middle, t[told], noise)
        ahead, back = model.evolve(state, t[k - 1 :])[1:], model.evolve(state, t[:k][::-1])[::-1]
    except (IntegrationError, ValueError, np.linalg.LinAlgError):
        return np.full((len(t), 2 * x.shape[1]), np.nan), np.full([2 * x.shape[1]] * 2, np.nan)
    path = np.concatenate([back, ahead])
    path[:, : x.shape[1]] += middle
    return path, covariance


def _baselines(parts: list, order: int) -> dict[str, tuple[LinearSystem, np.ndarray]]:
    """Return least squares on smoothed states of recordings (t, x), and PyDMD if it is here."""
    middle = np.concatenate([x for _, x in parts]).mean(axis=0)
    z, rates = [], []
    for t, x in parts:
        smooth = smooth_states(x - middle, t, (0, 1, 2)[: order + 1])
        z.append(np.hstack(smooth[:order]))
        rates.append(np.hstack(smooth[1:]))
    found = {"least squares": (fit_least_squares(*map(np.concatenate, (z, rates))), middle)}
    dmd = dmd_of([t for t, _ in parts], z)
    return found if dmd is None else found | {"PyDMD": (dmd, middle)}


def dmd_of(times: list, states: list) -> LinearSystem | None:
    """Return PyDMD's law of recordings (T, n), evenly resampled; None without PyDMD or a law."""
    step, now, after = np.median(np.concatenate(list(map(np.diff, times)))), [], []
    for t, z in zip(times, states):
        even = np.arange(t[0], t[-1], step)
        at = np.stack([np.interp(even, t, column) for column in z.T], axis=1)
        now.append(at[:-1])
        after.append(at[1:])
    try:
        from dlnn_utils.peers.regression import fit_dmd

        return fit_dmd(np.stack([np.concatenate(now), np.concatenate(after)]), np.array([0, step]))
    except (ImportError, ValueError):
        return None


def _rms(parts: list) -> float:
    return float(np.sqrt(np.mean(np.concatenate([part.ravel() for part in parts]) ** 2)))


def _limits(found: FittedMotion, order: int, runs: int, over: float, x: list) -> list[str]:
    """Return sentences on what a law of motion cannot say."""
    reach = np.concatenate(x)
    low, high = reach.min(axis=0)[0], reach.max(axis=0)[0]
    said = [f"In the data the first component lies between {low:.3g} and {high:.3g}."]
    if order == 2:
        said.append("The masses are given: K, C and friction scale with them.")
    if found.kind == "free":
        said.append("A free network has no error bars; K and C hold in the middle of the data.")
    if over > MISSES:
        said.append(f"The law misses the held-out part by {over:.2g} times the noise.")
    if runs == 1:
        said.append("One recording: other starts are not tested.")
    return said + [f"{remark[0].upper()}{remark[1:]}." for remark in found.remarks]
