"""Read the log of a job that has no outcome file: its times, its input files, and unfinished imports."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ccp4hooks.failures import Failure, attempt
from ccp4hooks.model import FileUse, ImportedFile, Job, JobStatus, Origin, Provenance, Timing
from ccp4hooks.outcomes import outcome_file
from ccp4hooks.outcomes.job_log import FILE_NAME, FILES_REMOVED, JOB_SUBMITTED
from ccp4hooks.runtime import paths

LONGEST_LINE = 2**20
"""Length of the longest line of a log that is read [characters]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmittedRequest:
    """What a request said that the parameters in the job directory do not say.

    Attributes:
        attempt: Number of the attempt.
        given: Full paths of the parameters that were given, each with the number of the job from which the value comes,
            or an empty text; None if the script came with its parameters.
        variation_of: The job with whose parameters the request began, or None.
    """

    attempt: int
    given: Mapping[str, str] | None = None
    variation_of: Job | None = None


@dataclass(slots=True)
class JobTraces:
    """The content of the log of a job about its last run.

    Attributes:
        created_at: Time at which the job was opened.
        started_at: Time at which its script began to run, or None if it did not run.
        uses: Recorded files that its script reads.
        imported: Files imported for it.
        begun: Outside files whose import began.
        provenance: How the job was started, or None if its script did not run.
        dispatched: Whether its program runs on another machine, so that the job has not ended.
        request: What it was asked when it was submitted to an engine the last time, or None if it never was.
        waits: Whether it has not begun to run since then.
        project: The directory of its project at that time.
    """

    created_at: datetime
    project: Path
    started_at: datetime | None = None
    uses: list[FileUse] = field(default_factory=list)
    imported: list[ImportedFile] = field(default_factory=list)
    begun: list[Path] = field(default_factory=list)
    provenance: Provenance | None = None
    dispatched: bool = False
    request: SubmittedRequest | None = None
    waits: bool = False

    @property
    def unfinished(self) -> set[Path]:
        """Outside files whose import began and did not finish."""
        return {path.resolve() for path in self.begun} - {file.source for file in self.imported}


def read_traces(job: Job) -> JobTraces:
    """Return the content of the log of a job about its last run."""
    found = JobTraces(created_at=_now(), project=job.project.directory)
    for entry in _entries(job.directory / FILE_NAME):
        _add(found, entry, job)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmittedJob:
    """A job that was submitted, as its directory says.

    Attributes:
        job: The job.
        request: What it was asked when it was submitted the last time.
    """

    job: Job
    request: SubmittedRequest


def read_submitted(directory: Path) -> SubmittedJob | None:
    """Return the job of a directory, or None if it has none that was submitted."""
    job: Job | None = None
    request: SubmittedRequest | None = None
    for entry in _entries(directory / FILE_NAME):
        event = str(entry.get("event", "")).removeprefix("ccp4hooks.")
        if event == "job_opened":
            job = outcome_file.from_json(entry.get("record"), Job)
        if event == JOB_SUBMITTED:
            request = outcome_file.from_json(entry.get("record"), SubmittedRequest)
    if job is None or request is None or job.directory != directory:
        return None
    return SubmittedJob(job=job, request=request)


def timings_of_last_hook(job: Job) -> tuple[Timing, ...]:
    """Return the time that each plugin took in `job_finished`, which is called after the outcome file was written."""
    entries = attempt(_entries, job.directory / FILE_NAME)
    read = [attempt(_timing, entry) for entry in ([] if isinstance(entries, Failure) else entries)]
    # A job that was run again has several entries, the last of which counts.
    found = {one.origin.plugin: one for one in read if isinstance(one, Timing) and one.hook == "job_finished"}
    return tuple(found.values())


def removed_at(job: Job, path: Path) -> datetime | None:
    """Return the time at which `ccp4hooks clean` removed a file of a job, or None if the log of the job has none.

    Args:
        job: The job.
        path: The file in the job directory. It may have been removed together with a directory.
    """
    name = path.relative_to(job.directory)
    names = {name.as_posix(), *(parent.as_posix() for parent in name.parents)}
    entries = attempt(_entries, job.directory / FILE_NAME)
    found = [
        _time(entry)
        for entry in ([] if isinstance(entries, Failure) else entries)
        if entry.get("event") == f"ccp4hooks.{FILES_REMOVED}"
        and isinstance(entry.get("files"), list)
        and any(one in entry["files"] for one in names)
    ]
    return found[-1] if found else None


def _timing(entry: dict[str, Any]) -> Timing:
    """Return the timing in an entry of a log; an exception if it has none."""
    origin = Origin(plugin=str(entry["plugin"]))
    return Timing(
        hook=str(entry["hook"]), origin=origin, calls=int(entry["calls"]), duration_s=float(entry["duration_s"])
    )


def _entries(path: Path) -> list[dict[str, Any]]:
    """Return the entries of a log. A line that is incomplete or too long is left out."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []
    loaded = [attempt(json.loads, line) for line in lines if len(line) <= LONGEST_LINE]
    return [entry for entry in loaded if isinstance(entry, dict)]


def _add(found: JobTraces, entry: dict[str, Any], job: Job) -> None:
    event = str(entry.get("event", "")).removeprefix("ccp4hooks.")
    if event == "job_opened":
        found.created_at, found.started_at = _time(entry), None
        found.uses, found.imported, found.begun, found.provenance = [], [], [], None
        opened = outcome_file.from_json(entry.get("record"), Job)
        found.project = opened.project.directory if opened is not None else found.project
    if event == JOB_SUBMITTED:
        # What an earlier attempt has logged of its run does not count.
        found.started_at, found.request = None, outcome_file.from_json(entry.get("record"), SubmittedRequest)
        found.waits = found.request is not None
    if event == "status_changed" and entry.get("new") == JobStatus.RUNNING.name:
        found.started_at, found.waits = found.started_at or _time(entry), False
    if event in ("job_opened", "status_changed", "job_ended"):
        found.dispatched = entry.get("new") == JobStatus.RUNNING_REMOTELY.name
    if event == "provenance_noted":
        found.provenance = outcome_file.from_json(entry.get("record"), Provenance)
    if event == "import_begun":
        found.begun.append(Path(str(entry.get("source"))))
    if event == "file_used":
        _keep(found, found.uses, outcome_file.from_json(entry.get("record"), FileUse), job)
    if event == "file_imported":
        _keep(found, found.imported, outcome_file.from_json(entry.get("record"), ImportedFile), job)


def _now() -> datetime:
    return datetime.now(timezone.utc)


def _time(entry: dict[str, Any]) -> datetime:
    """Return the time of an entry, or the present time if it has none."""
    at = attempt(datetime.fromisoformat, re.sub("Z$", "+00:00", str(entry.get("time"))))
    return _now() if isinstance(at, Failure) else at


def _keep(found: JobTraces, kept: list[Any], file: Any, job: Job) -> None:
    """Keep a file from a log if its entry is valid and the file exists in the project, which may have been moved."""
    if file is not None and file.path.is_relative_to(found.project):
        file = replace(file, path=job.project.directory / file.path.relative_to(found.project))
    if file is not None and paths.inside(file.path, job.project) and file.path.exists():
        kept.append(file)
