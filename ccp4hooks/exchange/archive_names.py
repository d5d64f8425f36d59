"""The names in an archive of a project, which are those of CCP4i2, and one of ours."""

from __future__ import annotations

from ccp4hooks.model.numbers import JOBS_FOLDER, TRASH_FOLDER, folder_index
from ccp4hooks.outcomes.project_members import FOLDERS

DATABASE = "DATABASE.db.xml"
"""The record of the project in the format of CCP4i2."""

RECORD = "ccp4hooks_project.json"
"""Our record of the project. CCP4i2 ignores it."""

FORMAT = 1
"""Version of the format of `RECORD`."""


def is_of_project(name: str) -> bool:
    """Return whether a file in an archive belongs to the project: what was deleted, or was being adopted, does not.

    >>> [is_of_project(name) for name in ("CCP4_JOBS/job_1/a", "CCP4_JOBS/.ccp4hooks_trash/job_1/a", "notes.txt")]
    [True, False, False]
    """
    folder, *parts = name.split("/")
    if folder not in FOLDERS or TRASH_FOLDER in parts:
        return False
    return folder != JOBS_FOLDER or (len(parts) > 1 and folder_index(parts[0]) is not None)
