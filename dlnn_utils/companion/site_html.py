"""Pieces of HTML that the site's pages share."""

import re
from html import escape

from .report import with_unit
from .tables import short
from .verdicts import NOT_TESTABLE


def table(kind: str, header: list[str], rows: list[str]) -> str:
    """Return a table in a frame that scrolls sideways if it must."""
    head = "".join(f"<th>{text}</th>" for text in header)
    body = "\n".join(rows)
    return (
        f'<div class="wide"><table class="{kind}"><thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody></table></div>\n"
    )


def select(name: str, label: str, options: list[tuple[str, str]]) -> str:
    """Return a labelled choice of values with their texts, and of all."""
    choices = "".join(f'<option value="{value}">{text}</option>' for value, text in options)
    choices = f'<option value="">all</option>{choices}'
    return f'<label>{label} <select name="{name}">{choices}</select></label>'


def badge(verdict: str) -> str:
    """Return a verdict on its colour."""
    return f'<span class="verdict {verdict.replace(" ", "-")}">{verdict}</span>'


def maths(text: str) -> str:
    """Return a title as HTML, formulas such as $L_D$ in italics with their index lowered."""

    def formula(match: re.Match) -> str:
        return "<i>" + re.sub("_(.)", r"<sub>\1</sub>", match[1]) + "</i>"

    return re.sub(r"\$(.+?)\$", formula, escape(text))


def measured(entry: dict | None) -> str:
    """Return the value of a ledger's entry, with range and count where it has several seeds."""
    if entry is None or entry["verdict"] == NOT_TESTABLE:
        return ""
    value = "diverged" if entry["value"] is None else with_unit(entry["value"], entry["unit"])
    if len(entry["seeds"]) < 2:
        return value
    low, high = (short(v) or "diverged" for v in entry["spread"])
    return f'{value}<br><span class="source">{low} to {high}<br>{entry["holds_on"]}</span>'
