"""The store of all committed runs, figures/measurements.json, and one notebook's other seeds."""

import json
from collections.abc import Sequence

from dlnn_utils.reproduce.engine import paths
from dlnn_utils.reproduce.ledger.claims import Measurement, load_claims, merge

FILE = "measurements.json"
LISTS = ("runs", "measurements", "sensitivities", "series", "readings")
"""What is listed by notebook, protocol and seed; a run's record has the last three without."""


def committed_store() -> dict:
    """Return figures/measurements.json, empty where there is none yet."""
    store = {part: [] for part in LISTS} | {"durations": {}, "trials": {}}
    file = paths.FIGURES / FILE
    if not file.exists():
        return store
    try:
        store = store | json.loads(file.read_text(encoding="utf-8"))
        for part in LISTS:
            sorted(store[part], key=run_of)
        stored_measurements(store)
        [(run["seconds"] + run["peak_memory_mb"], run["code"]) for run in store["runs"]]
        [(d["seconds"], d["cores"]) for d in store["durations"].values()]
        [(t["what"], t["passed"], t["of"], t["details"]) for t in store["trials"].values()]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise paths.damaged(file) from None
    return store


def stored_measurements(store: dict) -> list[Measurement]:
    """Return the measurements of a store, of claims that there still are."""
    known = load_claims()
    return [Measurement.from_json(m) for m in store["measurements"] if m["id"] in known]


def merged_store(records: Sequence[dict]) -> dict:
    """Return the committed store with records of runs in the place of older ones of the same."""
    old, known = committed_store(), paths.notebook_names()
    runs = [{"notebook": record["notebook"]} | record["parameters"] for record in records]
    new = set(map(run_of, runs))
    store = {
        part: [x for x in old[part] if run_of(x) not in new and x["notebook"] in known]
        for part in LISTS
    }
    for run, record in zip(runs, records):
        store["runs"].append(run | {k: record[k] for k in ("code", "seconds", "peak_memory_mb")})
        for part in LISTS[2:]:
            store[part] += [run | item for item in record.get(part, [])]
    fresh = [Measurement.from_json(m) for record in records for m in record["measurements"]]
    merged = merge(stored_measurements(store), fresh)
    store = {part: sorted(store[part], key=run_of) for part in LISTS}
    return old | store | {"measurements": [m.to_json() for m in merged]}


def other_seeds(store: dict, notebook: str, protocol: str, seed: int) -> dict:
    """Return what a store holds of a notebook and protocol from other seeds than this one."""
    mine = (notebook, protocol)
    return {
        part: [x for x in store[part] if run_of(x)[:2] == mine and x["seed"] != seed]
        for part in LISTS[1:]
    }


def run_of(item: dict) -> tuple:
    """Return the notebook, protocol and seed that a list's item is of."""
    return item["notebook"], item["protocol"], item["seed"]
