"""Adopt a job directory that was made elsewhere: it becomes the next job of a project."""

from __future__ import annotations

import re
import shutil
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ccp4hooks import hookspecs
from ccp4hooks.errors import BadInputError
from ccp4hooks.exchange.adopted_files import adopted_files, note_adopted
from ccp4hooks.exchange.foreign_job import check_copy, identity_in, job_directories, read_foreign
from ccp4hooks.failures import Failure, attempt
from ccp4hooks.i2 import scripts
from ccp4hooks.jobs import lifecycle
from ccp4hooks.jobs.active_job import ActiveJob, now
from ccp4hooks.jobs.opening import open_job
from ccp4hooks.maintenance import job_copies
from ccp4hooks.maintenance.recording import unless_unavailable
from ccp4hooks.maintenance.replay import replay
from ccp4hooks.model import (
    FileQuery,
    FileUse,
    GleanedFile,
    ImportedFile,
    InputFile,
    Job,
    JobRequest,
    KnownFile,
    MaintenanceResult,
    Outcome,
    Problem,
    Severity,
)
from ccp4hooks.model.numbers import JOB_PREFIX, JOBS_FOLDER, JobNumber
from ccp4hooks.model.parameters import job_of_path
from ccp4hooks.outcomes import outcome_file
from ccp4hooks.outcomes.checks import valid_outcome
from ccp4hooks.outcomes.job_traces import JobTraces
from ccp4hooks.plugins.dispatcher import Journal
from ccp4hooks.runtime import copies, paths
from ccp4hooks.runtime.watchdog import scratch_directory

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from ccp4hooks.exchange.foreign_job import ForeignJob
    from ccp4hooks.jobs.run_context import RunContext
    from ccp4hooks.maintenance.context import SessionContext
    from ccp4hooks.model import ParameterValue, Project

PARAMETER_FILES = ("params.xml", "input_params.xml")

JOB_FOLDER = re.compile(rf"\b({JOBS_FOLDER}/{JOB_PREFIX})([0-9]+)")
"""The directory of a top-level job in a text, in two parts: what precedes the number, and the number."""

IDENTITY = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def adopt(session: SessionContext, directory: Path, wanted: str | Project) -> MaintenanceResult:
    """Adopt a job directory that was made elsewhere; see `Session.adopt`."""
    session.queries.require_database()
    run = session.new_tree(wanted).context
    directories = job_directories(directory, run.project)
    if len(directories) == 1:
        return _adopt_job(session, directories[0], run)
    outcomes: list[Outcome] = []
    problems: list[str] = []
    for folder in directories:
        # The first job may have created the project.
        run = session.new_tree(wanted).context if outcomes else run
        done = unless_unavailable(attempt(_adopt_job, session, folder, run))
        if isinstance(done, Failure):
            problems.append(f"{folder}: {done.reason}")
        else:
            outcomes.extend(done.outcomes)
            problems.extend(done.problems)
    return MaintenanceResult(outcomes=tuple(outcomes), problems=tuple(problems))


def _adopt_job(session: SessionContext, directory: Path, run: RunContext) -> MaintenanceResult:
    """Adopt the directory of one job with its sub-jobs."""
    found = read_foreign(directory)
    uuid = identity_in(found.job, run.project)
    recorded = session.queries.recorded_outcomes(run.project)
    known = recorded if recorded is not None else session.queries.outcomes_on_disk(run.project)
    job = next((one.job for one in known if one.job.uuid == uuid), None)
    if job is None or not _is_whole(job, found):
        if any(one.job.uuid == uuid and one.alive for one in session.queries.owned_jobs(run.project)):
            raise BadInputError(
                f"{directory} is being adopted by another process. Wait until that process has ended, then try again."
            )
        job = Adoption(run, found).carry_out(job)
    return replay(session, job.project, job.number)


def _is_whole(job: Job, found: ForeignJob) -> bool:
    """Return whether the adoption of a job was completed. False if recovery ended the job during the adoption."""
    written = valid_outcome(job)
    return written is not None and (written.started_at is None) == (found.outcomes[0].started_at is None)


