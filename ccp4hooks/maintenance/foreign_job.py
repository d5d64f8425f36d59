"""Read and check a job directory from elsewhere: from another machine, another project, or a dry run."""

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
        directory: The present job directory.
        outcomes: The outcomes in its outcome files, those of sub-jobs after their parents'.
    """

    directory: Path
    outcomes: tuple[Outcome, ...]

    @property
    def job(self) -> Job:
        """The top-level job, as it was recorded there."""
        return self.outcomes[0].job

    def place(self, path: Path) -> Path | None:
        """Return the present path of a file, or None if it was not copied with the job. Never return a path outside."""
        imports = self.directory.parent.parent / IMPORTS_FOLDER
        for was, now in ((self.job.directory, self.directory), (self.job.project.imports_directory, imports)):
            if path.is_relative_to(was):
                found = (now / path.relative_to(was)).resolve()
                return found if found.is_file() and found.is_relative_to(now.resolve()) else None
        return None


def identity_in(job: Job, project: Project) -> UUID:
    """Return the UUID that a job from elsewhere gets in a project. It is the same at each call."""
    return uuid5(project.uuid, str(job.uuid))


def read_foreign(directory: Path, project: Project) -> ForeignJob:
    """Read a job directory that was made elsewhere, and refuse one that must not be adopted.

    Args:
        directory: The job directory, or the directory of a project that has one job only.
        project: The project that adopts it.

    Raises:
        BadInputError: The directory has no outcome file or an invalid one, or contains a link that leads out of it.
    """
    directory = _job_directory(Path(os.path.realpath(directory)))
    if inside(directory, project):
        raise BadInputError(
            f"{directory} belongs to the project {project.name!r} already. "
            "To record it, run `ccp4hooks replay JOB` without --from."
        )
    paths = [directory / outcome_file.FILE_NAME, *outcome_file.below(directory)]
    found = ForeignJob(directory, tuple(checks.read_from_elsewhere(path) for path in paths))
    if found.job.number.is_sub_job:
        raise BadInputError(f"{directory} belongs to sub-job {found.job.number}. Adopt the job that contains it.")
    for n, (path, outcome) in enumerate(zip(paths, found.outcomes, strict=True)):
        _check(found, path, outcome)
        if outcome.job.uuid in {one.job.uuid for one in found.outcomes[:n]}:
            raise checks.invalid(path, "job.uuid", f"{outcome.job.uuid} is the UUID of another job in {directory}")
    _check_tree(directory)
    return found


def _job_directory(directory: Path) -> Path:
    """Return the directory of a job: the given one, or the directory of the only job of a project from a dry run.

    Raises:
        BadInputError: The directory contains no job, or several.
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
    """Refuse an outcome of a job in another directory, or with a file outside the project of the job."""
    top = found.job
    if outcome.job.project != top.project or outcome.job.directory != top.directory / path.parent.relative_to(
        found.directory
    ):
        why = f"{outcome.job.directory} is not the directory of this job in job {top.number}"
        raise checks.invalid(path, "job.directory", why)
    parent = next((one.job.uuid for one in found.outcomes if one.job.directory == outcome.job.directory.parent), None)
    if outcome.job.parent_uuid != parent:
        raise checks.invalid(path, "job.parent_uuid", f"{outcome.job.parent_uuid} is not the UUID of its parent job")
    # A dry run names copies that its project has already. They are recorded in that project, so any path is valid.
    shared = {file.path for file in outcome.imported if file.reused} if outcome.job.dry_run else set()
    for field, file in checks.project_files(outcome):
        if file in shared:
            continue
        if not checks.is_normalized(file) or not file.is_relative_to(top.project.directory):
            raise checks.invalid(path, field, f"{file} is not in the project {top.project.directory}")


def _check_tree(directory: Path) -> None:
    """Refuse links that lead out of a directory, links to directories, and special files."""
    for folder, below, names in os.walk(directory):
        for path in [Path(folder) / name for name in (*below, *names)]:
            real = path.resolve()
            linked = path.is_symlink() and (real.is_dir() or not real.is_relative_to(directory))
            if linked or not (path.is_dir() or (path.exists() and stat.S_ISREG(path.stat().st_mode))):
                raise BadInputError(
                    f"{path} is a link that leads out of the job directory, a link to a directory, or a special file, "
                    "so it cannot be copied. Remove it, or replace it by a copy of its target, and try again."
                )
