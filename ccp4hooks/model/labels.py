"""What users write about a job or a project: its title, a note, and tags. None of it is a part of the outcome."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """The title, the note and the tags of a job or a project.

    Attributes:
        uuid: UUID of the job or the project.
        title: Title of the job, or name of the project.
        note: Text that users have written; empty if there is none. It may have several lines.
        tags: The tags, sorted. CCP4i2's tags of projects may be below others; their parts are joined by slashes.
    """

    uuid: UUID
    title: str
    note: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelChange:
    """A change of the title, the note or the tags of a job or a project.

    Attributes:
        title: New title of the job, or new name of the project; None to keep it.
        note: New note; empty to remove it, None to keep it.
        add_tags: Tags to add. A tag that is there already is no error.
        remove_tags: Tags to remove.
    """

    title: str | None = None
    note: str | None = None
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
