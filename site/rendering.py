"""The site's templates, and how values are written in them."""

import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, select_autoescape
from markupsafe import Markup, escape

from dlnn_utils.reproduce.ledger.report import with_unit
from dlnn_utils.reproduce.ledger.tables import short

SOURCE = Path(__file__).resolve().parent


def maths(text: str) -> Markup:
    """Return a title as HTML, formulas such as $L_D$ in italics with their index lowered."""

    def formula(match: re.Match) -> str:
        return "<i>" + re.sub("_(.)", r"<sub>\1</sub>", match[1]) + "</i>"

    return Markup(re.sub(r"\$(.+?)\$", formula, str(escape(text))))


def number(value: float | None) -> str:
    """Return a measured value; null stands for one that diverged."""
    return short(value) or "diverged"


TEMPLATES = Environment(
    loader=FileSystemLoader([SOURCE, SOURCE / "templates"]),
    autoescape=select_autoescape(["html"]),
    keep_trailing_newline=True,
    trim_blocks=True,
    lstrip_blocks=True,
)
TEMPLATES.filters |= {"maths": maths, "number": number, "with_unit": with_unit}


def render(template: str, **facts) -> str:
    """Return a template filled with facts."""
    return TEMPLATES.get_template(template).render(facts)
