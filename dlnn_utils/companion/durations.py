"""How long the commands took on this machine and what memory a run held, for the README."""

import resource
import sys

from . import paths

SET_UP, ALL_NOTEBOOKS, ALL_TESTS = "set-up", "./reproduce.sh", "./reproduce.sh test"


def note(what: str, seconds: float, cores: int) -> None:
    """Keep how long something took, in place of what was known of it."""
    known = paths.read_notes(_file())
    known[what] = {"seconds": round(seconds), "cores": cores}
    paths.write_json(_file(), known)


def noted() -> dict[str, dict]:
    """Return what is known: {"seconds", "cores"} by command, the set-up among them."""
    known = paths.read_notes(_file())
    try:
        seconds = int((paths.ROOT / ".venv" / "set-up-seconds").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return known
    return {SET_UP: {"seconds": seconds, "cores": 1}} | known


def peak_memory_mb() -> int:
    """Return the most memory that this process has held so far, in MiB."""
    units_in_mb = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // units_in_mb


def as_text(durations: dict[str, dict]) -> str:
    """Return one sentence for the README, or nothing if nothing is known."""
    parts = []
    for name in (SET_UP, ALL_NOTEBOOKS, ALL_TESTS):
        if name in durations:
            seconds, cores = durations[name]["seconds"], durations[name]["cores"]
            shown = "The set-up, once," if name == SET_UP else f"`{name}`"
            on = "" if name == SET_UP else f" on {cores} cores" if cores > 1 else " on one core"
            parts.append(f"{shown} took {seconds} s{on}")
    return f"\n{'; '.join(parts)}.\n" if parts else ""


def _file():
    return paths.results() / "durations.json"
