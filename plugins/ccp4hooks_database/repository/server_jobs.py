"""CCP4i2's own table of jobs that run elsewhere: which engine has a job, and which machine runs it.

Source: ``ccp4i2.db.models.ServerJob``, ccp4i2 3.0.1 and 3.1.0a105.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccp4i2.db.models import ServerJob

from ccp4hooks_database.connection import processes
from ccp4hooks_database.repository import columns
from ccp4hooks_database.sql.bulk_insert import upsert

if TYPE_CHECKING:
    from ccp4hooks import Attempt

MACHINE_LIMIT = 255
USER_LIMIT = 100
ENGINE_LIMIT = 32
PATH_LIMIT = 255
LARGEST = 2**31 - 1
"""The largest number in a column of Django's ``IntegerField``."""


def note_submission(job_pk: int, attempt: Attempt, host: str) -> None:
    """Record that an engine has accepted a job.

    Args:
        job_pk: Key of the job.
        attempt: The attempt, with its key.
        host: The machine that runs it, or an empty text.
    """
    number = int(attempt.key) if attempt.key.isascii() and attempt.key.isdecimal() else None
    path = str(attempt.job.directory)
    row = {
        "job_id": job_pk,
        "server_process_id": None if number is None or number > LARGEST else number,
        "machine": columns.printable(host, MACHINE_LIMIT),
        "username": columns.printable(processes.user_name(), USER_LIMIT),
        "mechanism": columns.printable(attempt.engine, ENGINE_LIMIT),
        "remote_path": path if len(path) <= PATH_LIMIT else "",
    }
    upsert(ServerJob, ["job_id"], [row])


def note_machine(job_pk: int, host: str) -> None:
    """Record the machine that runs a job, if an engine has it."""
    ServerJob.objects.filter(job_id=job_pk).update(machine=columns.printable(host, MACHINE_LIMIT))
