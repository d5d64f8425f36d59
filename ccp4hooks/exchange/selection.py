"""Choose what is exported: a whole project, or some of its jobs with all jobs whose files they read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccp4hooks.errors import BadInputError
from ccp4hooks.model import Outcome, Project
from ccp4hooks.model.numbers import JobNumber
from ccp4hooks.outcomes.trash import unknown_job

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from uuid import UUID

    from ccp4hooks.queries.recorded import Queries


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What is exported of a project.

    Attributes:
        project: The project.
        outcomes: The jobs and sub-jobs, in the order of their numbers.
        tops: Numbers of the top-level jobs.
        added: Numbers of those among them that were not asked for.
        is_whole: Whether the whole project was asked for.
        foreign: What the jobs read in other projects, one line each.
    """

    project: Project
    outcomes: tuple[Outcome, ...]
    tops: tuple[str, ...]
    added: tuple[str, ...]
    is_whole: bool
    foreign: tuple[str, ...]

    @property
    def shared_files(self) -> set[Path]:
        """The files of the jobs that are not in their directories."""
        paths = {path for one in self.outcomes for path in _paths(one)}
        return {path for path in paths if not path.is_relative_to(self.project.jobs_directory)}


def select(queries: Queries, project: Project, numbers: Sequence[str]) -> Selection:
    """Choose the jobs to export.

    Args:
        queries: Reads the jobs.
        project: The project.
        numbers: Numbers of jobs; a sub-job stands for its top-level job. None are all jobs.

    Raises:
        UnknownNameError: The project has no such job.
        BadInputError: The project is not recorded, or a job is running.
    """
    known = queries.recorded_outcomes(project)
    if known is None:
        raise BadInputError(
            f"No database knows the project {project.name!r}. Run `ccp4hooks replay {project.name}` first, which "
            "records its jobs."
        )
    present = {one.job.number for one in known}
    for number in numbers:
        if number not in present:
            raise unknown_job(project, number)
    wanted = {JobNumber(number).top for number in numbers or present}
    owners = _owners(known)
    chosen = wanted if not numbers else _closed(known, wanted, owners)
    outcomes = tuple(one for one in known if one.job.number.top in chosen)
    _refuse_running(outcomes)
    return Selection(
        project=project,
        outcomes=outcomes,
        tops=_sorted(chosen),
        added=_sorted(chosen - wanted),
        is_whole=not numbers,
        foreign=tuple(_foreign(outcomes, owners)),
    )


def _sorted(numbers: set[JobNumber]) -> tuple[str, ...]:
    return tuple(sorted(numbers, key=lambda number: number.parts))


def _paths(outcome: Outcome) -> set[Path]:
    imported, files = {file.path for file in outcome.imported}, {file.path for file in outcome.files}
    return imported | files | {use.path for use in outcome.uses}


def _owners(known: Sequence[Outcome]) -> dict[UUID, JobNumber]:
    """Return the numbers of the top-level jobs that have made or imported files, by the UUIDs of the files."""
    made = {file.uuid: one.job.number.top for one in known for file in one.files}
    return made | {file.uuid: one.job.number.top for one in known for file in one.imported if not file.reused}


def _closed(known: Sequence[Outcome], wanted: set[JobNumber], owners: dict[UUID, JobNumber]) -> set[JobNumber]:
    """Return jobs with all jobs whose files they read, and those whose files these read, and so on."""
    reads: dict[JobNumber, set[JobNumber]] = {}
    for one in known:
        used = [use.file_uuid for use in one.uses] + [file.uuid for file in one.imported if file.reused]
        reads.setdefault(one.job.number.top, set()).update(owners[uuid] for uuid in used if uuid in owners)
    chosen: set[JobNumber] = set()
    waiting = set(wanted)
    while waiting:
        number = waiting.pop()
        chosen.add(number)
        waiting |= reads.get(number, set()) - chosen
    return chosen


def _foreign(outcomes: Sequence[Outcome], owners: dict[UUID, JobNumber]) -> list[str]:
    return [
        f"job {one.job.number} reads {use.path} of another project"
        for one in outcomes
        for use in one.uses
        if use.file_uuid not in owners and not use.path.is_relative_to(one.job.project.directory)
    ]


def _refuse_running(outcomes: Sequence[Outcome]) -> None:
    """Refuse a job that has not ended: its files change, and nobody would end it where it is imported.

    Raises:
        BadInputError: A job is running.
    """
    for one in outcomes:
        if one.status.is_running:
            job, name = one.job, one.job.project.name
            raise BadInputError(
                f"Job {job.number} of the project {name!r} is {one.status.name}, so it cannot be exported. Run "
                f"`ccp4hooks wait {job.number} --project {name}` first; if its process has died, run "
                f"`ccp4hooks recover {name}`."
            )
