"""The log of a job: a file in the job directory with one JSON object per line.

Each line names the project, the job and the task, and the plugin if a plugin caused the event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TextIO

from ccp4hooks.runtime.descriptors import LossyFile, lossy_text

if TYPE_CHECKING:
    from ccp4hooks.model import Job

FILE_NAME = "ccp4hooks_log.jsonl"

OUTPUT_FILE = "ccp4hooks_output.txt"
"""Name of the file in the job directory that receives the output of the script."""


FILES_REMOVED = "files_removed"
"""The event that files of a job were removed; its ``files`` are relative to the job directory."""

JOB_SUBMITTED = "job_submitted"
"""The event that a job is about to be submitted to an engine."""


class JobLog:
    """Writes the events of one job. The name of an event is ``<noun>_<participle>``.

    The job does not depend on its log: an event that cannot be written is left out.

    Args:
        job: The job.
    """

    def __init__(self, job: Job) -> None:
        import structlog  # noqa: PLC0415 - start-up time: it imports asyncio

        self._file = LossyFile.appending(job.directory / FILE_NAME)
        self._stream: TextIO = lossy_text(self._file)
        self._logger = structlog.wrap_logger(
            structlog.WriteLogger(self._stream),
            processors=[
                structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
                structlog.processors.JSONRenderer(sort_keys=False, default=str),
            ],
            wrapper_class=structlog.BoundLogger,
        ).bind(project=job.project.name, job=job.number, task=job.task)

    def write(self, event: str, **details: Any) -> None:
        """Write one event with its details. Do nothing if the log is closed."""
        if not self._stream.closed:
            if self._file.error is not None:
                # A part of an earlier event may have been written.
                self._stream.write("\n")
            self._logger.msg(f"ccp4hooks.{event}", **details)

    @property
    def error(self) -> OSError | None:
        """The error because of which events are missing, or None if all were written."""
        return self._file.error

    def close(self) -> None:
        """Close the file."""
        self._stream.close()
