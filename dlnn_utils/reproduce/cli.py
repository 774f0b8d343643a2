"""The command line behind ``reproduce.sh``."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from dlnn_utils.reproduce import paper_values
from dlnn_utils.reproduce.checks import run_checks
from dlnn_utils.reproduce.engine import notebooks, paths
from dlnn_utils.reproduce.engine.jobs import Job, measurements
from dlnn_utils.reproduce.engine.scheduler import run_jobs
from dlnn_utils.reproduce.engine.slurm import check_profile, log_of
from dlnn_utils.reproduce.ledger.claims import ledger
from dlnn_utils.reproduce.ledger.report import claims_text
from dlnn_utils.reproduce.ledger.store import committed_store, stored_measurements
from dlnn_utils.reproduce.ledger.update import readme, refresh
from dlnn_utils.reproduce.ledger.verdicts import is_worse

FAILED, BAD_USAGE, WORSE = 1, 2, 3
WAITING = "Another run is under way in this folder; waiting for it to end."
COMMANDS = ("update", "sweep")
HELP = """\
./reproduce.sh               run every notebook: all figures, tables and the ledger of claims
./reproduce.sh NAME ...      run some notebooks (02, or 02_mechanics)
./reproduce.sh test [...]    run all tests (what follows is handed to pytest)
./reproduce.sh sweep --seeds N [NAME ...]  run notebooks for the seeds 0 to N-1
./reproduce.sh sweep --seeds N --profile cluster/slurm  the same on a SLURM cluster
./reproduce.sh update        refresh the committed notebooks, figures, ledger and README
./reproduce.sh site          build the site from the committed notebooks into results/site
./reproduce.sh lab [...]     open JupyterLab (what follows is handed to it)

