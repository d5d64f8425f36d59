"""What differs between the versions of CCP4i2, and which of CCP4i2's private names ccp4hooks uses.

The versions are 3.0.0 and 3.0.1, which behave alike here, and the pre-releases of 3.1. Each function names the
difference; `tests/unit/test_i2_versions.py` has a test for each, which checks both behaviours.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

TESTED = ("3.0.0", "3.0.1", "3.1.0a105")
"""The versions with which the tests have passed."""

PRIVATE_NAMES = {
    "_dbHandler": "The database handler of a script; a public method sets it and none returns it.",
    "_dbJobId": "The UUID of a script's job; the public setter accepts no None.",
    "_dbJobNumber": "The number of a script's job; restored with the handler.",
    "_dbProjectId": "The UUID of a script's project; no public method returns it.",
    "_dbProjectName": "The name of a script's project; restored with the handler.",
    "_childJobCounter": "The number of sub-jobs of a script; the public method that counts also makes a script.",
    "_tracked_by_track_job": "Whether the runner of a script extracts its files, so that CCP4i2 does not.",
    "_runningProcessId": "The program that a script has started in the background.",
    "_parse_output_path_database": "How a file object divides a path into project, directory and name.",
    "_ensure_event_loop": "Starts the event loop for programs in the background.",
    "_loop": "The event loop for programs in the background.",
    "_loop_thread": "The thread of that event loop.",
    "_import_errors": "Why a task cannot be imported; the public function only reads it.",
    "_build_class_registry": "Collects the data classes anew for each script. 3.0 only.",
    "_children": "The children of an object; the public method searches them for dead ones. 3.0 only.",
    "_children_by_name": "The children of an object by name; a public lookup takes many times as long. 3.0 only.",
    "_data_order": "The order of declaration of children; no public attribute has it. 3.0 only.",
    "_items": "The items of a list; to iterate over the list takes several times as long. 3.0 only.",
    "_metadata": "The order that a class declares for its children. 3.0 only.",
    "_name": "The name of an object; the public method takes many times as long. 3.0 only.",
    "_qualifiers": "The qualifiers of an object; the public method takes many times as long. 3.0 only.",
    "_qualifiers_template": "The qualifiers that a class declares; the public methods need an object or a name.",
    "_apply_metadata_attributes": "Makes the values of a performance indicator, when it is made.",
    "_value_states": "Whether each value was assigned; the public methods cannot undo an assignment of 0.",
    "_value": "The value of a number; the public setter takes a first 0.0 as no assignment.",
}
"""CCP4i2's names with an underscore that have no public counterpart in at least one version, and the use of each."""


@cache
def installed() -> str:
    """Return the version of the installed CCP4i2."""
    import ccp4i2  # noqa: PLC0415 - start-up time

    return str(ccp4i2.__version__)


@cache
def is_3_0() -> bool:
    """Return whether the installed CCP4i2 is 3.0.0, 3.0.1 or another version before 3.1."""
    major, minor = (int(part) for part in re.findall(r"\d+", installed())[:2])
    return (major, minor) < (3, 1)


def untested() -> str:
    """Return a warning if nobody has tested ccp4hooks with the installed CCP4i2, otherwise an empty text."""
    if find_spec("ccp4i2") is None or installed() in TESTED:
        return ""
    known = f"{', '.join(TESTED[:-1])} and {TESTED[-1]}"
    return f"ccp4hooks has not been tested with CCP4i2 {installed()}. It was tested with {known}."


def forget_classes() -> None:
    """Make CCP4i2 look up the classes of tasks again, after the table of tasks has changed.

    3.0 caches the class of each task and of its report; 3.1 caches the class of the report, and the data classes that
    def files may name, which a task can add to.
    """
    from ccp4i2.core import tasks  # noqa: PLC0415 - start-up time

    cached: tuple[Any, ...] = (tasks.get_plugin_class, tasks.get_report_class)
    for function in cached:
        if hasattr(function, "cache_clear"):
            function.cache_clear()
    if not is_3_0():
        from ccp4i2.core import cdata_registry  # noqa: PLC0415 - 3.0 has no such module

        cdata_registry.reset_cache()
        # Those of tasks it finds itself.
        if _of_tasks.get(""):
            cdata_registry.cdata_classes().update(_of_tasks[""])


@cache
def remember_data_classes() -> None:
    """Make CCP4i2 collect its data classes once, and find those of the tasks of plugins.

    3.0 searches fourteen modules for every script, and no others; 3.1 remembers them itself, and searches those that
    a task names.
    """
    if not is_3_0():
        return
    from ccp4i2.core.task_manager.def_xml_handler import DefXmlParser  # noqa: PLC0415 - start-up time

    known: dict[str, Any] = {}
    collect = DefXmlParser._build_class_registry  # noqa: SLF001 - see PRIVATE_NAMES

    def registry(parser: Any) -> dict[str, Any]:
        if not known:
            known.update(collect(parser))
        return known | task_data_classes()

    DefXmlParser._build_class_registry = registry  # noqa: SLF001


_of_tasks: dict[str, dict[str, type]] = {}


def set_data_classes(task: str, classes: Mapping[str, type]) -> None:
    """Let def files name data classes of a plugin; without classes, no longer.

    Args:
        task: The task that brings them; empty for those that no task brings.
        classes: The classes by name.
    """
    changed = classes != _of_tasks.get(task, {})
    _of_tasks.pop(task, None)
    if classes:
        _of_tasks[task] = dict(classes)
        remember_data_classes()
    if changed and not task:
        forget_classes()


