"""The built pages in a real browser, opened from the disk: nothing missing, nothing broken."""

import json

import pytest

import dlnn_utils
from dlnn_utils.companion import paths

PAGES = ["index", "ledger", "unknowns", "elsewhere", "cluster", "contributing", "cite"]
PAGES += ["api/index"]
PAGES += [f"notebooks/{name}" for name in paths.notebook_names()]
PAGES += [f"api/{module}" for module in dict.fromkeys(dlnn_utils._EXPORTS.values())]
PHONE, DESKTOP = 390, 1280
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


def show(browser, url, width=DESKTOP):
    """Open a page as wide as this, and return how many formulas it has, all set."""
    browser.get_log("performance")
    browser.get_log("browser")
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width == PHONE}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.get(url)
    return browser.execute_async_script(FORMULAS_SET)


def failed_requests(browser):
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    urls = {e["params"]["requestId"]: e["params"].get("request", {}).get("url") for e in events
            if e["method"] == "Network.requestWillBeSent"}  # fmt: skip
    failed = [e["params"]["requestId"] for e in events if e["method"] == "Network.loadingFailed"]
    outside = [url for url in urls.values() if not url.startswith(("file:", "data:"))]
    return [urls.get(id, id) for id in failed] + outside


def problems(browser):
    found = {
        "requests": failed_requests(browser),
        "console": [e["message"] for e in browser.get_log("browser") if e["level"] == "SEVERE"],
        "formulas": browser.execute_script(WRONG_FORMULAS),
        "images": browser.execute_script(BROKEN_IMAGES),
    }
    return {what: items for what, items in found.items() if items}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_whole_and_fits_a_phone(page, site, browser):
    formulas = show(browser, (site / f"{page}.html").as_uri(), PHONE)
    assert not problems(browser)
    width = browser.execute_script("return document.documentElement.scrollWidth")
    assert width <= PHONE
    if page.startswith("notebooks/"):
        assert formulas > 0


def test_what_is_broken_is_seen(site, browser, tmp_path):
    page = site / "notebooks/01_theory.html"
    text = page.read_text(encoding="utf-8")
    assert r"\(" in text
    text = text.replace("<head>", f'<head><base href="{page.as_uri()}">', 1)
    text = text.replace(r"\(", r"\(\nosuchmacro ", 1)
    text = text.replace("</article>", '<img src="no.png"><script>nothing()</script></article>')
    (tmp_path / "broken.html").write_text(text, encoding="utf-8")
    show(browser, (tmp_path / "broken.html").as_uri())
    found = problems(browser)
    assert set(found) == {"requests", "console", "formulas", "images"}
    assert len(found["formulas"]) == len(found["images"]) == 1


def shown_claims(browser):
    rows = browser.find_elements("css selector", "#ledger tbody tr")
    return {r.get_attribute("id").removeprefix("claim-") for r in rows if r.is_displayed()}


def test_the_ledger_can_be_filtered(site, browser):
    from selenium.webdriver.support.select import Select

    entries = json.loads((paths.FIGURES / "claims.json").read_text(encoding="utf-8"))
    verdict = {e["id"]: e["verdict"] for e in reversed(entries) if e["protocol"] != "paper"}
    show(browser, (site / "ledger.html").as_uri())
    everything = shown_claims(browser)
    assert everything == {e["id"] for e in entries}
    by_verdict = Select(browser.find_element("name", "verdict"))
    by_section = Select(browser.find_element("name", "section"))
    by_verdict.select_by_value("partly")
    partly = shown_claims(browser)
    assert partly == {id for id, v in verdict.items() if v == "partly"}
    by_verdict.select_by_value("")
    by_section.select_by_value("5")
    within = shown_claims(browser)
    assert {"fig5.train_rms", "fig7.square"} <= within
    assert not {"eq1", "sec6.extension"} & within
    by_section.select_by_value("5.4")
    assert "fig5.train_rms" in shown_claims(browser) < within
    browser.find_element("name", "text").send_keys("Hidden Layer")
    assert shown_claims(browser) == {"sec5.4.width_rule"}
    assert browser.find_element("id", "ledger-count").text == f"1 of {len(everything)} claims"


def test_a_ledger_row_leads_to_the_section_and_the_figure(site, browser):
    show(browser, (site / "ledger.html").as_uri())
    row = browser.find_element("id", "claim-fig5.train_rms")
    section, figure, numbers = row.find_elements("css selector", ".links a")
    assert numbers.get_attribute("href").endswith("/figures/fig5b_sequence.csv")
    targets = section.get_attribute("href"), figure.get_attribute("href")
    for url, wanted in zip(targets, ("Learning", "fig5b_sequence")):
        show(browser, url)
        place = browser.find_element("css selector", ":target")
        assert wanted in (place.text + place.get_attribute("id"))
