"""The built site holds everything, needs nothing, and every link in it leads somewhere."""

import json
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import build
import notebook_pages
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from pages import paper_sections, results, texts

from dlnn_utils.reproduce import cli
from dlnn_utils.reproduce.engine import paths

MOST_MEGABYTES = 30
LOADED = {("link", "href"), ("script", "src"), ("img", "src"), ("source", "src")}
LEDGER = json.loads((paths.FIGURES / "claims.json").read_text(encoding="utf-8"))


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


def test_there_is_a_page_for_each_text_notebook_and_room_and_all_are_small(site, pages):
    wanted = [f"notebooks/{name}" for name in paths.notebook_names()]
    wanted += [page.rpartition(".")[0] for page in texts()] + ["contributing"]
    assert len(wanted) > 20
    assert not [name for name in wanted if site / f"{name}.html" not in pages]
    assert sum(f.stat().st_size for f in site.rglob("*") if f.is_file()) <= MOST_MEGABYTES * 1e6


def test_every_link_leads_somewhere_and_nothing_is_loaded_from_elsewhere(pages):
    broken = []
    for path, page in pages.items():
        for url in page.loads + page.links:
            parts = urlsplit(url)
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            anchors = pages[target].anchors if target in pages else {""}
            if parts.scheme or parts.netloc:
                wrong = url in page.loads and parts.scheme != "data"
            else:
                wrong = not target.exists() or unquote(parts.fragment) not in anchors
            broken += [(path.name, url)] if wrong else []
    assert not broken


def test_every_figure_is_shown_and_links_to_its_numbers(site, pages):
    everything = set()
    for name in paths.notebook_names():
        page = pages[site / f"notebooks/{name}.html"]
        mine = {e["figure"] for e in LEDGER if e["notebook"] == name and e["figure"]}
        assert mine <= page.anchors
        shown = {Path(u) for u in page.loads if "/figures/" in u}
        numbers = {u.stem for u in map(Path, page.links) if u.suffix == ".csv"}
        assert mine | {u.stem for u in shown if u.suffix == ".png"} <= numbers
        everything |= {u.name for u in shown}
    assert everything == {f.name for f in paths.FIGURES.iterdir() if f.suffix in (".png", ".gif")}


def test_the_ledger_has_each_claim_with_the_section_that_measures_it(site, pages):
    assert {f"claim-{e['id']}" for e in LEDGER} <= pages[site / "ledger.html"].anchors
    section_of = notebook_pages.section_of
    measured = [e for e in LEDGER if e["seeds"]]
    found = {e["id"]: section_of(e["id"], e["notebook"], e["figure"]) for e in measured}
    assert all(found.values())
    assert found["table2.diffusion.dlnn"].title == "Training to the same loss"
    assert found["eq13"].title == "4. Diffusion (Section 3.2)"
    assert paper_sections("Table 2, Sections 1.1 and 5.2.1") == ["1.1", "5.2"]
    assert paper_sections("Table 2") == ["other"]


def test_sections_know_what_they_measure_and_what_needs_a_kernel_is_left_out(monkeypatch):
    text = "# Title\n\n```\n# no heading\n```\n\n## Part $x$\n"
    printed = new_output("stream", text="eq3: reproduced\n")
    widget = new_output("display_data", {notebook_pages.WIDGET: {}, "text/plain": "slider"})
    code = new_code_cell('run.claim("b.c", 1)', outputs=[widget, printed])
    notebook = new_notebook(cells=[new_markdown_cell(text), code], metadata={"widgets": {}})
    monkeypatch.setattr(notebook_pages, "read_notebook", lambda name: notebook)
    assert [s.anchor for s in notebook_pages.sections("02_toy")] == ["title", "part-x"]
    for claim in ("b.c", "eq3"):
        assert notebook_pages.section_of(claim, "02_toy").title == "Part $x$"
    for claim in ("b", "eq31", "eq"):
        assert notebook_pages.section_of(claim, "02_toy") is None
    page = notebook_pages.page_of("02_toy")
    assert page["cells"][1]["outputs"] == [printed]
    assert "widgets" not in page["metadata"]


def test_a_warning_fails_the_build_and_leaves_the_old_site(tmp_path, monkeypatch):
    monkeypatch.setattr(build, "texts", lambda: {"index.md": "# Home\n\n[nowhere](nowhere.md)\n"})
    monkeypatch.setattr(paths, "notebook_names", list)
    old = tmp_path / "results/site"
    paths.write_aside(old / "index.html", "old")
    with pytest.raises(ValueError, match=r"(?s)the site was not built:\n.*nowhere\.md"):
        build.build(old)
    assert (old / "index.html").read_text() == "old"
    assert [p.name for p in old.parent.iterdir()] == ["site"]


@pytest.mark.parametrize("content", [None, '[{"id": "eq', "3", '[{"id": "size"}]'])
def test_a_damaged_ledger_is_named(tmp_path, monkeypatch, content):
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setattr(paths, "FIGURES", tmp_path)
    if content is not None:
        paths.write_aside(tmp_path / "claims.json", content)
    with pytest.raises(ValueError, match=r"^claims.json is missing or damaged; get it back"):
        results()


def test_the_command_says_where_the_site_is_and_takes_nothing(monkeypatch, capsys):
    monkeypatch.setattr(build, "build", lambda: paths.ROOT / "results/site/index.html")
    assert cli.main(["site"]) == 0
    assert "Open results/site/index.html in a browser" in capsys.readouterr().out
    assert cli.main(["site", "02"]) == cli.BAD_USAGE
    assert capsys.readouterr().err == "error: site takes no arguments; got 02\n"
