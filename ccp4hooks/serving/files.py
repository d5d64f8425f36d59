"""The files of a job that can be downloaded: those that are recorded, and that are inside of the project."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ccp4hooks.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from uuid import UUID

    from ccp4hooks.model import Outcome
    from ccp4hooks.session import Session


def file_of(session: Session, project: UUID, number: str, file: UUID) -> Path:
    """Return the path of a file that a job has read, imported or written, with all links resolved.

    Args:
        session: The session.
        project: The project.
        number: Number of the job.
        file: The file.

    Raises:
        UnknownNameError: The project or the job does not exist.
        BadInputError: The job has no such file, or it is missing, no regular file, or not inside of the project.
    """
    outcomes = session.outcomes(project, number)
    path = next((path for uuid, path in _files(outcomes[0]) if uuid == file), None)
    if path is None:
        raise BadInputError(f"Job {number} has no such file.")
    folder = outcomes[0].job.project.directory.resolve()
    try:
        real = path.resolve()
    except (OSError, RuntimeError) as error:  # Python below 3.13 raises RuntimeError for a link to itself
        raise BadInputError(f"{path.name} cannot be found: {error}") from error
    if not real.is_relative_to(folder):
        raise BadInputError(f"{path.name} is not inside of the project's directory, so it is not sent.")
    if not real.is_file():
        raise BadInputError(f"{path.name} does not exist any more, or is no regular file.")
    if not os.access(real, os.R_OK):
        raise BadInputError(f"{path.name} cannot be read by the user of this server.")
    return real


def _files(outcome: Outcome) -> Iterator[tuple[UUID, Path]]:
    yield from ((one.uuid, one.path) for one in outcome.files)
    yield from ((one.uuid, one.path) for one in outcome.imported)
    yield from ((one.file_uuid, one.path) for one in outcome.uses)
