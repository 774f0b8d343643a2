"""Settings of the site; `./reproduce.sh site` builds it."""

import re
import sys

from sphinx.ext import autosummary
from sphinx.pycode import ModuleAnalyzer

import dlnn_utils

sys.modules.setdefault("rfc3987_syntax", None)  # jsonschema's, 2 s to load and not needed

project = "DLNN companion"
author = "The authors of this companion"
release = dlnn_utils.__version__
html_title = "Dissipative Lagrangian networks"

extensions = ["myst_nb", "sphinx.ext.mathjax", "sphinx.ext.autodoc", "sphinx.ext.autosummary"]
extensions += ["numpydoc"]
suppress_warnings = ["config.cache"]

nb_execution_mode = "off"
nb_render_markdown_format = "myst"
nb_merge_streams = True
nb_ipywidgets_js = {}  # they would come from the network
myst_enable_extensions = ["amsmath", "deflist", "dollarmath"]
myst_dmath_double_inline = True

mathjax_path = "tex-svg-full.js"
mathjax3_config = {"svg": {"fontCache": "global"}, "options": {"enableMenu": False}}

autosummary.WELL_KNOWN_ABBREVIATIONS += ("Eq.",)  # no sentence ends there
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings say them, with shapes
default_role = "py:obj"
add_module_names = False
numpydoc_show_class_members = False

html_theme = "sphinx_book_theme"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_use_index = html_domain_indices = False
html_copy_source = False
html_show_search_summary = False  # it would fetch pages, which browsers forbid from a disk
html_context = {"default_mode": "auto"}  # light or dark, as the reader's system is
html_show_sphinx = html_show_copyright = False
html_theme_options = {
    "home_page_in_toc": True,
    "show_navbar_depth": 1,
    "show_toc_level": 2,
    "use_download_button": False,
    "use_fullscreen_button": False,
    "navbar_persistent": [],
    "footer_content_items": [],
}


def escaped(text):
    """Return a docstring's line in which only backticks and trailing stars mean anything."""
    if text.lstrip().startswith((">>>", "...")):
        return text
    parts = re.split(r"(``.+?``|`.+?`)", text)
    return "".join(p if n % 2 else re.sub(r"([\\*|])", r"\\\1", p) for n, p in enumerate(parts))


def setup(app):
    """Let docstrings be plain text: |x|^2 is a square here, not a substitution."""

    def plain(app, what, name, obj, options, lines):
        if what == "data":  # its text stands below the assignment, in the module that makes it
            name = name.removeprefix("dlnn_utils.")
            texts = ModuleAnalyzer.for_module(f"dlnn_utils.{dlnn_utils._EXPORTS[name]}")
            lines[:] = texts.find_attr_docs().get(("", name), [])
        lines[:] = map(escaped, lines)

    app.connect("autodoc-process-docstring", plain, priority=100)
