"""The reference says of every public name what it takes, gives and raises, in NumPy's form."""

import ast
import inspect
import re
from dataclasses import is_dataclass
from importlib import import_module
from textwrap import dedent

import pytest
from numpydoc.docscrape import NumpyDocString
from numpydoc.validate import validate

import dlnn_utils

NOT_ASKED = {
    "SA01", "ES01", "EX01",  # see also, more than a sentence, an example: where they help
    "PR07", "RT03",          # array (B, n) may say it all
    "PR08", "RT04", "SS02",  # "n inputs." and "c' = ..." begin with a symbol
}  # fmt: skip
TAKEN_AND_GIVEN = {"PR01", "RT01"}
SHAPE = re.compile(r"\((?:\.\.\.|[\w*+^ ]+,|\)|in )")

EQUATIONS = (7, 11, 12, 13, 15, 16, 17, 18, 19)
WITH_EXAMPLE = ("fit_diffusion", "fit_mechanics", "integrate", "lehmer", "square_grid", "table_1")


def public_objects():
    for name, module in dlnn_utils._EXPORTS.items():
        thing = getattr(import_module(f"dlnn_utils.{module}"), name)
        if callable(thing):
            yield f"dlnn_utils.{module}.{name}"
        if inspect.isclass(thing):
            for member, value in vars(thing).items():
                if not member.startswith("_") and (
                    callable(value) or isinstance(value, classmethod | staticmethod | property)
                ):
                    yield f"dlnn_utils.{module}.{name}.{member}"


NAMES = list(public_objects())


def resolve(path):
    """Return an object, and what it overrides, from its dotted name."""
    parts = path.split(".")
    known = max(n for n in range(1, len(parts)) if _is_module(".".join(parts[:n])))
    thing, owner = import_module(".".join(parts[:known])), None
    for part in parts[known:]:
        owner, thing = thing, inspect.getattr_static(thing, part)
    if not inspect.isclass(owner):
        return thing, None
    bases = (vars(base).get(parts[-1]) for base in owner.__mro__[1:])
    return thing, next((b for b in bases if b is not None), None)


def _is_module(name):
    try:
        import_module(name)
    except ImportError:
        return False
    return True


def says_it_in_a_sentence(thing):
    """Return whether a method's one sentence names what it takes, and shapes: grad (B, n) at x."""
    thing = getattr(thing, "__func__", thing)
    taken = list(inspect.signature(thing).parameters)[1:]
    text = inspect.getdoc(thing).split("\n\n")[0]
    named = all(re.search(rf"\b{name}\b", text) for name in taken)
    return named and (not taken or SHAPE.search(text))


def is_error(thing):
    return issubclass(thing, Exception)


def fields_are_attributes(thing):
    """Return whether all that a class takes is described as attributes, of it or of a base."""
    known = {
        p.name
        for base in thing.__mro__[:-1]
        for part in ("Parameters", "Attributes")
        for p in NumpyDocString(inspect.cleandoc(base.__doc__ or ""))[part]
    }
    known = {name.strip() for names in known for name in names.split(",")}
    return set(inspect.signature(thing).parameters) <= known


def faults(path):
    """Return what is missing; a method may inherit, or say in a sentence, what it takes."""
    thing, overridden = resolve(path)
    allowed = set(NOT_ASKED)
    if inspect.isclass(thing) and not is_error(thing) and fields_are_attributes(thing):
        allowed |= {"PR01"}
    method = path.rsplit(".", 2)[1][0].isupper() and not isinstance(thing, property)
    if method and (overridden is not None or says_it_in_a_sentence(thing)):
        allowed |= TAKEN_AND_GIVEN
    return [f"{code} {text}" for code, text in validate(path)["errors"] if code not in allowed]


@pytest.mark.parametrize("path", NAMES)
def test_it_is_documented(path):
    assert not faults(path)


@pytest.mark.parametrize("path", NAMES)
def test_it_says_what_it_raises(path):
    thing, _ = resolve(path)
    thing = getattr(thing, "__func__", getattr(thing, "fget", thing))
    documented = {p.type for p in NumpyDocString(inspect.getdoc(thing) or "")["Raises"]}
    if inspect.isclass(thing):
        code = vars(thing).get("__post_init__" if is_dataclass(thing) else "__init__")
    else:
        code = thing
    if not inspect.isfunction(code):
        return
    tree = ast.parse(dedent(inspect.getsource(code)))
    raised = {
        node.exc.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)
    }
    assert raised - {"NotImplementedError"} <= documented


def test_a_fault_is_seen(monkeypatch):
    def poor(x):
        """Return x."""
        return x

    poor.__module__, poor.__qualname__ = "dlnn_utils.rates", "poor"
    monkeypatch.setattr("dlnn_utils.rates.poor", poor, raising=False)
    codes = {fault[:4] for fault in faults("dlnn_utils.rates.poor")}
    assert codes == {"PR01", "RT01"}


@pytest.mark.parametrize("number", EQUATIONS)
def test_the_papers_equations_are_named_where_they_are_used(number):
    texts = [inspect.getdoc(resolve(path)[0]) or "" for path in NAMES]
    named = re.compile(rf"Eqs?\.? (?:\d+(?:-\d+)?(?:, | and ))*{number}\b")
    ranges = re.compile(r"Eqs (\d+)-(\d+)")
    assert any(
        named.search(t) or any(int(a) <= number <= int(b) for a, b in ranges.findall(t))
        for t in texts
    )


@pytest.mark.parametrize("name", WITH_EXAMPLE)
def test_what_is_used_first_has_an_example(name):
    assert ">>>" in getattr(dlnn_utils, name).__doc__