def task_data_classes() -> dict[str, type]:
    """Return the data classes of plugins by name."""
    return {name: kind for kinds in _of_tasks.values() for name, kind in kinds.items()}


_added_file_types: set[str] = set()


@cache
def ccp4i2_file_types() -> frozenset[str]:
    """Return the MIME types in CCP4i2's two tables, which differ, without those that `add_file_type` has added."""
    from ccp4i2.db.ccp4i2_static_data import FILETYPELIST, FILETYPES_TEXT  # noqa: PLC0415 - start-up time

    return frozenset([*FILETYPES_TEXT, *(entry[1] for entry in FILETYPELIST)]) - _added_file_types


@cache
def file_type_titles() -> dict[str, str]:
    """Return CCP4i2's titles of its own MIME types."""
    from ccp4i2.db.ccp4i2_static_data import FILETYPELIST  # noqa: PLC0415 - start-up time

    return {name: title for _, name, title in FILETYPELIST if name in ccp4i2_file_types()}


def file_types() -> frozenset[str]:
    """Return the MIME types in CCP4i2's tables."""
    return ccp4i2_file_types() | _added_file_types


def add_file_type(file_type: str, class_name: str) -> None:
    """Add a MIME type to CCP4i2's tables, in which its reports look up each file of a job. It stays for this process.

    Args:
        file_type: The MIME type.
        class_name: The name of the data class, without the C at its beginning.
    """
    from ccp4i2.db import ccp4i2_static_data as static  # noqa: PLC0415 - start-up time

    if file_type in file_types():
        return
    _added_file_types.add(file_type)
    static.FILETYPES_TEXT.append(file_type)
    static.FILETYPES_CLASS.append(class_name)
    static.FILETYPELIST.append((max(number for number, *_ in static.FILETYPELIST) + 1, file_type, class_name))


def task_fields(data_types: tuple[str, ...]) -> dict[str, Any]:
    """Return the fields of CCP4i2's description of a task that name modules of data classes: only 3.1 has one."""
    return {} if is_3_0() else {"dataTypes": data_types}


def kpi_labels() -> dict[str, str]:
    """Return what CCP4i2 calls KPIs on the screen, by their keys: 3.0 has no such names.

    A label may end with a unit: ``"High resolution (Å)"``.
    """
    if is_3_0():
        return {}
    from ccp4i2.lib.kpi_labels import KPI_LABELS  # noqa: PLC0415 - 3.0 has no such module

    return dict(KPI_LABELS)


def cited_names(task: str) -> tuple[str, ...]:
    """Return the names of CCP4i2's files with the references of a task.

    In 3.0 it is the name of the task; 3.1 has a table for tasks that cite what other tasks do.
    """
    if is_3_0():
        return (task,)
    from ccp4i2.core.citations import TASK_CITES  # noqa: PLC0415 - 3.0 has no such module

    return tuple(TASK_CITES.get(task, (task,)))


@cache
def ccp4i2_data_classes() -> dict[str, type]:
    """Return CCP4i2's own data classes that a def file may name.

    3.0 has no public function for them, but its parser of def files has them as an attribute.
    """
    if is_3_0():
        from ccp4i2.core.task_manager.def_xml_handler import DefXmlParser  # noqa: PLC0415 - start-up time

        found = DefXmlParser().class_registry
    else:
        from ccp4i2.core.cdata_registry import cdata_classes  # noqa: PLC0415 - 3.0 has no such module

        found = cdata_classes()
    of_tasks = task_data_classes()
    return {name: kind for name, kind in found.items() if of_tasks.get(name) is not kind}


def data_classes() -> dict[str, type]:
    """Return the data classes that a def file may name; CCP4i2 silently takes any other for a ``CString``."""
    return ccp4i2_data_classes() | task_data_classes()


def searches_for_children() -> bool:
    """Return whether CCP4i2 searches an object for its children each time that it writes parameters: only 3.0."""
    return is_3_0()


def projects_dir() -> Path:
    """Return the directory in which CCP4i2 itself creates projects.

    ``CCP4I2_PROJECTS_DIR`` and the file of preferences choose it. By default it is ``CCP4X_PROJECTS`` in CCP4i2's
    directory with 3.0, which has no public function for it, and ``projects`` with 3.1.
    """
    from ccp4i2.config import preferences  # noqa: PLC0415 - start-up time

    if not is_3_0():
        return Path(preferences.projects_dir())
    default = str(preferences.ccp4i2_home() / "CCP4X_PROJECTS")
    return Path(preferences.resolve("projectsDir", env="CCP4I2_PROJECTS_DIR", default=default))


def is_interactive(task: str) -> bool:
    """Return whether the program of a task is a window of CCP4i2's app: 3.0 has no such task.

    Args:
        task: TASKNAME of a task that exists.
    """
    if is_3_0():
        return False
    from ccp4i2.core import tasks  # noqa: PLC0415 - start-up time

    return bool(tasks.is_interactive(task))


def find_program(name: str) -> str | None:
    """Return the path at which CCP4i2 finds a program, or None: 3.0 searches ``$PATH``, 3.1 asks the preferences first.

    Args:
        name: The name of the program, or its path.
    """
    if is_3_0():
        return which(name)
    from ccp4i2.config.program_discovery import resolve_program  # noqa: PLC0415 - 3.0 has no such module

    found = resolve_program(name)
    return str(found) if found else None
