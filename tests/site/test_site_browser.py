"""The built pages in a real browser, opened from the disk: nothing missing, nothing broken."""

import json

from dlnn_utils.reproduce.engine import paths

NOTEBOOKS = [f"notebooks/{name}" for name in paths.notebook_names()]
PAGES = ["index", "unknowns", "elsewhere", "api/index", "api/training", *NOTEBOOKS, "ledger"]
PHONE = {"width": 390, "height": 900, "deviceScaleFactor": 1, "mobile": True}
FORMULAS_SET = """
const done = arguments[arguments.length - 1];
const script = document.querySelector("script[src*='tex-svg']");
const wait = () => window.MathJax?.startup?.promise ?
    MathJax.startup.promise.then(() => done(document.querySelectorAll("mjx-container").length)) :
    setTimeout(wait, 20);
if (script) wait(); else done(0);
"""
WRONG_FORMULAS = """
return [...document.querySelectorAll("mjx-container")].filter((formula) => formula.querySelector(
    "[fill='red'], [data-mml-node='merror'], mjx-merror")).map((formula) => formula.outerHTML)"""
BROKEN_IMAGES = """
return [...document.images].filter((i) => !(i.complete && i.naturalWidth)).map((i) => i.src)"""
SHOWN = """
return [...document.querySelectorAll("#ledger tbody tr")].filter((row) => row.offsetParent)
    .map((row) => row.id.replace("claim-", ""))"""


def failed_requests(browser):
    """Return what could not be loaded, and what was asked of anything but the disk."""
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    sent = [e["params"] for e in events if e["method"] == "Network.requestWillBeSent"]
    urls = {p["requestId"]: p["request"]["url"] for p in sent}
    failed = [e["params"]["requestId"] for e in events if e["method"] == "Network.loadingFailed"]
    outside = [url for url in urls.values() if not url.startswith(("file:", "data:"))]
    return [urls.get(id, id) for id in failed] + outside


def problems(browser):
    found = {
        "requests": failed_requests(browser),
        "console": [e["message"] for e in browser.get_log("browser") if e["level"] == "SEVERE"],
        "formulas": browser.execute_script(WRONG_FORMULAS),
        "images": browser.execute_script(BROKEN_IMAGES),
        "wide": browser.execute_script("return document.documentElement.scrollWidth") > 390,
    }
    return {what: items for what, items in found.items() if items}


def test_every_page_is_whole_on_a_phone_and_the_ledger_can_be_filtered(site, browser):
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE)
    found = {}
    for page in PAGES:
        browser.get((site / f"{page}.html").as_uri())
        formulas = browser.execute_async_script(FORMULAS_SET)
        found[page] = problems(browser)
        if page in NOTEBOOKS and not formulas:
            found[page]["formulas"] = "none"
    assert not {page: wrong for page, wrong in found.items() if wrong}
    filter_the_ledger(browser)


def filter_the_ledger(browser):
    """Choose a verdict, a section and a word on the page of the ledger."""
    from selenium.webdriver.support.select import Select

    entries = json.loads((paths.FIGURES / "claims.json").read_text(encoding="utf-8"))
    verdicts = {e["id"]: e["verdict"] for e in reversed(entries) if e["protocol"] != "paper"}
    verdict = Select(browser.find_element("name", "verdict"))
    section = Select(browser.find_element("name", "section"))
    assert set(browser.execute_script(SHOWN)) == {e["id"] for e in entries}
    verdict.select_by_value("partly")
    partly = {id for id, v in verdicts.items() if v == "partly"}
    assert set(browser.execute_script(SHOWN)) == partly
    verdict.select_by_value("")
    section.select_by_value("5")
    within = browser.execute_script(SHOWN)
    assert {"fig5.train_rms", "fig7.square"} <= set(within) < set(verdicts)
    section.select_by_value("5.4")
    browser.find_element("name", "text").send_keys("Hidden Layer")
    assert browser.execute_script(SHOWN) == ["sec5.4.width_rule"]
    assert browser.find_element("id", "ledger-count").text == f"1 of {len(verdicts)} claims"
