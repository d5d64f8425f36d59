import ast
from functools import cache

import pytest
from architecture.sources import ROOT

from ccp4hooks.hookspecs import HOOKS

DOCUMENT = ROOT / "docs" / "hooks.md"


def heading(name):
    return f"### `{HOOKS[name].signature}`"


@cache
def all_tests():
    """Names of all test functions under tests/."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in (ROOT / "tests").rglob("test_*.py")]
    return {node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_is_documented_with_its_exact_signature(name):
    assert heading(name) in DOCUMENT.read_text(encoding="utf-8").splitlines()


def test_no_hook_is_documented_that_is_not_there():
    lines = DOCUMENT.read_text(encoding="utf-8").splitlines()
    documented = [line for line in lines if line.startswith("### `") and line.endswith(")`")]
    assert documented == [heading(name) for name in HOOKS]


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_has_a_test_of_its_own(name):
    assert f"test_hook_{name}" in all_tests()


def test_the_four_hooks_asked_for_are_there_by_these_names_and_arguments():
    asked = {
        "pre_import": ("job", "script"),
        "post_execute": ("job", "script", "finish"),
        "glean_file": ("job", "script", "file"),
        "glean_kpi": ("job", "script"),
    }
    assert asked == {name: HOOKS[name].arguments for name in asked}
