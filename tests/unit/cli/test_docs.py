"""The pages of the documentation in the terminal."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from hatchling.builders.wheel import WheelBuilder

from ccp4hooks.cli import cli
from ccp4hooks.cli.doc_pages import DocPage, directory, page_named, pages, with_page_names
from ccp4hooks.cli.doc_search import Words, read_passages, search

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


def test_a_search_shows_the_passages_below_their_pages_and_headings():
    lines = docs("--search", "values", "of", "a", "table").splitlines()
    assert max(map(len, lines)) <= 80
    found = [line.split()[0] for line in lines if not line.startswith(" ")]
    assert "sweep" in found
    assert set(found) <= {page.name for page in pages()} | {str(number) for number in range(200)}
    one = lines[lines.index("sweep  Run a task for several values") + 1 :]
    assert one[0].startswith("  ")
    assert docs("--search", "values of a table") == "\n".join(lines) + "\n"


def test_a_search_shows_pages_with_the_words_in_their_title_first_and_decision_records_last():
    found = [one["name"] for one in json.loads(docs("--search", "cluster", "--json"))]
    assert found[0] == "run-on-a-cluster"
    records = [name[:4].isdecimal() for name in found]
    assert True in records
    assert records == sorted(records)


def test_a_search_has_all_passages_as_json():
    sweep = next(one for one in json.loads(docs("--search", "SWEEP", "--json")) if one["name"] == "sweep")
    assert (sweep["section"], sweep["title"]) == ("How-to guides", "Run a task for several values")
    assert len(sweep["passages"]) > 3
    assert all(set(one) == {"heading", "text"} for one in sweep["passages"])


def test_words_that_stand_far_apart_lead_to_the_page_that_has_all(tmp_path):
    text = "# Long page\n\nThe first is alpha.\n\n## Second\n\nThe other is omega.\n\nNeither.\n"
    made = []
    for name, written in (("long", text), ("short", text.replace("alpha", "beta"))):
        path = tmp_path / f"{name}.md"
        path.write_text(written, encoding="utf-8")
        made.append(DocPage(name=name, section="", title="Long page", path=path))
    (one,) = search(Words(["Alpha", "omega"]), made)
    assert one.page.name == "long"
    assert [(passage.heading, passage.text) for passage in one.passages] == [
        ("Long page", "The first is alpha."),
        ("Second", "The other is omega."),
    ]
    (one,) = search(Words(["second", "omega"]), made[1:])
    assert [passage.text for passage in one.passages] == ["The other is omega."]


def test_a_search_without_result_says_which_words_the_pages_have():
    assert "No page has 'sweepp'; did you mean sweep" in docs("--search", "sweepp", code=4)
    assert "No page has 'qqqq zzzz'. Give fewer or other words" in docs("--search", "qqqq", "zzzz", code=4)
    assert "There is no word to search for." in docs("--search", " ", code=4)
    assert "Give one or more WORDs to search for." in docs("--search", code=2)


def test_several_words_without_the_option_are_answered_with_the_search():
    assert "Give one PAGE, or `ccp4hooks docs --search write a pipeline`." in docs("write", "a", "pipeline", code=2)
    assert "`ccp4hooks docs --search exit-cods` searches them." in docs("exit-cods", code=4)


def test_a_terminal_shows_what_a_search_has_found_in_its_width():
    shown = docs("--search", "job", FORCE_COLOR="1", TERM="dumb")
    assert max(map(len, re.sub(r"\x1b\[[0-9;]*m", "", shown).splitlines())) <= 80
    assert "more pages: give more words." in shown


def test_the_mark_of_each_kind_of_block_is_left_out():
    table = "| a | b |\n| --- | --- |\n| c | `d` |\n"
    text = f"# T\n\n- **bold** item\n1. [link\n   text](x.md)\n\n{table}\n```sh\n# run\n```\n"
    assert [one.text for one in read_passages(text)] == ["", "bold item", "link text", "a b", "c `d`", "# run"]


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
