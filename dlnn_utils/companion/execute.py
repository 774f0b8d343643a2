"""Runs one notebook from a clean kernel: ``python -m dlnn_utils.companion.execute NAME ...``."""

import argparse
import contextlib
import hashlib
import json
import logging
import os
import re
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

from ..threads import THREADS
from . import parameters, paths
from .locks import LOCK, held
from .orphans import end_with_parent
from .seals import EXECUTED, RECORD, sealed

ANSI = re.compile(r"\x1b\[[0-9;]*m")
LINES_OF_AN_ERROR = 6
LINE_BREAK = " | "


class NotebookError(Exception):
    """A notebook did not run to its end; the message says where and why."""


def execute(notebook: str, values: dict, folder: Path) -> dict:
    """Run a notebook and put all it made into a folder, the record last.

    Works in a folder aside, so that what stands in the results is whole.

    Parameters
    ----------
    notebook : str
        Name of the notebook.
    values : dict
        Parameters; none other than those in the notebook's tagged cell.
    folder : Path
        Receives figures, tables, ``executed.ipynb`` and ``record.json``.

    Returns
    -------
    dict
        The record.

    Raises
    ------
    ValueError
        If the notebook has no such parameter.
    NotebookError
        If a cell fails or no record comes out; ``executed.ipynb`` is in the folder then.
    """
    parameters.check_parameters(notebook, values)
    injected = {} if values == parameters.default_parameters(notebook) else values
    with held(folder):  # what is left of a run that was killed may still write to it
        for old in folder.parent.glob(f".{notebook}.*part"):
            shutil.rmtree(old, ignore_errors=True)
        (folder / EXECUTED).unlink(missing_ok=True)
        aside = folder.with_name(f".{notebook}.{os.getpid()}.part")
        aside.mkdir()
        try:
            with _kernel_home(folder) as home:
                error = _run_papermill(notebook, injected, aside, home)
            executed = _cleaned(aside / EXECUTED)
            if error or not executed:
                if executed:
                    paths.write_aside(folder / EXECUTED, executed)
                raise NotebookError(error or f"cannot read {aside / EXECUTED}")
            paths.write_aside(aside / EXECUTED, executed)
            return _deliver(notebook, values, aside, folder)
        finally:
            shutil.rmtree(aside, ignore_errors=True)


@contextlib.contextmanager
def _kernel_home(folder: Path) -> Iterator[Path]:
    """Make a folder for the kernel's sockets, whose paths must be short.

    Its name is the run's, which is held, so that what a killed run left there is found.
    """
    key = hashlib.sha256(f"{os.getuid()} {folder}".encode()).hexdigest()[:12]
    home = Path(tempfile.gettempdir()) / f"dlnn-kernel-{key}"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(mode=0o700)
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _run_papermill(notebook: str, injected: dict, aside: Path, home: Path) -> str:
    """Run papermill; return what went wrong, or nothing."""
    warnings.simplefilter("ignore")
    sys.modules.setdefault("rfc3987_syntax", None)  # jsonschema's, 2 s to load and not needed
    import papermill
    from traitlets.config import Config

    logging.getLogger("papermill").setLevel(logging.CRITICAL)
    _set_environment(home, aside)
    # of its own: two kernels that start at once may be given the same TCP port
    sockets = {"transport": "ipc", "ip": str(home / "kernel")}
    try:
        papermill.execute_notebook(
            str(paths.notebook_path(notebook)),
            str(aside / EXECUTED),
            parameters=injected,
            kernel_name="python3",
            language="python",
            cwd=str(paths.NOTEBOOKS),
            progress_bar=False,
            config=Config(KernelManager=sockets),
        )
    except papermill.PapermillExecutionError as e:
        trace = ANSI.sub("", "\n".join(e.traceback)).strip().splitlines()
        code = "".join(line + "\n" for line in e.source.splitlines()[:LINES_OF_AN_ERROR])
        arrow = next((line for line in trace if line.startswith("---->")), "")
        return f"cell {e.exec_count}: {e.ename}: {e.evalue}\n{arrow or code}".rstrip()
    except OSError as e:
        return f"cannot write to {e.filename or aside / EXECUTED}: {e.strerror}"
    except Exception as e:
        return f"{type(e).__name__}: {e}"
    return ""


