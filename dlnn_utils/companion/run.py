"""`Run`: what a notebook talks to."""

import difflib
import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from IPython.display import Image, Markdown
from matplotlib.figure import Figure

from . import figures, parameters, paths, tables
from .animation import save_animation
from .claims import Measurement, load_claims, measurement_verdict, merge
from .dependencies import uses
from .durations import peak_memory_mb
from .provenance import provenance
from .report import claims_markdown
from .seeding import seed_all
from .state import texts_hash
from .unknowns import load_unknowns, to_register

FOLDER_VARIABLE = "DLNN_RUN_FOLDER"


class Run:
    """One run of a notebook: its seed, figures, tables and measured claims.

    Checks the parameters, seeds every generator, holds to one thread and sets the figures'
    style. Results go to the folder that the engine names, else to ``results/by_hand/``, where a
    cell may be run again: what it makes replaces what it made before.

    Parameters
    ----------
    notebook : str
        Name of the notebook, such as "02_mechanics".
    seed : int
        From 0 up.
    protocol : str
        "fast" or "paper".

    Attributes
    ----------
    rng : numpy.random.Generator
        Seeded.

    Raises
    ------
    ValueError
        If there is no such notebook or protocol, or the seed is not a whole number from 0 up.
    """

    def __init__(self, notebook: str, *, seed: int = 0, protocol: str = "fast"):
        self.notebook = parameters.check_notebook(notebook)
        self.seed = parameters.check_seed(seed)
        self.protocol = parameters.check_protocol(protocol)
        named = os.environ.get(FOLDER_VARIABLE)
        self.folder = Path(named) if named else paths.results() / "by_hand" / self.notebook
        self.rng = seed_all(self.seed, torch_too=uses(self.notebook, "torch"))
        self._origin = provenance(self.notebook, {"protocol": protocol, "seed": self.seed})
        self._by_hand = not named
        self._began = time.monotonic()
        self._files: dict[str, list[str]] = {}
        self._timed: list[str] = []
        self._measurements: dict[str, Measurement] = {}
        self._sensitivities: dict[tuple[str, str], dict] = {}
        figures.use_style()

    def figure(
        self, fig: Figure, name: str, data: Mapping[str, object], *, timed: bool = False
    ) -> Image:
        """Save a figure as PNG and PDF, and its numbers as CSV; the origin goes into the files.

        Parameters
        ----------
        fig : Figure
            Closed afterwards, so that it is not shown twice.
        name : str
            Such as "fig2a_training".
        data : mapping
            The plotted numbers: one-dimensional arrays by column name, of any lengths.
        timed : bool
            Whether it shows measured times, which no second run repeats.

        Returns
        -------
        IPython.display.Image
            The saved picture.
        """
        self._new(name)
        path = self.folder / name
        self._files[name] = figures.save_figure(fig, path, data, self._origin)
        self._timed += self._files[name] if timed else []
        figures.plt.close(fig)
        width = round(96 * fig.get_figwidth())
        return Image(data=path.with_name(f"{name}.png").read_bytes(), width=width, alt=name)

    def animation(self, fig: Figure, draw: Callable, frames: Sequence, name: str) -> Image:
        """Save an animation as a GIF that carries its origin; the figure is closed afterwards.

        Parameters
        ----------
        fig, draw, frames, name
            As of `dlnn_utils.companion.animation.save_animation`; the name without ending.

        Returns
        -------
        IPython.display.Image
        """
        self._new(name)
        self._files[name] = [save_animation(fig, draw, frames, self.folder / name, self._origin)]
        figures.plt.close(fig)
        return Image(data=(self.folder / f"{name}.gif").read_bytes(), alt=name)

    def table(
        self, name: str, header: Sequence[str], rows: tables.Rows, *, timed: bool = False
    ) -> Markdown:
        """Save a table as CSV, Markdown and LaTeX, and return it for display.

        Parameters
        ----------
        name : str
            Such as "table1".
        header : sequence of str
        rows : sequence of sequences
            Texts and numbers; floats are in full in the CSV, with three digits elsewhere.
        timed : bool
            Whether it shows measured times, which no second run repeats.

        Returns
        -------
        IPython.display.Markdown
        """
        tables.check_rows(header, rows)
        self._new(name)
        shown = tables.to_markdown(header, rows)
        texts = {
            "csv": tables.to_csv(header, rows),
            "md": shown,
            "tex": tables.to_latex(header, rows),
        }
        for ending, text in texts.items():
            paths.write_aside(self.folder / f"{name}.{ending}", text)
        self._files[name] = [f"{name}.{ending}" for ending in texts]
        self._timed += self._files[name] if timed else []
        return Markdown(shown)

    def claim(self, id: str, value: float, *, figure: str = "") -> str:
        """Record what was measured for a claim, and return the verdict.

        Parameters
        ----------
        id : str
            As in claims.toml; the claim must be this notebook's.
        value : float or bool
            Measured. Not finite (diverged) is allowed, and never reproduced.
        figure : str
            Name of the figure or table of this run that shows it.

        Returns
        -------
        str

        Raises
        ------
        ValueError
            If there is no such claim, it is another notebook's, or the notebook measures it twice.
        """
        known = [c.id for c in load_claims().values() if c.notebook == self.notebook]
        if id not in known:
            near = ", ".join(difflib.get_close_matches(id, known) or known) or "none"
            raise ValueError(f"{self.notebook} has no claim {id!r}; perhaps: {near}")
        if id in self._measurements and not self._by_hand:
            raise ValueError(f"claim {id!r} was measured before in this run")
        value = float(value)
        value = value if math.isfinite(value) else math.inf
        origin = self.protocol, self.seed, value, self.notebook, figure, self._origin["code"]
        measured = Measurement(id, *origin)
        self._measurements[id] = measured
        return measurement_verdict(measured)

    def sensitivity(self, unknown: str, measure: str, values: Mapping[str, float]) -> None:
        """Record how far a result moves with one of the things that the paper leaves open.

        Parameters
        ----------
        unknown : str
            Id as in unknowns.toml.
        measure : str
            What moves, with its unit, such as "max error within 1.5".
        values : mapping
            The measured values by alternative, ours among them.

        Raises
        ------
        ValueError
            If there is no such unknown in this notebook.
        """
        known = [u.id for u in load_unknowns().values() if u.notebook == self.notebook]
        if unknown not in known:
            raise ValueError(
                f"{self.notebook} has no unknown {unknown!r}; there are: {', '.join(known)}"
            )
        numbers = {str(name): float(value) for name, value in values.items()}
        shown = {name: v if math.isfinite(v) else None for name, v in numbers.items()}
        self._sensitivities[unknown, measure] = shown

    def unknowns(self) -> Markdown:
        """Return the register of this notebook's unknowns, with what was measured so far."""
        return Markdown(to_register([self.notebook], self._sensitivity_list()))

    def finish(self) -> Markdown:
        """Write the record of this run and return its claims as a table.

        Raises
        ------
        ValueError
            If a claim points at a figure or table that this run has not made.
        """
        measured = merge(self._measurements.values())
        for m in measured:
            if m.figure and m.figure not in self._files:
                made = ", ".join(self._files) or "none"
                raise ValueError(f"claim {m.id!r} points at {m.figure!r}; this run made: {made}")
        record = self._origin | {
            "texts": texts_hash(self.notebook),
            "seconds": round(time.monotonic() - self._began, 1),
            "peak_memory_mb": peak_memory_mb(),
            "files": sorted(f for files in self._files.values() for f in files),
            "timed": sorted(set(self._timed)),
            "measurements": [m.to_json() for m in measured],
            "sensitivities": self._sensitivity_list(),
        }
        paths.write_json(self.folder / "record.json", record)
        return Markdown(claims_markdown(measured))

    def _sensitivity_list(self) -> list[dict]:
        names = ("unknown", "measure")
        return [dict(zip(names, key)) | {"values": v} for key, v in self._sensitivities.items()]

    def _new(self, name: str) -> None:
        taken = name in self._files and not self._by_hand
        if taken or not name.replace("_", "").isalnum():
            raise ValueError(
                f"a figure or table needs a new name of letters, digits and _; got {name!r}"
            )
