"""A job directory that was made elsewhere: on another machine, in another project, in a dry run."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from ccp4hooks.errors import BadInputError
from ccp4hooks.model import Outcome
from ccp4hooks.model.numbers import IMPORTS_FOLDER, JOB_PREFIX, JOBS_FOLDER
from ccp4hooks.outcomes import checks, outcome_file
from ccp4hooks.runtime.paths import inside

if TYPE_CHECKING:
    from ccp4hooks.model import Job, Project


@dataclass(frozen=True, slots=True)
class ForeignJob:
    """A job directory made elsewhere.

    Attributes:
        directory: Where the job lies.
        outcomes: The outcomes in its outcome files, those of sub-jobs after their parents'.
    """

    directory: Path
    outcomes: tuple[Outcome, ...]

    @property
    def job(self) -> Job:
        """The job at the top, as it was there."""
        return self.outcomes[0].job

    def place(self, path: Path) -> Path | None:
        """Return the present path of a file, None if it was not copied with the job; never a path outside."""
        imports = self.directory.parent.parent / IMPORTS_FOLDER
        for was, now in ((self.job.directory, self.directory), (self.job.project.imports_directory, imports)):
            if path.is_relative_to(was):
                found = (now / path.relative_to(was)).resolve()
                return found if found.is_file() and found.is_relative_to(now.resolve()) else None
        return None


def identity_in(job: Job, project: Project) -> UUID:
    """Return the identity that a job from elsewhere gets in a project, the same at every call."""
    return uuid5(project.uuid, str(job.uuid))


def read_foreign(directory: Path, project: Project) -> ForeignJob:
    """Read a job directory that was made elsewhere, and refuse one that must not be adopted.

    Args:
        directory: The job directory, or the directory of a project that has one job only.
        project: The project that adopts it.

    Raises:
        BadInputError: It has no outcome file, an invalid one, or links that lead out of it.
    """
    directory = _job_directory(Path(os.path.realpath(directory)))
    if inside(directory, project):
        raise BadInputError(f"{directory} lies in the project {project.name!r} already. Leave --from out to record it.")
    paths = [directory / outcome_file.FILE_NAME, *outcome_file.below(directory)]
    found = ForeignJob(directory, tuple(checks.read_from_elsewhere(path) for path in paths))
    if found.job.number.is_sub_job:
        raise BadInputError(f"{directory} belongs to sub-job {found.job.number}. Adopt the job that it is part of.")
    for n, (path, outcome) in enumerate(zip(paths, found.outcomes, strict=True)):
        _check(found, path, outcome)
        if outcome.job.uuid in {one.job.uuid for one in found.outcomes[:n]}:
            raise checks.invalid(path, "job.uuid", f"{outcome.job.uuid} is the identity of another job in {directory}")
    _check_tree(directory)
    return found


def _job_directory(directory: Path) -> Path:
    """Return the directory of a job: the one given, or that of the only job of a project, as a dry run leaves it.

    Raises:
        BadInputError: It has no job, or several.
    """
    if (directory / outcome_file.FILE_NAME).is_file():
        return directory
    ended = sorted(path.parent for path in (directory / JOBS_FOLDER).glob(f"{JOB_PREFIX}*/{outcome_file.FILE_NAME}"))
    if len(ended) == 1:
        return ended[0]
    if ended:
        raise BadInputError(
            f"{directory} is a project with {len(ended)} jobs. Give one of them: {ended[0]}, for instance."
        )
    raise BadInputError(f"{directory} is not a job directory that can be adopted: it has no {outcome_file.FILE_NAME}.")


def _check(found: ForeignJob, path: Path, outcome: Outcome) -> None:
    """Refuse an outcome of a job with another directory, or whose files lie outside of its project."""
    top = found.job
    if outcome.job.project != top.project or outcome.job.directory != top.directory / path.parent.relative_to(
        found.directory
    ):
        raise checks.invalid(path, "job.directory", f"{outcome.job.directory} is not its directory in job {top.number}")
    parent = next((one.job.uuid for one in found.outcomes if one.job.directory == outcome.job.directory.parent), None)
    if outcome.job.parent_uuid != parent:
        raise checks.invalid(path, "job.parent_uuid", f"{outcome.job.parent_uuid} is not the job that it is part of")
    # A dry run names the copies that its project has already; they are recorded there, whatever the path.
    shared = {file.path for file in outcome.imported if file.reused} if outcome.job.dry_run else set()
    for field, file in checks.project_files(outcome):
        if file in shared:
            continue
        if not checks.is_normalized(file) or not file.is_relative_to(top.project.directory):
            raise checks.invalid(path, field, f"{file} is not in the project {top.project.directory}")


def _check_tree(directory: Path) -> None:
    """Refuse links that lead out of a directory, or to directories, and anything that is not a regular file."""
    for folder, below, names in os.walk(directory):
        for path in [Path(folder) / name for name in (*below, *names)]:
            real = path.resolve()
            linked = path.is_symlink() and (real.is_dir() or not real.is_relative_to(directory))
            if linked or not (path.is_dir() or (path.exists() and stat.S_ISREG(path.stat().st_mode))):
                raise BadInputError(f"{path} is not a file of the job directory; remove it to adopt the job.")