class Adoption:
    """The adoption of one job directory by a project.

    Args:
        run: Calls the hooks; its project adopts the job.
        found: The job directory.
    """

    def __init__(self, run: RunContext, found: ForeignJob) -> None:
        self._run = run
        self._found = found
        self._scratch: Path | None = None
        self._adopted: Mapping[UUID, UUID] | None = None
        self._project = run.project
        self._journal = Journal()
        self._imports: dict[UUID, ImportedFile] = {}
        self._names: dict[str, str] = {}
        self._numbers: dict[str, str] = {}
        self._uuids = {found.job.project.uuid: run.project.uuid}
        for old in found.outcomes:
            new = replace(old.job, uuid=identity_in(old.job, run.project))
            self._uuids[old.job.uuid] = new.uuid
            self._uuids |= {file.uuid: new.file_uuid("out", file.parameter) for file in old.files}

    def carry_out(self, begun: Job | None) -> Job:
        """Copy the directory into the project, rewrite files and outcomes for its new number, and return the job.

        The job is opened first, and its log contains each import, so that recovery finds the files of a dead process.

        Args:
            begun: The job that an unfinished adoption has opened, or None if there was no such adoption.
        """
        old, before = self._found.job, self._found.outcomes[0]
        request = JobRequest(
            uuid=identity_in(old, self._project),
            task=old.task,
            title=old.title,
            project=self._project,
            owned=True,
            created_at=before.created_at,
            started_at=before.started_at,
        )
        with self._run.jobs_directory(self._project):
            job = begun or open_job(self._run, request, self._journal)
            job_copies.settle(job)
            paths.make_job_directory(job)
            active = ActiveJob(self._run, job)
            try:
                with scratch_directory() as scratch:
                    self._scratch = scratch
                    self._copy(active)
            except BaseException:
                if begun is None:
                    lifecycle.withdraw(active)
                raise
            finally:
                active.close_log()
                shutil.rmtree(job_copies.copy_of(job), ignore_errors=True)
        return job

    def _copy(self, active: ActiveJob) -> None:
        """Copy the directory, rewrite the copy, and rename it to the job directory."""
        job, copy = active.job, job_copies.copy_of(active.job)
        active.resume(JobTraces(created_at=now(), project=job.project.directory))
        active.log("job_opened", record=outcome_file.to_json(job))
        copies.copy_tree(self._found.directory, copy)
        check_copy(self._found, copy)
        self._numbers[self._found.job.number] = job.number
        for outcome in self._found.outcomes:
            self._rewrite(outcome, job, active, copy)
        for outcome in self._found.outcomes:
            self._rewrite_parameters(outcome.job, job, copy)
        note_adopted(copy, self._uuids)
        paths.sync_names(file.path for file in active.imported)
        job_copies.sync(copy)
        active.close_log()
        job.directory.rename(job_copies.replaced_by(job))
        copy.rename(job.directory)
        paths.sync_directory(job.directory.parent)
        shutil.rmtree(job_copies.replaced_by(job), ignore_errors=True)

    def _rewrite(self, outcome: Outcome, top: Job, active: ActiveJob, temporary: Path) -> None:
        """Rewrite the outcome and the parameters of a job for the new job."""
        job = self._new_job(outcome.job, top)
        problems: list[Problem] = []
        for noted in outcome.problems:
            traceback_file = self._moved(noted.traceback_file, top) if noted.traceback_file else None
            problems.append(
                replace(noted, path=self._moved(noted.path, top) if noted.path else None, traceback_file=traceback_file)
            )
        origin = (
            f"Adopted from {self._found.directory}, job {outcome.job.number} of the project {outcome.job.project.name}."
        )
        problems.append(Problem(severity=Severity.INFO, message=origin, origin=self._run.core))
        new = replace(
            outcome,
            job=job,
            imported=tuple(one for file in outcome.imported if (one := self._import(file, job, active, problems))),
            uses=tuple(use for old in outcome.uses if (use := self._use(old, top, problems))),
            files=tuple(written for file in outcome.files if (written := self._file(file, top, problems))),
        )
        parameters = tuple(_adopted_parameter(one, new) for one in outcome.parameters)
        # The job of which this is a variation has another number here, if it is here at all.
        how = replace(outcome.provenance, variation_of="", variation_uuid=None)
        new = replace(new, parameters=parameters, provenance=how, problems=tuple(problems))
        outcome_file.write(new, self._folder(outcome.job, temporary))

    def _folder(self, old: Job, copy: Path) -> Path:
        """Return the directory of a job, or of a sub-job, in the copy."""
        return copy / old.directory.relative_to(self._found.job.directory)

    def _new_job(self, old: Job, top: Job) -> Job:
        place = old.directory.relative_to(self._found.job.directory)
        return replace(
            top,
            uuid=identity_in(old, self._project),
            number=JobNumber(top.number + old.number.removeprefix(self._found.job.number)),
            task=old.task,
            title=old.title,
            directory=top.directory / place,
            parent_uuid=self._uuids[old.parent_uuid] if old.parent_uuid else None,
        )

    def _moved(self, path: Path, top: Job) -> Path:
        """Return the new path of a file in the job directory. Return any other path unchanged."""
        was = self._found.job.directory
        return top.directory / path.relative_to(was) if path.is_relative_to(was) else path

    def _file(self, file: GleanedFile, top: Job, problems: list[Problem]) -> GleanedFile | None:
        place = self._found.place(file.path)
        if place is None or not place.is_relative_to(self._found.directory):
            problems.append(self._problem(file.parameter, "was not copied with the job.", file.path))
            return None
        return replace(file, uuid=self._uuids[file.uuid], path=self._moved(file.path, top))

    # --- files from outside -----------------------------------------------------------------------------------

    def _import(self, file: ImportedFile, job: Job, active: ActiveJob, problems: list[Problem]) -> ImportedFile | None:
        place = self._found.place_of_import(file.path)
        why = "was not copied with the job" if place is None else ""
        if place is not None:
            active.log("import_begun", source=place)
        answer = attempt(self._shared, file, job) if place is None else attempt(self._copied, file, place, job)
        new: ImportedFile | None = None if isinstance(answer, Failure) else answer
        if isinstance(answer, Failure):
            why = f"could not be imported: {answer.reason}"
        elif new is not None and (new.md5, new.sha256 or file.sha256) != (file.md5, file.sha256 or new.sha256):
            why, new = "has another checksum than in its own project", self._undone(new)
        if new is None:
            problems.append(self._problem(file.parameter, f"{why or 'was not imported'}.", file.path))
            return None
        # An import by an unfinished adoption of this job counts as an import of this job.
        reused = new.reused and new.uuid != job.file_uuid("in", file.parameter)
        new = replace(new, source=file.source, modified_at=file.modified_at, reused=reused)
        active.note_import(new)
        self._run.remember_import(new)
        self._uuids[file.uuid], self._imports[file.uuid] = new.uuid, new
        return new

    def _copied(self, file: ImportedFile, place: Path, job: Job) -> ImportedFile | None:
        # A plugin follows links, so it gets a file that nobody else can replace.
        copy = Path(tempfile.mkdtemp(dir=self._scratch)) / place.name
        copies.copy_file(self._found.project_directory, place.relative_to(self._found.project_directory), copy)
        wanted = InputFile(
            parameter=file.parameter,
            path=copy,
            file_type=file.file_type,
            class_name=file.class_name,
            content_flag=file.content_flag,
            sub_type=file.sub_type,
            annotation=file.annotation,
            columns=file.columns,
        )

        find = partial(self._run.known_import, job, self._journal)
        result = self._run.dispatcher.call(hookspecs.import_file, self._journal, job=job, file=wanted, find=find)
        return next((replace(answer.value, origin=answer.origin) for answer in result.answers), None)

    def _shared(self, file: ImportedFile, job: Job) -> ImportedFile | None:
        """Return the import of this project with the content of a shared import, or None if the project has none."""
        # Imports that were registered manually may have no checksum. Two such imports need not be copies.
        shared = file.reused and file.md5
        known = self._run.known_import(job, self._journal, file.md5, file.file_type) if shared else None
        if known is None or not known.path.is_file() or known.path.stat().st_size != file.size_bytes:
            return None
        return replace(file, uuid=known.uuid, path=known.path)

    @staticmethod
    def _undone(new: ImportedFile) -> None:
        if not new.reused:
            new.path.unlink(missing_ok=True)

    def _use(self, use: FileUse, top: Job, problems: list[Problem]) -> FileUse | None:
        if use.file_uuid in self._imports:
            new = self._imports[use.file_uuid]
            return replace(use, file_uuid=new.uuid, path=new.path)
        if use.file_uuid in self._uuids:
            return replace(use, file_uuid=self._uuids[use.file_uuid], path=self._moved(use.path, top))
        known = self._known(use.file_uuid) or self._adopted_earlier(use.file_uuid)
        if known is not None:
            self._link(use, known)
            return replace(use, file_uuid=known.uuid, path=known.path)
        problems.append(self._problem(use.parameter, "belongs to a job that is not in this project.", use.path))
        return None

    def _known(self, uuid: UUID) -> KnownFile | None:
        """Return the file of this project with a UUID, or None if the project has no such file."""
        query = FileQuery(project=self._project, uuid=uuid)
        known = self._run.dispatcher.call(hookspecs.find_file, self._journal, query=query).value
        return known if known is not None and paths.inside(known.path, self._project) else None

    def _adopted_earlier(self, old: UUID) -> KnownFile | None:
        """Return the file of this project that had a UUID before its job was adopted, or None if there is none."""
        if self._adopted is None:
            self._adopted = adopted_files(self._project)
        return self._known(self._adopted[old]) if old in self._adopted else None

    def _link(self, use: FileUse, known: KnownFile) -> None:
        """Note under which UUID, name and job number the parameters find a file of a job that was adopted earlier."""
        self._uuids[use.file_uuid] = known.uuid
        self._names[str(known.uuid)] = known.path.name
        was, now = self._found.job.project, self._project
        if use.path.is_relative_to(was.jobs_directory) and known.path.is_relative_to(now.jobs_directory):
            old, new = use.path.relative_to(was.jobs_directory), known.path.relative_to(now.jobs_directory)
            self._numbers[old.parts[0].removeprefix(JOB_PREFIX)] = new.parts[0].removeprefix(JOB_PREFIX)

    def _problem(self, parameter: str, message: str, path: Path) -> Problem:
        return Problem(
            severity=Severity.WARNING, message=message, parameter=parameter, path=path, origin=self._run.core
        )

    # --- parameters -------------------------------------------------------------------------------------------

    def _rewrite_parameters(self, old: Job, top: Job, copy: Path) -> None:
        """Rewrite the files of parameters of an adopted job: UUIDs, numbers, paths."""
        folder = self._folder(old, copy)
        for path in (folder / name for name in PARAMETER_FILES):
            if path.is_file():
                scripts.rewrite_parameters(
                    path,
                    number=self._new_job(old, top).number,
                    project_name=self._project.name,
                    names=self._names | {str(file.uuid): file.path.name for file in self._imports.values()},
                    rewrite=self._rewritten,
                )

    def _rewritten(self, text: str) -> str:
        was = self._found.job
        text = re.sub(rf"{re.escape(str(was.project.directory))}(?=/|$)", lambda _: str(self._project.directory), text)
        text = JOB_FOLDER.sub(lambda found: found[1] + self._numbers.get(found[2], found[2]), text)
        known = {str(old): str(new) for old, new in self._uuids.items()}
        return IDENTITY.sub(lambda found: known.get(found[0], found[0]), text)


def _adopted_parameter(value: ParameterValue, outcome: Outcome) -> ParameterValue:
    """Return a parameter of an adopted job, with the present path of its file and the present number of another job.

    Args:
        value: The parameter, as it was recorded elsewhere.
        outcome: The outcome of the adopted job, with its present files.
    """
    project, parent = outcome.job.project.directory, str(outcome.job.number.parent or "")
    inputs = {file.parameter: file.path for file in outcome.imported} | {
        use.parameter: use.path for use in outcome.uses
    }
    found = [path for name, path in inputs.items() if value.name in (name, name.partition(".")[2])]
    if not value.is_file or not found or not found[0].is_relative_to(project):
        return replace(value, job=parent) if value.job else value
    path = found[0].relative_to(project).as_posix()
    return replace(value, value=path, job=(parent or job_of_path(path)) if value.job else "")
