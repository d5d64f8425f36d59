"""The rules of the house that no linter checks as a whole."""

import ast
import re

import pytest
from architecture.sources import ROOT, calls, modules, nodes

BROAD = {"Exception", "BaseException"}
FILES = pytest.mark.parametrize("name", modules())


def caught(handler):
    """Names of the exceptions that a handler catches; none written is BaseException."""
    if handler.type is None:
        return {"BaseException"}
    listed = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return {ast.unparse(one).rpartition(".")[2] for one in listed}


def passes_on(handler):
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def swallowing(tree):
    """Broad handlers that do not end in a bare raise."""
    return [node for node in nodes(tree, ast.ExceptHandler) if caught(node) & BROAD and not passes_on(node)]


@FILES
def test_everything_is_caught_in_dispatch_only(name):
    found = [handler.lineno for handler in swallowing(modules()[name])]
    assert len(found) == (1 if name == "ccp4hooks/plugins/failures.py" else 0), f"{name}: lines {found}"


@FILES
def test_no_exception_is_suppressed_wholesale(name):
    for call in [node for node in nodes(modules()[name], ast.Call) if ast.unparse(node.func).endswith("suppress")]:
        assert not {ast.unparse(one) for one in call.args} & BROAD, f"{name}:{call.lineno}"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("except Exception:\n  pass", 1),
        ("except BaseException as e:\n  print(e)", 1),
        ("except:\n  pass", 1),
        ("except (OSError, Exception):\n  pass", 1),
        ("except builtins.Exception:\n  raise ValueError", 1),
        ("except BaseException:\n  clean()\n  raise", 0),
        ("except OSError:\n  pass", 0),
    ],
)
def test_the_rule_on_catching_everything_sees_every_way_to_do_it(text, found):
    assert len(swallowing(ast.parse(f"try:\n  pass\n{text}"))) == found


@FILES
def test_print_is_called_in_the_command_line_only(name):
    if not name.startswith("ccp4hooks/cli/"):
        assert calls(modules()[name], "print") == []


@FILES
def test_attributes_are_looked_up_by_string_only_where_ccp4i2_is_met(name):
    if not name.startswith("ccp4hooks/i2/"):
        found = [call.lineno for call in calls(modules()[name], "getattr", "hasattr")]
        assert found == [], f"{name}: lines {found}"


def statements(function):
    """Statements of a function, those of nested functions included, the docstring not."""
    inside = [node for node in ast.walk(function) if isinstance(node, ast.stmt)]
    return len(inside) - 1 - (ast.get_docstring(function) is not None)


@FILES
def test_a_function_has_at_most_30_statements(name):
    functions = nodes(modules()[name], ast.FunctionDef, ast.AsyncFunctionDef)
    assert {function.name: statements(function) for function in functions if statements(function) > 30} == {}


def depth(node):
    """How deep compound statements are nested below a node."""
    nested = (ast.If, ast.For, ast.While, ast.Try, ast.With, ast.AsyncFor, ast.AsyncWith, ast.Match)
    deepest = 0
    for name, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                # An `elif` is an `if` in the `else` of another; it is no deeper.
                chained = name == "orelse" and isinstance(child, ast.If) and isinstance(node, ast.If)
                deepest = max(deepest, depth(child) + (isinstance(child, nested) and not chained))
    return deepest


@FILES
def test_statements_are_nested_at_most_3_deep(name):
    functions = nodes(modules()[name], ast.FunctionDef, ast.AsyncFunctionDef)
    assert {function.name: depth(function) for function in functions if depth(function) > 3} == {}


@FILES
def test_nothing_is_left_to_do(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert re.findall(r"\b(?:TODO|FIXME|XXX|HACK)\b", text) == []
    assert "NotImplementedError" not in text


@FILES
def test_every_module_says_what_it_is_for(name):
    assert ast.get_docstring(modules()[name])


def test_the_code_under_test_was_found():
    assert len(modules()) > 30
    assert {"ccp4hooks/plugins/dispatcher.py", "plugins/ccp4hooks_kpi/__init__.py"} <= set(modules())


def code_lines(name):
    """How many lines of a file are neither empty, nor comments, nor docstrings."""
    texts = [node for node in nodes(modules()[name], ast.Expr) if isinstance(node.value, ast.Constant)]
    told = {line for node in texts for line in range(node.lineno, node.end_lineno + 1)}
    lines = enumerate((ROOT / name).read_text(encoding="utf-8").splitlines(), 1)
    return sum(bool(text.strip()) and not text.strip().startswith("#") and at not in told for at, text in lines)


@pytest.mark.parametrize("package", ["ccp4hooks_model_stats", "ccp4hooks_notify", "ccp4hooks_reflection_stats"])
def test_a_plugin_that_is_a_model_for_authors_has_fewer_than_100_lines_of_code(package):
    assert 0 < sum(code_lines(name) for name in modules() if name.startswith(f"plugins/{package}/")) < 100
