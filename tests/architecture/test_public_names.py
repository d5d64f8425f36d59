import ast
import importlib
from pathlib import Path

import pytest
from architecture.sources import PLUGINS, modules, nodes

import ccp4hooks

PUBLIC = [
    "BadInputError",
    "BroughtIn",
    "Ccp4HooksError",
    "FileMetadata",
    "FileQuery",
    "FileUse",
    "FinishStatus",
    "Gleaned",
    "GleanedFile",
    "HeldJob",
    "ImportedFile",
    "InputFile",
    "Job",
    "JobRequest",
    "JobStatus",
    "KnownFile",
    "Kpi",
    "KpiValue",
    "NestedJob",
    "NotRecordedError",
    "Origin",
    "Outcome",
    "PluginError",
    "Problem",
    "Progress",
    "Project",
    "RefusedError",
    "RunResult",
    "Session",
    "Settings",
    "Severity",
    "StoreAwayError",
    "StoreError",
    "TaskDescription",
    "Timing",
    "Tracked",
    "UnknownNameError",
    "UnknownTaskError",
    "Upkeep",
    "execute",
    "extract_kpi_values",
    "has_container",
    "hookimpl",
    "in_own_thread",
    "input_files",
    "kpi_key",
    "load_settings",
    "make_script",
    "open_session",
    "output_files",
    "performance_values",
    "project_uuid",
    "run_job",
    "run_nested_async",
    "run_opened_async",
    "run_task_async",
    "script_of",
    "tracked_job",
]
OF_PLUGINS = [name for name in modules() if name.startswith("plugins/")]


def test_the_public_names_are_these_sorted_and_all_there():
    assert ccp4hooks.__all__ == PUBLIC
    assert sorted(PUBLIC) == PUBLIC
    assert set(PUBLIC) <= set(dir(ccp4hooks))
    with pytest.raises(AttributeError, match="no attribute 'Jop'"):
        getattr(ccp4hooks, "Jop")  # noqa: B009 - a type checker knows better


def test_every_name_is_that_of_the_module_which_type_checkers_see_it_come_from():
    tree = ast.parse(Path(ccp4hooks.__file__).read_text(encoding="utf-8"))
    (checked,) = [node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    seen = {alias.name: node.module for node in nodes(checked, ast.ImportFrom) for alias in node.names}
    assert sorted(seen) == PUBLIC
    for name, home in seen.items():
        assert getattr(ccp4hooks, name) is vars(importlib.import_module(home))[name]


def test_every_public_class_and_function_is_documented():
    for name in PUBLIC:
        if name not in {"KpiValue", "hookimpl"}:
            assert getattr(ccp4hooks, name).__doc__, name


def faults(tree, own):
    """What a plugin's module imports although it must not."""
    found = [alias.name for node in nodes(tree, ast.Import) for alias in node.names if not allowed(alias.name, own)]
    for node in nodes(tree, ast.ImportFrom):
        if node.module == "ccp4hooks":
            found += [f"ccp4hooks.{alias.name}" for alias in node.names if alias.name not in PUBLIC]
        elif node.level == 0 and not allowed(node.module, own):
            found.append(node.module)
    return found


def allowed(module, own):
    top = module.partition(".")[0]
    return module == "ccp4hooks" or top == own or (top != "ccp4hooks" and top not in PLUGINS)


@pytest.mark.parametrize("name", OF_PLUGINS)
def test_a_plugin_imports_public_names_and_no_other_plugin(name):
    assert faults(modules()[name], name.split("/")[1]) == []


@pytest.mark.parametrize(
    "line",
    [
        "from ccp4hooks.model import Job",
        "from ccp4hooks.i2 import scripts",
        "import ccp4hooks.model",
        "import ccp4hooks_kpi",
        "from ccp4hooks_kpi import glean_kpi",
    ],
)
def test_the_rule_on_plugin_imports_sees_every_way_to_break_it(line):
    assert len(faults(ast.parse(f"def f():\n    {line}"), "ccp4hooks_validation")) == 1


def test_the_plugin_packages_were_found():
    on = {"ccp4hooks_database", "ccp4hooks_demo", "ccp4hooks_file_import", "ccp4hooks_kpi", "ccp4hooks_validation"}
    off = {"ccp4hooks_model_stats", "ccp4hooks_notify", "ccp4hooks_reflection_stats"}
    assert set(PLUGINS) == on | off
