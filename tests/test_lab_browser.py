"""A notebook in JupyterLab, run through the page, ends with the verdicts that are committed."""

import json
import os
import shutil
import subprocess
import sys
import time

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from dlnn_utils.companion import paths
from dlnn_utils.companion.parameters import read_notebook, source

NOTEBOOK = "01_theory"
SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}
CELLS = """
return [...document.querySelectorAll(".jp-Notebook .jp-CodeCell")].map((cell) => ({
    prompt: cell.querySelector(".jp-InputPrompt").textContent,
    text: [...cell.querySelectorAll(".jp-OutputArea-output pre")].map((p) => p.innerText).join("")
}))"""


SLIDERS = """import numpy as np, dlnn_utils as dlnn
from dlnn_utils.companion.interactive import Explorer
elements = dlnn.elements_of("square", 7)
plate = dlnn.Plate.of(dlnn.diffusivity(elements))
recording = dlnn.Recording.of(plate, dlnn.nodes_of(elements), np.linspace(0, 0.02, 101))
Explorer(recording, recording.fit(max_steps=3, frames=6), frame=100, ahead=50)"""


@pytest.fixture
def lab(tmp_path, request):
    """Return the address of a JupyterLab on a copy of the notebook, or on one of given code."""
    (tmp_path / "notebooks").mkdir()
    if code := getattr(request, "param", None):
        content = new_notebook(cells=[new_code_cell(code)])
        content.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
        nbformat.write(content, tmp_path / "notebooks" / f"{NOTEBOOK}.ipynb")
    else:
        shutil.copy(paths.notebook_path(NOTEBOOK), tmp_path / "notebooks")
    for name, values in SETTINGS.items():
        paths.write_json(tmp_path / f"settings/@jupyterlab/{name}.jupyterlab-settings", values)
    mine = {"PYTHONPATH": str(paths.ROOT), "DLNN_RESULTS": str(tmp_path / "results")}
    mine |= {"JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime")}
    mine |= {"JUPYTERLAB_SETTINGS_DIR": str(tmp_path / "settings")}
    mine |= {"JUPYTERLAB_WORKSPACES_DIR": str(tmp_path / "workspaces")}
    mine |= {"JUPYTER_CONFIG_DIR": str(tmp_path / "config"), "IPYTHONDIR": str(tmp_path / "ip")}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ServerApp.port=0"]
    command += [f"--notebook-dir={tmp_path / 'notebooks'}"]
    command += ["--allow-root"] if os.geteuid() == 0 else []
    with open(tmp_path / "lab.log", "w") as log:
        server = subprocess.Popen(command, env=os.environ | mine, stdout=log, stderr=log)
    address = _address(server, tmp_path)
    _only_loopback(server.pid)
    yield address
    server.terminate()
    server.wait(30)


def _only_loopback(pid):
    """Fail if a process or a child of it listens where another machine could reach it."""
    processes = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    sockets = [c for p in processes for c in p.net_connections() if c.status == "LISTEN"]
    assert sockets
    assert {c.laddr.ip for c in sockets} <= {"127.0.0.1", "::1"}


def _address(server, folder):
    for _ in range(600):
        for file in (folder / "runtime").glob("jpserver-*.json"):
            try:
                said = json.loads(file.read_text())
            except ValueError:
                continue
            return f"{said['url']}lab/tree/{NOTEBOOK}.ipynb?token={said['token']}"
        assert server.poll() is None, (folder / "lab.log").read_text()
        time.sleep(0.1)
    raise TimeoutError((folder / "lab.log").read_text())


def verdict_cells(cells):
    """Return the texts printed by the cells whose output is checked."""
    mine = [c for c in read_notebook(NOTEBOOK)["cells"] if c["cell_type"] == "code"]
    checked = [n for n, c in enumerate(mine) if source(c).startswith("# NBVAL_CHECK_OUTPUT")]
    return [cells(n, mine[n]).strip() for n in checked]


def test_run_all_in_the_page_gives_the_committed_verdicts(lab, browser):
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.support.ui import WebDriverWait

    wait = WebDriverWait(browser, 120, poll_frequency=0.2)
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.set_window_size(1280, 900)
    browser.get(lab)
    status = "return document.querySelector('.jp-Notebook-ExecutionIndicator')?.dataset.status"
    wait.until(lambda b: b.execute_script(status) == "idle")
    cells = sum(c["cell_type"] == "code" for c in read_notebook(NOTEBOOK)["cells"])
    wait.until(lambda b: len(b.execute_script(CELLS)) == cells)
    for name in ("Run", "Run All Cells"):
        ActionChains(browser).click(wait.until(lambda b, n=name: _menu(b, n))).perform()
    wait.until(lambda b: b.execute_script(status) == "busy")
    wait.until(lambda b: b.execute_script(status) == "idle" and _all_counted(b))
    shown = browser.execute_script(CELLS)
    assert [c["prompt"] for c in shown] == [f"[{n}]:" for n in range(1, cells + 1)]
    assert verdict_cells(lambda n, cell: shown[n]["text"]) == verdict_cells(
        lambda n, cell: "".join("".join(o.get("text", "")) for o in cell["outputs"])
    )


@pytest.mark.parametrize("lab", [SLIDERS], indirect=True, ids=["sliders"])
def test_a_slider_moved_in_the_page_draws_another_picture(lab, browser):
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.ui import WebDriverWait

    wait = WebDriverWait(browser, 120, poll_frequency=0.2)
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.set_window_size(1280, 900)
    browser.get(lab)
    status = "return document.querySelector('.jp-Notebook-ExecutionIndicator')?.dataset.status"
    wait.until(lambda b: b.execute_script(status) == "idle")
    for name in ("Run", "Run All Cells"):
        ActionChains(browser).click(wait.until(lambda b, n=name: _menu(b, n))).perform()
    picture = "return document.querySelector('img.widget-image')?.src"
    first = wait.until(lambda b: b.execute_script(picture))
    handles = wait.until(lambda b: b.find_elements("css selector", ".widget-hslider .noUi-handle"))
    ActionChains(browser).click(handles[0]).send_keys(Keys.ARROW_RIGHT * 3).perform()
    wait.until(lambda b: b.execute_script(picture) != first)
    said = [x.text for x in browser.find_elements("css selector", ".widget-readout")]
    assert said == ["-19.4 ms", "0"]


def _menu(browser, name):
    labels = browser.find_elements("css selector", ".lm-MenuBar-itemLabel, .lm-Menu-itemLabel")
    return next((x for x in labels if x.is_displayed() and x.text == name), None)


def _all_counted(browser):
    return not [c for c in browser.execute_script(CELLS) if "*" in c["prompt"]]
