"""Each promise of docs/explanation/nothing-is-lost.md names tests that exist."""

import ast
import re

import pytest
from architecture.sources import ROOT

PROMISED, _, _ = (
    (ROOT / "docs/explanation/nothing-is-lost.md")
    .read_text(encoding="utf-8")
    .partition("## Cases that are not covered")
)
ROWS = [line for line in PROMISED.splitlines() if line.startswith("| ") and not line.startswith("| promise ")]


@pytest.mark.parametrize("row", ROWS)
def test_a_promise_names_tests_that_exist(row):
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", row)
    assert named
    for path, test in named:
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        assert test in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, f"{path}::{test}"


def test_the_promises_were_found():
    assert len(ROWS) > 15
