"""Each difference between CCP4i2 3.0 and 3.1 that `ccp4hooks.i2.versions` names, in the installed version."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import ccp4i2
import pytest
from ccp4i2.core import tasks
from ccp4i2.core.base_object.cdata import CData
from ccp4i2.core.task_manager.def_xml_handler import DefXmlParser

from ccp4hooks.i2 import containers, patches, versions
from ccp4hooks.i2.tasks import task_table
from ccp4hooks.model import TaskDescription

IS_3_0 = ccp4i2.__version_info__ < (3, 1) if hasattr(ccp4i2, "__version_info__") else True


def test_the_installed_version_is_known():
    assert versions.installed() == ccp4i2.__version__
    assert versions.is_3_0() is IS_3_0


@pytest.mark.parametrize(("version", "warns"), [("3.0.1", False), ("3.1.0", True), ("3.2.0a1", True), ("2.5", True)])
def test_a_version_that_nobody_has_tested_is_named(monkeypatch, version, warns):
    monkeypatch.setattr(versions, "installed", lambda: version)
    warning = f"ccp4hooks has not been tested with CCP4i2 {version}. It was tested with 3.0.0, 3.0.1 and 3.1.0a105."
    assert versions.untested() == (warning if warns else "")


def test_the_class_of_a_task_is_cached_by_3_0_only():
    assert hasattr(tasks.get_plugin_class, "cache_clear") is IS_3_0


@pytest.mark.parametrize("task", ["freerflag", "csymmatch"])
def test_the_class_of_a_replaced_task_is_the_new_one(task):
    original = tasks.TASKS[task]
    other = tasks.TASKS["coordinate_selector"]
    before = tasks.get_plugin_class(task)
    description = TaskDescription(
        name="versions_task", title="a task", script=other.pluginPath, def_file=Path(other.defXmlPath)
    )
    try:
        task_table.add_task(description, "test")
        assert tasks.get_plugin_class("versions_task") is tasks.get_plugin_class("coordinate_selector")
        changed = TaskDescription(
            name="versions_task", title="a task", script=original.pluginPath, def_file=Path(original.defXmlPath)
        )
        task_table.add_task(changed, "test")
        assert tasks.get_plugin_class("versions_task") is before
    finally:
        task_table.remove_tasks(["versions_task"])


def test_the_data_classes_are_collected_once(build, monkeypatch):
    build("freerflag")
    counted = []
    source = versions.data_classes
    first, second = source(), source()
    assert first == second
    assert {"CObsDataFile", "CFloat", "CList"} <= set(first)
    assert DefXmlParser().class_registry.keys() == first.keys()
    monkeypatch.setattr("pkgutil.iter_modules", lambda *_: counted.append(1) or iter(()))
    DefXmlParser()
    assert counted == []


def test_the_order_of_children_is_patched_for_3_0_only(build):
    patches.apply()
    build("freerflag")
    assert hasattr(CData.dataOrder, "__wrapped__") is IS_3_0


def test_a_child_that_is_made_with_its_parent_alone_is_found(build):
    """3.1 leaves it out of ``dataOrder``."""
    script = build("freerflag")
    output = script.container.outputData
    child = containers.def_file_classes()["CObsDataFile"](parent=output, name="EXTRA")
    assert dict(containers.children(output))["EXTRA"] is child
    assert [name for name, _ in containers.children(output)][-1] == "EXTRA"


def test_only_3_1_has_a_task_that_works_in_a_window():
    interactive = [task for task in tasks.TASKS if versions.is_interactive(task)]
    assert interactive == ([] if IS_3_0 else ["moorhen"])


def private_names(path):
    """Return the names with one leading underscore that a module uses of objects other than itself."""
    found = set()
    body = ast.parse(path.read_text()).body
    listed = [
        one for one in body if isinstance(one, ast.Assign) and getattr(one.targets[0], "id", "") == "PRIVATE_NAMES"
    ]
    for node in (node for one in body if one not in listed for node in ast.walk(one)):
        if isinstance(node, ast.Attribute) and not (isinstance(node.value, ast.Name) and node.value.id == "self"):
            found.add(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
    return {name for name in found if re.fullmatch(r"_[a-zA-Z]\w*", name)}


def test_every_private_name_of_ccp4i2_is_listed_with_its_use():
    used = set().union(*(private_names(path) for path in Path(versions.__file__).parent.rglob("*.py")))
    assert used == set(versions.PRIVATE_NAMES)


@pytest.mark.parametrize("chosen", ["", "/chosen"])
def test_the_directory_of_new_projects_is_that_of_ccp4i2s_own_settings(tmp_path, chosen):
    env = {**os.environ, "CCP4I2_HOME": str(tmp_path / "home"), "CCP4I2_PROJECTS_DIR": chosen and f"{tmp_path}{chosen}"}
    script = (
        "from ccp4hooks.i2 import versions; from ccp4i2.config import settings\n"
        "print(versions.projects_dir(), settings.CCP4I2_PROJECTS_DIR)"
    )
    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True)
    name = "CCP4X_PROJECTS" if IS_3_0 else "projects"
    assert done.stdout.split() == [f"{tmp_path}{chosen or f'/home/{name}'}"] * 2


def test_the_modules_of_data_classes_are_a_field_of_a_task_since_3_1():
    fields = {} if IS_3_0 else {"dataTypes": ("site.types",)}
    assert versions.task_fields(("site.types",)) == fields
    assert hasattr(tasks.Task(title="a task"), "dataTypes") is not IS_3_0


def test_tasks_cite_what_other_tasks_do_since_3_1():
    assert versions.cited_names("servalcat") == ("servalcat",)
    assert versions.cited_names("phaser_MR_FRF") == (("phaser_MR_FRF",) if IS_3_0 else ("phaser",))


def test_ccp4i2_names_kpis_for_people_since_3_1():
    labels = {} if IS_3_0 else {"RFree": "R-free", "highResLimit": "High resolution (Å)"}
    assert {key: label for key, label in versions.kpi_labels().items() if key in ("RFree", "highResLimit")} == labels
