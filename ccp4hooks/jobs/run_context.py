"""What the jobs of one run share, and how sub-jobs come into being."""

from __future__ import annotations

import platform
import threading
import time
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from ccp4hooks.errors import BadInputError
from ccp4hooks.i2 import scripts
from ccp4hooks.jobs.active_job import Life
from ccp4hooks.jobs.process import Execution
from ccp4hooks.model import (
    FileQuery,
    FinishStatus,
    ImportedFile,
    Job,
    JobNumber,
    JobRequest,
    JobStatus,
    KnownFile,
    Origin,
    Problem,
    Progress,
    Project,
    Severity,
)
from ccp4hooks.plugins.dispatcher import Failure, Journal, attempt
from ccp4hooks.runtime import paths, signals, stdio

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ccp4hooks.plugins.dispatcher import Dispatcher

POLL_S = 0.05
"""How often a pipeline that returned early is looked at [s]."""

QUIET_S = 2.0
"""How long nothing must be running before a pipeline that returned early without a word counts as over [s]."""


class Run:
    """The job at the top, its sub-jobs, and what they have in common.

    Args:
        dispatcher: Calls the hooks.
        version: Of ccp4hooks.
        project: The project asked for; in a dry run the jobs are in another one.
        new_project: Whether nobody knows it yet.
        progress: Is told what goes on, None if nobody asks.
        dry_run: Whether nothing is to be kept.

    Attributes:
        lives: Every job of the run by its identity, in the order of their making.
        extracts: Where the columns of a mini-MTZ made for this run were taken from, by its path.
        imports: What was imported in this run, by MD5 and file type.
        not_recorded: What could not be recorded, one line each.
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        *,
        version: str,
        project: Project,
        new_project: bool = False,
        progress: Callable[[Progress], None] | None = None,
        dry_run: bool = False,
    ) -> None:
        self.dispatcher = dispatcher
        self.core = Origin(plugin="core", version=version)
        self.dry_run = dry_run
        self.lives: dict[UUID, Life] = {}
        self.extracts: dict[Path, Path] = {}
        self.imports: dict[tuple[str, str], KnownFile] = {}
        self.not_recorded: list[str] = []
        self.project = project
        self.new_project = new_project
        self._progress = progress
        self._paths: dict[UUID, Path] = {}
        self._uuids: dict[str, UUID] = {}
        self._projects: dict[UUID, Path | None] = {}

    @cached_property
    def software(self) -> dict[str, str]:
        """Versions of what runs the job."""
        return {
            "ccp4hooks": self.core.version,
            "ccp4i2": scripts.ccp4i2_version(),
            "python": platform.python_version(),
        }

    # --- files ------------------------------------------------------------------------------------------------

    def remember(self, uuid: UUID, path: Path) -> None:
        """Remember a file of this run, so that no query is needed for it."""
        self._paths[uuid] = path
        self._uuids[paths.real(path)] = uuid

    def remember_import(self, file: ImportedFile) -> None:
        """Remember an import, so that the same content is not copied a second time in this run."""
        self.remember(file.uuid, file.path)
        known = KnownFile(uuid=file.uuid, path=file.path, file_type=file.file_type, md5=file.md5)
        self.imports.setdefault((file.md5, file.file_type), known)

    def known_file(self, query: FileQuery, journal: Journal) -> KnownFile | None:
        """Return the recorded file that is meant, from this run or from a plugin; None if nobody knows it."""
        uuid = query.uuid or (self._uuids.get(paths.real(query.path)) if query.path else None)
        if uuid in self._paths:
            return KnownFile(uuid=uuid, path=self._paths[uuid], file_type="")
        known = self.dispatcher.ask("find_file", journal, query=query)
        if known is not None:
            self.remember(known.uuid, known.path)
        return known  # type: ignore[no-any-return]

    def project_directory(self, uuid: UUID) -> Path | None:
        """Return where a project lies that CCP4i2 asks for by its identity, None if nobody knows it."""
        if uuid not in self._projects:
            found = self.dispatcher.ask("find_project", Journal(), name=None, uuid=uuid)
            self._projects[uuid] = found.directory if found else None
        return self._projects[uuid]

    # --- jobs -------------------------------------------------------------------------------------------------

    def open(self, request: JobRequest, journal: Journal) -> Job:
        """Give a job its number and directory, by a plugin or else by the directories that are there.

        Raises:
            PluginError: The plugin that opens jobs failed.
        """
        answer = None if self.dry_run else self.dispatcher.first("open_job", journal, request=request)
        job: Job = answer.value if answer else self._numbered(request)
        paths.make_job_directory(job)
        if request.title and job.title != request.title:
            message = f"the title of {len(request.title)} characters was cut to what the books hold: {job.title!r}"
            journal.add(Problem(severity=Severity.INFO, message=message, origin=self.core))
        return job

    def _numbered(self, request: JobRequest) -> Job:
        parent = request.parent
        if parent is None:
            jobs = request.project.jobs_directory
            index = paths.next_free_number(jobs, after=self.project.jobs_directory) if request.number is None else 0
            number = _plain(request.number) or JobNumber(index)
        else:
            number = parent.number.child(request.child_index or paths.next_free_number(parent.directory))
        return Job(
            uuid=request.uuid,
            number=number,
            task=request.task,
            title=request.title,
            project=request.project,
            directory=request.project.job_directory(number),
            parent_uuid=parent.uuid if parent else None,
            dry_run=self.dry_run,
        )

    def open_child(self, parent_uuid: UUID, task: str, index: int | None, title: str | None) -> Job:
        """Open a sub-job; where the plugin that opens jobs fails, number it by its directory.

        CCP4i2 would let a sub-job whose opening failed act under its parent's identity.

        Args:
            parent_uuid: A job of this run.
            task: TASKNAME.
            index: N of its directory ``job_N``; None for the next free one.
            title: For people.
        """
        parent = self.lives[parent_uuid]
        request = JobRequest(
            uuid=uuid4(),
            task=task,
            title=title or task,
            project=parent.job.project,
            owned=True,
            parent=parent.job,
            child_index=index,
        )
        with signals.held():
            opened = attempt(self.open, request, parent.journal)
            if isinstance(opened, Failure):
                parent.note(f"sub-job {parent.job.number}.{index or '?'} could not be opened: {opened.reason}")
                opened = self._numbered(request)
            # The script is not there yet: the one that asked for it gets it next.
            self.lives[opened.uuid] = Life(self, None, opened)
        return opened

    def enter(self, life: Life, handler: Any) -> None:
        """Make a life's script part of the run: its paths, its reports, its ``process()`` and its sub-jobs."""
        self.lives[life.job.uuid] = life
        life.attach(handler)
        life.execution = Execution(life, scripts.method(life.script, "process"))
        scripts.replace_method(life.script, "process", life.execution)
        self._watch(life.script, handler)

    def _watch(self, script: Any, handler: Any) -> None:
        def make(*arguments: Any, **options: Any) -> Any:
            child = original(*arguments, **options)
            if child is not None:
                self.adopt(child, handler)
            return child

        original = scripts.replace_method(script, "makePluginObject", make)

    def adopt(self, child: Any, handler: Any) -> None:
        """Make a sub-job's script part of the run, if its job was opened for it."""
        uuid = scripts.job_uuid(child)
        life = self.lives.get(uuid) if uuid else None
        if life is None or life.script is not None:
            # Not meant to be reported, so it must not report as its parent either.
            scripts.unbind(child)
            self._watch(child, handler)
            return
        life.script = child
        self.enter(life, handler)

    def report(self, uuid: UUID, finish: FinishStatus) -> None:
        """Take note of what a script says of its end.

        A sub-job whose parent waits for its signal is over now: what the parent does next happens inside the signal.
        """
        life = self.lives.get(uuid)
        if life is None or (life.script is not None and scripts.program_running(life.script)):
            # CCP4i2 3.0.1 reports success once a program in the background has started, and again when it has ended.
            return
        life.reported = finish
        on_its_own = life.job.parent_uuid is not None and not life.guided
        if on_its_own and (life.left or scripts.has_listeners(life.script)):
            life.end(finish)

    def wait(self, life: Life, threads: frozenset[threading.Thread]) -> None:
        """Wait for a pipeline that returned while its sub-jobs run on, until it reports or nothing runs any more.

        Args:
            life: The job at the top.
            threads: The threads there were before it began.
        """
        quiet_since = time.monotonic()
        while life.reported is None and time.monotonic() - quiet_since < QUIET_S:
            if any(other.status is JobStatus.RUNNING for other in list(self.lives.values()) if other is not life):
                quiet_since = time.monotonic()
            elif not set(threading.enumerate()) - threads:
                return
            time.sleep(POLL_S)

    def wait_for_programs(self) -> None:
        """Wait for programs that sub-jobs started in the background and nobody waited for."""
        quiet_since = time.monotonic()
        while time.monotonic() - quiet_since < QUIET_S:
            left = [life for life in list(self.lives.values()) if life.left and not _is_over(life)]
            if not left:
                return
            if any(scripts.program_running(life.script) for life in left):
                quiet_since = time.monotonic()
            time.sleep(POLL_S)

    def close_children(self, parent: Life) -> None:
        """End what a parent leaves behind: sub-jobs that never ran, or that nobody waited for."""
        for life in list(self.lives.values()):
            if life.outcome is None and life.job.number.is_below(parent.job.number):
                ran = life.status is JobStatus.RUNNING
                life.note("was still running when its parent ended" if ran else "was made but never run")
                life.end(life.reported, JobStatus.INTERRUPTED)

    def tell(self, life: Life, phase: str) -> None:
        """Tell whoever follows the run what a job is doing."""
        if self._progress is not None:
            with stdio.output_shown():
                self._progress(Progress(job=life.job, phase=phase, status=life.status))


def _plain(number: str | None) -> JobNumber | None:
    """Return the number asked for, which becomes the name of a directory.

    Raises:
        BadInputError: It is none.
    """
    asked = None if number is None else JobNumber(number)
    if asked is not None and (asked.is_sub_job or not asked.is_valid):
        raise BadInputError(f"{number!r} cannot be the number of a job; it must be a whole number from 1.")
    return asked


def _is_over(life: Life) -> bool:
    """Return whether a job has ended, or has said so to whoever is going to end it."""
    return life.outcome is not None or (life.guided and life.reported is not None)
