"""Runs one notebook from a clean kernel, as a module with its name as argument."""

import argparse
import json
import logging
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
            if executed:
                paths.write_aside((folder if error else aside) / EXECUTED, executed)
            if error:
                raise NotebookError(error)
            aside.rename(folder)
        finally:
            shutil.rmtree(aside, ignore_errors=True)


def _run(job: Job, aside: Path, home: Path) -> tuple[str, str]:
    """Run papermill; return the notebook with its outputs, and what went wrong.

    Its kernel ends with it.
    """
    warnings.simplefilter("ignore")
    sys.modules.setdefault("rfc3987_syntax", None)  # jsonschema's, 2 s to load and not needed
    import papermill
    from traitlets.config import Config

    logging.getLogger("papermill").setLevel(logging.CRITICAL)
    kernel.set_environment(home, aside)
    # of its own: two kernels that start at once may be given the same TCP port
    sockets = {"transport": "ipc", "ip": str(home / "kernel")}
    over, error = threading.Event(), ""
    threading.Thread(target=kernel.end_if_idle, args=(over,), daemon=True).start()
    try:
        papermill.execute_notebook(
            str(paths.notebook_path(job.notebook)),
            str(aside / EXECUTED),
            parameters={} if job.is_default else {"protocol": job.protocol, "seed": job.seed},
            kernel_name="python3",
            language="python",
            cwd=str(paths.NOTEBOOKS),
            progress_bar=False,
            start_timeout=SECONDS_TO_START,
            coalesce_streams=True,  # where a stream is cut is chance
            config=Config(KernelManager=sockets),
        )
    except papermill.PapermillExecutionError as e:
        trace = ANSI.sub("", "\n".join(e.traceback)).splitlines()
        code = "\n".join(e.source.splitlines()[:LINES_OF_AN_ERROR])
        shown = next((line for line in trace if line.startswith("---->")), code)
        why = f"{e.ename}: {e.evalue}" if e.ename else "it cannot say why (out of memory?)"
        error = f"cell {e.exec_count}: {_short(why)}\n{shown}".rstrip()
    except OSError as e:
        error = f"cannot write to {e.filename or aside / EXECUTED}: {e.strerror}"
    except Exception as e:
        died = " (was there memory enough?)" if "died" in str(e) else ""
        error = _short(f"{type(e).__name__}: {e}{died}")
    finally:
        over.set()
        kernel.end()
    return _without_traces(aside / EXECUTED), error


def _without_traces(executed: Path) -> str:
    """Return an executed notebook without papermill's traces; nothing if broken."""
    try:
        content = json.loads(executed.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return ""
    for item in [content, *content["cells"]]:
        for key in ("papermill", "execution"):
            item["metadata"].pop(key, None)
        if "injected-parameters" in item["metadata"].get("tags", ()):
            item["id"] = "injected-parameters"  # papermill draws a random one
    return paths.to_json(content)


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
