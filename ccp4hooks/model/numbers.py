"""The number of a job, as a value that answers questions about itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

NUMBER = re.compile(r"[1-9][0-9]{0,8}(\.[1-9][0-9]{0,8})*")
"""A job number that ccp4hooks gives."""

JOBS_FOLDER = "CCP4_JOBS"
"""The directory of a project's jobs."""

IMPORTS_FOLDER = "CCP4_IMPORTED_FILES"
"""The directory of a project's copies of outside files."""

JOB_PREFIX = "job_"
"""How the name of a job directory begins."""


class JobNumber(str):
    """The number of a job in its project: ``"12"``, or ``"12.2"`` for its second sub-job.

    It is empty for a job not yet opened. It is a text, and compares as one; sort numbers by `parts`.

    >>> JobNumber("12.2.1").parent
    '12.2'
    >>> sorted(map(JobNumber, ["10", "9.2", "9"]), key=lambda number: number.parts)
    ['9', '9.2', '10']
    """

    __slots__ = ()

    @property
    def parts(self) -> tuple[int, ...]:
        """The whole numbers that it consists of, from the top; a part that is no number counts as 0."""
        return tuple(int(part) if part.isdecimal() else 0 for part in self.split(".")) if self else ()

    @property
    def is_valid(self) -> bool:
        """Whether it consists of whole numbers from 1, of at most nine digits and without leading zeros."""
        return NUMBER.fullmatch(self) is not None

    @property
    def is_sub_job(self) -> bool:
        """Whether the job is part of another one."""
        return "." in self

    @property
    def parent(self) -> JobNumber | None:
        """The number of the job that it is part of, None at top level."""
        return JobNumber(self.rpartition(".")[0]) if self.is_sub_job else None

    @property
    def top(self) -> JobNumber:
        """The number of the job at top level that it is part of, or its own."""
        return JobNumber(self.partition(".")[0])

    def child(self, index: int) -> JobNumber:
        """Return the number of a sub-job.

        >>> JobNumber("12").child(2)
        '12.2'

        Args:
            index: Which of the sub-jobs, from 1.
        """
        return JobNumber(f"{self}.{index}")

    def is_below(self, other: str) -> bool:
        """Return whether the job is part of another one, directly or through others.

        >>> JobNumber("1.2.3").is_below("1"), JobNumber("12").is_below("1"), JobNumber("1").is_below("1")
        (True, False, False)
        """
        return self.startswith(f"{other}.")

    @classmethod
    def of_directory(cls, path: Path) -> JobNumber | None:
        """Return the number of the job that a directory belongs to, None if it is not that of a job.

        >>> from pathlib import PurePosixPath
        >>> JobNumber.of_directory(PurePosixPath("CCP4_JOBS/job_12/job_2"))
        '12.2'

        Args:
            path: The directory, relative to that of the project.
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
            project: The directory of the project.
        """
        return project.joinpath(JOBS_FOLDER, *(f"{JOB_PREFIX}{part}" for part in self.split(".")))


def folder_index(name: str) -> int | None:
    """Return which job, or sub-job, the directory of a name belongs to, None if it is not that of a job.

    >>> folder_index("job_12"), folder_index("job_12_old"), folder_index("tmp")
    (12, None, None)

    Args:
        name: Name of a directory, without those above it.
    """
    index = name.removeprefix(JOB_PREFIX)
    return int(index) if name.startswith(JOB_PREFIX) and index.isdecimal() else None
