import ast
import inspect
from functools import cache

import pytest
from architecture.sources import ROOT

from ccp4hooks.hookspecs import HOOKS
from ccp4hooks.plugins import reference

COMMAND = "run: python -m ccp4hooks.plugins.reference"


@cache
def all_tests():
    """Names of all test functions under tests/."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in (ROOT / "tests").rglob("test_*.py")]
    return {node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_the_reference_of_the_hooks_is_up_to_date():
    assert (ROOT / reference.PAGE).read_text(encoding="utf-8") == reference.page(), COMMAND


def test_the_table_of_hooks_in_the_readme_is_up_to_date():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert reference.with_table(readme) == readme, COMMAND


def test_a_readme_without_markers_is_an_error():
    with pytest.raises(ValueError, match="must contain <!-- hooks --> and <!-- /hooks -->"):
        reference.with_table("# A README")


def test_the_generator_writes_the_page_and_replaces_only_the_table(tmp_path):
    (tmp_path / "README.md").write_text("before\n<!-- hooks -->\nold\n<!-- /hooks -->\nafter\n", encoding="utf-8")
    reference.write(tmp_path)
    first, *table, last = (tmp_path / "README.md").read_text(encoding="utf-8").splitlines()
    assert (first, last) == ("before", "after")
    # The markers, the head, and the hooks that gleaners, checks and exports implement.
    assert 14 < len(table) < len(HOOKS)
    assert sum("`glean_kpi(job, script)`" in line for line in table) == 1
    assert not any("open_job" in line or "submit_job" in line for line in table)
    assert "old" not in table
    assert (tmp_path / reference.PAGE).read_text(encoding="utf-8") == reference.page()


def test_every_argument_of_every_hook_is_described():
    for hook in HOOKS.values():
        text = inspect.getdoc(hook.specification)
        described = [name for name in hook.arguments if f"\n    {name}: " in text]
        assert described == list(hook.arguments), hook.name


@pytest.mark.parametrize("name", HOOKS)
def test_every_hook_has_a_test_of_its_own(name):
    assert f"test_hook_{name}" in all_tests()


def test_the_four_hooks_of_the_original_request_keep_their_names_and_arguments():
    requested = {
        "pre_import": ("job", "script"),
        "post_execute": ("job", "script", "finish"),
        "glean_file": ("job", "script", "file"),
        "glean_kpi": ("job", "script"),
    }
    assert requested == {name: HOOKS[name].arguments for name in requested}
