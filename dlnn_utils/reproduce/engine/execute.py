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
from dlnn_utils.reproduce.engine.paths import EXECUTED, RECORD
from dlnn_utils.reproduce.engine.scheduler import LINE_BREAK, end_with_parent

ANSI = re.compile(r"\x1b\[[0-9;]*m")
LINES_OF_AN_ERROR, SECONDS_TO_START = 6, 120


class NotebookError(Exception):
    """A notebook did not run to its end; the message says where and why."""


def execute(notebook: str, values: dict, folder: Path) -> dict:
    """Run a notebook with the values of its parameters, and return the record.

    Figures, tables, the executed notebook and the record appear in the folder at once. Where a
    cell fails or no record comes out, only the executed notebook does, and NotebookError says why.
    """
    notebooks.check_parameters(notebook, values)
    injected = {} if values == notebooks.default_parameters(notebook) else values
    aside = folder.with_name(f".{notebook}.{os.getpid()}.part")
    with paths.alone(folder.with_name(f".{notebook}.lock")):  # a killed run may still be ending
        for old in [*folder.parent.glob(f".{notebook}.*.part"), folder]:
            shutil.rmtree(old, ignore_errors=True)
        aside.mkdir()
        try:
            with kernel.folder_for(folder) as home:
                error = _run_papermill(notebook, injected, aside, home)
            executed = _cleaned(aside / EXECUTED)
            if executed:
                paths.write_aside(aside / EXECUTED, executed)
            error = error or _wrong_record(notebook, values, aside)
            if not error:
                aside.rename(folder)
                return json.loads((folder / RECORD).read_text(encoding="utf-8"))
            if executed:
                paths.write_aside(folder / EXECUTED, executed)
            raise NotebookError(error)
        finally:
            shutil.rmtree(aside, ignore_errors=True)


def _run_papermill(notebook: str, injected: dict, aside: Path, home: Path) -> str:
    """Run papermill; return what went wrong, or nothing. No kernel runs on after it."""
    warnings.simplefilter("ignore")
    sys.modules.setdefault("rfc3987_syntax", None)  # jsonschema's, 2 s to load and not needed
    import papermill
    from traitlets.config import Config

    logging.getLogger("papermill").setLevel(logging.CRITICAL)
    kernel.set_environment(home, aside)
    # of its own: two kernels that start at once may be given the same TCP port
    sockets = {"transport": "ipc", "ip": str(home / "kernel")}
    over = threading.Event()
    threading.Thread(target=kernel.end_if_idle, args=(over,), daemon=True).start()
    try:
        papermill.execute_notebook(
            str(paths.notebook_path(notebook)),
            str(aside / EXECUTED),
            parameters=injected,
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
        code = "".join(line + "\n" for line in e.source.splitlines()[:LINES_OF_AN_ERROR])
        arrow = next((line for line in trace if line.startswith("---->")), code)
        why = f"{e.ename}: {e.evalue}" if e.ename else "it cannot say why (out of memory?)"
        return f"cell {e.exec_count}: {_short(why)}\n{arrow}".rstrip()
    except OSError as e:
        return f"cannot write to {e.filename or aside / EXECUTED}: {e.strerror}"
    except Exception as e:
        died = " (was there memory enough?)" if "died" in str(e) else ""
        return _short(f"{type(e).__name__}: {e}{died}")
    finally:
        over.set()
        kernel.end()
    return ""


def _short(text: str) -> str:
    """Return a text of one line as it is, and of a longer one the first and the last."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0] if len(lines) == 1 else f"{lines[0]} ... {lines[-1]}"


def _cleaned(executed: Path) -> str:
    """Return the executed notebook without papermill's traces and timings; nothing if broken."""
    try:
        content = json.loads(executed.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return ""
    for item in [content, *content["cells"]]:
        for key in ("papermill", "execution"):
            item["metadata"].pop(key, None)
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _wrong_record(notebook: str, values: dict, aside: Path) -> str:
    """Return what is wrong with the record that a run left, or nothing."""
    try:
        record = json.loads((aside / RECORD).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return "it ended without a record; its last cell must call run.finish()"
    used = record["parameters"]
    if record["notebook"] != notebook or any(used.get(k, v) != v for k, v in values.items()):
        return f"it ran as {record['notebook']} with {used}, asked for {values}"
    return ""


def main() -> int:
    """Run the notebook named on the command line; lines for the progress go to the output."""
    parser = argparse.ArgumentParser(prog="execute", description=__doc__)
    parser.add_argument("notebook", type=notebooks.check_notebook)
    parser.add_argument("--protocol", type=notebooks.check_protocol, default="ours")
    parser.add_argument("--seed", type=notebooks.check_seed, default=0)
    given = parser.parse_args()
    values = {"protocol": given.protocol, "seed": given.seed}
    end_with_parent()
    label = f"{given.notebook} ({given.protocol}, seed {given.seed})"
    _tell(f"> {label} started")
    began = time.monotonic()
    try:
        execute(given.notebook, values, paths.run_folder(given.notebook, **values))
        status, what, why = 0, "finished in", ""
    except NotebookError as e:
        status, what, why = 1, "failed after", f": {e}"
    except OSError as e:
        status, what, why = 1, "failed after", f": cannot write to {e.filename}: {e.strerror}"
    except Exception as e:  # too little memory shows at any place, under many names
        status, what, why = 1, "failed after", f": {type(e).__name__}: {e}"
    _tell(f"> {label} {what} {time.monotonic() - began:.0f} s{why}".replace("\n", LINE_BREAK))
    return status


def _tell(line: str) -> None:
    """Write a line at once: jobs that run side by side share the pipe."""
    os.write(sys.stdout.fileno(), f"{line}\n".encode())


if __name__ == "__main__":
    raise SystemExit(main())
