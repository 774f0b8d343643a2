"""The reference: a page for each module that defines public names, in the order of exports."""

import importlib
import re
from inspect import getdoc, isclass

PAGE = """{title}
{line}

.. automodule:: {module}
   :no-members:

.. currentmodule:: dlnn_utils

{items}
"""
INDEX = """API reference
=============

Everything here is imported from ``dlnn_utils`` itself; nothing is loaded before it is used.
Arrays may be anything that NumPy takes. States are rows: ``(B, n)`` is a batch of ``B`` states of
length ``n``, and ``(T, B, n)`` such batches over ``T`` times. Equation numbers are the paper's.

.. toctree::
   :maxdepth: 1
   :hidden:

{pages}

{tables}
"""


def api_pages() -> dict[str, str]:
    """Return the pages of the reference in reStructuredText, by file name."""
    import dlnn_utils

    modules: dict[str, list[str]] = {}
    for name, module in dlnn_utils._EXPORTS.items():
        modules.setdefault(module, []).append(name)
    pages = {f"api/{module}.rst": _page(module, names) for module, names in modules.items()}
    listed = "\n".join(f"   {module}" for module in modules)
    tables = "\n".join(_summary(module, names) for module, names in modules.items())
    return pages | {"api/index.rst": INDEX.format(pages=listed, tables=tables)}


def _page(module: str, names: list[str]) -> str:
    items = "\n".join(_item(module, name) for name in names)
    return PAGE.format(
        title=module, line="=" * len(module), module=f"dlnn_utils.{module}", items=items
    )


def _item(module: str, name: str) -> str:
    thing = getattr(importlib.import_module(f"dlnn_utils.{module}"), name)
    if isclass(thing):
        return f".. autoclass:: {name}\n   :members:\n   :inherited-members: Module, tuple\n"
    return f".. {'autofunction' if callable(thing) else 'autodata'}:: {name}\n"


def _summary(module: str, names: list[str]) -> str:
    """Return a module's first sentence and a line for each of its public names."""
    home = importlib.import_module(f"dlnn_utils.{module}")
    rows = [f"{_first(home)}\n", ".. list-table::", "   :widths: 30 70", "   :class: names\n"]
    for name in names:
        thing = getattr(home, name)
        text = _first(thing) if callable(thing) else _about(module, name)
        rows += [f"   * - `~dlnn_utils.{name}`", f"     - {text}"]
    title = f":doc:`{module}`"
    return f"{title}\n{'-' * len(title)}\n\n" + "\n".join(rows) + "\n"


def _first(thing) -> str:
    return escaped(getdoc(thing).partition("\n\n")[0].replace("\n", " "))


def _about(module: str, name: str) -> str:
    """Return the text below an assignment."""
    from sphinx.pycode import ModuleAnalyzer

    texts = ModuleAnalyzer.for_module(f"dlnn_utils.{module}").find_attr_docs()
    return escaped(" ".join(texts["", name]).strip())


def escaped(text: str) -> str:
    r"""Return a docstring's line in which only backticks and trailing stars mean anything.

    Examples
    --------
    >>> print(escaped("|x*|^2 of `x|y`, **options"))
    \|x\*\|^2 of `x|y`, \*\*options
    """
    if text.lstrip().startswith((">>>", "...")):
        return text
    parts = re.split(r"(``.+?``|`.+?`)", text)
    return "".join(p if n % 2 else re.sub(r"([\\*|])", r"\\\1", p) for n, p in enumerate(parts))
