"""Read the recorded projects, jobs and files: from the database plugins, or else from the outcome files."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ccp4hooks import hookspecs
from ccp4hooks.errors import BadInputError, UnknownNameError
from ccp4hooks.failures import Failure, attempt
from ccp4hooks.model import (
    FileQuery,
    GleanedFile,
    ImportedFile,
    Job,
    JobNumber,
    JobQuery,
    JobStatus,
    JobSummary,
    KnownFile,
    Outcome,
    OwnedJob,
    Problem,
    Project,
    Severity,
    project_uuid,
)
from ccp4hooks.model.numbers import JOBS_FOLDER
from ccp4hooks.outcomes import checks, outcome_file
from ccp4hooks.outcomes.trash import unknown_job
from ccp4hooks.plugins.dispatcher import Dispatcher, Journal
from ccp4hooks.runtime import paths

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from ccp4hooks.errors import Ccp4HooksError
    from ccp4hooks.model import Attempt, Labels, Plot, Section, Text


FEW_NUMBERS = 20
"""Number of jobs up to which each is asked for by itself. For more, all jobs of the project are read at once."""

IMPORT_MARKER = ".ccp4hooks_import"
"""A file in the directory of a project whose import has not ended: the project does not exist yet."""


class Queries:
    """Reads the recorded projects, jobs and files, and writes nothing.

    Args:
        dispatcher: Calls the hooks.
        projects_dir: The directory of the projects that are not recorded.

    Attributes:
        journal: The problems found outside of any job.
        unreadable: What is wrong with the outcome files that could not be read, one line each.
        notes_replacements: Whether `replacements` is filled.
        replacements: Why outcome files are read in the place of a database, one line for each reason. It stays empty
            if no plugin in use reads a database: then the files are what the user has asked for.
    """

    def __init__(self, dispatcher: Dispatcher, projects_dir: Path) -> None:
        self._dispatcher = dispatcher
        self._projects_dir = projects_dir
        self.journal = Journal()
        self.unreadable: list[str] = []
        self.notes_replacements = False
        self.replacements: list[str] = []

    # --- projects ---------------------------------------------------------------------------------------------

    def projects(self) -> tuple[Project, ...]:
        """Return all recorded projects, or those in the projects directory if no plugin records projects."""
        known = self._dispatcher.call(hookspecs.list_projects, self.journal).value
        if known is None:
            found = self.projects_on_disk()
            # Where nothing is shown, nothing was taken from files.
            if found:
                self._note_replacement(None)
            return found
        return tuple(known)

    def projects_on_disk(self) -> tuple[Project, ...]:
        """Return the projects in the projects directory, by name."""
        folders = sorted(self._projects_dir.glob(f"*/{JOBS_FOLDER}"))
        return tuple(self.project_at(folder.parent.name) for folder in folders if not _is_unfinished(folder.parent))

    def project_at(self, name: str) -> Project:
        """Return the project with a name in the projects directory. It need not exist."""
        directory = self._projects_dir / name
        return Project(name=name, directory=directory, uuid=project_uuid(directory))

    def project(self, wanted: str | UUID) -> Project:
        """Return a project by its name or UUID.

        Raises:
            UnknownNameError: The project does not exist.
        """
        known = self.find_project(wanted) if isinstance(wanted, str) else self._by_identity(wanted)
        if known is None:
            names = [project.name for project in self.projects()]
            hint = "`ccp4hooks projects` lists all projects. Choose one with `--project`."
            if JobNumber(str(wanted)).is_valid or str(wanted).startswith("@"):
                # A number is not a misspelling of another one.
                names = []
                show = f"`ccp4hooks show {wanted} --project NAME`"
                hint = f"{show} shows a job of a project; `ccp4hooks projects` lists all projects."
            raise UnknownNameError("project", str(wanted), names, hint)
        return known

    def find_project(self, name: str) -> Project | None:
        """Return a project by its name, or None if it does not exist.

        Raises:
            BadInputError: The name contains bytes that the locale cannot decode.
        """
        if not name.isascii() and isinstance(attempt(name.encode), Failure):
            raise BadInputError(
                f"{name!r} cannot be the name of a project, because the locale of this process cannot decode it. "
                "Set LC_ALL to a UTF-8 locale, for instance C.UTF-8."
            )
        recorded = self.recorded_project(name)
        found = recorded or self.unrecorded_project(name)
        if recorded is None and found is not None:
            self._note_replacement(found)
        return found

    def _note_replacement(self, project: Project | None) -> None:
        """Note that the outcome files of a project, or of all, are read, unless no plugin in use reads a database."""
        line = ""
        if not self.notes_replacements or not self._dispatcher.plan.get(hookspecs.list_projects.__name__):
            return
        if self._dispatcher.call(hookspecs.list_projects, self.journal).value is None:
            line = (
                "There is no database yet: this is what the outcome files say. The first job creates the database, and "
                "`ccp4hooks doctor` names it. If it should exist, correct --database, DATABASE_URL or the settings."
            )
        elif project is not None:
            line = (
                f"The database does not know the project {project.name}: this is what the outcome files in "
                f"{project.directory} say. `ccp4hooks replay {project.name}` records them. If it should know the "
                "project, correct --database, DATABASE_URL or the settings."
            )
        if line and line not in self.replacements:
            self.replacements.append(line)

    def recorded_project(self, wanted: str | UUID) -> Project | None:
        """Return the project that a plugin has recorded under a name or UUID, or None if no plugin has."""
        name, uuid = (wanted, None) if isinstance(wanted, str) else (None, wanted)
        found = self._dispatcher.call(hookspecs.find_project, self.journal, name=name, uuid=uuid).value
        return found if isinstance(found, Project) else None

    def unrecorded_project(self, name: str) -> Project | None:
        """Return the project with a name in the projects directory, or None if it has no jobs there."""
        at = self.project_at(name)
        exists = os.path.isdir(at.jobs_directory)  # noqa: PTH112 - also false for names that no file system accepts
        return at if exists and not _is_unfinished(at.directory) else None

    def recorded_or_on_disk(self, name: str) -> Project:
        """Return a project that is recorded, or that is in the projects directory.

        Raises:
            UnknownNameError: The project does not exist.
        """
        known = self.find_project(name)
        at = self.project_at(name)
        return self.project(name) if known or not at.jobs_directory.is_dir() else at

    def _by_identity(self, uuid: UUID) -> Project | None:
        known = self.recorded_project(uuid)
        if known is not None:
            return known
        return next((project for project in self.projects_on_disk() if project.uuid == uuid), None)

    # --- jobs -------------------------------------------------------------------------------------------------

    def outcomes(self, project: Project, number: str | None = None) -> tuple[Outcome, ...]:
        """Return the outcomes of a project's jobs and sub-jobs, in the order of their numbers.

        Args:
            project: The project.
            number: For one job and its sub-jobs; None for all.

        Raises:
            UnknownNameError: The job does not exist.
            BadInputError: No plugin has recorded the job, and its outcome file cannot be read.
        """
        found = self.summaries(project, number)
        return found if number is None else tuple(self._completed(one) for one in found)

    def outcome(self, project: Project, number: str) -> Outcome:
        """Return the outcome of one job or sub-job, without those of its sub-jobs; see `outcomes`.

        Raises:
            UnknownNameError: The job does not exist.
            BadInputError: No plugin has recorded the job, and its outcome file cannot be read.
        """
        return self._completed(self.summaries(project, number)[0])

    def outcomes_of(self, project: Project, numbers: Sequence[str]) -> tuple[Outcome, ...]:
        """Return the outcomes of some jobs and sub-jobs, in their order, without those of their sub-jobs.

        Raises:
            UnknownNameError: A job does not exist.
            BadInputError: No plugin has recorded a job, and its outcome file cannot be read.
        """
        if len(numbers) <= FEW_NUMBERS:
            return tuple(self.outcome(project, number) for number in numbers)
        known = {str(one.job.number): one for one in self.summaries(project)}
        for number in numbers:
            if str(number) not in known:
                raise unknown_job(project, number)
        return tuple(self._completed(known[str(number)]) for number in numbers)

    def detailed(self, project: Project) -> tuple[Outcome, ...]:
        """Return the outcomes of all jobs of a project with the details that only the outcome files contain."""
        recorded = self.recorded_outcomes(project)
        return self.outcomes_on_disk(project) if recorded is None else tuple(map(self._completed, recorded))

    def summaries(self, project: Project, number: str | None = None) -> tuple[Outcome, ...]:
        """Return the same outcomes as `outcomes`, possibly without the details that only the outcome files contain.

        Raises:
            UnknownNameError: The job does not exist.
            BadInputError: No plugin has recorded the job, and its outcome file cannot be read.
        """
        recorded = self.recorded_outcomes(project, number)
        found = self.outcomes_on_disk(project, number) if recorded is None else recorded
        if number is not None and not found and recorded is None:
            self._require_readable(project, number)
        if number is not None and not found:
            raise unknown_job(project, number)
        return found

    def query(self, query: JobQuery) -> tuple[JobSummary, ...]:
        """Return the jobs that a query asks for: from the database plugins, or else from the outcome files."""
        found = self._dispatcher.call(hookspecs.query_jobs, self.journal, query=query).value
        if found is not None:
            return tuple(found)
        projects = self.projects() if query.project is None else (query.project,)
        rows = [_summary(one) for project in projects for one in self.outcomes_on_disk(project)]
        if not query.sub_jobs:
            # A sub-job takes the place of its parent if the outcome file of that cannot be read.
            known = {row.job.uuid for row in rows}
            rows = [row for row in rows if row.job.parent_uuid not in known]
        # The files may have another UUID of the project than the one derived from its directory.
        return tuple(replace(query, project=None, sub_jobs=True).select(rows))

    def unchanged_jobs(self, project: Project, fingerprint: str) -> tuple[Job, ...]:
        """Return the FINISHED top-level jobs of a project with a fingerprint, the latest first."""
        found = self._dispatcher.call(
            hookspecs.find_unchanged, self.journal, project=project, fingerprint=fingerprint
        ).value
        if found is not None:
            return tuple(found)
        return tuple(
            one.job
            for one in reversed(self.outcomes_on_disk(project))
            if one.status is JobStatus.FINISHED and one.provenance.fingerprint == fingerprint
        )

    def attempts(self, uuids: Sequence[UUID]) -> tuple[Attempt, ...]:
        """Return all attempts to run jobs on engines, those of a job by their number."""
        found = self._dispatcher.call(hookspecs.read_attempts, self.journal, uuids=uuids).value if uuids else None
        return tuple(found or ())

    def attempts_of(self, uuids: Sequence[UUID]) -> dict[UUID, tuple[Attempt, ...]]:
        """Return all attempts to run jobs on engines by the UUIDs of the jobs, those of a job by their number."""
        found: dict[UUID, tuple[Attempt, ...]] = {}
        for one in self.attempts(uuids):
            found[one.job.uuid] = (*found.get(one.job.uuid, ()), one)
        return found

    def unfinished_attempts(self, project: Project | None) -> tuple[Attempt, ...]:
        """Return the latest attempts of the jobs that have not ended; of all projects if none is given."""
        call = self._dispatcher.call
        return tuple(call(hookspecs.find_attempts, self.journal, project=project, fingerprint="").value or ())

    def attempts_like(self, project: Project, fingerprint: str) -> tuple[Attempt, ...]:
        """Return the latest attempts of the jobs with a fingerprint, ended or not, the latest job first."""
        call = self._dispatcher.call
        found = call(hookspecs.find_attempts, self.journal, project=project, fingerprint=fingerprint).value
        return tuple(found or ())

    def with_sub_jobs(self, found: Sequence[JobSummary], keys: tuple[str, ...] | None) -> tuple[JobSummary, ...]:
        """Return jobs with all their sub-jobs, those of each level after those of the level above, oldest first.

        Args:
            found: The jobs.
            keys: See `JobQuery.keys`.
        """
        level, every = tuple(found), tuple(found)
        while level:
            parents = tuple(one.job.uuid for one in level)
            project = level[0].job.project
            level = self.query(JobQuery(project=project, parents=parents, keys=keys, descending=False))
            every += level
        return every

    def recorded_outcomes(self, project: Project, number: str | None = None) -> tuple[Outcome, ...] | None:
        """Return the outcomes that a plugin has recorded, or None if no plugin knows the project."""
        recorded = self._dispatcher.call(hookspecs.read_outcomes, self.journal, project=project, number=number).value
        return None if recorded is None else tuple(recorded)

    def active_outcomes(self, project: Project, since: datetime) -> tuple[Outcome, ...]:
        """Return the recorded outcomes of the jobs that have not ended, and possibly of others.

        Args:
            project: The project. If no plugin knows it, it has no such jobs.
            since: Those that ended after this time are returned as well.
        """
        found = self._dispatcher.call(hookspecs.read_active, self.journal, project=project, since=since).value
        return tuple(found) if found is not None else self.recorded_outcomes(project) or ()

    def outcomes_on_disk(self, project: Project, number: str | None = None) -> tuple[Outcome, ...]:
        """Return the outcomes in the valid outcome files of a project. An invalid file becomes a problem."""
        found, faults = self.read_on_disk(project, number)
        for fault in faults:
            self._note_unreadable(fault)
        return found

    def read_on_disk(self, project: Project, number: str | None = None) -> tuple[tuple[Outcome, ...], tuple[str, ...]]:
        """Return the outcomes in the valid outcome files of a project, and what is wrong with each other file."""
        chosen = list(_outcome_files(project, number))
        read = [attempt(checks.read_in_project, path, project) for path in chosen]
        faults = {path.parent: one for path, one in zip(chosen, read, strict=True) if isinstance(one, Failure)}
        known = {one.job.directory: one for one in self._rewritable(project, number)} if faults else {}
        return (
            tuple(one for one in read if isinstance(one, Outcome)),
            tuple(_fault_of(fault, known.get(folder)) for folder, fault in faults.items()),
        )

    def _rewritable(self, project: Project, number: str | None) -> list[Outcome]:
        """Return the recorded outcomes whose files can be written again; none if the database cannot be used."""
        recorded = attempt(self.recorded_outcomes, project, number)
        return [] if isinstance(recorded, Failure) else [one for one in recorded or () if checks.is_rewritable(one)]

    def _completed(self, recorded: Outcome) -> Outcome:
        done = attempt(outcome_file.completed, recorded)
        if isinstance(done, Failure):
            self._note_unreadable(_fault_of(done, recorded if checks.is_rewritable(recorded) else None))
            return recorded
        return done

    def _require_readable(self, project: Project, number: str) -> None:
        _, faults = self.read_on_disk(project, number)
        if faults:
            raise BadInputError(faults[0])

    def note_unreadable(self, faults: Iterable[str]) -> None:
        """Note what is wrong with files that could not be read."""
        for fault in faults:
            self._note_unreadable(fault)

    def _note_unreadable(self, fault: str) -> None:
        if fault not in self.unreadable:
            self.unreadable.append(fault)
            self.journal.add(Problem(severity=Severity.WARNING, message=fault))

    def owned_jobs(self, project: Project | None = None) -> tuple[OwnedJob, ...]:
        """Return the jobs that have not ended and that a process owns, or owned when it died.

        Args:
            project: The project; None for all.
        """
        return tuple(self._dispatcher.call(hookspecs.find_held, self.journal, project=project).value or ())

    def find_file(self, query: FileQuery) -> KnownFile | None:
        """Return the recorded file that a query describes. If no plugin knows it, search the outcome files."""
        known = self._dispatcher.call(hookspecs.find_file, self.journal, query=query).value
        if known is not None or (query.job_number is None and self.has_database()):
            return known
        number = query.job_number or _job_of(query)
        if number is None and query.uuid is None:
            return None
        for one in self.outcomes_on_disk(query.project, number):
            files: tuple[GleanedFile | ImportedFile, ...] = one.files
            for file in files + one.imported:
                is_output = one.job.number == query.job_number and file.parameter == f"outputData.{query.parameter}"
                if is_output or file.uuid == query.uuid or file.path == query.path:
                    return known_file(file, one.job)
        return None

    def labels(self, uuids: Sequence[UUID]) -> dict[UUID, Labels]:
        """Return the recorded labels of jobs and projects by their UUIDs."""
        found = self._dispatcher.call(hookspecs.read_labels, self.journal, uuids=uuids).value or ()
        return {one.uuid: one for one in found}

    # --- reports ----------------------------------------------------------------------------------------------

    def sections(
        self, project: Project, outcomes: Sequence[Outcome]
    ) -> tuple[list[Section | Plot | Text], list[Problem]]:
        """Return what plugins add to a report on jobs, and the problems of those that could not."""
        before = len(self.journal.problems)
        found = self._dispatcher.call(hookspecs.report_section, self.journal, project=project, outcomes=outcomes)
        sections = [replace(one, origin=answer.origin) for answer in found.answers for one in answer.value]
        return sections, self.journal.problems[before:]

    # --- plugins ----------------------------------------------------------------------------------------------

    def examined(self) -> Iterable[tuple[str, str | Ccp4HooksError]]:
        """Yield (name of a plugin, fact or error) for each fact and fault that the plugins report about their state."""
        for answer in self._dispatcher.call(hookspecs.examine, self.journal).answers:
            for fact in answer.value:
                yield answer.origin.plugin, fact

    def has_database(self) -> bool:
        """Return whether a plugin records outcomes."""
        return bool(self._dispatcher.plan.get("job_finished"))

    def require_database(self) -> None:
        """Refuse to go on without a plugin that records outcomes.

        Raises:
            BadInputError: No plugin records outcomes.
        """
        if not self.has_database():
            raise BadInputError(
                "No plugin records jobs in a database. "
                "`ccp4hooks plugins` lists the plugins and the reason why each is disabled."
            )


def _job_of(query: FileQuery) -> JobNumber | None:
    """Return the number of the job in whose directory the path of a query is, or None if there is none."""
    place = None if query.path is None else paths.name_in_project(query.path, query.project)
    return None if place is None else JobNumber.of_directory(Path(place[0]))


def known_file(file: GleanedFile | ImportedFile, job: Job) -> KnownFile:
    """Return an output or an import of a job as a recorded file."""
    return KnownFile(
        uuid=file.uuid,
        path=file.path,
        file_type=file.file_type,
        parameter=file.parameter.partition(".")[2],
        content_flag=file.content_flag,
        sub_type=file.sub_type,
        annotation=file.annotation,
        md5=file.md5 if isinstance(file, ImportedFile) else "",
        job_number=job.number,
    )


def fault_with_cure(fault: str, recorded: Outcome | None) -> str:
    """Return what is wrong with an outcome file, and how to write the file again.

    Args:
        fault: What is wrong, one or more sentences.
        recorded: The recorded outcome of the job; None if it is unknown, or has too little for an outcome file.
    """
    if recorded is None:
        return fault
    project = recorded.job.project.name
    return (
        f"{fault} The database knows the job: without a backup, delete the file and run `ccp4hooks recover {project}`, "
        "which writes it again."
    )


def _fault_of(failure: Failure, recorded: Outcome | None) -> str:
    """Return why an outcome file cannot be read. One that may not be read is not to be written again."""
    is_refused = isinstance(failure.error, OSError) or isinstance(failure.error.__cause__, OSError)
    return fault_with_cure(failure.reason, None if is_refused else recorded)


def _outcome_files(project: Project, number: str | None) -> Iterable[Path]:
    """Return the outcome files of a project, or of one of its jobs and its sub-jobs, in the order of their numbers."""
    if not number:
        return outcome_file.below(project.jobs_directory)
    if not JobNumber(number).is_valid:
        return ()
    folder = JobNumber(number).directory(project.directory)
    own = folder / outcome_file.FILE_NAME
    return [*([own] if own.is_file() else []), *outcome_file.below(folder)]


def _is_unfinished(directory: Path) -> bool:
    return (directory / IMPORT_MARKER).exists()


def _summary(outcome: Outcome) -> JobSummary:
    return JobSummary(
        job=outcome.job,
        status=outcome.status,
        created_at=outcome.created_at,
        started_at=outcome.started_at,
        finished_at=outcome.finished_at,
        kpis=outcome.kpis,
    )
