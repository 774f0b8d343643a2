"""The register of unknowns: what the paper leaves open, our choice, and how much hangs on it."""

import functools
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .paths import COMPANION
from .tables import short, to_markdown


@dataclass(frozen=True)
class Unknown:
    """Something that the text leaves open; see the head of unknowns.toml for the fields."""

    id: str
    notebook: str
    text: str
    choice: str
    why: str
    alternatives: str


@functools.cache
def load_unknowns(path: Path = COMPANION / "unknowns.toml") -> dict[str, Unknown]:
    """Return the register by id.

    Raises
    ------
    ValueError
        If two entries have one id, or a field is missing or unknown.
    """
    register = {}
    for fields in tomllib.loads(path.read_text(encoding="utf-8"))["unknown"]:
        try:
            unknown = Unknown(**fields)
        except TypeError as e:
            raise ValueError(f"{path.name}, unknown {fields.get('id', '?')}: {e}") from None
        if unknown.id in register:
            raise ValueError(f"{path.name} has two unknowns {unknown.id!r}")
        register[unknown.id] = unknown
    return register


def to_register(notebooks: Sequence[str], sensitivities: Iterable[dict]) -> str:
    """Return the register of some notebooks as a Markdown table.

    Parameters
    ----------
    notebooks : sequence of str
    sensitivities : iterable of dict
        As runs record them: unknown, measure, values by alternative.

    Returns
    -------
    str
        What nothing measured yet moves is shown with its alternatives in words.
    """
    sensitivities = list(sensitivities)
    rows = []
    for u in load_unknowns().values():
        if u.notebook in notebooks:
            measured = [_measured(s) for s in sensitivities if s["unknown"] == u.id]
            moved = "; ".join(measured) or f"not measured (alternatives: {u.alternatives})"
            rows.append([u.text, u.choice, u.why, moved])
    if not rows:
        return "The paper leaves nothing open here.\n"
    return to_markdown(["the paper says", "our choice", "why", "how far the result moves"], rows)


def _measured(sensitivity: dict) -> str:
    values = ", ".join(f"{name} {short(v)}" for name, v in sensitivity["values"].items())
    return f"{sensitivity['measure']}: {values}"
