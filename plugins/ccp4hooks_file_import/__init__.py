"""The plugin `file-import`: copies outside input files into a project's ``CCP4_IMPORTED_FILES``.

It reads a source once, for its checksums and its copy. It does not copy content that the project already has. A copy
gets its final name when it is complete.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccp4hooks import ImportedFile, hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable

    from ccp4hooks import InputFile, Job, KnownFile, Project

__all__ = ["clean_up", "import_file"]


@hookimpl
def clean_up(project: Project) -> None:
    """Remove the temporary copies of processes that were killed."""
    from ccp4hooks_file_import.naming import PART_PREFIX, PART_SUFFIX  # noqa: PLC0415 - start-up time

    for part in project.imports_directory.glob(f"{PART_PREFIX}*{PART_SUFFIX}"):
        part.unlink(missing_ok=True)


@hookimpl
def import_file(job: Job, file: InputFile, find: Callable[[str, str], KnownFile | None]) -> ImportedFile | None:
    """Copy an outside file into the project, or return the copy that the project already has.

    A directory is not copied.

    Raises:
        BadInputError: The source cannot be read, or the project's directory cannot be written. Nothing is left behind.
    """
    if file.is_directory:
        return None
    from ccp4hooks_file_import.importing import import_outside_file  # noqa: PLC0415 - hashlib loads OpenSSL

    return import_outside_file(job, file, find)
