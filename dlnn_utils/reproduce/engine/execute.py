"""Runs one notebook from a clean kernel, as a module with its name as argument."""

import argparse
import json
import os
import re
import shutil
import sys
import threading
import time
import warnings
from pathlib import Path

from dlnn_utils.reproduce.engine import kernel, notebooks, paths
from dlnn_utils.reproduce.engine.jobs import Job
from dlnn_utils.reproduce.engine.paths import EXECUTED, RECORD
from dlnn_utils.reproduce.engine.scheduler import LINE_BREAK, end_with_parent

ANSI = re.compile(r"\x1b\[[0-9;]*m")
LINES_OF_AN_ERROR, SECONDS_TO_START = 6, 120


class NotebookError(Exception):
    """A notebook did not run to its end; the message says where and why."""


def execute(job: Job) -> None:
    """Run a job's notebook; figures, tables, the executed notebook and the record appear at once.

    NotebookError says where a cell fails or why no record came out; then only the notebook does.
    """
    folder, aside = job.folder, job.folder.with_name(f".{job.notebook}.{os.getpid()}.part")
    lock = folder.with_name(f".{job.notebook}.lock")
    with paths.alone(lock):  # a killed run may still be ending
        for old in [*folder.parent.glob(f".{job.notebook}.*.part"), folder]:
            shutil.rmtree(old, ignore_errors=True)
        aside.mkdir()
        try:
            with kernel.folder_for(folder) as home:
                executed, error = _run(job, aside, home)
            error = error or _wrong_record(job, aside / RECORD)
            paths.write_aside((folder if error else aside) / EXECUTED, executed)
            if error:
                raise NotebookError(error)
            aside.rename(folder)
        finally:
            shutil.rmtree(aside, ignore_errors=True)


def _run(job: Job, aside: Path, home: Path) -> tuple[str, str]:
    """Run a notebook; return it with its outputs, and what went wrong. Its kernel ends with it."""
    warnings.simplefilter("ignore")
    sys.modules.setdefault("rfc3987_syntax", None)  # jsonschema's, 2 s to load and not needed
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError
    from traitlets.config import Config

    notebook = nbformat.read(paths.notebook_path(job.notebook), as_version=4)
    usual = notebooks.default_parameters(job.notebook)
    values = usual | {"protocol": job.protocol, "seed": job.seed}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None  # what is not reached shows nothing
        if "parameters" in notebooks.tags(cell) and values != usual:
            cell.source = "\n".join(f"{name} = {value!r}" for name, value in values.items())
    kernel.set_environment(home, aside)
    # of its own: two kernels that start at once may be given the same TCP port
    sockets = {"transport": "ipc", "ip": str(home / "kernel")}
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        resources={"metadata": {"path": str(paths.NOTEBOOKS)}},
        startup_timeout=SECONDS_TO_START,
        record_timing=False,
        coalesce_streams=True,  # where a stream is cut is chance
        config=Config(KernelManager=sockets),
    )
    client.log.disabled = True
    over, error = threading.Event(), ""
    threading.Thread(target=kernel.end_if_idle, args=(over,), daemon=True).start()
    try:
        client.execute()
    except CellExecutionError as e:
        count = client.code_cells_executed
        cells = [c for c in notebook.cells if c.cell_type == "code" and c.source.strip()]
        code = cells[count - 1].source.splitlines()[:LINES_OF_AN_ERROR]
        trace = ANSI.sub("", str(e)).splitlines()
        shown = next((line for line in trace if line.startswith("---->")), "\n".join(code))
        known = e.ename not in ("", "<Error>")
        why = f"{e.ename}: {e.evalue}" if known else "it cannot say why (out of memory?)"
        error = f"cell {count}: {_short(why)}\n{shown}".rstrip()
    except Exception as e:
        died = " (was there memory enough?)" if "died" in str(e) else ""
        error = _short(f"{type(e).__name__}: {e}{died}")
    finally:
        over.set()
        kernel.end()
    return nbformat.writes(notebook), error


def _short(text: str) -> str:
    """Return a text of one line as it is, and of a longer one the first and the last."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0] if len(lines) == 1 else f"{lines[0]} ... {lines[-1]}"


def _wrong_record(job: Job, file: Path) -> str:
    """Return what is wrong with the record that a run left, or nothing."""
    if not file.exists():
        return "it ended without a record; its last cell must call run.finish()"
    record = json.loads(file.read_text(encoding="utf-8"))
    wanted, used = {"protocol": job.protocol, "seed": job.seed}, record["parameters"]
    if record["notebook"] != job.notebook or used != wanted:
        return f"it ran as {record['notebook']} with {used}, asked for {wanted}"
    return ""


def main() -> int:
    """Run the notebook named on the command line; lines for the progress go to the output."""
    parser = argparse.ArgumentParser(prog="execute", description=__doc__)
    parser.add_argument("notebook", type=notebooks.check_notebook)
    parser.add_argument("--protocol", type=notebooks.check_protocol, default="ours")
    parser.add_argument("--seed", type=notebooks.check_seed, default=0)
    job = Job(**vars(parser.parse_args()))
    end_with_parent()
    _tell(f"> {job.label} started")
    began, why = time.monotonic(), ""
    try:
        execute(job)
    except NotebookError as e:
        why = f": {e}"
    except OSError as e:
        why = f": cannot write to {e.filename}: {e.strerror}"
    except Exception as e:  # too little memory shows at any place, under many names
        why = f": {type(e).__name__}: {e}"
    what = f"{'failed after' if why else 'finished in'} {time.monotonic() - began:.0f} s{why}"
    _tell(f"> {job.label} {what}".replace("\n", LINE_BREAK))
    return int(bool(why))


def _tell(line: str) -> None:
    """Write a line at once: jobs that run side by side share the pipe."""
    os.write(sys.stdout.fileno(), f"{line}\n".encode())


if __name__ == "__main__":
    raise SystemExit(main())
