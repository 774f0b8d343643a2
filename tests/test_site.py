"""The built site holds everything, needs nothing, and every link in it leads somewhere."""

import json
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import dlnn_utils
from dlnn_utils.companion import cli, paths, site_notebooks
from dlnn_utils.companion import site as site_module
from dlnn_utils.companion.site_notebooks import page_of, section_of

MOST_MEGABYTES = 30
LOADED = {("link", "href"), ("script", "src"), ("img", "src"), ("source", "src")}


class Page(HTMLParser):
    """What a page loads, where its links lead, and the anchors that it has."""

    def __init__(self, path: Path):
        super().__init__()
        self.loads, self.links, self.anchors = [], [], {""}
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if (tag, name) in LOADED:
                self.loads.append(value)
            elif name == "href":
                self.links.append(value)
            elif name == "id":
                self.anchors.add(value)


@pytest.fixture(scope="module")
def pages(site):
    return {path: Page(path) for path in site.rglob("*.html") if "_static" not in path.parts}


def ledger():
    return json.loads((paths.FIGURES / "claims.json").read_text(encoding="utf-8"))


def test_there_is_a_page_for_each_notebook_and_module(site, pages):
    wanted = [f"notebooks/{name}" for name in paths.notebook_names()]
    wanted += [f"api/{module}" for module in dlnn_utils._EXPORTS.values()]
    wanted += ["index", "ledger", "unknowns", "elsewhere", "cluster", "contributing", "cite"]
    wanted += ["api/index"]
    assert not [name for name in wanted if site / f"{name}.html" not in pages]
    for name in paths.notebook_names():
        assert f"notebooks/{name}.html" in pages[site / "index.html"].links


def test_it_is_small(site):
    files = [f for f in site.rglob("*") if f.is_file()]
    assert sum(f.stat().st_size for f in files) <= MOST_MEGABYTES * 1e6


def test_it_loads_nothing_from_elsewhere(pages):
    for path, page in pages.items():
        outside = [u for u in page.loads if urlsplit(u).scheme not in ("", "data")]
        assert not outside, (path.name, outside)


def test_every_link_leads_somewhere(pages):
    broken = []
    for path, page in pages.items():
        for url in page.loads + page.links:
            parts = urlsplit(url)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            anchors = pages[target].anchors if target in pages else {""}
            if not target.exists() or unquote(parts.fragment) not in anchors:
                broken.append((path.name, url))
    assert not broken


@pytest.mark.parametrize("name", paths.notebook_names())
def test_every_figure_and_table_links_to_its_numbers(name, site, pages):
    page = pages[site / f"notebooks/{name}.html"]
    mine = {e["figure"] for e in ledger() if e["notebook"] == name and e["figure"]}
    assert mine <= page.anchors
    shown = {Path(u).stem for u in page.loads if "/figures/" in u}
    links = {Path(u).name for u in page.links if "/figures/" in u}
    still = {n for n in mine | shown if not (paths.FIGURES / f"{n}.gif").exists()}
    assert {f"{n}.csv" for n in still} <= links


def test_every_saved_figure_is_shown(pages):
    shown = {Path(u).name for page in pages.values() for u in page.loads if "figures/" in u}
    assert shown == {f.name for f in paths.FIGURES.iterdir() if f.suffix in (".png", ".gif")}


def test_the_ledger_has_each_claim_once_with_its_section(site, pages):
    ids = {e["id"] for e in ledger()}
    page = pages[site / "ledger.html"]
    assert {f"claim-{id}" for id in ids} <= page.anchors
    for e in ledger():
        if e["seeds"]:
            assert section_of(e["id"], e["notebook"]), e["id"]


def notebook(*outputs, text="# Title\n\n```\n# no heading\n```\n\n## Part $x$\n"):
    code = {"cell_type": "code", "source": 'f"fig{n}.a"; "b.c"', "outputs": list(outputs)}
    cells = [{"cell_type": "markdown", "source": text.splitlines(True)}, code]
    return {"metadata": {"widgets": {}}, "cells": cells}


def test_headings_get_anchors_and_what_needs_a_kernel_is_left_out(monkeypatch):
    widget = {site_notebooks.WIDGET: {}, "text/plain": "slider"}
    outputs = [{"output_type": "display_data", "data": widget}, {"output_type": "stream"}]
    monkeypatch.setattr(site_notebooks, "read_notebook", lambda name: notebook(*outputs))
    page = page_of("02_toy")
    text = page["cells"][0]["source"]
    assert "(nb02-0)=\n# Title\n" in text
    assert "(nb02-1)=\n## Part $x$" in text
    assert text.count(")=") == 2
    assert page["cells"][1]["outputs"] == [{"output_type": "stream"}]
    assert "widgets" not in page["metadata"]


def test_a_claim_is_found_where_it_is_measured_not_where_it_is_told():
    for claim, figure, title in (
        ("table2.diffusion.dlnn", "table2_diffusion", "From halved starts"),
        ("sec5.4.width_rule", "image_widths", "Is the hidden layer's width right?"),
        ("eq13", "", "4. Diffusion (Section 3.2)"),
    ):
        (notebook,) = {e["notebook"] for e in ledger() if e["id"] == claim}
        assert section_of(claim, notebook, figure).title == title


def test_a_claim_is_found_written_out_put_together_or_not(monkeypatch):
    printed = {"output_type": "stream", "text": ["eq3: reproduced\n"]}
    monkeypatch.setattr(site_notebooks, "read_notebook", lambda name: notebook(printed))
    for claim in ("b.c", "eq3", "fig7.a"):
        assert section_of(claim, "02_toy").title == "Part $x$"
    for claim in ("b", "eq31", "eq", "fig7.b"):
        assert section_of(claim, "02_toy") is None


def test_a_warning_fails_the_build_and_leaves_the_old_site(tmp_path, monkeypatch):
    source = tmp_path / "source"
    (source / "_static").mkdir(parents=True)
    (source / "conf.py").write_text((site_module.SOURCE / "conf.py").read_text())
    (source / "index.md").write_text("# Home\n\n[nowhere](nowhere.md)\n")
    monkeypatch.setattr(site_module, "SOURCE", source)
    monkeypatch.setattr(site_module, "api_pages", dict)
    monkeypatch.setattr(paths, "notebook_names", list)
    old = tmp_path / "results/site"
    old.mkdir(parents=True)
    (old / "index.html").write_text("old")
    with pytest.raises(ValueError, match=r"(?s)the site was not built:\n.*nowhere\.md"):
        site_module.build(old)
    assert (old / "index.html").read_text() == "old"
    assert [p.name for p in old.parent.iterdir()] == ["site"]


def test_the_command_says_where_the_site_is_and_takes_nothing(monkeypatch, capsys):
    monkeypatch.setattr(site_module, "build", lambda: paths.ROOT / "results/site/index.html")
    assert cli.main(["site"]) == 0
    assert "Open results/site/index.html in a browser" in capsys.readouterr().out
    assert cli.main(["site", "02"]) == cli.BAD_USAGE
    assert capsys.readouterr().err == "error: site takes no arguments; got 02\n"
