"""What CCP4i2 and the tasks mark as not needed, and how recorded files differ from the record."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ccp4hooks.model.numbers import JobNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanedFile:
    """A file or directory in a job directory that CCP4i2, or the task, marks as one that is not needed.

    Attributes:
        job: Number of the job or sub-job.
        path: The file or directory.
        category: What CCP4i2 calls its category, such as ``"Scratch file"``.
        size_bytes: Space that it occupies [byte].
    """

    job: JobNumber
    path: Path
    category: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFault:
    """A recorded file that is not as it was recorded.

    Attributes:
        job: Number of the job that has written or imported the file.
        parameter: Parameter of the file.
        path: The file.
        fault: ``"missing"``, ``"changed"`` or ``"unreadable"``.
        reason: How it differs from the record, or why it cannot be read.
    """

    job: JobNumber
    parameter: str
    path: Path
    fault: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The result of comparing the files of a project with the record.

    Attributes:
        checked: Number of recorded files.
        by_checksum: Number of those whose content was compared; of the others, only the size is recorded.
        faults: The files that are missing, changed or unreadable.
        foreign: Job directories that are not recorded, and files beside the imported files, or among the jobs, that no
            job has recorded.
    """

    checked: int
    by_checksum: int
    faults: tuple[FileFault, ...] = ()
    foreign: tuple[Path, ...] = ()

    @property
    def is_well(self) -> bool:
        """Whether every recorded file is as it was recorded."""
        return not self.faults
