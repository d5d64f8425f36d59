"""Refuse names that cannot be directories, and projects that were moved without the knowledge of the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccp4hooks.errors import BadInputError
from ccp4hooks.failures import attempt
from ccp4hooks.model import Outcome, Project
from ccp4hooks.outcomes import outcome_file
from ccp4hooks.runtime import paths

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccp4hooks.queries.recorded import Queries


def require_plain_name(name: str) -> None:
    """Refuse a text that cannot be the name of a project, because it is not the plain name of a directory.

    Raises:
        BadInputError: The name is empty, hidden, or has slashes, control characters, or white space at an end.
    """
    plain = name.isprintable() and name == name.strip() and not set(name) & set("/\\")
    if not plain or name[:1] in ("", "."):
        raise BadInputError(f"{name[:200]!r} cannot be the name of a project: it must be a plain directory name.")


def outcomes_in(project: Project) -> Iterator[Outcome]:
    """Yield the outcomes of the top-level jobs in a directory whose files can be read."""
    for folder in outcome_file.job_directories(project.jobs_directory):
        read = attempt(outcome_file.read, folder / outcome_file.FILE_NAME)
        if isinstance(read, Outcome):
            yield read


def require_directory(queries: Queries, project: Project) -> None:
    """Refuse a project that has recorded jobs and no directory. A project without jobs may get its directory later.

    Raises:
        BadInputError: The directory does not exist.
    """
    if not project.directory.is_dir() and queries.recorded_outcomes(project):
        paths.require_directory(project)


def require_own_directory(queries: Queries, project: Project) -> None:
    """Refuse an unrecorded directory that is the moved directory of a recorded project.

    A copy of a project whose directory still exists is no such directory.

    Args:
        queries: Finds the recorded projects.
        project: A project in the projects directory that no plugin has recorded.

    Raises:
        BadInputError: The jobs in it belong to a recorded project, whose recorded directory does not exist.
    """
    first = next(outcomes_in(project), None)
    known = queries.recorded_project(first.job.project.uuid) if first is not None else None
    if known is not None and not known.directory.is_dir():
        raise BadInputError(
            f"{project.directory} is the directory of the project {known.name!r}, which is recorded in "
            f"{known.directory}. Run `ccp4hooks projects move {known.name} {project.directory}`, and then use the "
            f"project {known.name!r}."
        )
