"""Take a job directory that was made elsewhere over into a project, as its next job."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from ccp4hooks.i2.safe_xml import require_plain_xml
from ccp4hooks.jobs.active_job import Life, now
from ccp4hooks.maintenance.foreign_job import identity_in
from ccp4hooks.model import (
    FileQuery,
    FileUse,
    GleanedFile,
    ImportedFile,
    InputFile,
    Job,
    JobRequest,
    KnownFile,
    Outcome,
    Problem,
    Severity,
)
from ccp4hooks.model.numbers import JOB_PREFIX, JOBS_FOLDER, JobNumber
from ccp4hooks.outcomes import outcome_file
from ccp4hooks.plugins.dispatcher import Failure, Journal, attempt
from ccp4hooks.runtime import paths

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from ccp4hooks.jobs.run_context import Run
    from ccp4hooks.maintenance.foreign_job import Foreign

PARAMETER_FILES = ("params.xml", "input_params.xml")

IDENTITY = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Adoption:
    """One job directory on its way into a project.

    Args:
        run: Calls the hooks; its project is the one that adopts.
        found: The job directory.
    """

    def __init__(self, run: Run, found: Foreign) -> None:
        self._run = run
        self._found = found
        self._project = run.project
        self._journal = Journal()
        self._imports: dict[UUID, ImportedFile] = {}
        self._uuids = {found.job.project.uuid: run.project.uuid}
        for told in found.told:
            new = replace(told.job, uuid=identity_in(told.job, run.project))
            self._uuids[told.job.uuid] = new.uuid
            self._uuids |= {file.uuid: new.file_uuid("out", file.parameter) for file in told.files}

    def carry_out(self, begun: Job | None) -> Job:
        """Put the directory in its place, under its number, its files and outcomes rewritten; return the job.

        The job is opened first, and its log tells of every import, so that recovery knows what a killed process left.

        Args:
            begun: The job as an adoption has opened it that did not come to its end, None if there was none.
        """
        old, told = self._found.job, self._found.told[0]
        request = JobRequest(
            uuid=identity_in(old, self._project),
            task=old.task,
            title=old.title,
            project=self._project,
            owned=True,
            created_at=told.created_at,
            started_at=told.started_at,
        )
        with paths.jobs_directory(self._project):
            job = begun or self._run.open(request, self._journal)
            settle(job)
            paths.make_job_directory(job)
            life = Life(self._run, None, job)
            try:
                self._copy(life)
            except BaseException:
                if begun is None:
                    life.withdraw()
                raise
            finally:
                life.close_log()
                shutil.rmtree(_copy_of(job), ignore_errors=True)
        return job

    def _copy(self, life: Life) -> None:
        """Copy the directory, rewrite the copy, and give it the name of the job's directory."""
        job, copy = life.job, _copy_of(life.job)
        life.resume(now(), None)
        life.log("job_opened", record=outcome_file.to_json(job))
        shutil.copytree(self._found.directory, copy)
        for told in self._found.told:
            self._rewrite(told, job, life, copy)
        paths.sync_names(file.path for file in life.imported)
        _sync(copy)
        life.close_log()
        job.directory.rename(_replaced_by(job))
        copy.rename(job.directory)
        paths.sync_directory(job.directory.parent)
        shutil.rmtree(_replaced_by(job), ignore_errors=True)

    def _rewrite(self, told: Outcome, top: Job, life: Life, temporary: Path) -> None:
        """Write a job's outcome and parameters as those of the job that it becomes."""
        folder = temporary / told.job.directory.relative_to(self._found.job.directory)
        job = self._new_job(told.job, top)
        problems: list[Problem] = []
        for noted in told.problems:
            traceback_file = self._moved(noted.traceback_file, top) if noted.traceback_file else None
            problems.append(
                replace(noted, path=self._moved(noted.path, top) if noted.path else None, traceback_file=traceback_file)
            )
        whence = f"Adopted from {self._found.directory}, job {told.job.number} of the project {told.job.project.name}."
        problems.append(Problem(severity=Severity.INFO, message=whence, origin=self._run.core))
        new = replace(
            told,
            job=job,
            imported=tuple(one for file in told.imported if (one := self._import(file, job, life, problems))),
            uses=tuple(use for old in told.uses if (use := self._use(old, top, problems))),
            files=tuple(written for file in told.files if (written := self._file(file, top, problems))),
        )
        for name in PARAMETER_FILES:
            if (folder / name).is_file():
                self._rewrite_xml(folder / name, job, top)
        outcome_file.write(replace(new, problems=tuple(problems)), folder)

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
        """Return where a path of the job directory lies in this project; any other is left as it is."""
        was = self._found.job.directory
        return top.directory / path.relative_to(was) if path.is_relative_to(was) else path

    def _file(self, file: GleanedFile, top: Job, problems: list[Problem]) -> GleanedFile | None:
        place = self._found.place(file.path)
        if place is None or not place.is_relative_to(self._found.directory):
            problems.append(self._problem(file.parameter, "did not come along and is not recorded.", file.path))
            return None
        return replace(file, uuid=self._uuids[file.uuid], path=self._moved(file.path, top))

    # --- files from outside -----------------------------------------------------------------------------------

    def _import(self, file: ImportedFile, job: Job, life: Life, problems: list[Problem]) -> ImportedFile | None:
        place = self._found.place(file.path)
        why = "did not come along" if place is None else ""
        if place is not None:
            life.log("import_begun", source=place)
        answer = attempt(self._shared, file, job) if place is None else attempt(self._brought, file, place, job)
        new: ImportedFile | None = None if isinstance(answer, Failure) else answer
        if isinstance(answer, Failure):
            why = f"could not be imported: {answer.reason}"
        elif new is not None and (new.md5, new.sha256 or file.sha256) != (file.md5, file.sha256 or new.sha256):
            why, new = "has another checksum than it had there", self._undone(new)
        if new is None:
            problems.append(self._problem(file.parameter, f"{why or 'was not imported'}.", file.path))
            return None
        # What an adoption of this job has imported that did not come to its end is the job's own.
        reused = new.reused and new.uuid != job.file_uuid("in", file.parameter)
        new = replace(new, source=file.source, modified_at=file.modified_at, reused=reused)
        life.note_import(new)
        self._run.remember_import(new)
        self._uuids[file.uuid], self._imports[file.uuid] = new.uuid, new
        return new

    def _brought(self, file: ImportedFile, place: Path, job: Job) -> ImportedFile | None:
        wanted = InputFile(
            parameter=file.parameter,
            path=place,
            file_type=file.file_type,
            class_name=file.class_name,
            content_flag=file.content_flag,
            sub_type=file.sub_type,
            annotation=file.annotation,
            columns=file.columns,
        )

        find = partial(self._known, job)
        answer = self._run.dispatcher.first("import_file", self._journal, job=job, file=wanted, find=find)
        return replace(answer.value, origin=answer.origin) if answer else None

    def _known(self, job: Job, md5: str, file_type: str) -> KnownFile | None:
        """Return the project's import of a content, None if it has none."""
        return self._run.imports.get((md5, file_type)) or self._run.dispatcher.ask(
            "find_import", self._journal, job=job, md5=md5, file_type=file_type
        )

    def _shared(self, file: ImportedFile, job: Job) -> ImportedFile | None:
        """Return a copy of which the job was not the first reader, and that this project has; None if it has not."""
        # Imports that were registered by hand may have no checksum; they are not one another's copies.
        known = self._known(job, file.md5, file.file_type) if file.reused and file.md5 else None
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
        query = FileQuery(project=self._project, uuid=use.file_uuid)
        known = self._run.dispatcher.ask("find_file", self._journal, query=query)
        if known is not None and paths.inside(known.path, self._project):
            return replace(use, path=known.path)
        problems.append(self._problem(use.parameter, "was read from a job that this project does not have.", use.path))
        return None

    def _problem(self, parameter: str, message: str, path: Path) -> Problem:
        return Problem(
            severity=Severity.WARNING, message=message, parameter=parameter, path=path, origin=self._run.core
        )

    # --- parameters -------------------------------------------------------------------------------------------

    def _rewrite_xml(self, path: Path, job: Job, top: Job) -> None:
        """Make a file of parameters one of the adopted job: identities, numbers, places."""
        require_plain_xml(path)
        tree = ET.parse(path)  # noqa: S314 - it declares nothing, see above
        names = {str(file.uuid): file.path.name for file in self._imports.values()}
        header = {"jobNumber": job.number, "projectName": self._project.name}
        for element in tree.iter():
            element.text = header.get(element.tag) or self._rewritten(element.text or "", top)
        for element in tree.iter():
            name, base = names.get(element.findtext("dbFileId", "")), element.find("baseName")
            if name and base is not None:
                base.text = name
        tree.write(path, encoding="utf-8", xml_declaration=True)

    def _rewritten(self, text: str, top: Job) -> str:
        was = self._found.job
        text = re.sub(rf"{re.escape(str(was.project.directory))}(?=/|$)", lambda _: str(self._project.directory), text)
        text = re.sub(
            rf"\b{JOBS_FOLDER}/{JOB_PREFIX}{was.number}(?![0-9])", f"{JOBS_FOLDER}/{JOB_PREFIX}{top.number}", text
        )
        known = {str(old): str(new) for old, new in self._uuids.items()}
        return IDENTITY.sub(lambda found: known.get(found[0], found[0]), text)


def settle(job: Job) -> None:
    """Finish or undo what an adoption whose process is gone has left: a copy that only lacks its name gets it."""
    copy = _copy_of(job)
    if copy.is_dir() and not job.directory.is_dir():
        copy.rename(job.directory)
    shutil.rmtree(copy, ignore_errors=True)
    shutil.rmtree(_replaced_by(job), ignore_errors=True)


def _copy_of(job: Job) -> Path:
    return job.project.jobs_directory / f".adopting-{job.uuid}"


def _replaced_by(job: Job) -> Path:
    return job.project.jobs_directory / f".replaced-{job.uuid}"


def _sync(directory: Path) -> None:
    """Make sure that a tree is on the disk before it gets its name."""
    for folder, _, names in os.walk(directory):
        for name in names:
            with open(os.path.join(folder, name), "rb") as stream:  # noqa: PTH118, PTH123 - names no text can hold
                os.fsync(stream.fileno())
    paths.sync_directory(directory)
