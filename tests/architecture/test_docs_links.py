"""Pages outside of the built docs have valid links, every page names paths that exist, and the records are listed."""

import re

import pytest
from architecture.sources import ROOT

LINKED = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
PAGES = sorted(
    str(path.relative_to(ROOT)) for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/**/*.md")]
)
RECORDS = sorted((ROOT / "docs" / "adr").glob("0*.md"))
MOST_WORDS = 25


def text_of(page):
    return (ROOT / page).read_text(encoding="utf-8")


def links_of(page):
    """The targets of a page's links, those to other hosts left out."""
    return [link for link in re.findall(r"\]\(([^)\s]+)\)", text_of(page)) if "://" not in link]


def anchors_of(path):
    """The anchors of a page's headings, as they are made for built pages."""
    headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", heading).strip().lower()) for heading in headings}


@pytest.mark.parametrize("page", LINKED)
def test_every_link_leads_to_a_file_and_a_heading(page):
    for link in links_of(page):
        name, _, anchor = link.partition("#")
        path = ROOT / name if name else ROOT / page
        assert path.exists(), link
        assert not anchor or anchor in anchors_of(path), link


@pytest.mark.parametrize("page", PAGES)
def test_every_path_on_a_page_exists_unless_it_is_marked_as_new(page):
    named = re.findall(
        r"(\*new\* (?:room )?)?`((?:ccp4hooks|plugins|tests|benchmarks|docs|\.ci)/[\w./-]+)`", text_of(page)
    )
    wrong = [path for new, path in named if bool(new) == (ROOT / path).exists()]
    assert wrong == []


def test_links_and_paths_were_found():
    assert len(links_of("README.md")) > 15
    assert text_of("CONTRIBUTING.md").count("*new*") > 2


def test_the_index_lists_every_record_with_its_date_and_title():
    rows = re.findall(r"^\| \[(\d+)\]\((\S+)\) \| (\S+) \| (.*) \|$", text_of("docs/adr/index.md"), re.MULTILINE)
    heads = [re.match(r"# (\d+)\. (.*)\n\nDate: (\S+)\.", path.read_text(encoding="utf-8")) for path in RECORDS]
    assert rows == [(head[1], path.name, head[3], head[2]) for head, path in zip(heads, RECORDS, strict=True)]
    assert [int(head[1]) for head in heads] == list(range(1, len(RECORDS) + 1))


def test_the_glossary_is_short():
    rows = re.findall(r"^\| (\w[\w ]*) \|", text_of("docs/reference/glossary.md"), re.MULTILINE)
    assert 1 < len(rows) - 1 <= MOST_WORDS
