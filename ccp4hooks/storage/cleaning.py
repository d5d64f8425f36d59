"""Remove the files of jobs that CCP4i2, or their task, marks as not needed."""

from __future__ import annotations

import os
import re
import shutil
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from ccp4hooks.errors import BadInputError
from ccp4hooks.failures import Failure, attempt
from ccp4hooks.i2.purge_rules import contexts, purge_rules
from ccp4hooks.model import CleanedFile, Outcome, Problem, Severity
from ccp4hooks.model.numbers import JOB_PREFIX
from ccp4hooks.outcomes import job_log, outcome_file
from ccp4hooks.runtime import paths
from ccp4hooks.runtime.disk_use import disk_use

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from ccp4hooks.maintenance.context import SessionContext
    from ccp4hooks.model import Job, Project

DEFAULT = "script_finish"
"""What is removed unless the user asks for more: scratch files."""

NEEDED = frozenset({outcome_file.FILE_NAME, job_log.FILE_NAME, "params.xml", "input_params.xml"})
"""Files that are never removed: without them a job can neither be read nor extracted nor run again."""

SUB_JOB = "%"
"""What a part of a pattern contains that stands for the directories of sub-jobs."""


def plan(session: SessionContext, project: Project, numbers: Sequence[str], context: str) -> tuple[CleanedFile, ...]:
    """Return what `clean` would remove; see `Session.clean`."""
    paths.require_directory(project)
    known = contexts()
    if context not in known:
        raise BadInputError(f"{context!r} is not an occasion of CCP4i2. They are {', '.join(known)}.")
    session.load_tasks()
    queries = session.queries
    every = queries.summaries(project)
    chosen = every if not numbers else [one for number in numbers for one in queries.summaries(project, number)]
    active = {one.job.number.top for one in every if not one.status.is_over}
    recorded = {os.path.realpath(path) for one in every for path in _recorded(one)}
    found: dict[Path, CleanedFile] = {}
    ended = [one for one in chosen if one.job.number.top not in active]
    marked = ((one.job.number, *file) for one in ended for file in _marked(session, one, every, context))
    for number, path, category in marked:
        if path not in found and _is_removable(path, project, recorded):
            found[path] = CleanedFile(job=number, path=path, category=category, size_bytes=_size(path))
    return tuple(one for path, one in found.items() if not any(parent in found for parent in path.parents))


def _recorded(outcome: Outcome) -> list[Path]:
    return [*(file.path for file in outcome.files), *(file.path for file in outcome.imported)]


def _size(path: Path) -> int:
    return disk_use(path).size_bytes if path.is_dir() and not path.is_symlink() else path.lstat().st_size


def _marked(
    session: SessionContext, outcome: Outcome, every: Sequence[Outcome], context: str
) -> Iterator[tuple[Path, str]]:
    """Yield the files of a job that its task or CCP4i2 marks, each with its category."""
    job = outcome.job
    rules = attempt(purge_rules, job.task, context)
    if isinstance(rules, Failure):
        _warn(session, f"job {job.number} was not cleaned: {rules.reason}")
        return
    for rule in rules:
        for path in _matches(outcome, job.directory, rule.pattern.split("/"), every):
            yield path, rule.category


def _warn(session: SessionContext, message: str) -> None:
    session.queries.journal.add(Problem(severity=Severity.WARNING, message=message))


def _matches(outcome: Outcome, folder: Path, parts: Sequence[str], every: Sequence[Outcome]) -> Iterator[Path]:
    """Yield the paths in a job directory that match a pattern. No link to a directory is followed."""
    head, *rest = parts
    if SUB_JOB in head:
        for below in _sub_jobs(outcome, head, every) if rest else ():
            yield from _matches(below, below.job.directory, rest, every)
        return
    for path in sorted(folder.iterdir()) if folder.is_dir() and not folder.is_symlink() else ():
        if fnmatchcase(path.name, head) and not re.fullmatch(rf"{JOB_PREFIX}\d+", path.name):
            yield from _matches(outcome, path, rest, every) if rest else (path,)


def _sub_jobs(outcome: Outcome, part: str, every: Sequence[Outcome]) -> list[Outcome]:
    """Return the sub-jobs of a job for which a part of a pattern stands: ``refmac%*``, or ``*%2``."""
    task, _, index = part.partition(SUB_JOB)
    return [
        one
        for one in every
        if one.job.parent_uuid == outcome.job.uuid
        and fnmatchcase(one.job.task, task or "*")
        and fnmatchcase(str(one.job.number.parts[-1]), index or "*")
    ]


def _is_removable(path: Path, project: Project, recorded: Collection[str]) -> bool:
    """Return whether a path is in the project, and neither a recorded or needed file nor a directory with one."""
    if path.name in NEEDED or not paths.inside(path.parent, project):
        return False
    if path.is_symlink() or not path.is_dir():
        return os.path.realpath(path) not in recorded
    inside = os.path.realpath(path) + os.sep
    return not any(one.startswith(inside) for one in recorded)


def clean(session: SessionContext, project: Project, numbers: Sequence[str], context: str) -> tuple[CleanedFile, ...]:
    """Remove files; see `Session.clean`."""
    done = []
    for one in plan(session, project, numbers, context):
        removed = attempt(_remove, one.path)
        if isinstance(removed, Failure):
            _warn(session, f"{one.path} cannot be removed: {removed.reason}")
        else:
            done.append(one)
    _note_removed(session, project, done, context)
    return tuple(done)


def _note_removed(session: SessionContext, project: Project, done: Sequence[CleanedFile], context: str) -> None:
    """Write into the logs of the jobs which of their files were removed, so that nobody looks for them."""
    by_directory = {one.job.directory: one.job for one in session.queries.summaries(project)} if done else {}
    removed: dict[Path, list[str]] = {}
    for one in done:
        # A rule of a job may name files of its sub-jobs.
        directory = next((parent for parent in one.path.parents if parent in by_directory), None)
        if directory is not None:
            removed.setdefault(directory, []).append(one.path.relative_to(directory).as_posix())
    for directory, names in removed.items():
        attempt(_write_removed, by_directory[directory], names, context)


def _write_removed(job: Job, names: Sequence[str], context: str) -> None:
    log = job_log.JobLog(job)
    log.write(job_log.FILES_REMOVED, files=names, context=context)
    log.close()


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
