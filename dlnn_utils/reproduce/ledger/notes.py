"""What is noted for the README: how long the commands took, and what trials found."""

import json
from collections.abc import Mapping

from dlnn_utils.reproduce.engine import paths
from dlnn_utils.reproduce.ledger.tables import to_markdown

SET_UP, ALL_NOTEBOOKS, ALL_TESTS = "set-up", "./reproduce.sh", "./reproduce.sh test"


def note_duration(what: str, seconds: float, cores: int) -> None:
    """Keep how long a command took on this machine, in place of what was known of it."""
    _note("durations", what, {"seconds": round(seconds), "cores": cores})


def note_trial(name: str, what: str, passed: int, of: int, details: str = "") -> None:
    """Keep how many of a trial's checks went well; the README's rows are in the names' order."""
    found = {"what": what, "passed": int(passed), "of": int(of), "details": details}
    _note("trials", name, found)


def noted(kind: str) -> dict[str, dict]:
    """Return the "durations" or the "trials" by name; none where their file is damaged."""
    try:
        return dict(json.loads((paths.results() / f"{kind}.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


def durations() -> dict[str, dict]:
    """Return {"seconds", "cores"} by command, the set-up among them."""
    file = paths.ROOT / ".venv/set-up-seconds"
    seconds = file.read_text(encoding="utf-8").strip() if file.exists() else ""
    set_up = {SET_UP: {"seconds": int(seconds), "cores": 1}} if seconds else {}
    return set_up | noted("durations")


def durations_text(durations: Mapping[str, Mapping]) -> str:
    """Return one sentence for the README, or nothing if nothing is known."""
    parts = []
    if SET_UP in durations:
        parts.append(f"The set-up, once, took {durations[SET_UP]['seconds']} s")
    for name in (ALL_NOTEBOOKS, ALL_TESTS):
        if name in durations:
            seconds, cores = durations[name]["seconds"], durations[name]["cores"]
            on = f"{cores} cores" if cores > 1 else "one core"
            parts.append(f"`{name}` took {seconds} s on {on}")
    return f"\n{'; '.join(parts)}.\n" if parts else ""


def trials_table(trials: Mapping[str, Mapping]) -> str:
    """Return the trials as a Markdown table, or nothing if there were none."""
    rows = [
        [t["what"], f"{t['passed']} of {t['of']}", t["details"]] for _, t in sorted(trials.items())
    ]
    return to_markdown(["what was tried", "went well", "details"], rows) if rows else ""


def _note(kind: str, key: str, value: dict) -> None:
    paths.write_json(paths.results() / f"{kind}.json", noted(kind) | {key: value})
