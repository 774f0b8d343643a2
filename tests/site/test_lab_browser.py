"""A notebook run in JupyterLab's page gives the committed verdicts, and its sliders move."""

import json
import os
import subprocess
import sys
import time

import psutil
import pytest
from nbformat.v4 import new_code_cell

from dlnn_utils.reproduce.engine import paths
from dlnn_utils.reproduce.engine.notebooks import read_notebook, source

NOTEBOOK, FIRST_CELLS = "01_theory", 14
SLIDERS = """import numpy as np, dlnn_utils as dlnn
from dlnn_utils.reproduce.drawing.explorer import Explorer
elements = dlnn.elements_of("square", 7)
plate = dlnn.Plate.of(dlnn.diffusivity(elements))
recording = dlnn.Recording.of(plate, dlnn.nodes_of(elements), np.linspace(0, 0.02, 101))
model = dlnn.fit_images(*recording.data(), M=plate.M, max_steps=3, frames=6)
Explorer(recording, model, frame=100, ahead=50)"""
FOLDERS = {
    "JUPYTER_RUNTIME_DIR": "runtime",
    "JUPYTER_CONFIG_DIR": "config",
    "JUPYTERLAB_SETTINGS_DIR": "settings",
    "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
    "IPYTHONDIR": "ipython",
    "DLNN_RESULTS": "results",
}
SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}
CELLS = """
return [...document.querySelectorAll(".jp-Notebook .jp-CodeCell")].map((cell) => ({
    prompt: cell.querySelector(".jp-InputPrompt").textContent,
    text: [...cell.querySelectorAll(".jp-OutputArea-output pre")].map((p) => p.innerText).join("")
}))"""
STATUS = "return document.querySelector('.jp-Notebook-ExecutionIndicator')?.dataset.status"
PICTURE = "return document.querySelector('img.widget-image')?.src"


@pytest.fixture
def lab(tmp_path):
    """Return the address of a notebook's beginning, and sliders, in a JupyterLab of its own."""
    content = read_notebook(NOTEBOOK)
    content["cells"][FIRST_CELLS:] = [new_code_cell(SLIDERS)]
    paths.write_json(tmp_path / f"notebooks/{NOTEBOOK}.ipynb", content)
    for name, values in SETTINGS.items():
        paths.write_json(tmp_path / f"settings/@jupyterlab/{name}.jupyterlab-settings", values)
    mine = {name: str(tmp_path / folder) for name, folder in FOLDERS.items()}
    mine["PYTHONPATH"] = str(paths.ROOT)
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ServerApp.port=0"]
    command += [f"--notebook-dir={tmp_path / 'notebooks'}"]
    command += ["--allow-root"] if os.geteuid() == 0 else []
    with open(tmp_path / "lab.log", "w") as log:
        server = subprocess.Popen(command, env=os.environ | mine, stdout=log, stderr=log)
    yield address(server, tmp_path)
    server.terminate()
    server.wait(30)


def address(server, folder):
    """Wait for a server; no process of it may listen where another machine could reach it."""
    for _ in range(600):
        for file in (folder / "runtime").glob("jpserver-*.json"):
            try:
                said = json.loads(file.read_text())
            except ValueError:
                continue
            parent = psutil.Process(server.pid)
            opened = [p.net_connections() for p in (parent, *parent.children(recursive=True))]
            sockets = [c for found in opened for c in found if c.status == "LISTEN"]
            assert sockets
            assert {c.laddr.ip for c in sockets} <= {"127.0.0.1", "::1"}
            return f"{said['url']}lab/tree/{NOTEBOOK}.ipynb?token={said['token']}"
        assert server.poll() is None, (folder / "lab.log").read_text()
        time.sleep(0.1)
    raise TimeoutError((folder / "lab.log").read_text())


def test_run_all_gives_the_committed_verdicts_and_a_moved_slider_another_picture(lab, browser):
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.ui import WebDriverWait

    committed = read_notebook(NOTEBOOK)["cells"][:FIRST_CELLS]
    committed = [cell for cell in committed if cell["cell_type"] == "code"]
    wait = WebDriverWait(browser, 120, poll_frequency=0.2)
    browser.set_window_size(1280, 900)
    browser.get(lab)
    wait.until(lambda b: b.execute_script(STATUS) == "idle")
    wait.until(lambda b: len(b.execute_script(CELLS)) == len(committed) + 1)
    for name in ("Run", "Run All Cells"):
        ActionChains(browser).click(wait.until(lambda b, n=name: menu(b, n))).perform()
    prompts = [f"[{n}]:" for n in range(1, len(committed) + 2)]
    wait.until(lambda b: [c["prompt"] for c in b.execute_script(CELLS)] == prompts)
    for cell, shown in zip(committed, browser.execute_script(CELLS)):
        if source(cell).startswith("# NBVAL_CHECK_OUTPUT"):
            printed = "".join("".join(o.get("text", "")) for o in cell["outputs"])
            assert shown["text"].strip() == printed.strip()
    first = wait.until(lambda b: b.execute_script(PICTURE))
    handles = wait.until(lambda b: b.find_elements("css selector", ".widget-hslider .noUi-handle"))
    ActionChains(browser).click(handles[0]).send_keys(Keys.ARROW_RIGHT * 3).perform()
    wait.until(lambda b: b.execute_script(PICTURE) != first)
    said = [x.text for x in browser.find_elements("css selector", ".widget-readout")]
    assert said == ["-19.4 ms", "0"]


def menu(browser, name):
    labels = browser.find_elements("css selector", ".lm-MenuBar-itemLabel, .lm-Menu-itemLabel")
    return next((x for x in labels if x.is_displayed() and x.text == name), None)
