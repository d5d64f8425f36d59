"""Compare the files of a project with the record."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from ccp4hooks.model import FileFault, GleanedFile, ImportedFile, JobNumber, Verification
from ccp4hooks.model.numbers import TRASH_FOLDER
from ccp4hooks.runtime import os_errors, paths
from ccp4hooks.runtime.checksums import digest_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ccp4hooks.maintenance.context import SessionContext
    from ccp4hooks.model import Outcome, Project


def verify(session: SessionContext, project: Project, numbers: Sequence[str]) -> Verification:
    """Compare the files of jobs with the record; see `Session.verify`."""
    paths.require_directory(project)
    queries = session.queries
    found = {one.job.uuid: one for number in (numbers or (None,)) for one in queries.summaries(project, number)}
    files = {file.path: (one.job.number, file) for one in found.values() for file in _files(one)}
    checked = [(number, file, _fault(file)) for number, file in files.values()]
    return Verification(
        checked=len(checked),
        by_checksum=sum(_checksum_of(file) is not None for _, file, _ in checked),
        faults=tuple(
            FileFault(job=number, parameter=file.parameter, path=file.path, fault=fault[0], reason=fault[1])
            for number, file, fault in checked
            if fault is not None
        ),
        foreign=() if numbers else tuple(_foreign(project, list(found.values()))),
    )


def _files(outcome: Outcome) -> tuple[GleanedFile | ImportedFile, ...]:
    imports: tuple[GleanedFile | ImportedFile, ...] = outcome.imported
    return imports + outcome.files


def _checksum_of(file: GleanedFile | ImportedFile) -> tuple[str, str] | None:
    """Return the name of an algorithm and the recorded checksum; None if only the size is recorded."""
    if not isinstance(file, ImportedFile):
        return None
    known = {"sha256": file.sha256, "md5": file.md5}
    return next(((name, value) for name, value in known.items() if value), None)


def _fault(file: GleanedFile | ImportedFile) -> tuple[str, str] | None:
    """Return what is wrong with a file, and why; None if it is as it was recorded."""
    try:
        found = file.path.stat()
        if stat.S_ISDIR(found.st_mode):
            # An output may be a directory; an import is a file.
            return ("changed", "it is a directory") if isinstance(file, ImportedFile) else None
        if found.st_size != file.size_bytes:
            return "changed", f"it has {found.st_size} bytes, not {file.size_bytes}"
        known = _checksum_of(file)
        if known is not None and digest_of(file.path, known[0]) != known[1]:
            return "changed", f"its {known[0].upper()} checksum differs"
    except (FileNotFoundError, NotADirectoryError):
        return "missing", "it does not exist"
    except OSError as error:
        return "unreadable", os_errors.explained(error)
    return None


def _foreign(project: Project, outcomes: Sequence[Outcome]) -> Iterator[Path]:
    """Yield what is among the job directories and the imported files of a project, and is not recorded."""
    jobs = {one.job.directory for one in outcomes if not JobNumber(one.job.number).is_sub_job}
    files = {os.path.realpath(file.path) for one in outcomes for file in _files(one)}
    for path in _entries(project.jobs_directory):
        if path not in jobs:
            yield path
    for path in _entries(project.imports_directory):
        if not path.is_dir() and os.path.realpath(path) not in files:
            yield path


def _entries(folder: Path) -> list[Path]:
    found = folder.iterdir() if folder.is_dir() else ()
    return sorted(path for path in found if path.name != TRASH_FOLDER)
