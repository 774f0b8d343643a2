"""Figures 3a to 3c: two concentrations in their plane, and how far they are off."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from .figures import BLACK, BLUE, GREEN, ORANGE, PALETTE, PINK, SKY

DASHES = ("-", "--", "-.", ":")
PAIR = ((BLACK, "--"), (ORANGE, "-"))


def draw_phase_plane(
    t, exact, predicted: Mapping, square: tuple[float, float], label: str, trained_to: float
) -> tuple[Figure, dict]:
    """Draw exact and predicted trajectories, and beside them the errors over time.

    Parameters
    ----------
    t : array (T,)
        Times; the first are the starts'.
    exact : array (T, B, 2)
        Exact concentrations.
    predicted : mapping of str to array (T, B, 2)
        By model; the first one's trajectories are drawn, all errors are.
    square : (float, float)
        Lowest and highest training start of either concentration.
    label : str
        What the starts are.
    trained_to : float
        Last time of the training data.

    Returns
    -------
    Figure
    dict of str to array (T,)
        The columns drawn.
    """
    first = next(iter(predicted))
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.5, 3.7), width_ratios=[1, 1.1])
    wide = left.plot(*np.moveaxis(exact, 2, 0), color=SKY, lw=3, alpha=0.5)
    thin = left.plot(*np.moveaxis(predicted[first], 2, 0), color=BLACK, lw=0.7, ls="--")
    marks = [left.plot(*exact[0].T, "o", color=ORANGE)[0]]
    marks += left.plot(0, 0, "*", color=BLACK, ms=8)
    low, high = square
    marks += left.plot([low, high, high, low, low], [low, low, high, high, low], ":", color=GREEN)
    left.set(xlabel="$c_1$ (mol/m³)", ylabel="$c_2$ (mol/m³)", aspect="equal")
    names = ["exact", first, label, "equilibrium", "range of the training starts"]
    left.legend([wide[0], thin[0], *marks], names, **_below(left))

    columns = {"t": t}
    for n, (name, c) in enumerate(predicted.items()):
        columns[f"error, {name}"] = error = np.abs(c - exact).max(axis=(1, 2))
        dash, colour = DASHES[n // 4], PALETTE[n % 4]
        right.semilogy(t[1:], error[1:], dash, color=colour, label=name)
    if t[-1] > trained_to:
        right.axvline(trained_to, color=BLACK, lw=0.6, ls=":", label="end of the training data")
    right.set(xlabel="time $t$ (s)", ylabel="largest error (mol/m³)", xlim=(0, t[-1]))
    right.legend(**_below(right))
    for b, i in np.ndindex(exact.shape[1:]):
        columns[f"c{i + 1}_{b}, exact"] = exact[:, b, i]
        columns[f"c{i + 1}_{b}, {first}"] = predicted[first][:, b, i]
    return fig, columns


def draw_backward(t, exact, returned: Mapping, amplified) -> tuple[Figure, dict]:
    """Draw trajectories run backward in their plane, and beside them how the errors grow.

    Parameters
    ----------
    t : array (T,)
        Falling times.
    exact : array (T, B, 2)
        Exact concentrations at these times.
    returned : mapping of str to array (T, B, 2)
        Those of models; the first one's trajectories are drawn, all errors are.
    amplified : array (T,)
        An error as it grows in the fastest mode.

    Returns
    -------
    Figure
    dict of str to array (T,)
        The columns drawn.
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.5, 3.5), width_ratios=[1, 1.1])
    wide = left.plot(*np.moveaxis(exact, 2, 0), color=SKY, lw=3, alpha=0.5)
    first = next(iter(returned.values()))
    thin = left.plot(*np.moveaxis(first, 2, 0), color=BLACK, lw=0.7, ls="--")
    marks = left.plot(*exact[0].T, "s", color=GREEN) + left.plot(*exact[-1].T, "o", color=ORANGE)
    left.set(xlabel="$c_1$ (mol/m³)", ylabel="$c_2$ (mol/m³)", aspect="equal")
    names = ["exact", "DLNN, backward", f"at {t[0]:g} s", f"at {t[-1]:g} s"]
    left.legend([wide[0], thin[0], *marks], names, **_below(left))
    columns = {"t": t}
    for (name, c), colour in zip(returned.items(), (BLUE, GREEN, ORANGE)):
        columns[f"error, {name}"] = error = np.linalg.norm(c - exact, axis=2).max(axis=1)
        right.semilogy(t[1:], error[1:], color=colour, label=name)
    right.semilogy(t, amplified, ":", color=BLACK, label=r"growing as $e^{\lambda t}$")
    right.set(xlabel="time $t$ (s), falling", ylabel="largest error (mol/m³)", xlim=(t[0], t[-1]))
    right.legend(**_below(right))
    return fig, columns


