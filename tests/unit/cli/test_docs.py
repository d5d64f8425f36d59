"""The pages of the documentation in the terminal."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from hatchling.builders.wheel import WheelBuilder

from ccp4hooks.cli import cli
from ccp4hooks.cli.doc_pages import directory, page_named, pages, with_page_names

ROOT = Path(__file__).parents[3]


def docs(*words, code=0, **variables):
    done = CliRunner().invoke(cli, ["docs", *words], env={"COLUMNS": "80", "NO_COLOR": "1", **variables})
    assert done.exit_code == code, done.output
    return done.stdout if code == 0 else done.stderr


def test_the_list_has_a_line_for_each_page_by_section():
    lines = docs().splitlines()
    sections = [line for line in lines if not line.startswith(" ")]
    assert sections == ["Tutorial", "How-to guides", "Reference", "Explanation", "Decision records"]
    named = [line.split()[0] for line in lines if line.startswith(" ")]
    written = [path for path in directory().rglob("*.md") if path.name != "index.md" and path.parent.name != "adr"]
    assert sorted(named) == sorted([*(path.stem for path in written), "adr"])
    assert "sweep Run a task for several values" in [" ".join(line.split()) for line in lines]
    assert max(map(len, lines)) <= 80


def test_a_page_is_written_as_it_is_where_there_is_no_terminal():
    page = (directory() / "howto" / "sweep.md").read_text(encoding="utf-8")
    assert docs("sweep") == page
    assert json.loads(docs("sweep", "--json")) == {
        "name": "sweep",
        "section": "How-to guides",
        "title": "Run a task for several values",
        "text": page,
    }
    assert {"name": "adr", "section": "Decision records", "title": "Decision records"} in json.loads(docs("--json"))


def test_each_page_has_a_name_of_its_own_by_which_links_lead_to_it():
    found = pages()
    assert len({page.name for page in found}) == len(found) == len(list(directory().rglob("*.md")))
    for page in found:
        assert page_named(page.name) == page
        outside_code = re.sub(r"^```.*?^```$", "", with_page_names(page), flags=re.DOTALL | re.MULTILINE)
        targets = re.findall(r"\]\(([^)\s]+)\)", outside_code)
        assert [one for one in targets if "://" not in one and one not in {other.name for other in found}] == []


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("../reference/exit-codes.md#errors", "exit-codes"),
        ("docs/howto/index.md", "howto"),
        ("Glossary", "glossary"),
        ("0058", "0058-jobs-on-engines"),
        ("explanation/benchmarks", "benchmarks"),
        ("index", "index"),
    ],
)
def test_a_page_is_found_by_its_path_and_the_beginning_of_its_name(given, name):
    assert page_named(given).name == name


def test_a_page_that_does_not_exist_is_told_with_the_nearest_names():
    assert "Unknown page 'exit-cods'; did you mean exit-codes?" in docs("exit-cods", code=4)
    same = [page.name for page in pages() if page.name.startswith("bench")]
    assert len(same) > 1
    assert f"Several pages begin with 'bench': {', '.join(same)}." in docs("bench", code=4)
    assert "Unknown page ''" in docs("", code=4)


def test_a_terminal_shows_the_names_of_pages_behind_links_and_cuts_no_word():
    shown = docs("python-api", FORCE_COLOR="1", TERM="dumb")
    assert "[Values](" not in shown
    assert "Values (values) lists the fields" in shown
    assert "…" not in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_the_wheel_has_the_pages_and_nothing_else_of_their_directory():
    files = {one.distribution_path for one in WheelBuilder(str(ROOT)).recurse_included_files()}
    in_wheel = {name for name in files if name.startswith("ccp4hooks/docs/")}
    assert in_wheel == {
        f"ccp4hooks/docs/{path.relative_to(ROOT / 'docs').as_posix()}" for path in ROOT.glob("docs/**/*.md")
    }
    assert {"ccp4hooks/cli/__init__.py", "ccp4hooks_kpi/__init__.py"} <= files
    assert not [name for name in files if name.startswith(("docs/", "plugins/"))]
