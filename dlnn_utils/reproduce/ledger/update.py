"""Refreshes what is committed: notebooks' outputs, figures, ledger and README, all together."""

import functools
import json
from pathlib import Path

from dlnn_utils.reproduce.engine import paths
from dlnn_utils.reproduce.engine.jobs import Job, code_hash, finished_jobs
from dlnn_utils.reproduce.engine.notebooks import DEFAULT_PROTOCOL, read_notebook
from dlnn_utils.reproduce.ledger import notes
from dlnn_utils.reproduce.ledger.claims import ledger
from dlnn_utils.reproduce.ledger.findings import answer, envelope, findings, scoreboard
from dlnn_utils.reproduce.ledger.report import ledger_markdown, readme_times
from dlnn_utils.reproduce.ledger.store import FILE, merged_store, stored_measurements
from dlnn_utils.reproduce.ledger.unknowns import to_register
from dlnn_utils.reproduce.ledger.verdicts import RULE


def refresh() -> list[str]:
    """Write all that is committed from the results of the default runs; return what changed.

    All of it is made before any of it is written, while no other process does the same.
    """
    with paths.alone(paths.ROOT / "results/.update.lock"):  # two may take theirs from two places
        for folder in (paths.ROOT, paths.NOTEBOOKS, paths.FIGURES):
            for aside in folder.glob(".*.part"):  # of an update that was killed
                aside.unlink()
        content = _content()
        old = {path: path.read_bytes() for path in content if path.exists()}
        changed = {path: new for path, new in content.items() if old.get(path) != new}
        paths.write_all(changed)
        removed = sorted(path for path in paths.FIGURES.iterdir() if path not in content)
        for path in removed:
            path.unlink()
    shown = [str(path.relative_to(paths.ROOT)) for path in changed]
    return shown + [f"{path.relative_to(paths.ROOT)} (removed)" for path in removed]


def _content() -> dict[Path, bytes]:
    """Return every file that is committed, as the results have it."""
    store = merged_store([job.record() for job in finished_jobs()])
    store["durations"] |= notes.durations()
    store["trials"] |= notes.noted("trials")
    content = {}
    for job in map(Job, paths.notebook_names()):
        content[paths.notebook_path(job.notebook)] = with_outputs(job).encode()
        for name in job.record()["files"]:
            if paths.FIGURES / name in content:
                raise ValueError(f"two notebooks make a file called {name}")
            content[paths.FIGURES / name] = (job.folder / name).read_bytes()
    texts = {paths.FIGURES / f"{name}.md": text for name, text in long_tables(store).items()}
    texts |= {
        paths.FIGURES / FILE: _compact(store),
        paths.FIGURES / "claims.json": paths.to_json(ledger(stored_measurements(store))),
        paths.README: readme(paths.README.read_text(encoding="utf-8"), store),
    }
    return content | {path: text.encode() for path, text in texts.items()}


def long_tables(store: dict) -> dict[str, str]:
    """Return what is too long for the README, by name: each is a file of figures/."""
    entries = ledger(stored_measurements(store))
    ours = [s for s in store["sensitivities"] if s["protocol"] == DEFAULT_PROTOCOL]
    return {
        "answer": answer(entries),
        "ledger": ledger_markdown(entries, _hashes()),
        "register": to_register(paths.notebook_names(), ours),
        "envelope": envelope(entries, store["readings"]),
        "trials": f"{notes.trials_table(store['trials'])}\n{RULE}",
    }


def with_outputs(job: Job) -> str:
    """Return a committed notebook: its present text with the outputs of a run, counted 1..N."""
    notebook = read_notebook(job.notebook)
    executed = json.loads((job.folder / paths.EXECUTED).read_text(encoding="utf-8"))
    cells, ran = (
        [cell for cell in n["cells"] if cell["cell_type"] == "code"] for n in (notebook, executed)
    )
    for count, (cell, run) in enumerate(zip(cells, ran, strict=True), start=1):
        cell |= {"execution_count": count, "outputs": run["outputs"]}
        for output in cell["outputs"]:
            if "execution_count" in output:
                output["execution_count"] = count
    notebook["metadata"]["language_info"] = {"name": "python"}
    for cell in notebook["cells"]:  # where JupyterLab keeps times
        cell["metadata"].pop("execution", None)
    return paths.to_json(notebook)


def readme(text: str, store: dict) -> str:
    """Return the README's text with its generated blocks made anew."""
    entries = ledger(stored_measurements(store))
    blocks = {
        "findings": findings(entries),
        "times": readme_times(store["runs"]) + notes.durations_text(store["durations"]),
        "scoreboard": scoreboard(entries, _hashes()),
    }
    for name, block in blocks.items():
        begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
        before, *rest = text.split(begin)
        _, *after = "".join(rest).split(end)
        if (len(rest), len(after)) != (1, 1) or end in before:
            raise ValueError(f"README.md needs one block {begin} ... {end}")
        text = f"{before}{begin}\n{block}{end}{after[0]}"
    return text


def _hashes() -> dict[str, str]:
    return {name: code_hash(name) for name in paths.notebook_names()}


def _compact(store: dict) -> str:
    """Return a store as JSON in which each item of a list, or note, is one line."""
    line, parts = functools.partial(json.dumps, ensure_ascii=False, allow_nan=False), []
    for name, part in store.items():
        pairs = isinstance(part, dict)
        lines = [f"{line(k)}: {line(v)}" for k, v in part.items()] if pairs else map(line, part)
        opened, closed = "{}" if pairs else "[]"
        parts.append(f"{line(name)}: {opened}\n" + ",\n".join(lines) + f"\n{closed}")
    return "{\n" + ",\n".join(parts) + "\n}\n"
