"""Change the title, the note and the tags of a job or a project, and create projects."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from ccp4hooks import hookspecs
from ccp4hooks.errors import BadInputError
from ccp4hooks.failures import Failure, attempt
from ccp4hooks.model import Job, LabelChange, Labels, Project, project_uuid
from ccp4hooks.model.plain import LONGEST_TEXT
from ccp4hooks.queries.directories import require_plain_name
from ccp4hooks.runtime import paths
from ccp4hooks.texts import printable

if TYPE_CHECKING:
    from pathlib import Path

    from ccp4hooks.maintenance.context import SessionContext
    from ccp4hooks.queries.recorded import Queries

LONGEST_TITLE = 255
"""Length of the longest title of a job [characters] (``Job.title`` of ``ccp4i2.db.models``, ccp4i2 3.0.1)."""

LONGEST_NAME = 100
"""Length of the longest name of a project [characters] (``Project.name``, ccp4i2 3.0.1)."""

LONGEST_TAG = 50
"""Length of the longest tag [characters] (``ProjectTag.text``, ccp4i2 3.0.1). Tags of jobs have the same limit."""

SHOWN = 40
"""Number of characters of a text that an error message repeats."""


def change(session: SessionContext, subject: Job | Project, wanted: LabelChange) -> Labels:
    """Change the title, the note or the tags of a job or a project; see `Session.label`."""
    for tag in (*wanted.add_tags, *wanted.remove_tags):
        _require_line("tag", tag, LONGEST_TAG)
    if wanted.title is not None and isinstance(subject, Project):
        require_new_name(session.queries, wanted.title, subject)
    elif wanted.title is not None:
        _require_line("title", wanted.title, LONGEST_TITLE)
    _require_text("note", wanted.note or "", LONGEST_TEXT)
    done = session.dispatcher.call(
        hookspecs.change_labels, session.queries.journal, subject=subject, change=wanted
    ).value
    if done is None:
        raise BadInputError(
            f"No database knows {described(subject)}, so there is no record to change. {_cure(subject)}"
        )
    return done


def read(queries: Queries, subjects: tuple[Job | Project, ...]) -> tuple[Labels, ...]:
    """Return the labels of jobs and projects; without a note and tags for those that no plugin knows."""
    uuids = [one.uuid for one in subjects]
    found = queries.labels(uuids)
    titles = {one.uuid: one.name if isinstance(one, Project) else one.title for one in subjects}
    return tuple(found.get(uuid) or Labels(uuid=uuid, title=titles[uuid]) for uuid in uuids)


def described(subject: Job | Project) -> str:
    """Return a job or a project as a part of a message."""
    if isinstance(subject, Project):
        return f"the project {subject.name!r}"
    return f"job {subject.number} of the project {subject.project.name!r}"


def _cure(subject: Job | Project) -> str:
    name = subject.name if isinstance(subject, Project) else subject.project.name
    return f"`ccp4hooks replay --project {name}` records the jobs of a project that have an outcome file."


def _require_line(what: str, text: str, limit: int) -> None:
    """Refuse a text that is empty, has control characters or several lines, or is too long.

    Raises:
        BadInputError: The text cannot be used.
    """
    if not text.strip() or text != text.strip():
        raise BadInputError(f"The {what} {_short(text)} must have a character, and no white space at its ends.")
    if "\n" in text or "\t" in text:
        raise BadInputError(f"The {what} {_short(text)} must be one line without tabs.")
    _require_text(what, text, limit)


def _require_text(what: str, text: str, limit: int) -> None:
    if len(text) > limit:
        raise BadInputError(
            f"The {what} {_short(text)} has {len(text)} characters, but at most {limit} can be recorded. "
            f"Use a shorter {what}."
        )
    # Lines and tabs are no fault of a note.
    plain = re.sub(r"[\n\t]", " ", text)
    if printable(plain) != plain:
        raise BadInputError(f"The {what} {_short(text)} has control characters. Remove them.")


def _short(text: str) -> str:
    return repr(text if len(text) <= SHOWN else f"{text[:SHOWN]}...")


# --- projects ---------------------------------------------------------------------------------------------------


def require_new_name(queries: Queries, name: str, renamed: Project | None = None) -> None:
    """Refuse a name that a project cannot have, or that another project has.

    Names that differ only in upper and lower case are equal, as in CCP4i2: a directory may not distinguish them.

    Args:
        queries: Reads the projects.
        name: The name.
        renamed: The project that gets the name; None for a new one.

    Raises:
        BadInputError: The name cannot be used.
    """
    require_possible_name(name)
    one = taken_by(queries, name, renamed)
    if one is not None:
        raise BadInputError(f"The project {one.name!r} in {one.directory} exists already. Choose another name.")


def require_possible_name(name: str) -> None:
    """Refuse a name that no project can have.

    Raises:
        BadInputError: The name is not that of a plain directory, has control characters, or is too long.
    """
    require_plain_name(name)
    _require_text("name", name, LONGEST_NAME)


def taken_by(queries: Queries, name: str, renamed: Project | None = None) -> Project | None:
    """Return the project that has a name, whatever its upper and lower case, or None; see `require_new_name`."""
    return next(
        (
            one
            for one in (*queries.projects(), *queries.projects_on_disk())
            if one.name.casefold() == name.casefold()
            if renamed is None or (one.uuid != renamed.uuid and one.directory != renamed.directory)
        ),
        None,
    )


def create(session: SessionContext, name: str, directory: Path | None) -> Project:
    """Create a project without a job; see `Session.create_project`."""
    queries = session.queries
    require_new_name(queries, name)
    place = queries.project_at(name).directory if directory is None else directory.expanduser().absolute()
    place = type(place)(os.path.normpath(place))
    project = Project(name=name, directory=place, uuid=project_uuid(place))
    _require_free(queries, project)
    with paths.jobs_directory(project):
        made = session.dispatcher.call(hookspecs.create_project, queries.journal, project=project).value
    return made or project


def _require_free(queries: Queries, project: Project) -> None:
    """Refuse a directory that has content, or that is inside of another project or around it.

    Raises:
        BadInputError: The directory cannot become that of a new project.
    """
    place = project.directory
    content = attempt(lambda: next(iter(place.iterdir()), None)) if place.exists() or place.is_symlink() else None
    if isinstance(content, Failure) or content is not None:
        what = f"cannot be read ({content.reason})" if isinstance(content, Failure) else "is not empty"
        raise BadInputError(
            f"{place} {what}. Choose a new or empty directory. To use a directory with jobs as a project, run "
            f"`ccp4hooks replay --from {place} --project {project.name}`."
        )
    real = place.resolve()
    for one in queries.projects():
        other = one.directory.resolve()
        if real == other or other in real.parents or real in other.parents:
            raise BadInputError(
                f"{place} and the directory of the project {one.name!r}, {one.directory}, are one inside the other. "
                "Choose another directory."
            )
