"""The parameters of a job or of a file, with which another job can begin."""

from __future__ import annotations

from dataclasses import dataclass

from ccp4hooks.model.files import KnownFile
from ccp4hooks.model.jobs import Job
from ccp4hooks.model.outcomes import Problem
from ccp4hooks.model.plain import PlainValue


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedParameters:
    """The parameters of a job or of a file, with which another job can begin.

    Attributes:
        task: TASKNAME; empty if the file does not name it.
        values: (parameter, value) pairs. The name of a list may occur several times. A file of a job is an absolute
            path.
        secrets: Names of the parameters that were set and whose values are secret. They must be given again.
        job: The job; None if the parameters come from a file.
        problems: What is to be said about the values: a source that has changed since it was imported, a value that is
            not used because the task does not have its parameter.
        files: The recorded files among the values, as far as they are known.
    """

    task: str
    values: tuple[tuple[str, PlainValue], ...]
    secrets: tuple[str, ...] = ()
    job: Job | None = None
    problems: tuple[Problem, ...] = ()
    files: tuple[KnownFile, ...] = ()

    def title(self, *, changed: bool) -> str:
        """Return the title that a user has given to the job, for the one that begins with its parameters; or nothing.

        Args:
            changed: Whether values are given beside these. A title that says what is special about the job is wrong
                for one with other values.
        """
        return "" if changed or self.job is None or self.job.title == self.task else self.job.title
