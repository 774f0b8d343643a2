"""What machines read of the project is valid, and all of it says the same."""

import json
import re
import shlex
import subprocess
import sys
import tomllib
from html import unescape

import pytest
import yaml

import dlnn_utils
from dlnn_utils.companion.paths import ROOT
from dlnn_utils.companion.site_pages import fragments

CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
ZENODO = json.loads((ROOT / ".zenodo.json").read_text(encoding="utf-8"))
ELSEWHERE = (ROOT / "site/elsewhere.md").read_text(encoding="utf-8")


def valid(path):
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema"]
    done = subprocess.run(
        [*command, "vendor.citation-file-format", str(path)], capture_output=True
    )
    return done.returncode == 0


def test_the_citation_keeps_to_its_schema(tmp_path):
    assert valid(ROOT / "CITATION.cff")
    (tmp_path / "CITATION.cff").write_text(yaml.safe_dump(CITATION | {"license": "no such"}))
    assert not valid(tmp_path / "CITATION.cff")


def test_zenodo_says_what_the_citation_says():
    for name in ("title", "version", "license"):
        assert ZENODO[name] == CITATION[name], name
    assert [c["name"] for c in ZENODO["creators"]] == [a["name"] for a in CITATION["authors"]]
    (paper,) = CITATION["references"]
    known = {i["value"] for i in paper["identifiers"]}
    assert {r["identifier"] for r in ZENODO["related_identifiers"]} == known
    assert ZENODO["upload_type"] == CITATION["type"]
    assert paper["title"] in unescape(ZENODO["description"])


def test_version_and_licence_are_the_same_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert CITATION["version"] == project["version"] == dlnn_utils.__version__
    first, _, holders = (ROOT / "LICENSE").read_text(encoding="utf-8").splitlines()[:3]
    assert first == f"{CITATION['license']} License"
    assert CITATION["authors"][0]["name"] in holders


def test_the_sites_bibtex_has_the_paper_as_the_citation_has_it():
    text = fragments()["made/cite.md"]
    (paper,) = CITATION["references"]
    assert f"{{{paper['title']}}}" in text
    assert f"{{{paper['year']}}}" in text
    for author in paper["authors"]:
        assert f"{author['family-names']}, {author['given-names']}" in text
    assert text.count("{") == text.count("}")


def test_the_dev_container_sets_up_with_what_is_here():
    settings = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text(encoding="utf-8"))
    wanted = (ROOT / "environment.yml").read_text(encoding="utf-8")
    version = re.search(r"python=([\d.]+)", wanted)[1]
    assert settings["image"].startswith(f"python:{version}-")
    command, *_ = shlex.split(settings["postCreateCommand"])
    assert (ROOT / command).exists()


@pytest.mark.parametrize("notebook", ["01_theory"])
def test_colabs_first_cell_finds_the_package(notebook, tmp_path):
    (cell,) = re.findall(r"```ipython3\n(.*?)```", ELSEWHERE, re.S)
    clone, install, *rest = cell.splitlines()
    assert clone == "!git clone --depth 1 ADDRESS dlnn"
    assert install == "!pip install --quiet scikit-fem"
    (tmp_path / "dlnn").symlink_to(ROOT)
    code = [*rest, "import dlnn_utils", "from dlnn_utils.companion import Run"]
    code += [f'run = Run("{notebook}")', "print(dlnn_utils.__file__)"]
    done = subprocess.run(
        [sys.executable, "-P", "-m", "IPython", "--no-banner", "--colors=NoColor"],
        input="\n".join([*code, ""]),
        cwd=tmp_path,
        env={"IPYTHONDIR": str(tmp_path), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert f"{ROOT}/notebooks/../dlnn_utils/__init__.py" in done.stdout, done.stdout
    assert "Error" not in done.stdout


def test_what_is_asked_for_is_the_same_everywhere_and_pinned():
    lines = (ROOT / "pyproject.toml").read_text().splitlines()
    wanted = tomllib.loads("\n".join(lines))["project"]["dependencies"]
    asked = (ROOT / "requirements.in").read_text().splitlines()
    asked = sorted(re.split("[=<>]", line)[0] for line in asked if line and line[0] != "#")
    assert asked == sorted(wanted)
    pins = dict(
        line.split("==") for line in (ROOT / "requirements.lock").read_text().split("\n") if line
    )
    assert set(asked) <= set(pins)
    for name in wanted:
        (line,) = [line for line in lines if line.strip().startswith(f'"{name}",')]
        assert len(line.split("#")[1].strip()) > 5, f"{name} has no reason"


def test_what_a_cluster_needs_besides_is_pinned():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    locks = [(ROOT / f"requirements{name}.lock").read_text() for name in ("", "-slurm")]
    all_else, besides = ({line.split("==")[0] for line in lock.split()} for lock in locks)
    assert set(project["optional-dependencies"]["slurm"]) <= besides
    assert not all_else & besides
    assert all(re.fullmatch(r"[a-z-]+==[\d.]+", line) for line in locks[1].split())


def test_the_conda_environment_takes_everything_from_the_lock():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    assert environment["dependencies"] == [
        "python=3.11",
        "pip",
        {"pip": ["-r requirements.lock", "-e ."]},
    ]
