"""Patches of CCP4i2's data objects in this process, for the faults that the installed version has."""

from __future__ import annotations

import time
from functools import cache, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from ccp4hooks.i2 import parameter_trees, versions
from ccp4hooks.i2.containers import cdata_types, is_a, relocate, set_value, walk
from ccp4hooks.i2.simple_values import SIMPLE_TYPES, was_assigned
from ccp4hooks.model import Project
from ccp4hooks.runtime.paths import name_in_project

if TYPE_CHECKING:
    from collections.abc import Callable

    from ccp4hooks.i2.protocols import DataObject

POLL_S = 0.01
"""Interval at which the state of an event loop is read [s]."""


@cache
def apply() -> None:
    """Patch CCP4i2's data objects, once for all scripts of this process."""
    _patch_paths()
    if versions.searches_for_children():
        _patch_order(cdata_types()["CData"])
        parameter_trees.patch()
    _patch_indicators(cdata_types()["CPerformanceIndicator"])
    _patch_event_loop()


def keep_paths() -> None:
    """Make file objects of scripts with a database handler keep every path as it is, in this process.

    CCP4i2 searches a path for ``CCP4_JOBS/job_N``: a file in a sub-directory of a job, or in another project,
    becomes a file of that job's directory in this project. It also keeps ``dbFileId``, so that the path of the previous
    file replaces the new one.
    """
    _patch_paths()


@cache
def _patch_paths() -> None:
    from ccp4i2.core.base_object.cdata_file import CDataFile  # noqa: PLC0415 - start-up time

    data_file: Any = CDataFile
    original = data_file._parse_output_path_database  # noqa: SLF001 - the method has no public counterpart

    def parse(self: Any, path: str, script: Any) -> None:
        place = _place_of(script) if Path(path).is_absolute() else None
        if place is None:
            original(self, path, script)
            return
        set_value(self, "dbFileId", None)
        project, directory, name = place(Path(path)) or ("", "", path)
        relocate(self, project_uuid=project, directory=directory, name=name, file_uuid=None)

    data_file._parse_output_path_database = parse  # noqa: SLF001


def _place_of(script: Any) -> Callable[[Path], tuple[str, str, str] | None] | None:
    """Return a function that returns (UUID of the project, directory in it, name) of a path.

    That function returns None for a path outside the script's project. None takes its place if the script's handler
    does not know the project's directory.
    """
    handler, uuid = script._dbHandler, str(script._dbProjectId)  # noqa: SLF001
    if hasattr(handler, "place"):
        known: Callable[[Path], tuple[str, str, str] | None] = handler.place
        return known
    directory = handler.getProjectDirectory(uuid)
    if not directory:
        return None
    project = Project(name="", directory=Path(directory), uuid=UUID(uuid))

    def place(path: Path) -> tuple[str, str, str] | None:
        found = name_in_project(path, project)
        return None if found is None else (uuid, *found)

    return place


def _patch_order(data: Any) -> None:
    """Make ``dataOrder`` return an empty list at once for an object without children.

    CCP4i2 3.0 looks for children four times to find that out. Most values in ``params.xml`` are numbers and texts,
    which have none, and it calls the method for each of them.
    """
    original = data.dataOrder

    @wraps(original)
    def order(obj: Any) -> Any:
        return original(obj) if obj._children or getattr(obj, "_data_order", None) else []  # noqa: SLF001

    data.dataOrder = order


def _patch_indicators(performance_indicator: Any) -> None:
    """Make every performance indicator detect the assignment of exactly 0.0, from the moment it is made."""
    original = performance_indicator._apply_metadata_attributes  # noqa: SLF001 - makes the values of an object

    def make_values(self: Any) -> None:
        original(self)
        detect_zero_assignments(self)

    performance_indicator._apply_metadata_attributes = make_values  # noqa: SLF001


def _patch_event_loop() -> None:
    """Make CCP4i2 wait for the event loop in which it runs the programs of scripts in the background.

    It starts the loop in a thread and waits for 0.1 s. On a busy machine the thread may take longer. CCP4i2 then makes
    another loop that never runs, so that the program never starts and the pipeline waits for ever.
    """
    from ccp4i2.core.async_process_manager import AsyncProcessManager  # noqa: PLC0415 - start-up time

    manager: Any = AsyncProcessManager
    original = manager._ensure_event_loop  # noqa: SLF001 - the method has no public counterpart

    def ensure(self: Any) -> None:
        original(self)
        thread = manager._loop_thread  # noqa: SLF001
        while thread is not None and thread.is_alive():
            loop = manager._loop  # noqa: SLF001
            if loop is not None and loop.is_running():
                return
            time.sleep(POLL_S)

    manager._ensure_event_loop = ensure  # noqa: SLF001


class _Unassigned(float):
    """The initial 0.0 of a ``CFloat``. It equals no other number, so any assignment is a change."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)


def detect_zero_assignments(indicator: DataObject) -> None:
    """Make every ``CFloat`` in a performance indicator detect the assignment of exactly 0.0.

    Indicators that are made after `apply` do so from the beginning. For others, call it before the task assigns its
    values. CCP4i2 itself takes a value of exactly 0.0 as never assigned.

    Args:
        indicator: A ``CPerformanceIndicator``.
    """
    for _, child in walk(indicator):
        if is_a(child, "CFloat") and not was_assigned(child):
            object.__setattr__(child, "_value", _Unassigned(child.value))


def forget_values(indicator: DataObject) -> None:
    """Make every value of a performance indicator count as never assigned.

    Args:
        indicator: A ``CPerformanceIndicator``.
    """
    for _, child in walk(indicator):
        if is_a(child, *SIMPLE_TYPES):
            new = type(child)()
            object.__setattr__(child, "_value", new.value)
            object.__setattr__(child, "_value_states", dict(new._value_states))  # noqa: SLF001 - no public counterpart
    object.__setattr__(indicator, "_value_states", {})
    detect_zero_assignments(indicator)
