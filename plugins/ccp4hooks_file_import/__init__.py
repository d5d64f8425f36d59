"""The plugin `file-import`: brings outside input files into a project's ``CCP4_IMPORTED_FILES``.

One reading of the source gives its checksums and its copy. What the project has already is not copied again, and
nothing stands under a final name before it is whole.
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
    """Remove the temporary copies that killed processes have left."""
    from ccp4hooks_file_import.naming import PART_PREFIX, PART_SUFFIX  # noqa: PLC0415 - start-up time

    for part in project.imports_directory.glob(f"{PART_PREFIX}*{PART_SUFFIX}"):
        part.unlink(missing_ok=True)


@hookimpl
def import_file(job: Job, file: InputFile, find: Callable[[str, str], KnownFile | None]) -> ImportedFile | None:
    """Copy an outside file into the project, or name the copy that the project already has.

    A directory is left where it is.

    Raises:
        BadInputError: The source cannot be read whole, or the project's directory cannot take it; nothing is left
            behind then.
    """
    if file.is_directory:
        return None
    from ccp4hooks_file_import.bring import bring_in  # noqa: PLC0415 - start-up time: hashlib loads OpenSSL

    return bring_in(job, file, find)