def draw_cases(t, exact, predicted: Mapping) -> tuple[Figure, dict]:
    """Draw the cases one beside the other, every pixel of each: exact and predicted.

    Parameters
    ----------
    t : array (T,)
        Times.
    exact : array (T, 10, n)
        Exact concentrations of ten cases.
    predicted : mapping of str to array (T, 10, n)
        Of two models, by name.

    Returns
    -------
    Figure
    dict of str to array (T,)
        Of the columns drawn, time and, of case i, pixel i.
    """
    fig, axes = plt.subplots(2, 5, figsize=(7.1, 3.8), sharex=True, sharey=True)
    columns = {"t": t}
    for case, ax in enumerate(axes.flat):
        ax.plot(t, exact[:, case], color=SKY, lw=3, alpha=0.5)
        columns[f"case {case + 1}, exact"] = exact[:, case, case]
        for (name, c), (colour, dash) in zip(predicted.items(), PAIR):
            ax.plot(t, c[:, case], dash, color=colour, lw=0.8)
            columns[f"case {case + 1}, {name}"] = c[:, case, case]
        ax.set_title(f"case {case + 1}")
    ax.set_xticks([0, 2, 4, 6])
    fig.supxlabel("time $t$ (s)", fontsize=8)
    fig.supylabel("concentration (mol/m³)", fontsize=8)
    handles = ax.lines[:: exact.shape[2]]
    fig.legend(handles, ["exact", *predicted], loc="outside upper center", ncols=3)
    return fig, columns


def draw_differences(t, exact, predicted: Mapping) -> tuple[Figure, dict]:
    """Draw where the last model is furthest off, and the differences of all cases and pixels.

    Parameters
    ----------
    t, exact, predicted
        As of `draw_cases`, late times only.

    Returns
    -------
    Figure
    dict of str to array (T,)
        The columns drawn, of all differences the largest.
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.5, 3.3), width_ratios=[1, 1.15])
    off = {name: np.abs(c - exact) for name, c in predicted.items()}
    *_, last = off.values()
    case, pixel = np.unravel_index(last.max(axis=0).argmax(), last.shape[1:])
    columns = {"t": t, "exact, at the largest error": exact[:, case, pixel]}
    left.plot(t, exact[:, case, pixel], color=SKY, lw=4, alpha=0.5, label="exact")
    for (name, d), (colour, dash) in zip(off.items(), PAIR):
        columns[f"{name}, at the largest error"] = c = predicted[name][:, case, pixel]
        columns[f"largest error, {name}"] = d.max(axis=(1, 2))
        left.plot(t, c, dash, color=colour, lw=1, label=name)
        right.semilogy(t, d.reshape(len(t), -1), color=colour, lw=0.25, alpha=0.5)
        right.semilogy(t, d.max(axis=(1, 2)), color=colour, lw=1.8, label=f"{name}, largest")
    largest = [d.max() for d in off.values()]
    left.set(title=f"case {case + 1}, pixel {pixel + 1}", ylabel="concentration (mol/m³)")
    left.ticklabel_format(axis="y", scilimits=(-2, 2))
    right.set(title="all cases and pixels", ylabel="|difference from exact| (mol/m³)")
    right.set_ylim(3e-3 * min(largest), 3 * max(largest))
    for ax in (left, right):
        ax.set_xlabel("time $t$ (s)")
        ax.locator_params(axis="x", nbins=4)
        ax.legend(**_below(ax))
    return fig, columns


def draw_ratios(groups: Mapping, losses: Sequence[float], printed: float) -> tuple[Figure, dict]:
    """Draw ratios of two errors, a point for each seed, by group and loss.

    Parameters
    ----------
    groups : mapping of (str, str) to array (seeds, losses)
        By case and label; NaN where a loss was not reached, fewer losses if it was not tried.
    losses : sequence of float
    printed : float
        The paper's ratio.

    Returns
    -------
    Figure
    dict of str to array
        The ratios drawn.
    """
    size = (7.1, 1.2 + 0.2 * len(groups))
    fig, axes = plt.subplots(1, len(losses), figsize=size, sharex=True, sharey=True)
    colours = dict(zip(dict.fromkeys(case for case, _ in groups), (BLUE, ORANGE, GREEN)))
    columns = {}
    for i, (ax, loss) in enumerate(zip(axes, losses)):
        for row, ((case, label), r) in enumerate(groups.items()):
            look = {"color": colours[case]}
            values = r[np.isfinite(r[:, i]), i] if i < r.shape[1] else []
            if len(values):
                ax.semilogx(values, np.full(len(values), row), "o", alpha=0.5, mew=0, **look)
                ax.semilogx(np.median(values), row, "|", ms=11, mew=2, **look)
                columns[f"error ratio, {case}, {label}, loss {loss:.0e}"] = values
            else:
                note = "not reached" if i < r.shape[1] else "not tried"
                ax.text(1.15, row, note, fontsize=6.5, va="center", **look)
        ax.axvline(1, color=BLACK, lw=0.6)
        ax.axvline(printed, color=PINK, lw=1.2)
        ax.text(1.05 * printed, -0.7, "paper", color=PINK, fontsize=6.5, va="center")
        ax.set_title(f"loss {loss:.0e}")
    ax.set_yticks(range(len(groups)), [f"{case}: {label}" for case, label in groups])
    ticks = [2.0**k for k in range(-4, 6)]
    ax.set_xticks(ticks, [f"{t:g}" if t >= 1 else f"1/{1 / t:g}" for t in ticks])
    ax.xaxis.set_minor_locator(plt.NullLocator())
    drawn = np.concatenate([*columns.values(), [0.6, 1.7 * printed]])
    ax.set(xlim=(drawn.min() / 1.2, drawn.max() * 1.2), ylim=(len(groups) - 0.5, -1))
    fig.supxlabel("late error of the baseline / late error of the DLNN", fontsize=8)
    return fig, columns


def _below(ax) -> dict:
    """Where a legend goes that must hide nothing."""
    return {"loc": "upper center", "bbox_to_anchor": (0.5, -0.16), "ncols": 1}
