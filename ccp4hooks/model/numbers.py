"""The number of a job, and the directories that follow from it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

NUMBER = re.compile(r"[1-9][0-9]{0,8}(\.[1-9][0-9]{0,8})*")
"""A job number as ccp4hooks assigns it."""

JOBS_FOLDER = "CCP4_JOBS"
"""Name of the directory that contains the jobs of a project."""

IMPORTS_FOLDER = "CCP4_IMPORTED_FILES"
"""Name of the directory that contains the imported files of a project."""

TRASH_FOLDER = ".ccp4hooks_trash"
"""Name of the directory in those of jobs and of imported files that contains what was deleted."""

JOB_PREFIX = "job_"
"""Prefix of the name of a job directory."""


class JobNumber(str):
    """The number of a job in its project: ``"12"``, or ``"12.2"`` for its second sub-job.

    The number of a job that is not yet opened is empty. A job number is a text and compares as one. Use `parts` to sort
    job numbers.

    >>> JobNumber("12.2.1").parent
    '12.2'
    >>> sorted(map(JobNumber, ["10", "9.2", "9"]), key=lambda number: number.parts)
    ['9', '9.2', '10']
    """

    __slots__ = ()

    @property
    def parts(self) -> tuple[int, ...]:
        """The whole numbers in the job number, from the top level down. A part that is not a number counts as 0."""
        return tuple(int(part) if part.isdecimal() else 0 for part in self.split(".")) if self else ()

    @property
    def is_valid(self) -> bool:
        """Whether each part is a whole number from 1, with at most nine digits and no leading zero."""
        return NUMBER.fullmatch(self) is not None

    @property
    def is_sub_job(self) -> bool:
        """Whether the job is a sub-job."""
        return "." in self

    @property
    def parent(self) -> JobNumber | None:
        """The number of the parent job, or None for a top-level job."""
        return JobNumber(self.rpartition(".")[0]) if self.is_sub_job else None

    @property
    def top(self) -> JobNumber:
        """The number of the top-level job that contains the job, or of the job itself."""
        return JobNumber(self.partition(".")[0])

    def child(self, index: int) -> JobNumber:
        """Return the number of a sub-job.

        >>> JobNumber("12").child(2)
        '12.2'

        Args:
            index: Position of the sub-job, from 1.
        """
        return JobNumber(f"{self}.{index}")

    def is_below(self, other: str) -> bool:
        """Return whether the job is a sub-job of another job, at any depth.

        >>> JobNumber("1.2.3").is_below("1"), JobNumber("12").is_below("1"), JobNumber("1").is_below("1")
        (True, False, False)
        """
        return self.startswith(f"{other}.")

    @classmethod
    def of_directory(cls, path: Path) -> JobNumber | None:
        """Return the number of the job with a given directory, or None if no job has such a directory.

        >>> from pathlib import PurePosixPath
        >>> JobNumber.of_directory(PurePosixPath("CCP4_JOBS/job_12/job_2"))
        '12.2'

        Args:
            path: The directory, relative to the project directory.
        """
        top, *folders = path.parts
        indices = [folder_index(name) for name in folders]
        if top != JOBS_FOLDER or not indices or None in indices:
            return None
        return cls(".".join(str(index) for index in indices))

    def directory(self, project: Path) -> Path:
        """Return the directory of the job.

        >>> from pathlib import PurePosixPath
        >>> JobNumber("12.2").directory(PurePosixPath("toxd")).as_posix()
        'toxd/CCP4_JOBS/job_12/job_2'

        Args:
            project: The project directory.
        """
        return project.joinpath(JOBS_FOLDER, *(f"{JOB_PREFIX}{part}" for part in self.split(".")))


def folder_index(name: str) -> int | None:
    """Return the last part of a job number from the name of the job directory, or None for other names.

    >>> folder_index("job_12"), folder_index("job_12_old"), folder_index("tmp")
    (12, None, None)

    Args:
        name: Name of a directory without its parents.
    """
    index = name.removeprefix(JOB_PREFIX)
    return int(index) if name.startswith(JOB_PREFIX) and index.isdecimal() else None
