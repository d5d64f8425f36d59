"""Write a file for each job that has ended."""

from dataclasses import dataclass
from pathlib import Path

from ccp4hooks import hookimpl


@dataclass(frozen=True)
class SinkSettings:
    """The directory of the files. If it is empty, no file is written."""

    directory: str = ""


class Sink:
    """Writes one file with one line per job."""

    ccp4hooks_requires = ">=1.0,<2"
    ccp4hooks_settings = SinkSettings

    def __init__(self, settings):
        """Keep the settings."""
        self.settings = settings

    @hookimpl
    def job_finished(self, job, outcome):
        """Write the file of the job. It replaces an earlier one, so that a second call changes nothing."""
        if self.settings.directory:
            directory = Path(self.settings.directory)
            directory.mkdir(parents=True, exist_ok=True)
            scratch = directory / f"{job.uuid}.new"
            scratch.write_text(f"{job.number} {job.task} {outcome.status.name}\n", encoding="utf-8")
            scratch.replace(directory / f"{job.uuid}.txt")
