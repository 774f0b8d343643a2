"""Which runs there are, and whether their results are those of the present code."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dlnn_utils.reproduce.engine import notebooks, paths
from dlnn_utils.reproduce.engine.dependencies import code_hash
from dlnn_utils.reproduce.ledger.claims import Measurement, load_claims
from dlnn_utils.reproduce.ledger.store import merged_store, other_seeds
from dlnn_utils.reproduce.ledger.unknowns import load_unknowns


@dataclass(frozen=True)
class Job:
    """A notebook to be run with a protocol and a seed."""

    notebook: str
    protocol: str = notebooks.DEFAULT_PROTOCOL
    seed: int = notebooks.DEFAULT_SEED

    @property
    def label(self) -> str:
        """How the job is named to the reader."""
        return f"{self.notebook} ({self.protocol}, seed {self.seed})"

    @property
    def folder(self) -> Path:
        """Where its results are."""
        return paths.results() / self.protocol / f"seed{self.seed}" / self.notebook

    @property
    def is_default(self) -> bool:
        """Whether it is the one whose notebook is committed, so that its texts must be right."""
        return self == Job(self.notebook)

    def read(self) -> dict:
        """Return the record of the last run as it is."""
        return json.loads((self.folder / paths.RECORD).read_text(encoding="utf-8"))

    def record(self) -> dict | None:
        """Return the record of the last run if its files are there and its code is today's."""
        try:
            record = self.read()
            measurements([record])
            files = [self.folder / name for name in (*record["files"], paths.EXECUTED)]
            current = all(file.stat().st_size for file in files)
            current = current and record["code"] == code_hash(self.notebook)
            if self.is_default:
                current = current and record["texts"] == texts_hash(self.notebook)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
        return record if current else None


def texts_hash(notebook: str) -> str:
    """Return a hash of what a notebook only shows: claims, unknowns, sliders and other seeds."""
    shown = [*load_claims().values(), *load_unknowns().values()]
    mine = [repr(x) for x in shown if x.notebook == notebook]
    cells = notebooks.read_notebook(notebook)["cells"]
    mine += [notebooks.source(c) for c in cells if notebooks.SHOWS_ONLY in notebooks.tags(c)]
    mine.append(json.dumps(seeds_beside(Job(notebook))))
    return hashlib.sha256("\n".join(mine).encode()).hexdigest()[:12]


def seeds_beside(job: Job) -> dict:
    """Return what other seeds of a job's notebook gave: those committed, and those run here."""
    others = [j for j in _jobs_run(job.protocol, job.notebook) if not j.is_default and j != job]
    records = [record for record in (j.record() for j in others) if record]
    return other_seeds(merged_store(records), job.notebook, job.protocol, job.seed)


def finished_jobs() -> list[Job]:
    """Return every job whose results are there and up to date."""
    return [job for job in _jobs_run() if job.record()]


def measurements(records: Sequence[dict]) -> list[Measurement]:
    """Return all measurements of some records."""
    return [Measurement.from_json(m) for record in records for m in record["measurements"]]


def _jobs_run(protocol: str = "*", notebook: str = "*") -> list[Job]:
    """Return the jobs that have left a record, up to date or not."""
    files = sorted(paths.results().glob(f"{protocol}/seed*/{notebook}/{paths.RECORD}"))
    found = (file.parts[-4:-1] for file in files)
    return [Job(n, p, int(seed[4:])) for p, seed, n in found if seed[4:].isdecimal()]
