"""The log of a job: a file in the job directory with one JSON object per line.

Each line names the project, the job and the task, and the plugin if a plugin caused the event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from ccp4hooks.model import Job

FILE_NAME = "ccp4hooks_log.jsonl"

OUTPUT_FILE = "ccp4hooks_output.txt"
"""Name of the file in the job directory that receives the output of the script."""


class JobLog:
    """Writes the events of one job. The name of an event is ``<noun>_<participle>``.

    Args:
        job: The job. Its directory must exist.

    Raises:
        OSError: The job directory is missing, full or not writable.
    """

    def __init__(self, job: Job) -> None:
        import structlog  # noqa: PLC0415 - start-up time: it imports asyncio

        self._stream: TextIO = (job.directory / FILE_NAME).open("a", encoding="utf-8", buffering=1)
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
            self._logger.msg(f"ccp4hooks.{event}", **details)

    def close(self) -> None:
        """Close the file."""
        self._stream.close()
