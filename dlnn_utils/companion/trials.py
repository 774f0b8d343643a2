"""What the trials of the companion itself found, for the README: faults, two runs compared."""

from collections.abc import Mapping

from . import paths
from .tables import to_markdown


def note(name: str, what: str, passed: int, of: int, details: str = "") -> None:
    """Keep the outcome of a trial, in place of what was known of it.

    Parameters
    ----------
    name : str
        Short and sortable, such as "faults.kill"; the README's rows are in its order.
    what : str
        What was tried, for the reader.
    passed, of : int
        How many trials, bytes' comparisons or checks went well, of how many.
    details : str
        What else was counted.
    """
    found = {"what": what, "passed": int(passed), "of": int(of), "details": details}
    paths.write_json(_file(), noted() | {name: found})


def noted() -> dict[str, dict]:
    """Return what was noted in the results' folder, by name."""
    return paths.read_notes(_file())


def as_table(trials: Mapping[str, Mapping]) -> str:
    """Return the trials as a Markdown table, or nothing if there were none."""
    rows = [
        [t["what"], f"{t['passed']} of {t['of']}", t["details"]] for _, t in sorted(trials.items())
    ]
    return to_markdown(["what was tried", "went well", "details"], rows) if rows else ""


def _file():
    return paths.results() / "trials.json"
