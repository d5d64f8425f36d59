"""Rules for the source code that no linter can check."""

import ast
import re

import pytest
from architecture.sources import calls, modules, nodes

BROAD = {"Exception", "BaseException"}
FILES = pytest.mark.parametrize("name", modules())


def caught(handler):
    """Names of the exceptions that a handler catches. A bare `except` catches BaseException."""
    if handler.type is None:
        return {"BaseException"}
    listed = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return {ast.unparse(one).rpartition(".")[2] for one in listed}


def reraises(handler):
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def swallowing(tree):
    """Handlers of Exception or BaseException that do not end in a bare raise."""
    return [node for node in nodes(tree, ast.ExceptHandler) if caught(node) & BROAD and not reraises(node)]


@FILES
def test_only_the_failure_boundary_catches_every_exception(name):
    found = [handler.lineno for handler in swallowing(modules()[name])]
    assert len(found) == (1 if name == "ccp4hooks/failures.py" else 0), f"{name}: lines {found}"


@FILES
def test_no_module_suppresses_every_exception(name):
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
def test_the_check_finds_every_form_of_a_broad_handler(text, found):
    assert len(swallowing(ast.parse(f"try:\n  pass\n{text}"))) == found


@FILES
def test_python_is_started_only_without_the_files_of_the_working_directory(name):
    inside = {"ccp4hooks/runtime/interpreters.py", "ccp4hooks/runtime/watchdog.py"}  # /bin/sh has -c, too
    listed = [node for node in nodes(modules()[name], ast.List) if name not in inside]
    assert [node.lineno for node in listed if {"'-m'", "'-c'"} & {ast.unparse(one) for one in node.elts}] == []
    executed = [call for call in nodes(modules()[name], ast.Call) if ast.unparse(call.func).endswith("subprocess_exec")]
    assert not [call.lineno for call in executed if "sys.executable" in ast.unparse(call)]


@FILES
def test_only_the_ccp4i2_adapter_looks_up_attributes_by_string(name):
    if not name.startswith("ccp4hooks/i2/"):
        found = [call.lineno for call in calls(modules()[name], "getattr", "hasattr")]
        assert found == [], f"{name}: lines {found}"


def hints(tree):
    """Lines of the texts with a command about a job whose number is known, but not its project."""
    command = re.compile(r"ccp4hooks (?:show|log|wait|cancel|restore|delete|rerun|replay|clean|verify) \0[^`]*")
    for node in nodes(tree, ast.JoinedStr):
        text = "".join(part.value if isinstance(part, ast.Constant) else "\0" for part in node.values)
        if any("number" in ast.unparse(part) for part in node.values):
            yield from (node.lineno for found in command.findall(text) if "--project" not in found)


@FILES
def test_a_hint_about_a_job_can_be_typed_whatever_project_is_in_the_settings(name):
    is_allowed = name == "ccp4hooks/cli/commands/run.py"  # It leaves out the project that is in the settings.
    assert list(hints(modules()[name])) == [] or is_allowed, "Use ccp4hooks.texts.job_command."


def test_the_check_finds_a_hint_without_the_project():
    text = 'f"Run `ccp4hooks cancel {job.number}`, or `ccp4hooks show {job.number} --project {name}`."'
    assert list(hints(ast.parse(text))) == [1]


def test_the_source_files_are_found():
    assert len(modules()) > 30
    assert {"ccp4hooks/plugins/dispatcher.py", "plugins/ccp4hooks_kpi/__init__.py"} <= set(modules())
