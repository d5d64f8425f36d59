"""Bring the books of jobs to a true end whose process is gone, and record outcomes that are not recorded."""

from __future__ import annotations

import filecmp
import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ccp4hooks.i2 import scripts
from ccp4hooks.jobs.active_job import Life, now
from ccp4hooks.jobs.db_handler import JobHandler
from ccp4hooks.model import FileUse, ImportedFile, Job, JobStatus, Outcome
from ccp4hooks.outcomes import checks, outcome_file
from ccp4hooks.outcomes.job_log import FILE_NAME
from ccp4hooks.plugins.dispatcher import Failure, attempt
from ccp4hooks.runtime import paths

if TYPE_CHECKING:
    from collections.abc import Collection

    from ccp4hooks.jobs.run_context import Run
    from ccp4hooks.model import OwnedJob


@dataclass(slots=True)
class Traces:
    """What the log of a job tells that has no outcome file.

    Attributes:
        created_at: When it was opened.
        started_at: When its script began to run, None if it did not.
        uses: Recorded files that its script reads.
        imported: Files imported for it.
        begun: Outside files whose import had begun.
    """

    created_at: datetime
    started_at: datetime | None = None
    uses: list[FileUse] = field(default_factory=list)
    imported: list[ImportedFile] = field(default_factory=list)
    begun: list[Path] = field(default_factory=list)


def recovered(run: Run, held: OwnedJob) -> Outcome:
    """End a job whose process is gone, as its outcome file says, else as INTERRUPTED, with the outputs that are there.

    Args:
        run: Calls the hooks.
        held: The job.

    Raises:
        StoreUnavailableError: It cannot be recorded at present, nor can any other job; its outcome file stands.
    """
    written = written_outcome(held.job)
    if written is not None:
        run.not_recorded.extend(recorded(run, written))
        return written
    life = _resumed(run, held.job)
    life.note(f"The process that ran it ({held.pid} on {held.host}) is gone.")
    ended = life.end(None, JobStatus.INTERRUPTED)
    _require_books(life)
    return ended


def written_outcome(job: Job) -> Outcome | None:
    """Return what a job's outcome file says, None if there is none of this job."""
    path = job.directory / outcome_file.FILE_NAME
    read = attempt(checks.believed, path, job.project) if path.is_file() else None
    return read if isinstance(read, Outcome) and read.job.uuid == job.uuid else None


def recorded(run: Run, told: Outcome) -> list[str]:
    """Tell the sinks of an outcome once more, and return what went wrong, one line each.

    Raises:
        StoreUnavailableError: No job can be recorded at present.
    """
    life = Life(run, None, told.job)
    failed = run.dispatcher.sink("job_finished", life.journal, job=told.job, outcome=told)
    _require_books(life)
    return [f"job {told.job.number}: {problem.message}" for problem in failed]


def _require_books(life: Life) -> None:
    """Go on to the next job only if it can be recorded: each would wait for a database that is away."""
    if life.journal.away is not None:
        raise life.journal.away


def traces(job: Job) -> Traces:
    """Return what a job's log tells of its last run."""
    found = Traces(created_at=now())
    for entry in _entries(job.directory / FILE_NAME):
        _take(found, entry, job)
    return found


def _entries(path: Path) -> list[dict[str, Any]]:
    """Return the entries of a log, without one that was cut off in mid-line."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []
    loaded = [attempt(json.loads, line) for line in lines]
    return [entry for entry in loaded if isinstance(entry, dict)]


def _take(found: Traces, entry: dict[str, Any], job: Job) -> None:
    event = str(entry.get("event", "")).removeprefix("ccp4hooks.")
    at = attempt(datetime.fromisoformat, re.sub("Z$", "+00:00", str(entry.get("time"))))
    when = now() if isinstance(at, Failure) else at
    if event == "job_opened":
        found.created_at, found.started_at = when, None
        found.uses, found.imported, found.begun = [], [], []
    elif event == "status_changed" and entry.get("new") == JobStatus.RUNNING.name:
        found.started_at = when
    elif event == "import_begun":
        found.begun.append(Path(str(entry.get("source"))))
    elif event == "file_used":
        _keep(found.uses, outcome_file.from_json(entry.get("record"), FileUse), job)
    elif event == "file_imported":
        _keep(found.imported, outcome_file.from_json(entry.get("record"), ImportedFile), job)


def _keep(kept: list[Any], told: Any, job: Job) -> None:
    """Keep a file that a log tells of, if the log can be believed and the file is there."""
    if told is not None and paths.inside(told.path, job.project) and told.path.exists():
        kept.append(told)


def is_entangled(job: Job, others: Collection[Job]) -> bool:
    """Return whether another job is about to note its copy of a file that was being copied for this one, too.

    Whose copy is whose cannot be told before it has.
    """
    mine = _under_way(job)
    return bool(mine) and any(mine & _under_way(one) for one in others if one.project == job.project)


def _under_way(job: Job) -> set[Path]:
    """Return the outside files whose import had begun and was not noted."""
    found = traces(job)
    return {path.resolve() for path in found.begun} - {file.source for file in found.imported}


def remove_orphans(job: Job, recorded: Collection[Path]) -> None:
    """Remove copies that were made for a job and that nobody had time to note.

    A file goes only if the source whose import had begun is still there with the same content.

    Args:
        job: The job, ended.
        recorded: The imported files that the books know, or the log of a job that they do not know yet.
    """
    folder = job.project.imports_directory
    sources = [path for path in traces(job).begun if path.is_file()]
    unknown = [path for path in folder.iterdir() if path not in recorded] if sources and folder.is_dir() else []
    for path in unknown:
        if path.is_file() and any(_is_copy(path, source) for source in sources):
            path.unlink(missing_ok=True)


def _is_copy(path: Path, source: Path) -> bool:
    return path.stat().st_size == source.stat().st_size and filecmp.cmp(path, source, shallow=False)


def _resumed(run: Run, job: Job) -> Life:
    """Return the life of a job as far as it got, with its script as far as it can be made anew."""
    found = traces(job)
    paths.make_job_directory(job)
    life = Life(run, None, job)
    script = attempt(load_script, run, life)
    if isinstance(script, Failure):
        life.note(f"its outputs could not be read: {script.reason}")
    life.resume(found.created_at, found.started_at)
    life.uses, life.imported = found.uses, found.imported
    run.lives[job.uuid] = life
    return life


def load_script(run: Run, life: Life) -> None:
    """Make a life's script anew, from the parameters in the job directory.

    Raises:
        BadInputError: The task is not there, or the parameters cannot be read.
    """
    job = life.job
    life.script = scripts.build_script(job.task, job.title, job.directory)
    life.bind(JobHandler(run, job.project, life.journal))
    for name in ("params.xml", "input_params.xml"):
        if (job.directory / name).is_file():
            scripts.load_parameters(life.script, job.directory / name)
            # Those that the script began with do not say where its outputs are.
            scripts.set_output_paths(life.script, save=False)
            return
