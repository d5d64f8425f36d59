"""Each promise of the pages on lost results and on security names tests that exist."""

import ast
import re

import pytest
from architecture.sources import ROOT

PAGES = ("nothing-is-lost", "security")


def rows(page):
    """The lines of the table of promises of a page."""
    text = (ROOT / f"docs/explanation/{page}.md").read_text(encoding="utf-8")
    promised = text.partition("## Promises\n")[2].partition("\n## ")[0]
    return [line for line in promised.splitlines() if line.startswith("| ") and not line.startswith("| promise ")]


@pytest.mark.parametrize("row", [row for page in PAGES for row in rows(page)])
def test_a_promise_names_tests_that_exist(row):
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", row)
    assert named
    for path, test in named:
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        assert test in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, f"{path}::{test}"


@pytest.mark.parametrize("page", PAGES)
def test_the_promises_were_found(page):
    assert len(rows(page)) > 14
