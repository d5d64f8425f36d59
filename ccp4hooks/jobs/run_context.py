"""The data that the jobs of one run share: the hooks, the project, and the known files."""

from __future__ import annotations

import platform
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from uuid import UUID

from ccp4hooks import hookspecs
from ccp4hooks.failures import Failure, attempt
from ccp4hooks.i2 import versions
from ccp4hooks.model import (
    FileQuery,
    ImportedFile,
    Job,
    JobStatus,
    KnownFile,
    Origin,
    ProgramProgress,
    Progress,
    Project,
)
from ccp4hooks.plugins.dispatcher import Dispatcher, Journal
from ccp4hooks.runtime import paths, stdio
from ccp4hooks.version import __version__

CORE = Origin(plugin="core", version=__version__)
"""The origin of the values that come from ccp4hooks itself."""


@dataclass(slots=True, kw_only=True)
class RunContext:
    """The data that the jobs of one run share.

    Attributes:
        dispatcher: Calls the hooks.
        project: The requested project. In a dry run, the jobs are in another project.
        new_project: Whether no plugin knows the project yet.
        progress: Called with the progress of each job, or None to report nothing.
        dry_run: Whether this is a dry run, which keeps nothing and calls no sink.
        core: The origin of the values that come from ccp4hooks itself.
        command: Returns the command or call that has started the run, without the values of the parameters whose names
            it gets; None if nothing is known of it.
        software: Versions of the distributions of the plugins in use, by name.
        distribution_of: Returns the name of the distribution that provides a task.
        extracts: For each mini-MTZ made for this run, the file that its columns were taken from.
        imports: The files imported in this run, by MD5 and file type.
        not_recorded: The parts that could not be recorded, with the reasons, one line each.
        still_recorded: Whether a job that never ran is still recorded, because its record could not be deleted.
    """

    dispatcher: Dispatcher
    project: Project
    new_project: bool = False
    progress: Callable[[Progress], None] | None = None
    dry_run: bool = False
    core: Origin = CORE
    command: Callable[[Collection[str]], str] | None = None
    software: Mapping[str, str] = field(default_factory=dict)
    distribution_of: Callable[[str], str] = lambda _: ""
    extracts: dict[Path, Path] = field(default_factory=dict)
    imports: dict[tuple[str, str], KnownFile] = field(default_factory=dict)
    not_recorded: list[str] = field(default_factory=list)
    still_recorded: bool = False
    _files: dict[UUID, KnownFile] = field(default_factory=dict)
    _uuids: dict[str, UUID] = field(default_factory=dict)
    _projects: dict[UUID, Path | None] = field(default_factory=dict)

    def remember(self, file: KnownFile) -> None:
        """Remember a file of this run, so that no query is needed for it."""
        self._files[file.uuid] = file
        self._uuids[paths.resolve(file.path)] = file.uuid

    def remembered(self, path: Path) -> KnownFile | None:
        """Return the file at a path if it was found or made in this run."""
        uuid = self._uuids.get(paths.resolve(path))
        return None if uuid is None else self._files[uuid]

    def remember_import(self, file: ImportedFile) -> None:
        """Remember an import, so that the same content is not copied a second time in this run."""
        known = KnownFile(uuid=file.uuid, path=file.path, file_type=file.file_type, md5=file.md5)
        self.remember(known)
        self.imports.setdefault((file.md5, file.file_type), known)

    def known_file(self, query: FileQuery, journal: Journal) -> KnownFile | None:
        """Return the recorded file that a query describes, from this run or from a plugin, or None if it is unknown."""
        uuid = query.uuid or (self._uuids.get(paths.resolve(query.path)) if query.path else None)
        if uuid in self._files:
            return self._files[uuid]
        known = self.dispatcher.call(hookspecs.find_file, journal, query=query).value
        if known is not None:
            self.remember(known)
        return known

    def known_import(self, job: Job, journal: Journal, md5: str, file_type: str) -> KnownFile | None:
        """Return an import of the same content, from this run or from a plugin, or None if the project has none."""
        known = self.imports.get((md5, file_type))
        if known is not None:
            return known
        job = replace(job, project=self.project)
        return self.dispatcher.call(hookspecs.find_import, journal, job=job, md5=md5, file_type=file_type).value

    def withdraw(self, job: Job, journal: Journal) -> None:
        """Delete the record of a job that never ran."""
        failures = self.dispatcher.call(
            hookspecs.job_withdrawn, journal, job=job, new_project=self.new_project
        ).failures
        self.still_recorded = self.still_recorded or bool(failures)

    @property
    def wants_progress(self) -> bool:
        """Whether a plugin or the caller of the run wants to know the progress of programs."""
        return self.progress is not None or bool(self.dispatcher.plan.get(hookspecs.job_progress.__name__))

    @contextmanager
    def jobs_directory(self, project: Project) -> Iterator[Path]:
        """Create the job directory of a project for the block; remove it if the block raises and no job is recorded.

        Recovery ends a job that is still recorded. It refuses a project without a directory.

        Raises:
            BadInputError: The directory cannot be created or written to.
        """
        if self.dry_run:
            elsewhere = "choose another directory with --keep"
        else:
            elsewhere = "choose another directory with --projects-dir" if self.new_project else "use another project"
        with paths.jobs_directory(project, lambda: self.still_recorded, elsewhere) as directory:
            yield directory

    def project_directory(self, uuid: UUID) -> Path | None:
        """Return the directory of a project by its UUID, or None if no plugin knows the project."""
        if uuid not in self._projects:
            found = attempt(self.dispatcher.call, hookspecs.find_project, Journal(), name=None, uuid=uuid)
            if isinstance(found, Failure):
                return None
            self._projects[uuid] = found.value.directory if found.value else None
        return self._projects[uuid]

    def report(self, job: Job, phase: str, status: JobStatus, program: ProgramProgress | None = None) -> Failure | None:
        """Report the progress of a job to the caller of the run, and return the exception that the caller raised.

        After an exception, nothing more is reported.

        Args:
            job: The job.
            phase: See `Progress`.
            status: Status of the job.
            program: What the program of the job has reported; None to report the phase alone.
        """
        if self.progress is None:
            return None
        with stdio.output_shown():
            done = attempt(self.progress, Progress(job=job, phase=phase, status=status, program=program))
        if not isinstance(done, Failure):
            return None
        self.progress = None
        return done


@cache
def software() -> dict[str, str]:
    """Return the versions of the programs that run a job."""
    return {
        "ccp4hooks": __version__,
        "ccp4i2": versions.installed(),
        "python": platform.python_version(),
    }