The first call sets up .venv from requirements.lock. What is up to date is not run again.
Exit status: 1 a notebook failed, 2 bad usage, 3 a verdict is worse than the committed one.
"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str):
        raise ValueError(f"{message}; see ./reproduce.sh --help")


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments, by default the command line's, ask for; return the exit status."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    try:
        match arguments:
            case ["lab", *extra]:
                return _lab(extra)
            case ["site", *extra]:
                return _site(extra)
            case ["test", *extra]:
                return run_checks(_all_cores(), extra)
        return _dispatch(_parse(arguments))
    except ValueError as e:
        print(f"error: {e}", file=sys.stderr)
        return BAD_USAGE
    except OSError as e:
        where = e.filename or "the output"
        print(f"error: cannot write to {where}: {e.strerror}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    usage, plain = "./reproduce.sh [NAME ...] [options]", argparse.RawDescriptionHelpFormatter
    parser = _Parser(usage=usage, description=HELP, formatter_class=plain, allow_abbrev=False)
    parser.add_argument("names", nargs="*", metavar="NAME", help=argparse.SUPPRESS)
    parser.add_argument("--protocol", default="ours", help="ours, or paper (its own settings)")
    parser.add_argument("--seed", default="0", help="of the random numbers; 0")
    parser.add_argument("--seeds", help="how many, for sweep")
    parser.add_argument("--cores", help="notebooks at a time; all, or the profile's jobs")
    parser.add_argument("--profile", help="folder with the settings of a SLURM cluster")
    parser.add_argument("--force", action="store_true", help="run what is up to date too")
    parser.add_argument("--list", action="store_true", help="list the notebooks")
    return parser.parse_intermixed_args(arguments)


def _dispatch(given: argparse.Namespace) -> int:
    command = given.names[0] if given.names and given.names[0] in COMMANDS else "run"
    jobs = _jobs(given, command, given.names[command != "run" :])
    cores = None if given.cores is None else _positive("cores", given.cores)
    if given.list:
        return _list(jobs)
    profile = None if given.profile is None else check_profile(given.profile)
    cores = cores or (None if profile else _all_cores())
    store, _ = committed_store(), paper_values.load()
    if command == "update":
        readme(paths.README.read_text(encoding="utf-8"), store)
    with paths.alone(paths.results() / ".lock", WAITING):
        status = _run(jobs, cores, given.force, profile)
        if command == "update" and status != FAILED:
            changed = refresh()
            print("\n".join(["Refreshed:", *changed]) if changed else "Nothing to refresh.")
            return 0
    return status


def _jobs(given: argparse.Namespace, command: str, names: Sequence[str]) -> list[Job]:
    protocol = notebooks.check_protocol(given.protocol)
    seed = notebooks.check_seed(given.seed)
    if (command == "sweep") != (given.seeds is not None):
        raise ValueError("sweep requires --seeds N; other commands do not accept it")
    if command == "update" and (names or (protocol, seed) != ("ours", 0)):
        raise ValueError("update takes neither notebooks nor a protocol nor a seed")
    chosen = list(dict.fromkeys(map(notebooks.check_notebook, names))) or paths.notebook_names()
    if not chosen:
        raise ValueError(f"there is no notebook in {paths.NOTEBOOKS}")
    for name in chosen:
        notebooks.default_parameters(name)
    seeds = range(_positive("seeds", given.seeds)) if command == "sweep" else [seed]
    return [Job(name, protocol, s) for s in seeds for name in chosen]


def _run(jobs: Sequence[Job], cores: int | None, force: bool, profile: Path | None) -> int:
    failed = run_jobs(jobs, cores, force, profile)
    done = [job for job in jobs if job not in failed]
    if measured := measurements([job.read() for job in done]):
        print(f"\n{claims_text([e for e in ledger(measured) if e['seeds']])}\n")
    for job in done:
        print(f"{job.label}: figures and tables in {_shown(job.folder)}/")
    for line in (worse := _worse(measured)):
        print(f"worse than committed: {line}")
    for job in failed:
        if (job.folder / paths.RECORD).exists():
            print(f"OUT OF DATE: {job.label}; its code was changed while it ran, run it again")
            continue
        seen = [job.folder / paths.EXECUTED, log_of(job) if profile else None]
        shown = [_shown(file) for file in seen if file and file.exists()]
        print(f"FAILED: {job.label}; {'see ' + ' and '.join(shown) if shown else 'no output'}")
    return FAILED if failed else WORSE if worse else 0


def _worse(measured) -> list[str]:
    """Return a line for each measurement whose verdict is worse than the committed one."""
    committed = stored_measurements(committed_store())
    before = {(e["id"], e["protocol"]): e["verdict"] for e in ledger(committed)}
    exact = {m.key: m.verdict for m in committed}
    pairs = [(m, exact.get(m.key) or before.get(m.key[:2], "")) for m in measured]
    return [
        f"{m.id} ({m.protocol}, seed {m.seed}) is {m.verdict}, was {old}"
        for m, old in pairs
        if is_worse(m.verdict, old)
    ]


def _list(jobs: Sequence[Job]) -> int:
    for job in jobs:
        state = "up to date" if job.record() else "to be run"
        print(f"{job.notebook:24}  {state:10}  {notebooks.title_of(job.notebook)}")
    return 0


def _site(extra: Sequence[str]) -> int:
    sys.path.insert(0, str(paths.ROOT / "site"))
    from build import build

    if extra:
        raise ValueError(f"site takes no arguments; got {' '.join(extra)}")
    print(f"Open {_shown(build())} in a browser; it needs no network.")
    return 0


def _lab(extra: Sequence[str]) -> int:
    os.environ.pop("MPLBACKEND", None)
    os.environ["PYTHONPATH"] = str(paths.ROOT)
    command = [sys.executable, "-m", "jupyterlab", f"--notebook-dir={paths.ROOT}", *extra]
    command += ["--allow-root"] if os.geteuid() == 0 else []
    os.execv(sys.executable, command)


def _positive(name: str, value: str) -> int:
    if not value.isdecimal() or int(value) < 1:
        raise ValueError(f"{name} must be a positive integer; got {value!r}")
    return int(value)


def _all_cores() -> int:
    allowed = getattr(os, "sched_getaffinity", None)  # not on macOS
    return len(allowed(0)) if allowed else os.cpu_count()


def _shown(path) -> str:
    return str(path.relative_to(paths.ROOT) if path.is_relative_to(paths.ROOT) else path)
