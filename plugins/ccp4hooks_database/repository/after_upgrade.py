"""What ``ccp4hooks init`` does to the rows once all tables are up to date."""

from __future__ import annotations

from typing import Any

from ccp4i2.db.models import File, FileUse
from django.db.models import F

from ccp4hooks_database.repository import columns, orphans, owners
from ccp4hooks_database.settings import DatabaseSettings
from ccp4hooks_database.sql import indexes


def tidied() -> list[str]:
    """Restore lost indexes, remove orphans, restore long names of parameters, and return a line about the latter."""
    indexes.restore()
    removed = orphans.remove()
    restored = restored_names(FileUse) + restored_names(File)
    return [
        *([f"Removed {removed} records of jobs and files that CCP4i2 deleted."] if removed else []),
        *([f"Restored {restored} names of parameters that older tables had no room for."] if restored else []),
    ]


def restored_names(model: Any) -> int:
    """Write the full names of parameters where the column now has room for them, and return their number.

    CCP4i2 finds the files of a parameter by the name in its own column, and we find a row that is recorded again by it.
    The side tables have the full names.

    Args:
        model: ``File`` or ``FileUse`` of CCP4i2.
    """
    short = model.objects.filter(job_param_name__contains="~", ccp4hooks_origin__isnull=False)
    changed = 0
    for row in short.annotate(full_name=F("ccp4hooks_origin__parameter")):
        name = columns.column_name(row.full_name)
        if name != row.job_param_name:
            _rename(row, name)
            changed += 1
    return changed


def _rename(row: Any, name: str) -> None:
    """Write the name of a row, or delete a use that was recorded again under this name after an upgrade by CCP4i2."""
    rows = type(row).objects
    if isinstance(row, FileUse):
        others = rows.filter(file_id=row.file_id, job_id=row.job_id, role=row.role, job_param_name=name)
        if others.exists():
            rows.filter(pk=row.pk).delete()
            return
    rows.filter(pk=row.pk).update(job_param_name=name)


def running() -> list[str]:
    """Return a line that names the jobs of living processes, which use the older version until they end."""
    jobs = [
        f"{one.job.project.name} {one.job.number}"
        for one in owners.find_owned(None, DatabaseSettings().silence_s)
        if one.alive
    ]
    if not jobs:
        return []
    return [f"These jobs are still running: {', '.join(jobs)}. When they have ended, run `ccp4hooks recover`."]
