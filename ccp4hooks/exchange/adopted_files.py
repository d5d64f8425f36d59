"""The UUIDs that files had before their job was adopted, so that a job adopted later finds them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from uuid import UUID

from ccp4hooks.failures import attempt
from ccp4hooks.outcomes import outcome_file
from ccp4hooks.outcomes.job_log import FILE_NAME

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ccp4hooks.model import Project

EVENT = "ccp4hooks.job_adopted"
"""The event in the log of an adopted job."""


def note_adopted(folder: Path, uuids: Mapping[UUID, UUID]) -> None:
    """Add the old and the new UUIDs of an adopted job and its files to its log.

    Args:
        folder: The job directory.
        uuids: The new UUIDs by the old ones.

    Raises:
        OSError: The log cannot be written.
    """
    entry = {"event": EVENT, "uuids": {str(old): str(new) for old, new in uuids.items()}}
    with (folder / FILE_NAME).open("a", encoding="utf-8") as stream:
        stream.write(f"{json.dumps(entry)}\n")


def adopted_files(project: Project) -> dict[UUID, UUID]:
    """Return the present UUIDs of the files of all adopted jobs of a project, by the UUIDs before their adoption."""
    found: dict[UUID, UUID] = {}
    for folder in outcome_file.job_directories(project.jobs_directory):
        for line in _lines(folder / FILE_NAME):
            noted = attempt(_noted, line)
            found |= noted if isinstance(noted, dict) else {}
    return found


def _lines(path: Path) -> list[str]:
    text = attempt(path.read_text, encoding="utf-8", errors="replace")
    return [line for line in text.splitlines() if EVENT in line] if isinstance(text, str) else []


def _noted(line: str) -> dict[UUID, UUID]:
    entry = json.loads(line)
    return {UUID(old): UUID(new) for old, new in entry["uuids"].items()} if entry.get("event") == EVENT else {}