def _set_environment(home: Path, aside: Path) -> None:
    """Let the kernel be this very Python and this checkout, whatever else is installed."""
    spec = home / "kernels" / "python3" / "kernel.json"
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    paths.write_json(spec, {"argv": command, "display_name": "Python 3", "language": "python"})
    os.environ |= {
        "JUPYTER_PATH": str(home),
        "IPYTHONDIR": str(home / "ipython"),
        "PYTHONPATH": str(paths.ROOT),
        "PYTHONHASHSEED": "0",
        "MPLBACKEND": "Agg",
        "OMP_NUM_THREADS": str(THREADS),
        "MKL_NUM_THREADS": str(THREADS),
        "OPENBLAS_NUM_THREADS": str(THREADS),
        "DLNN_RUN_FOLDER": str(aside),
    }


def _cleaned(executed: Path) -> str:
    """Return the executed notebook without papermill's traces and timings; nothing if broken."""
    try:
        content = json.loads(executed.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return ""
    for item in [content, *content["cells"]]:
        for key in ("papermill", "execution"):
            item["metadata"].pop(key, None)
    for cell in content["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = _joined(cell["outputs"])
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _joined(outputs: list[dict]) -> list[dict]:
    """Return outputs with neighbouring pieces of a stream in one; where it is cut is chance."""
    joined: list[dict] = []
    for output in outputs:
        last = joined[-1] if joined else {}
        if output["output_type"] == "stream" and last.get("name") == output["name"]:
            text = "".join([*last["text"], *output["text"]])
            last["text"] = text.splitlines(keepends=True)
        else:
            joined.append(output)
    return joined


def _deliver(notebook: str, values: dict, aside: Path, folder: Path) -> dict:
    try:
        record = json.loads((aside / RECORD).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotebookError(
            "it ended without a record; its last cell must call run.finish()"
        ) from None
    used = record["parameters"]
    if record["notebook"] != notebook or any(used.get(k, v) != v for k, v in values.items()):
        raise NotebookError(f"it ran as {record['notebook']} with {used}, asked for {values}")
    record = sealed(record, aside)
    paths.write_json(aside / RECORD, record)
    (folder / RECORD).unlink(missing_ok=True)
    names = [*record["files"], EXECUTED, RECORD]
    for old in folder.iterdir():
        if old.name not in (*names, LOCK):
            old.unlink()
    for name in names:
        os.replace(aside / name, folder / name)
    return record


def main() -> int:
    """Run the notebook named on the command line; lines for the progress go to the output."""
    parser = argparse.ArgumentParser(prog="execute", description=__doc__)
    parser.add_argument("notebook")
    parser.add_argument("--protocol", default=parameters.DEFAULT_PROTOCOL)
    parser.add_argument("--seed", default=parameters.DEFAULT_SEED)
    given = parser.parse_args()
    try:
        notebook = parameters.check_notebook(given.notebook)
        protocol = parameters.check_protocol(given.protocol)
        seed = parameters.check_seed(given.seed)
        values = {"protocol": protocol, "seed": seed}
        parameters.check_parameters(notebook, values)
    except ValueError as e:
        print(f"error: {e}", file=sys.stderr)
        return 2
    end_with_parent()
    label = f"{notebook} ({protocol}, seed {seed})"
    print(f"> {label} started", flush=True)
    began = time.monotonic()
    try:
        execute(notebook, values, paths.run_folder(notebook, protocol, seed))
    except (NotebookError, OSError) as e:
        full = isinstance(e, OSError) and f"cannot write to {e.filename}: {e.strerror}"
        text = (full or str(e)).replace("\n", LINE_BREAK)
        print(f"> {label} failed after {time.monotonic() - began:.0f} s: {text}", flush=True)
        return 1
    print(f"> {label} finished in {time.monotonic() - began:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
