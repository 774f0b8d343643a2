"""Refreshes what is committed: notebooks' outputs, figures, ledger and README, all together."""

import json
import re
from collections.abc import Mapping, Sequence

from . import paths, trials
from .claims import Measurement, ledger, merge
from .durations import as_text, noted
from .locks import held
from .parameters import DEFAULT_PROTOCOL, DEFAULT_SEED, read_notebook, tags
from .report import readme_results, readme_times
from .spread import RULE
from .state import Job, code_hash, finished_jobs, measurements
from .unknowns import to_register


def default_jobs() -> list[Job]:
    """Return the runs whose outputs are committed."""
    return [Job(n, DEFAULT_PROTOCOL, DEFAULT_SEED) for n in paths.notebook_names()]


def refresh() -> list[str]:
    """Write everything that is committed, from the results of the default runs.

    All of it is made before any of it is written, while no other process does the same.
    Measurements of other seeds and protocols are taken from the results where they are up to
    date, else kept as they were.

    Returns
    -------
    list of str
        The files that changed, relative to the root.

    Raises
    ------
    ValueError
        If the README lacks a block for generated text.
    """
    with held(paths.ROOT / "results/.update"):  # two may take their results from two places
        return _refresh()


def _refresh() -> list[str]:
    jobs = default_jobs()
    store = merged_store([(job, job.record()) for job in finished_jobs()])
    entries = ledger(stored_measurements(store))
    content = {paths.notebook_path(job.notebook): with_outputs(job) for job in jobs}
    for job in jobs:
        for name in job.record()["files"]:
            if paths.FIGURES / name in content:
                raise ValueError(f"two notebooks make a file called {name}")
            content[paths.FIGURES / name] = (job.folder / name).read_bytes()
    content[paths.FIGURES / "measurements.json"] = _json(store)
    content[paths.FIGURES / "claims.json"] = _json(entries)
    tables = {p.stem: new.decode() for p, new in content.items() if p.suffix == ".md"}
    content[paths.README] = readme(paths.README.read_text(encoding="utf-8"), store, tables)
    changed = {}
    for path, new in content.items():
        new = new.encode() if isinstance(new, str) else new
        if not path.exists() or path.read_bytes() != new:
            changed[path] = new
    paths.write_all(changed)
    removed = sorted(path for path in paths.FIGURES.iterdir() if path not in content)
    for path in removed:
        path.unlink()
    shown = [str(path.relative_to(paths.ROOT)) for path in changed]
    return shown + [f"{path.relative_to(paths.ROOT)} (removed)" for path in removed]


def committed_store() -> dict:
    """Return figures/measurements.json, empty where there is none yet.

    Raises
    ------
    ValueError
        If the file is damaged.
    """
    file = paths.FIGURES / "measurements.json"
    empty = {"runs": [], "measurements": [], "sensitivities": []}
    empty |= {"durations": {}, "trials": {}}
    if not file.exists():
        return empty
    try:
        store = empty | json.loads(file.read_text(encoding="utf-8"))
        (
            readme_times(store["runs"]),
            as_text(store["durations"]),
            trials.as_table(store["trials"]) + f"\n{RULE}",
        )
        stored_measurements(store), [_run_of(s) for s in store["sensitivities"]]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise paths.damaged(file) from None
    return store


def stored_measurements(store: dict) -> list[Measurement]:
    """Return the measurements of a store."""
    return [Measurement.from_json(m) for m in store["measurements"]]


def merged_store(results: Sequence[tuple[Job, dict]]) -> dict:
    """Return the committed store with new results in the place of old ones of the same run."""
    old, known = committed_store(), paths.notebook_names()
    new = {(j.notebook, j.protocol, j.seed) for j, _ in results}
    kept = {
        part: [x for x in old[part] if _run_of(x) not in new and x["notebook"] in known]
        for part in ("runs", "measurements", "sensitivities")
    }
    runs, sensitivities = kept["runs"], kept["sensitivities"]
    for job, record in results:
        run = {"notebook": job.notebook, "protocol": job.protocol, "seed": job.seed}
        shown = ("code", "seconds", "peak_memory_mb")
        runs.append(run | {key: record[key] for key in shown})
        sensitivities += [run | s for s in record["sensitivities"]]
    merged = merge(
        [Measurement.from_json(m) for m in kept["measurements"]],
        measurements([record for _, record in results]),
    )
    return {
        "runs": sorted(runs, key=_run_of),
        "measurements": [m.to_json() for m in merged],
        "sensitivities": sorted(sensitivities, key=_run_of),
        "durations": old["durations"] | noted(),
        "trials": old["trials"] | trials.noted(),
    }


def with_outputs(job: Job) -> str:
    """Return a committed notebook: its present text with the outputs of a run, counted 1..N."""
    notebook = read_notebook(job.notebook)
    executed = json.loads((job.folder / "executed.ipynb").read_text(encoding="utf-8"))
    ran = [c for c in executed["cells"] if c["cell_type"] == "code"]
    ran = [c for c in ran if "injected-parameters" not in tags(c)]
    cells = [c for c in notebook["cells"] if c["cell_type"] == "code"]
    for count, (cell, run) in enumerate(zip(cells, ran, strict=True), start=1):
        cell["execution_count"] = count
        cell["outputs"] = [_counted(output, count) for output in run["outputs"]]
    notebook["metadata"]["language_info"] = {"name": "python"}
    for item in [notebook, *notebook["cells"]]:
        for key in ("papermill", "execution"):
            item["metadata"].pop(key, None)
    return _json(notebook)


def readme(text: str, store: dict, tables: Mapping[str, str] | None = None) -> str:
    """Return the README's text with its generated blocks made anew.

    Parameters
    ----------
    text : str
        With the blocks "times", "results", "trials" and "unknowns", and one "table NAME" for each
        of the notebooks' tables that is to be shown.
    store : dict
        As `committed_store` returns it.
    tables : mapping, optional
        Markdown by name of the table, by default what is committed.

    Returns
    -------
    str
    """
    known = paths.notebook_names()
    current = {name: code_hash(name) for name in known}
    results = readme_results(ledger(stored_measurements(store)), current)
    default = (DEFAULT_PROTOCOL, DEFAULT_SEED)
    moved = [s for s in store["sensitivities"] if (s["protocol"], s["seed"]) == default]
    text = _with_block(text, "times", readme_times(store["runs"]) + as_text(store["durations"]))
    text = _with_block(text, "results", results)
    text = _with_block(text, "trials", trials.as_table(store["trials"]) + f"\n{RULE}")
    text = _with_block(text, "unknowns", to_register(known, moved))
    for name in re.findall(r"<!-- table (\w+):begin -->", text):
        text = _with_block(text, f"table {name}", _table(name, tables or {}))
    return text


def _table(name: str, tables: Mapping[str, str]) -> str:
    """Return a table in Markdown, the committed one where there is none anew."""
    file = paths.FIGURES / f"{name}.md"
    if name in tables:
        return tables[name]
    return file.read_text(encoding="utf-8") if file.exists() else ""


def _with_block(text: str, name: str, block: str) -> str:
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    if text.count(begin) != 1 or text.count(end) != 1 or text.index(begin) > text.index(end):
        raise ValueError(f"README.md needs one block {begin} ... {end}")
    before, after = text.split(begin)[0], text.split(end)[1]
    return f"{before}{begin}\n{block}{end}{after}"


def _counted(output: dict, count: int) -> dict:
    return output | {"execution_count": count} if "execution_count" in output else output


def _run_of(item: dict) -> tuple:
    return item["notebook"], item["protocol"], item["seed"]


def _json(value) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
