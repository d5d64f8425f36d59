"""Write a list of ended jobs to a file."""

from dataclasses import dataclass
from pathlib import Path

from ccp4hooks import hookimpl


@dataclass(frozen=True)
class SinkSettings:
    """The path of the list. If it is empty, no list is written."""

    path: str = ""


class Sink:
    """Appends one line per job."""

    ccp4hooks_requires = ">=1.0,<2"
    ccp4hooks_settings = SinkSettings

    def __init__(self, settings):
        """Keep the settings."""
        self.settings = settings

    @hookimpl
    def job_finished(self, job, outcome):
        """Append a line for the job."""
        if self.settings.path:
            with Path(self.settings.path).open("a", encoding="utf-8") as stream:
                stream.write(f"{job.number} {job.task} {outcome.status.name}\n")
