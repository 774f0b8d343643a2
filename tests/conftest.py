"""A small project of the same build, for what must not touch the real one."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import nbformat
import psutil
import pytest
from filelock import FileLock
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from dlnn_utils.reproduce.cli import BAD_USAGE, main
from dlnn_utils.reproduce.engine import paths
from dlnn_utils.reproduce.engine.paths import ROOT
from dlnn_utils.reproduce.ledger.claims import load_claims
from dlnn_utils.reproduce.ledger.unknowns import load_unknowns

collect_ignore_glob = ["*/run.py"]  # scripts with a command of their own
BLOCKS = ("findings", "times", "scoreboard")
README = "# Toy\n\n" + "\n".join(f"<!-- {b}:begin -->\n<!-- {b}:end -->\n" for b in BLOCKS)
CLAIMS = """
[[claim]]
id = "size"
source = "Section 1"
statement = "It is at most one."
paper_value = 1.0
criterion = "at_most"
tolerance = 0.5
tolerance_from = "A toy's."
notebook = "01_size"

[[claim]]
id = "truth"
source = "Section 2"
statement = "It holds."
criterion = "true"
tolerance_from = "A toy's."
notebook = "02_truth"

[[claim]]
id = "later"
source = "Section 3"
statement = "It could be."
criterion = "none"
tolerance_from = "Nothing is said of how."
notebook = "03_later"
"""
UNKNOWNS = """
[[unknown]]
id = "width"
notebook = "01_size"
kind = "not stated"
text = "The width is not given."
choice = "Two."
why = "It is small."
alternatives = "three"
"""
SIZE = (
    "import matplotlib.pyplot as plt\n"
    "from dlnn_utils.reproduce import Run\n"
    "from dlnn_utils.toy import VALUE\n"
    'run = Run("01_size", seed=seed, protocol=protocol)',
    'fig, ax = plt.subplots()\nax.plot([0, 1])\nrun.figure(fig, "fig1")',
    'run.sensitivity("width", "size", {"two": VALUE, "three": 3.0})\n'
    'run.claim("size", VALUE + seed / 10, figure="fig1")',
    "run.unknowns()",
    "run.finish()",
)
TRUTH = (
    "from dlnn_utils.reproduce import Run\n"
    'run = Run("02_truth", seed=seed, protocol=protocol)\nrun.claim("truth", True)',
    'run.table("table1", ["what", "how much"], [["this", 1.5]])',
    "run.finish()",
)


class Project:
    """A checkout in a folder of its own."""

    def __init__(self, root: Path, **settings: str):
        self.root, self.settings = root, settings

    def start(self, *arguments: str, within: Sequence[str] = (), **more) -> subprocess.Popen:
        """Start what reproduce.sh calls, with this package, perhaps within another program."""
        return subprocess.Popen(
            [*within, sys.executable, "-u", "-m", "dlnn_utils.reproduce", *arguments],
            cwd=self.root,
            env=self.environment() | more.pop("env", {}),
            text=True,
            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | more,
        )

    def run(self, *arguments: str, **more) -> tuple[int, str, str]:
        """Do so to its end; return the status, the output, and the errors."""
        process = self.start(*arguments, **more)
        out, err = process.communicate(timeout=300)
        return process.returncode, out, err

    def environment(self) -> dict[str, str]:
        """Return the environment, in which nothing points to another checkout."""
        mine = {"PYTHONPATH": str(self.root), "MPLBACKEND": "Agg", "COLUMNS": "100"}
        others = {k: v for k, v in os.environ.items() if not k.startswith("DLNN_")}
        return others | mine | self.settings

    def running(self) -> list[psutil.Process]:
        """Return the processes whose environment is this project's."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if process.environ().get("PYTHONPATH") == str(self.root):
                    found.append(process)
        return found

    def committed(self) -> dict[str, bytes]:
        """Return the bytes of all files that `update` may write, and of those set aside."""
        files = [*self.root.glob("figures/*"), *self.root.glob("notebooks/*")]
        files += [self.root / "README.md", *self.root.glob(".*.part")]
        return {str(f.relative_to(self.root)): f.read_bytes() for f in files}

    def edit(self, path: str, text: str) -> None:
        """Replace a file."""
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text, encoding="utf-8")

    def notebook(self, name: str, *cells: str, parameters: str | None = None) -> None:
        """Write a notebook of a title, a parameters cell and some code."""
        parameters = 'seed = 0\nprotocol = "ours"' if parameters is None else parameters
        tagged = new_code_cell(parameters, metadata={"tags": ["parameters"]})
        content = new_notebook(
            cells=[new_markdown_cell(f"# {name}"), tagged, *map(new_code_cell, cells)]
        )
        content.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
        (self.root / "notebooks").mkdir(exist_ok=True)
        nbformat.write(content, self.root / "notebooks" / f"{name}.ipynb")


