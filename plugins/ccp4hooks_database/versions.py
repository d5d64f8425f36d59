"""What differs between the versions of CCP4i2 in its database and its server.

The versions are 3.0.0 and 3.0.1, which behave alike here, and the pre-releases of 3.1. Each function names the
difference; `tests/plugins/database/test_versions.py` has a test for each, which checks both behaviours.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager, suppress
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from threading import get_ident
from typing import TYPE_CHECKING, Any

from ccp4hooks import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID


@cache
def _has(module: str) -> bool:
    return find_spec(module) is not None


@cache
def _columns(model: str) -> dict[str, Any]:
    """Return the fields of a table by name."""
    from ccp4i2.db import models  # noqa: PLC0415 - needs Django

    return {field.name: field for field in vars(models)[model]._meta.get_fields()}  # noqa: SLF001 - documented by Django


# --- tables ------------------------------------------------------------------------------------------------------


@cache
def parameter_limit() -> int:
    """Return the length of the longest name of a parameter in the tables of files and uses: 32 in 3.0, 255 in 3.1."""
    limit = _columns("File")["job_param_name"].max_length
    return int(limit)


def has_source_checksum() -> bool:
    """Return whether an import has the MD5 checksum of its source, before columns were selected: only in 3.1."""
    return "source_checksum" in _columns("FileImport")


def has_interactive_sessions() -> bool:
    """Return whether a job may have a window in CCP4i2's app in place of a process: only in 3.1."""
    return "interactive_session" in _columns("Job")


# --- snapshots ---------------------------------------------------------------------------------------------------


def writes_snapshots() -> bool:
    """Return whether CCP4i2 writes a file with each project's records into the project's directory.

    Only 3.1 does so, unless ``CCP4I2_DISABLE_PROJECT_SNAPSHOT`` is set.
    """
    if not _has("ccp4i2.db.project_snapshot"):
        return False
    from ccp4i2.db import project_snapshot  # noqa: PLC0415 - needs Django

    return bool(project_snapshot.is_enabled())


def write_snapshot(project_uuid: UUID, *, update_list: bool) -> None:
    """Write the file with a project's records.

    3.1 writes it when a row is saved singly. Rows that are written with others in one statement do not count. It lets
    nobody but the user read the file; here all may read it who may read the project's directory.

    Args:
        project_uuid: UUID of the project.
        update_list: Whether to write the list of all projects in CCP4i2's directory, too. It has room for one database.

    Raises:
        StoreError: A file cannot be written, for instance because the project directory is read-only.
    """
    from ccp4i2.db import project_snapshot  # noqa: PLC0415 - needs Django
    from ccp4i2.db.models import Project  # noqa: PLC0415 - the same

    project = Project.objects.filter(uuid=project_uuid).first()
    if project is None:
        return
    with _warnings_of(project_snapshot.logger) as warnings:
        path = project_snapshot.write_snapshot(project)
        if path is not None:
            # Another process may have replaced the file.
            with suppress(OSError):
                path.chmod(path.parent.stat().st_mode & 0o666)
        if update_list:
            project_snapshot.update_registry()
    if warnings:
        raise StoreError(f"{warnings[-1]}. The records are in the database.")


@contextmanager
def _warnings_of(logger: Any) -> Iterator[list[str]]:
    """Collect the warnings of a logger in this thread instead of letting it print them."""
    found: list[str] = []
    mine = get_ident()

    def kept(record: logging.LogRecord) -> bool:
        if record.thread != mine or record.levelno < logging.WARNING:
            return True
        found.append(record.getMessage())
        return False

    logger.addFilter(kept)
    try:
        yield found
    finally:
        logger.removeFilter(kept)


# --- jobs --------------------------------------------------------------------------------------------------------


def job_starter() -> Any:
    """Return the module whose ``run_job_local`` starts the process of a job.

    In 3.0 the module that decides where a job runs has it; in 3.1 a run target has it, and calls it by the module.
    """
    target = "ccp4i2.lib.dispatch.local"
    return import_module(target if _has("ccp4i2.lib.dispatch") else "ccp4i2.lib.utils.jobs.context_run")


def run_targets() -> Any:
    """Return the module that knows the run targets, or None in 3.0, whose server runs jobs on its own machine only."""
    return import_module("ccp4i2.lib.dispatch") if _has("ccp4i2.lib.dispatch") else None


def restores_imports() -> bool:
    """Return whether CCP4i2 copies imported files that were deleted back from their sources before a job: only 3.1."""
    return _has("ccp4i2.lib.utils.files.import_recovery")


def restore_imports(script: Any) -> list[str]:
    """Copy imported files of a script that were deleted back from their sources, and describe those that are lost."""
    from ccp4i2.lib.utils.files import import_recovery  # noqa: PLC0415 - 3.0 has no such module

    return [str(missing.describe()) for missing in import_recovery.restore_missing_imports(script.container)]


RECEIPTS = "pandda_events"
"""The task whose outputs 3.1 also records as events of a campaign."""


def record_campaign_events(job_uuid: UUID) -> None:
    """Record the events of a campaign that a job of the task `RECEIPTS` has found. Only 3.1 has campaigns.

    CCP4i2 does so when the row of the job is saved singly.
    """
    if not _has("ccp4i2.lib.campaign_events"):
        return
    from ccp4i2.db.models import Job  # noqa: PLC0415 - needs Django
    from ccp4i2.lib import campaign_events  # noqa: PLC0415 - 3.0 has no such module

    campaign_events.record_receipt(Job.objects.get(uuid=job_uuid))


# --- archives ----------------------------------------------------------------------------------------------------


@contextmanager
def import_errors() -> Iterator[list[str]]:
    """Collect the errors that CCP4i2 logs while it imports a project, and let it write no snapshots meanwhile.

    It logs by the functions of `logging`, which would print them and give the root logger a handler.
    """
    root, nothing = logging.getLogger(), logging.NullHandler()
    root.addHandler(nothing)
    try:
        with _without_snapshots(), _warnings_of(root) as found:
            yield found
    finally:
        root.removeHandler(nothing)


@contextmanager
def _without_snapshots() -> Iterator[None]:
    if not _has("ccp4i2.db.project_snapshot"):
        yield
        return
    from ccp4i2.db import project_snapshot  # noqa: PLC0415 - 3.0 has no such module

    with project_snapshot.suspended():
        yield


def import_campaigns(root: Any) -> list[str]:
    """Record the campaigns in the root element of ``DATABASE.db.xml``, and return what was left out. Only 3.1 has them.

    The project is recorded already.
    """
    from ccp4i2.db import import_i2xml  # noqa: PLC0415 - needs Django

    read = vars(import_i2xml).get("import_campaigns")
    return [] if read is None else [str(line) for line in read(root)]
