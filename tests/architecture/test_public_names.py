"""The public names: which there are, with their signatures; and that plugins use no others."""

import ast
import enum
import importlib
import inspect
import json
from pathlib import Path

import pytest
from architecture.sources import PLUGINS, modules, nodes

import ccp4hooks
from ccp4hooks import cdata, store

SNAPSHOT = Path(__file__).with_name("public_names.json")
"""To write it anew after a change: ``PYTHONPATH=tests python tests/architecture/test_public_names.py``."""

MODULES = {"ccp4hooks": ccp4hooks, "ccp4hooks.cdata": cdata, "ccp4hooks.store": store}
OF_PLUGINS = [name for name in modules() if name.startswith("plugins/")]


def arguments(function):
    """A function's arguments as text; those of a class without a constructor of its own are left out."""
    try:
        return str(inspect.signature(function)).replace("'", "")
    except ValueError:
        return ""


def signature(obj):
    """A function's arguments, or a class's with the public methods and properties of its own."""
    if inspect.isclass(obj) and issubclass(obj, enum.Enum):
        return {member.name: member.value for member in obj}
    if not inspect.isclass(obj):
        return arguments(obj) if inspect.isfunction(obj) else str(obj)
    own = {name: vars(obj)[name] for name in sorted(vars(obj)) if not name.startswith("_")}
    methods = {
        name: arguments(getattr(obj, name))
        for name, member in own.items()
        if inspect.isfunction(member) or isinstance(member, (classmethod, staticmethod))
    }
    properties = {name: "property" for name, member in own.items() if isinstance(member, property)}
    return {"": "" if issubclass(obj, (Exception, str)) else arguments(obj), **methods, **properties}


def snapshot():
    return {
        module: {name: signature(getattr(members, name)) for name in sorted(members.__all__) if name != "hookimpl"}
        for module, members in MODULES.items()
    }


def test_the_public_names_and_their_signatures_are_those_of_the_snapshot():
    assert snapshot() == json.loads(SNAPSHOT.read_text())


def test_a_name_that_is_not_public_is_an_error_that_names_it():
    assert set(ccp4hooks.__all__) <= set(dir(ccp4hooks))
    with pytest.raises(AttributeError, match="no attribute 'Jop'"):
        getattr(ccp4hooks, "Jop")  # noqa: B009 - a type checker knows better


def test_a_type_checker_sees_the_names_that_there_are_from_the_modules_they_come_from():
    tree = ast.parse(Path(ccp4hooks.__file__).read_text(encoding="utf-8"))
    (checked,) = [node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    seen = {alias.name: node.module for node in nodes(checked, ast.ImportFrom) for alias in node.names}
    assert sorted(seen) == ccp4hooks.__all__
    for name, home in seen.items():
        assert getattr(ccp4hooks, name) is vars(importlib.import_module(home))[name]


def test_every_public_class_and_function_is_documented():
    for members in MODULES.values():
        for name in members.__all__:
            if name not in {"KpiValue", "hookimpl", "IMPORTS_FOLDER"}:
                assert getattr(members, name).__doc__, name


def faults(tree, own):
    """What a plugin's module imports although it must not."""
    found = [alias.name for node in nodes(tree, ast.Import) for alias in node.names if not allowed(alias.name, own)]
    for node in nodes(tree, ast.ImportFrom):
        if node.module in MODULES:
            public = {*MODULES[node.module].__all__, *(["cdata"] if node.module == "ccp4hooks" else [])}
            found += [f"{node.module}.{alias.name}" for alias in node.names if alias.name not in public]
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
    off = {
        "ccp4hooks_batch",
        "ccp4hooks_dask",
        "ccp4hooks_model_stats",
        "ccp4hooks_notify",
        "ccp4hooks_reflection_stats",
    }
    assert set(PLUGINS) == on | off


if __name__ == "__main__":
    SNAPSHOT.write_text(json.dumps(snapshot(), indent=1) + "\n")
