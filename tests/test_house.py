"""The house: which room imports which, how long a file is, and how many names a room shows."""

import ast
import sys
from pathlib import Path

import dlnn_utils

HOUSE = Path(dlnn_utils.__file__).parent
FILES = {str(f.relative_to(HOUSE)): f for f in sorted(HOUSE.rglob("*.py"))}
BASE = {"_arguments", "integration"}
MAY_IMPORT = {
    "_arguments": set(),
    "theory": set(),
    "integration": {"_arguments"},
    "data": BASE,
    "models": BASE,
    "storage": BASE | {"models", "training", "fields"},
    "systems": BASE,
    "training": BASE | {"models", "data", "systems.linear"},
    "reversal": BASE | {"models", "systems"},
    "fields": BASE | {"models", "training"},
    "answers": BASE | {"models", "data", "training", "systems", "fields", "reversal", "peers"},
    "peers": BASE | {"training", "models", "systems", "data", "fields"},
}
OTHERS = {"_arguments": {"numpy"}, "theory": {"sympy"}}  # all that these import from elsewhere
MOST_LINES, MOST_NAMES = 250, 10


def imported(file):
    """Return what a file imports anywhere in it, by full names."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        if isinstance(node, ast.ImportFrom):
            yield from (f"{'.' * node.level}{node.module}.{one.name}" for one in node.names)


def forbidden(name):
    """Return what a file imports though its room may not."""
    room = name.split("/")[0].removesuffix(".py")
    if room in ("__init__", "reproduce"):
        return
    for full in imported(FILES[name]):
        package, _, inner = full.partition(".")
        if package != "dlnn_utils":
            allowed = package in OTHERS.get(room, {package}) | sys.stdlib_module_names
        else:
            allowed = f"{inner}.".startswith(tuple(f"{one}." for one in (room, *MAY_IMPORT[room])))
        if not allowed:
            yield full


def test_rooms_import_only_what_they_may():
    found = {name: set(forbidden(name)) for name in FILES}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_files_are_short():
    lines = {name: len(file.read_text().splitlines()) for name, file in FILES.items()}
    assert {name: n for name, n in lines.items() if n > MOST_LINES} == {}


def test_rooms_show_few_names():
    rooms = {str(Path(name).parent) for name in FILES}
    inside = {room: [p for p in (HOUSE / room).iterdir() if p.name[0] != "_"] for room in rooms}
    inside["."] = [p for p in inside["."] if p.is_dir()]  # the house shows its rooms
    seen = {room: len(names) for room, names in inside.items()}
    assert {room: n for room, n in seen.items() if n > MOST_NAMES} == {}
