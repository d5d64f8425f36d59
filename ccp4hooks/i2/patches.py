"""Patches of CCP4i2's data objects in this process. Written against ccp4i2 3.0.1."""

from __future__ import annotations

from functools import cache, wraps
from pathlib import Path
from typing import Any

from ccp4hooks.i2.containers import cdata_types, relocate, set_value


@cache
def apply() -> None:
    """Patch CCP4i2's data objects, once for all scripts of this process."""
    _patch_paths(cdata_types()["CDataFile"])
    _patch_order(cdata_types()["CData"])


def _patch_paths(data_file: Any) -> None:
    """Make file objects of scripts with a `JobHandler` keep every path as it is.

    CCP4i2 3.0.1 searches a path for ``CCP4_JOBS/job_N``: a file in a sub-directory of a job, or in another project,
    becomes a file of that job's directory in this project. It also keeps ``dbFileId``, so that the path of the previous
    file replaces the new one. Scripts with CCP4i2's own handler are left alone.
    """
    original = data_file._parse_output_path_database  # noqa: SLF001 - the method has no public counterpart

    def parse(self: Any, path: str, script: Any) -> None:
        place = getattr(script._dbHandler, "place", None)  # noqa: SLF001
        if place is None or not Path(path).is_absolute():
            original(self, path, script)
            return
        set_value(self, "dbFileId", None)
        project, directory, name = place(Path(path)) or ("", "", path)
        relocate(self, project_uuid=project, directory=directory, name=name, file_uuid=None)

    data_file._parse_output_path_database = parse  # noqa: SLF001


def _patch_order(data: Any) -> None:
    """Make ``dataOrder`` return an empty list at once for an object without children.

    CCP4i2 3.0.1 looks for children four times to find that out. Most values in ``params.xml`` are numbers and texts,
    which have none, and it calls the method for each of them.
    """
    original = data.dataOrder

    @wraps(original)
    def order(self: Any) -> Any:
        return original(self) if self._children or getattr(self, "_data_order", None) else []

    data.dataOrder = order


@cache
def remember_classes() -> None:
    """Make CCP4i2 collect its data classes once, and not for every script: 3.0.1 searches fourteen modules for them."""
    from ccp4i2.core.task_manager.def_xml_handler import DefXmlParser  # noqa: PLC0415 - start-up time

    known: dict[str, Any] = {}
    collect = DefXmlParser._build_class_registry  # noqa: SLF001 - the slow method has no public counterpart

    def registry(parser: Any) -> dict[str, Any]:
        if not known:
            known.update(collect(parser))
        return dict(known)

    DefXmlParser._build_class_registry = registry  # noqa: SLF001
