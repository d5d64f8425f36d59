"""The names in an archive of a project, which are those of CCP4i2, and one of ours."""

from __future__ import annotations

from ccp4hooks.model.numbers import IMPORTS_FOLDER, JOBS_FOLDER

DATABASE = "DATABASE.db.xml"
"""The record of the project in the format of CCP4i2."""

RECORD = "ccp4hooks_project.json"
"""Our record of the project. CCP4i2 ignores it."""

FORMAT = 1
"""Version of the format of `RECORD`."""

FOLDERS = ("CCP4_COOT", "CCP4_DOWNLOADED_FILES", "CCP4_PROJECT_FILES", "CCP4_TMP", IMPORTS_FOLDER, JOBS_FOLDER)
"""The directories of a project that CCP4i2 exports and imports."""
