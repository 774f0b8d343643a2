"""The reference: numpydoc's lint, long forms at the main doors, equations where they are used."""

import inspect
import re

import pytest
from numpydoc.hooks.validate_docstrings import run_hook

import dlnn_utils
from dlnn_utils.reproduce.engine.paths import ROOT

DOORS = ("fit_(diffusion|mechanics|images|local|from_states|motion)", "read_", "train$",
         "integrate",
         "smooth_states", "noise_of", "horizon_of", "estimate_state")  # fmt: skip
PUBLIC = {name: getattr(dlnn_utils, name) for name in dlnn_utils.__all__}
MEMBERS = [m for c in PUBLIC.values() if inspect.isclass(c) for m in vars(c).values()]
TEXTS = [t for o in (*PUBLIC.values(), *MEMBERS) if isinstance(t := o.__doc__, str)]
WITH_EXAMPLE = ("fit_diffusion", "fit_mechanics", "integrate", "lehmer", "square_grid", "table_1")


def test_numpydoc_finds_no_fault(capfd):
    files = [str(f) for f in sorted((ROOT / "dlnn_utils").rglob("*.py"))]
    assert run_hook(files, config=ROOT) == 0, capfd.readouterr().err


@pytest.mark.parametrize("name", [name for name in PUBLIC if re.match("|".join(DOORS), name)])
def test_a_main_door_says_what_it_takes_and_gives(name):
    assert re.search(r"Parameters\n *---[\s\S]*Returns\n *---", PUBLIC[name].__doc__)


@pytest.mark.parametrize("number", [7, 11, 12, 13, 15, 16, 17, 18, 19])
def test_the_papers_equations_are_named_where_they_are_used(number):
    found = [re.findall(r"Eqs?\.? ([\d, and-]*\d)", text) for text in TEXTS]
    ranges = re.findall(r"(\d+)(?:-(\d+))?", " ".join(sum(found, [])))
    assert any(int(a) <= number <= int(b or a) for a, b in ranges)


@pytest.mark.parametrize("name", WITH_EXAMPLE)
def test_what_is_used_first_has_an_example(name):
    assert ">>>" in PUBLIC[name].__doc__
