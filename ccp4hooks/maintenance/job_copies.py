"""The directories of an adoption that has not ended: the copy of the job, and the directory that it replaces."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from ccp4hooks.runtime import paths

if TYPE_CHECKING:
    from pathlib import Path

    from ccp4hooks.model import Job


def settle(job: Job) -> None:
    """Finish or undo an adoption whose process has died.

    A complete copy is renamed to the final name of the job directory.
    """
    copy = copy_of(job)
    if copy.is_dir() and not job.directory.is_dir():
        copy.rename(job.directory)
    shutil.rmtree(copy, ignore_errors=True)
    shutil.rmtree(replaced_by(job), ignore_errors=True)


def copy_of(job: Job) -> Path:
    """Return the directory into which a job is copied before the copy gets its final name."""
    return job.project.jobs_directory / f".adopting-{job.uuid}"


def replaced_by(job: Job) -> Path:
    """Return the name that the earlier directory of a job has while the copy takes its place."""
    return job.project.jobs_directory / f".replaced-{job.uuid}"


def sync(directory: Path) -> None:
    """Flush a directory tree to disk before it is renamed."""
    for folder, _, names in os.walk(directory):
        for name in names:
            with open(os.path.join(folder, name), "rb") as stream:  # noqa: PTH118, PTH123 - names that are not valid text
                os.fsync(stream.fileno())
    paths.sync_directory(directory)
