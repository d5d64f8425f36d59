"""Read and check a job directory from elsewhere: from another machine, another project, or a dry run."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from ccp4hooks.errors import BadInputError
from ccp4hooks.failures import attempt
from ccp4hooks.model import Outcome
from ccp4hooks.model.numbers import IMPORTS_FOLDER, JOBS_FOLDER
from ccp4hooks.outcomes import checks, outcome_file
from ccp4hooks.runtime.copies import LinkError
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

    @property
    def project_directory(self) -> Path:
        """The present directory of its project."""
        return self.directory.parent.parent

    def place(self, path: Path) -> Path | None:
        """Return the present path of a file in the job directory, or None if the file was not copied with the job.

        A link is followed only inside the job directory.
        """
        was, now = self.job.directory, self.directory
        found = (now / path.relative_to(was)).resolve() if path.is_relative_to(was) else None
        return found if found is not None and found.is_file() and found.is_relative_to(now) else None

    def place_of_import(self, path: Path) -> Path | None:
        """Return the present path of an imported file, or None if the file was not copied with the job.

        The path may be that of a link. Open it by `ccp4hooks.runtime.copies`.
        """
        was = self.job.project.imports_directory
        found = self.project_directory / IMPORTS_FOLDER / path.relative_to(was) if path.is_relative_to(was) else None
        return found if found is not None and os.path.lexists(found) else None


def identity_in(job: Job, project: Project) -> UUID:
    """Return the UUID that a job from elsewhere gets in a project. It is the same at each call."""
    return uuid5(project.uuid, str(job.uuid))


def read_foreign(directory: Path) -> ForeignJob:
    """Read a job directory that was made elsewhere, and refuse one that must not be adopted.

    Args:
        directory: The job directory.

    Raises:
        BadInputError: The directory has no outcome file or an invalid one, or contains a link that leads out of it.
    """
    paths = [directory / outcome_file.FILE_NAME, *outcome_file.below(directory)]
    found = ForeignJob(directory, tuple(checks.read_from_elsewhere(path, directory) for path in paths))
    if found.job.number.is_sub_job:
        raise BadInputError(f"{directory} belongs to sub-job {found.job.number}. Adopt the job that contains it.")
    for n, (path, outcome) in enumerate(zip(paths, found.outcomes, strict=True)):
        _check(found, path, outcome)
        if outcome.job.uuid in {one.job.uuid for one in found.outcomes[:n]}:
            raise checks.invalid(path, "job.uuid", f"{outcome.job.uuid} is the UUID of another job in {directory}")
    _check_tree(directory)
    return found


def job_directories(directory: Path, project: Project) -> tuple[Path, ...]:
    """Return the directories of the jobs to adopt: the given one, or those of all jobs of a project, by number.

    Args:
        directory: The directory of a job or of a project.
        project: The project that adopts the jobs.

    Raises:
        BadInputError: The directory contains no job that has ended, or belongs to the project.
    """
    directory = Path(os.path.realpath(directory))
    if not directory.is_dir():
        why = "is not a directory" if os.path.lexists(directory) else "does not exist"
        raise BadInputError(f"{directory} {why}. Give the directory of a job or of a project.")
    if inside(directory, project):
        raise BadInputError(
            f"{directory} belongs to the project {project.name!r} already. "
            "To record it, run `ccp4hooks replay JOB` without --from."
        )
    if os.path.lexists(directory / outcome_file.FILE_NAME):
        return (directory,)
    folders = outcome_file.job_directories(directory / JOBS_FOLDER)
    ended = tuple(path for path in folders if os.path.lexists(path / outcome_file.FILE_NAME))
    if ended:
        return ended
    raise BadInputError(
        f"{directory} is not a job directory that can be adopted: it has no {outcome_file.FILE_NAME}. Give the "
        f"directory of a job that has ended, {JOBS_FOLDER}/job_1 for instance, or that of a project with such jobs."
    )


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


def check_copy(found: ForeignJob, copy: Path) -> None:
    """Check that a copy of a job directory contains the outcome files that were read in the directory, and no other.

    Raises:
        BadInputError: The directory has changed in the meantime.
    """
    paths = [copy / outcome_file.FILE_NAME, *outcome_file.below(copy)]
    read = [attempt(checks.read_from_elsewhere, path, copy) for path in paths]
    if read != list(found.outcomes):
        raise BadInputError(f"{found.directory} has changed while it was copied. Try again when nobody writes to it.")


def _check_tree(directory: Path) -> None:
    """Refuse links that lead out of a directory, links to directories, and special files."""
    for folder, below, names in os.walk(directory):
        for path in [Path(folder) / name for name in (*below, *names)]:
            real = path.resolve()
            linked = path.is_symlink() and (real.is_dir() or not real.is_relative_to(directory))
            if linked or not (path.is_dir() or path.is_file()):
                raise LinkError(path)
