"""The plugin `file-import`: copies outside input files into a project's ``CCP4_IMPORTED_FILES``.

It reads a source once, for its checksums and its copy. It does not copy content that the project already has. A copy
gets its final name when it is complete.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccp4hooks import ImportedFile, Problem, Severity, hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable

    from ccp4hooks import GleanedFile, InputFile, Job, KnownFile, Project

__all__ = ["check_file", "clean_up", "import_file"]


@hookimpl.clean_up
def clean_up(project: Project) -> None:
    """Remove the temporary copies of processes that were killed."""
    from ccp4hooks_file_import.naming import PART_PREFIX, PART_SUFFIX  # noqa: PLC0415 - start-up time

    for part in project.imports_directory.glob(f"{PART_PREFIX}*{PART_SUFFIX}"):
        part.unlink(missing_ok=True)


@hookimpl.import_file
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


@hookimpl.check_file
def check_file(file: ImportedFile | GleanedFile) -> list[Problem]:
    """Say that the group of the project can read the copy of a file that it could not read."""
    if not isinstance(file, ImportedFile):
        return []
    from ccp4hooks_file_import.importing import opened_to_group  # noqa: PLC0415 - hashlib loads OpenSSL

    if file.path not in opened_to_group:
        return []
    opened_to_group.discard(file.path)
    message = f"The group of the project can read the copy of {file.source.name}, which it could not read before."
    return [Problem(severity=Severity.INFO, message=message, parameter=file.parameter, path=file.path)]
