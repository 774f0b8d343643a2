"""The page of an answer: numbers with units and error bars, as text, figure and table."""

import csv
import textwrap
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dlnn_utils.data.horizon import Horizon

MOST, WORST, WIDTH = 12, 10.0, 50
"""Coefficients in the words, the largest error drawn, and characters in a line of words."""

COLOURS = {"DLNN": "#0072B2", "least squares": "#000000", "PyDMD": "#8C8C8C"}
WAYS = "#0072B2", "#D55E00"
"""Colours of the methods, as in all figures, and of the ways, forward and backward."""


@dataclass(frozen=True)
class Answer:
    """What data say of their law.

    `law` holds (name, value, standard error or None, unit); `errors` those of each method over the
    spread (held out, backward), `noise` too; `back` are times back and errors there; `limits` are
    sentences.  `shown` is ("motion", t, measured, {method: curve}, cut) or ("map", image, title,
    unit).
    """

    title: str
    law: list[tuple[str, float, float | None, str]]
    errors: dict[str, tuple[float, float]]
    noise: float
    horizon: Horizon
    back: tuple[np.ndarray, np.ndarray]
    limits: list[str]
    shown: tuple

    header = ("quantity", "value", "standard error", "unit")

    @property
    def calibration(self) -> float:
        """The error found on the way back over the one expected, noise of the data included."""
        tau, found = self.back
        expected = np.interp(tau, self.horizon.tau, self.horizon.error)
        near = (tau > 0) & (tau <= self.horizon.reach)
        return float(
            np.sqrt(np.mean(found[near] ** 2) / np.mean(expected[near] ** 2 + self.noise**2))
        )

    def rows(self) -> list[list]:
        """Return the page as rows of a table under `header`."""
        rows = [list(one) for one in self.law]
        for name, pair in self.errors.items():
            for way, error in zip(("held out", "backward"), pair):
                rows.append([f"error, {way}, {name}", error, None, "of the spread"])
        rows.append(["noise", self.noise, None, "of the spread"])
        rows.append(["how far back", self.horizon.reach, None, "s"])
        return rows + [[limit, None, None, ""] for limit in self.limits]

    def __str__(self) -> str:
        """Return title, law and limits in words."""
        lines = [self.title]
        for name, value, error, unit in self.law[:MOST]:
            apart = f" ± {error:.1g}" if error is not None else ""
            lines.append(f"{name} = {value:.5g}{apart} {unit}")
        if len(self.law) > MOST:
            lines.append(f"and {len(self.law) - MOST} more in the table")
        h = self.horizon
        limit = f"{h.reach:.3g} s" if h.reach < h.tau[-1] else f"more than {h.tau[-1]:.3g} s"
        lines.append(f"Back: {h.share:.0%} of the spread after {limit}.")
        return "\n".join(textwrap.fill(line, WIDTH) for line in [*lines, *self.limits])

    def figure(self):
        """Return the page as a Matplotlib figure."""
        import matplotlib.pyplot as plt

        fig, ((first, bars), (back, text)) = plt.subplots(2, 2, figsize=(7.0, 5.6))
        {"motion": self._motion, "map": self._map}[self.shown[0]](first)
        self._bars(bars)
        self._back(back)
        text.axis("off")
        text.text(-0.1, 1, str(self), va="top", fontsize=7, transform=text.transAxes)
        for letter, ax in zip("abc", (first, bars, back)):
            ax.set_title(f"({letter})", loc="left", weight="bold")
        return fig

    def save(self, folder) -> Path:
        """Write answer.csv and answer.png into a folder, which is made if needed; return it."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        with open(folder / "answer.csv", "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([self.header, *self.rows()])
        self.figure().savefig(folder / "answer.png", dpi=200, bbox_inches="tight")
        return folder

    def _motion(self, ax) -> None:
        _, t, x, curves, cut = self.shown
        ax.plot(t, x, "k.", ms=3, label="measured")
        size = np.ptp(x)
        low, high = x.min() - 0.3 * size, x.max() + 0.3 * size
        inside = {k: np.where((low < y) & (y < high), y, np.nan) for k, y in curves.items()}
        for name, y in inside.items():
            ax.plot(t, y, color=COLOURS.get(name), label=name)
        ax.axvspan(cut, t[-1], color="k", alpha=0.07, lw=0, label="held out")
        near = max(t[0], cut - 2 * (t[-1] - cut)), t[-1]
        ax.set(xlabel="time $t$ (s)", ylabel="first component", ylim=(low, high), xlim=near)
        ax.legend(loc="best")

    def _map(self, ax) -> None:
        _, image, title, unit = self.shown
        drawn = ax.imshow(image, cmap="cividis", label=f"{title}, {unit}")
        ax.figure.colorbar(drawn, ax=ax, label=unit, shrink=0.8)
        ax.set(title=title, xticks=[], yticks=[])

    def _bars(self, ax) -> None:
        place = np.arange(len(self.errors))
        for k, way in enumerate(("held out", "backward")):
            found = [pair[k] for pair in self.errors.values()]
            found = np.nan_to_num(found, nan=WORST, posinf=WORST).clip(max=WORST)
            ax.barh(place + 0.2 * (2 * k - 1), found, 0.38, color=WAYS[k], label=way)
        ax.set(xscale="log", xlabel=f"error / spread (1; {WORST:g} or more ends there)")
        ax.xaxis.set_minor_formatter("")
        ax.set_yticks(place, list(self.errors))
        ax.invert_yaxis()
        ax.legend(loc="best")

    def _back(self, ax) -> None:
        h = self.horizon
        seen = h.tau <= max(1.3 * h.reach, h.tau[1])
        ax.semilogy(h.tau[seen], h.error[seen], label="expected")
        tau, found = (a[self.back[0] <= h.tau[seen][-1]] for a in self.back)
        ax.plot(tau, found, "k.", ms=3, label="found, with the noise of the data")
        ax.axhline(h.share, color="k", lw=0.6, ls=":", label=f"{h.share:.0%}")
        ax.axvline(h.reach, lw=0.8, ls="--", label="how far back")
        ax.set(xlabel="time back (s)", ylabel="error / spread (1)")
        ax.legend(loc="best")
