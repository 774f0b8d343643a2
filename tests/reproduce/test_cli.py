"""The command line, called in this process: bad usage, damaged files, what it says and returns."""

import subprocess
import sys

import pytest

from dlnn_utils.reproduce.engine import paths

CUT = '{"cells": [{"cell_type": "co'


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["9"], "no notebook '9'; there are: 01_size, 02_truth"),
        (["--protocol", "slow"], "protocol must be one of ours, paper; got 'slow'"),
        (["--seed", "-1"], "seed must be a non-negative integer; got '-1'"),
        (["--cores", "0"], "cores must be a positive integer; got '0'"),
        (["sweep"], "sweep requires --seeds N"),
        (["01", "--seeds", "3"], "sweep requires --seeds N; other commands"),
        (["update", "--seed", "1"], "update takes neither notebooks nor a protocol nor a seed"),
        (["--colour"], "unrecognized arguments: --colour; see ./reproduce.sh --help"),
        (["--seed"], "argument --seed: expected one argument; see ./reproduce.sh --help"),
        (["--profile", "nowhere"], "profile must be a folder with a config.yaml in it"),
    ],
)
def test_bad_usage_gets_one_line(refused, inside, arguments, message):
    assert refused(*arguments).startswith(message)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ("seed = 0", "03_new has no parameter protocol; it has: seed"),
        ("seed = int(0)", "the parameters cell of 03_new may hold only lines like: seed = 0"),
    ],
)
def test_a_notebook_with_wrong_parameters_is_refused(inside, refused, parameters, message):
    inside.notebook("03_new", "x = 1", parameters=parameters)
    assert refused() == f"{message}\n"


@pytest.mark.parametrize("content", [CUT, "", "[]", '{"cells": [1]}', '{"cells": [{}]}'])
def test_every_command_names_a_damaged_notebook(inside, refused, content):
    inside.edit("notebooks/02_truth.ipynb", content)
    for arguments in (["02"], [], ["update"], ["test"], ["--list"]):
        line = "02_truth.ipynb is not a Jupyter notebook (damaged JSON?)\n"
        assert refused(*arguments) == line


@pytest.mark.parametrize("store", ["[]", '{"runs": 3}', '{"measurements": [{"id": "size"}]}', CUT])
def test_a_damaged_store_is_named_before_anything_is_run(inside, refused, store):
    inside.edit("figures/measurements.json", store)
    for arguments in (["01"], ["update"], ["test"], ["sweep", "--seeds", "1", "01"]):
        line = refused(*arguments)
        assert line.startswith("figures/measurements.json is missing or damaged; get it back with")
    assert (inside.root / "figures/measurements.json").read_text() == store


def test_results_that_cannot_be_written_get_one_line(inside, said, monkeypatch):
    inside.edit("in_the_way", "")
    monkeypatch.setenv("DLNN_RESULTS", str(inside.root / "in_the_way/results"))
    status, _, err = said("01")
    assert status == 1
    assert err.startswith(f"error: cannot write to {inside.root}/in_the_way")
    assert err.count("\n") == 1


def test_an_output_that_is_full_gets_one_line(project):
    with open("/dev/full", "w") as full:
        status, _, err = project.run("--list", stdout=full)
    assert (status, err) == (1, "error: cannot write to the output: No space left on device\n")


def test_help_and_list_need_no_run(inside, said, capfd):
    with pytest.raises(SystemExit, match="0"):
        said("--help")
    text = capfd.readouterr().out
    for word in ("test", "sweep", "update", "lab", "--protocol", "--seed", "--cores", "--force"):
        assert word in text
    assert "--profile cluster/slurm" in text
    status, out, err = said("--list")
    assert (status, err) == (0, "")
    assert [line.split()[:4] for line in out.splitlines()] == [
        ["01_size", "to", "be", "run"],
        ["02_truth", "to", "be", "run"],
    ]
    assert not paths.results().exists()


def test_the_command_line_loads_nothing_heavy(project):
    heavy = {"torch", "matplotlib", "scipy", "numpy", "snakemake", "papermill", "IPython"}
    code = f"import sys, dlnn_utils.reproduce.cli; print({heavy} & set(sys.modules))"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=project.environment(), capture_output=True, text=True)
    assert done.stdout == "set()\n", done.stderr


def test_a_house_that_does_not_load_is_told_in_one_line(project):
    project.edit("argparse.py", "raise ImportError('no argparse')\n")
    line = f"error: no argparse; if {sys.prefix} is damaged, delete it and call again\n"
    assert project.run("--list") == (1, "", line)
