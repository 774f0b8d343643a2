"""Which runs there are, and whether their results are those of the present code."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import paths
from .claims import Measurement, load_claims
from .dependencies import SHOWS_ONLY, code_hash
from .parameters import DEFAULT_PROTOCOL, DEFAULT_SEED, read_notebook, source, tags
from .seals import RECORD, is_whole
from .unknowns import load_unknowns


@dataclass(frozen=True)
class Job:
    """A notebook to be run with a protocol and a seed."""

    notebook: str
    protocol: str
    seed: int

    @property
    def label(self) -> str:
        """How the job is named to the reader."""
        return f"{self.notebook} ({self.protocol}, seed {self.seed})"

    @property
    def folder(self) -> Path:
        """Where its results are."""
        return paths.run_folder(self.notebook, self.protocol, self.seed)

    @property
    def is_default(self) -> bool:
        """Whether it is the one whose notebook is committed, so that its texts must be right."""
        return (self.protocol, self.seed) == (DEFAULT_PROTOCOL, DEFAULT_SEED)

    def record(self) -> dict | None:
        """Return the record of the job's last run if it is whole and up to date, else None."""
        try:
            record = json.loads((self.folder / RECORD).read_text(encoding="utf-8"))
            whole = is_whole(record, self.folder)
            current = whole and record["code"] == code_hash(self.notebook)
            if self.is_default:
                current = current and record["texts"] == texts_hash(self.notebook)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
        return record if current else None


def texts_hash(notebook: str) -> str:
    """Return a hash of what a notebook shows without computing it.

    That is the text of its claims and unknowns, and its cells tagged "interactive".
    """
    shown = [*load_claims().values(), *load_unknowns().values()]
    mine = [repr(x) for x in shown if x.notebook == notebook]
    mine += [source(cell) for cell in read_notebook(notebook)["cells"] if SHOWS_ONLY in tags(cell)]
    return hashlib.sha256("\n".join(mine).encode()).hexdigest()[:12]


def finished_jobs() -> Iterator[Job]:
    """Yield every job whose results are there and up to date."""
    known = paths.notebook_names()
    for file in sorted(paths.results().glob("*/seed*/*/record.json")):
        protocol, seed, notebook = file.parts[-4:-1]
        if notebook in known and seed[4:].isdecimal():
            job = Job(notebook, protocol, int(seed[4:]))
            if job.record():
                yield job


def measurements(records: Sequence[dict]) -> list[Measurement]:
    """Return all measurements of some records."""
    return [Measurement.from_json(m) for record in records for m in record["measurements"]]
