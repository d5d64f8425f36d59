"""What is handed over with a project: its record, and what became of an export or an import."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ccp4hooks.model.jobs import Project


class ExportFormat(enum.Enum):
    """What an export makes.

    `ccp4i2`: a zip file that CCP4i2 and `ccp4hooks import` read. `ro-crate`: the same content with a description as a
    Process Run Crate, as a directory or a zip file. `csv`: tables of jobs, files and KPIs, as a directory or a zip
    file.
    """

    CCP4I2 = "ccp4i2"
    RO_CRATE = "ro-crate"
    CSV = "csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectRecord:
    """The record of a project, as it is written into an archive.

    Attributes:
        xml: The content of ``DATABASE.db.xml``, in the format of CCP4i2.
        rows: Everything that a plugin has recorded, as JSON values. Only a plugin that has written such rows reads
            them; they are None in an archive that CCP4i2 has made.
    """

    xml: bytes
    rows: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedProject:
    """What was exported.

    Attributes:
        path: The new file or directory.
        project: The project.
        jobs: Numbers of the exported top-level jobs.
        added: Numbers of those among them that were not asked for, but whose files are needed by others.
        sub_jobs: Number of the sub-jobs of all exported jobs, which are exported with them.
        files: Number of files.
        size_bytes: Size of the new file, or of the files in the new directory [bytes].
        left_out: What was not exported, one line each.
    """

    path: Path
    project: Project
    jobs: tuple[str, ...]
    added: tuple[str, ...] = ()
    sub_jobs: int = 0
    files: int = 0
    size_bytes: int = 0
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedProject:
    """What was imported.

    Attributes:
        project: The new project.
        jobs: Number of its jobs and sub-jobs.
        sub_jobs: How many of them are sub-jobs.
        files: Number of files in its directory.
        problems: What could not be imported as it was, one line each.
    """

    project: Project
    jobs: int
    sub_jobs: int = 0
    files: int = 0
    problems: tuple[str, ...] = ()
