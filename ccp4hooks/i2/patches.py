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
    """Make file objects of scripts that are ours take every path for what it is.

    3.0.1 searches a path for ``CCP4_JOBS/job_N``: a file in a sub-directory of a job, or in another project, becomes a
    file of that job's directory in this project. It also keeps ``dbFileId``, so that the path of the file that was
    there before wins over the new one. Scripts with CCP4i2's own handler are left alone.
    """
    original = data_file._parse_output_path_database  # noqa: SLF001 - the method at fault has no public name

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
    """Tell of an object without children at once that there is nothing to put in order.

    3.0.1 looks for children four times to come to that; most of what it writes to ``params.xml`` are numbers and
    texts, which have none, and it asks each of them.
    """
    original = data.dataOrder

    @wraps(original)
    def order(self: Any) -> Any:
        return original(self) if self._children or getattr(self, "_data_order", None) else []

    data.dataOrder = order
