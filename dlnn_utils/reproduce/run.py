"""`Run`: what a notebook talks to."""

import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from IPython.display import Image, Markdown
from matplotlib.figure import Figure

from dlnn_utils.reproduce import paper_values, spread
from dlnn_utils.reproduce.drawing import style as figures
from dlnn_utils.reproduce.drawing.animation import save_animation
from dlnn_utils.reproduce.engine import notebooks, paths
from dlnn_utils.reproduce.engine.dependencies import code_hash, uses
from dlnn_utils.reproduce.engine.jobs import Job, seeds_beside, texts_hash
from dlnn_utils.reproduce.engine.seeding import seed_all
from dlnn_utils.reproduce.ledger import tables, verdicts
from dlnn_utils.reproduce.ledger.claims import Measurement, check_claim, load_claims, merge
from dlnn_utils.reproduce.ledger.report import claims_markdown
from dlnn_utils.reproduce.ledger.store import stored_measurements
from dlnn_utils.reproduce.ledger.unknowns import load_unknowns, to_register
from dlnn_utils.reproduce.spread import Spread
from dlnn_utils.reproduce.timing import peak_memory_mb

FOLDER_VARIABLE = "DLNN_RUN_FOLDER"


class Run:
    """One run of a notebook: its seed, figures, tables and measured claims.

    It seeds every generator, holds to one thread and sets the figures' style. Results go to the
    folder that the engine names, else to ``results/by_hand/``, where a cell may be run again.

    Parameters
    ----------
    notebook : str
        Such as "02_mechanics".
    seed : int
        From 0 up.
    protocol : {"ours", "paper"}

    Attributes
    ----------
    rng : numpy.random.Generator
        Seeded.
    """

    def __init__(self, notebook: str, *, seed: int = 0, protocol: str = "ours"):
        self.notebook = notebooks.check_notebook(notebook)
        self.seed = notebooks.check_seed(seed)
        self.protocol = notebooks.check_protocol(protocol)
        named = os.environ.get(FOLDER_VARIABLE)
        self.folder = Path(named) if named else paths.results() / "by_hand" / self.notebook
        self.rng = seed_all(self.seed, torch_too=uses(self.notebook, "torch"))
        parameters = {"protocol": protocol, "seed": self.seed}
        code = code_hash(self.notebook)
        self._origin = {"notebook": self.notebook, "parameters": parameters, "code": code}
        self._by_hand = not named
        self._began = time.monotonic()
        self._files: dict[str, list[str]] = {}
        self._timed: list[str] = []
        self._measurements: dict[str, Measurement] = {}
        self._sensitivities: dict[tuple[str, str], dict] = {}
        self._series: dict[str, dict] = {}
        self._readings: list[dict] = []
        self._others = seeds_beside(Job(self.notebook, self.protocol, self.seed))
        self._texts = texts_hash(self.notebook)
        figures.use_style()

    def figure(self, fig: Figure, name: str, *, timed: bool = False, alt: str = "") -> Image:
        """Save a figure as PNG and PDF, and the numbers drawn in it as CSV, and close it.

        Parameters
        ----------
        fig : Figure
            The labels of its artists and axes name the columns of the CSV.
        name : str
            Such as "fig2a_training".
        timed : bool
            Whether it shows measured times, which no second run repeats.
        alt : str
            A sentence for readers who do not see it.

        Returns
        -------
        IPython.display.Image
        """
        self._new(name)
        path = self.folder / name
        self._files[name] = figures.save_figure(fig, path, self._origin)
        self._timed += self._files[name] if timed else []
        figures.plt.close(fig)
        width = round(96 * fig.get_figwidth())
        return Image(data=path.with_name(f"{name}.png").read_bytes(), width=width, alt=alt or name)

    def animation(
        self, fig: Figure, draw: Callable, frames: Sequence, name: str, *, alt: str = ""
    ) -> Image:
        """Save what `draw(frame)` makes of a figure as a GIF, as by `save_animation`; show it."""
        self._new(name)
        self._files[name] = [save_animation(fig, draw, frames, self.folder / name, self._origin)]
        figures.plt.close(fig)
        return Image(data=(self.folder / f"{name}.gif").read_bytes(), alt=alt or name)

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
            Texts, numbers and Spreads, in full in the CSV, with three digits elsewhere.
        timed : bool
            As of `figure`.

        Returns
        -------
        IPython.display.Markdown
        """
        tables.check_rows(header, rows)
        self._new(name)
        forms = {"csv": tables.to_csv, "md": tables.to_markdown, "tex": tables.to_latex}
        for ending, form in forms.items():
            paths.write_aside(self.folder / f"{name}.{ending}", form(header, rows))
        self._files[name] = [f"{name}.{ending}" for ending in forms]
        self._timed += self._files[name] if timed else []
        return Markdown(tables.to_markdown(header, rows))

    def claim(self, id: str, value: float, *, figure: str = "") -> str:
        """Record what was measured for a claim, and return its verdict over the seeds.

        Parameters
        ----------
        id : str
            As in claims.toml, of this notebook.
        value : float or bool
            Measured. Not finite (diverged) is allowed, and never reproduced.
        figure : str
            Name of the figure or table of this run that shows it.

        Returns
        -------
        str
        """
        check_claim(id, self.notebook)
        if id in self._measurements and not self._by_hand:
            raise ValueError(f"claim {id!r} was measured before in this run")
        value = float(value) if math.isfinite(value) else math.inf
        origin = self.protocol, self.seed, value, self.notebook, figure, self._origin["code"]
        self._measurements[id] = Measurement(id, *origin)
        return verdicts.verdict_over_seeds(load_claims()[id], list(self.spread(id).values))

    def spread(self, id: str) -> Spread:
        """Return a claim's values over the seeds, this run's among them."""
        known = stored_measurements(self._others)
        values = [{id: m.value} for m in known if m.id == id]
        return spread.over_seeds({id: self._measurements[id].value}, values)[id]

    def over_seeds(self, name: str, values: Mapping) -> dict[str, Spread]:
        """Record values of this run and return each one's spread over the seeds.

        Parameters
        ----------
        name : str
            Of the comparison, such as "mechanics_models".
        values : mapping
            Numbers or arrays of fixed shape, by label.

        Returns
        -------
        dict of Spread
            This run's values and those of the committed seeds and of seeds run here.
        """
        if name in self._series and not self._by_hand:
            raise ValueError(f"a comparison needs a new name; got {name!r} again")
        self._series[name] = {label: spread.plain(value) for label, value in values.items()}
        known = [s["values"] for s in self._others["series"] if s["name"] == name]
        return spread.over_seeds(values, known)

    def paper_value(self, name: str, ours):
        """Return what paper_values.toml gives for an unknown, or else our choice."""
        if name not in paper_values.CHECKS:
            known = ", ".join(paper_values.CHECKS)
            raise ValueError(f"no paper value {name!r}; there are: {known}")
        return paper_values.load().get(name, ours)

    def reading(self, id: str, reading: str, value: float) -> None:
        """Record a claim's value under another reading of the paper's text."""
        check_claim(id, self.notebook)
        self._readings.append({"claim": id, "reading": reading, "value": spread.plain(value)})

    def sensitivity(self, unknown: str, measure: str, values: Mapping[str, float]) -> None:
        """Record how far a result moves with one of the things that the paper leaves open.

        `unknown` is an id of unknowns.toml, `measure` says what moves, and `values` are measured,
        by alternative, ours among them.
        """
        known = [u.id for u in load_unknowns().values() if u.notebook == self.notebook]
        if unknown not in known:
            raise ValueError(
                f"{self.notebook} has no unknown {unknown!r}; there are: {', '.join(known)}"
            )
        shown = {str(n): float(v) if math.isfinite(v) else None for n, v in values.items()}
        found = {"unknown": unknown, "measure": measure, "values": shown}
        self._sensitivities[unknown, measure] = found

    def unknowns(self) -> Markdown:
        """Return the register of this notebook's unknowns, with what was measured so far."""
        mine = [{"seed": -1} | s for s in self._sensitivities.values()]  # this run's first
        known = self._others["sensitivities"]
        known = [s for s in known if (s["unknown"], s["measure"]) in self._sensitivities]
        return Markdown(to_register([self.notebook], mine + known))

    def finish(self) -> Markdown:
        """Write the record of this run and return its claims as a table."""
        measured = merge(self._measurements.values())
        for m in measured:
            if m.figure and m.figure not in self._files:
                made = ", ".join(self._files) or "none"
                raise ValueError(f"claim {m.id!r} points at {m.figure!r}; this run made: {made}")
        record = self._origin | {
            "texts": self._texts,
            "seconds": round(time.monotonic() - self._began, 1),
            "peak_memory_mb": peak_memory_mb(),
            "files": sorted(f for files in self._files.values() for f in files),
            "timed": sorted(set(self._timed)),
            "measurements": [m.to_json() for m in measured],
            "sensitivities": list(self._sensitivities.values()),
            "series": [{"name": name, "values": v} for name, v in self._series.items()],
            "readings": self._readings,
        }
        paths.write_json(self.folder / "record.json", record)
        others = stored_measurements(self._others)
        return Markdown(claims_markdown(measured, others))

    def _new(self, name: str) -> None:
        taken = name in self._files and not self._by_hand
        if taken or not name.replace("_", "").isalnum():
            raise ValueError(
                f"a figure or table needs a new name of letters, digits and _; got {name!r}"
            )