def new_project(root: Path) -> Project:
    """Return a copy of the house with two small notebooks in it."""
    toy = Project(root)
    without = shutil.ignore_patterns("__pycache__")
    shutil.copytree(
        ROOT / "dlnn_utils/reproduce", toy.root / "dlnn_utils/reproduce", ignore=without
    )
    for name in ("Snakefile", "reproduce.sh", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, toy.root / name)
    toy.edit("dlnn_utils/__init__.py", '"""Toy."""\n\n_EXPORTS = {"VALUE": "toy"}\n')
    toy.edit("dlnn_utils/toy.py", '"""A value."""\n\nVALUE = 1.0\n')
    toy.edit("notebooks/claims.toml", CLAIMS)
    toy.edit("notebooks/unknowns.toml", UNKNOWNS)
    toy.edit("README.md", README)
    toy.notebook("01_size", *SIZE)
    toy.notebook("02_truth", *TRUTH)
    return toy


def made(results: Path) -> dict[str, object]:
    """Return what runs have left: by file name its bytes, of a record what does not vary."""
    found = {}
    for file in results.glob("*/seed*/[!.]*/[!.]*"):
        content = file.read_bytes()
        with contextlib.suppress(ValueError):
            if file.name == paths.RECORD:
                content = json.loads(content)
                del content["seconds"], content["peak_memory_mb"]
        found[str(file.relative_to(results))] = content
    return found


def until(holds: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait until something holds; fail if it takes too long."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def enter(toy: Project, monkeypatch) -> Iterator[Project]:
    """Let the present process take a small project for the checkout."""
    places = {
        "ROOT": toy.root,
        "PACKAGE": toy.root / "dlnn_utils",
        "REPRODUCE": toy.root / "dlnn_utils/reproduce",
        "NOTEBOOKS": toy.root / "notebooks",
        "FIGURES": toy.root / "figures",
        "README": toy.root / "README.md",
    }
    for name, place in places.items():
        monkeypatch.setattr(paths, name, place)
    lists = ((load_claims, "claims.toml"), (load_unknowns, "unknowns.toml"))
    for load, file in lists:
        monkeypatch.setattr(load.__wrapped__, "__defaults__", (toy.root / "notebooks" / file,))
        load.cache_clear()
    for name in set(os.environ) - set(toy.environment()):
        monkeypatch.delenv(name)
    for name, value in toy.environment().items():
        monkeypatch.setenv(name, value)
    yield toy
    for load, _ in lists:
        load.cache_clear()


@pytest.fixture
def project(tmp_path) -> Project:
    """Return a small project, in a folder of its own."""
    return new_project(tmp_path / "toy")


@pytest.fixture
def inside(project, monkeypatch) -> Iterator[Project]:
    """Return a small project that the present process takes for the checkout."""
    yield from enter(project, monkeypatch)


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Project:
    """Return a small project whose notebooks have run; not to be changed."""
    toy = new_project(tmp_path_factory.mktemp("finished") / "toy")
    status, out, err = toy.run("--cores", "2")
    assert status == 0, out + err
    return toy


@pytest.fixture
def ran(finished, tmp_path, monkeypatch) -> Iterator[Project]:
    """Return a copy of a project that has run, taken for the checkout by this process."""
    shutil.copytree(finished.root, tmp_path / "toy", symlinks=True)
    yield from enter(Project(tmp_path / "toy"), monkeypatch)


@pytest.fixture
def said(capfd) -> Callable:
    """Return a call of the command line in this process: its status, output, and errors."""
    return lambda *arguments: (main(arguments), *capfd.readouterr())


@pytest.fixture
def refused(said) -> Callable:
    """Return a call that must be refused in one line, before it writes anything: that line."""

    def call(*arguments: str) -> str:
        status, _, err = said(*arguments)
        assert (status, err[:7], err.count("\n")) == (BAD_USAGE, "error: ", 1)
        assert not paths.results().exists()
        assert not (paths.FIGURES / "claims.json").exists()
        return err.removeprefix("error: ")

    return call


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    """Return the folder of the built site; all processes of one test run share it."""
    from build import build

    folder = tmp_path_factory.getbasetemp()
    folder = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder
    with FileLock(folder / "site.lock"):
        if not (folder / "site").exists():
            build(folder / "site")
    return folder / "site"


@pytest.fixture(scope="module")
def browser():
    """Return a headless Chromium, driven by Selenium, that logs its requests and its console.

    Each file of tests has its own: what a page of JupyterLab still asks for when it is left
    would else be counted against the next page.
    """
    from selenium import webdriver

    found = [shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")]
    chromium, driver = next(filter(None, found), None), shutil.which("chromedriver")
    if not (chromium and driver):
        pytest.skip("no browser here; on Debian: apt install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in ("headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage"):
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    chrome = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    chrome.set_script_timeout(60)
    yield chrome
    chrome.quit()
