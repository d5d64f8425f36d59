"""Owners that earlier versions recorded are read after the upgrade, and the runs of their jobs are counted on."""

import os
from datetime import datetime, timedelta, timezone
from pathlib import Path

import psutil
import pytest
from plugins.database.helpers import opened, use

from ccp4hooks import JobStatus, StoreError
from ccp4hooks_database import migrations
from ccp4hooks_database.connection import processes

NO_PROCESS = 2**22 + 1

INSERT = """
INSERT INTO ccp4hooks_jobowner (job_id, host, boot_id, pid, pid_started_at, heartbeat_at, started_at)
SELECT id, %s, %s, %s, %s, %s, %s FROM ccp4i2_job
"""


@pytest.fixture
def upgraded(plugin, project, rows, url, tmp_path):
    """Return the plugin after the upgrade of a database with a running job that an earlier version has recorded."""
    from ccp4i2.db.models import Job
    from django.core.management import call_command
    from django.db import connection

    def upgrade(pid, age):
        job = opened(plugin, project)
        heard_at = datetime.now(timezone.utc) - age
        started_at = datetime.fromtimestamp(psutil.Process().create_time(), tz=timezone.utc)
        me = processes.this_process()

        def downgraded():
            Job.objects.filter(uuid=job.uuid).update(status=int(JobStatus.RUNNING))
            call_command("migrate", "ccp4hooks", "0003_checksum", verbosity=0)
            with connection.cursor() as cursor:
                cursor.execute("DELETE FROM ccp4hooks_jobowner")
                times = map(connection.ops.adapt_datetimefield_value, (started_at, heard_at, heard_at))
                cursor.execute(INSERT, [me.host, me.boot_id, pid, *times])

        rows(downgraded)
        after = use(url, tmp_path)
        with pytest.raises(StoreError, match="Run `ccp4hooks init` once"):
            after.find_held(project)
        later = len(list(Path(migrations.__file__).parent.glob("0*.py"))) - 3
        assert f"{later} migrations applied" in after.init_store()[0]
        return after

    return upgrade


@pytest.mark.parametrize(
    ("pid", "age", "alive"),
    [
        (os.getpid, timedelta(hours=3), True),
        (lambda: NO_PROCESS, timedelta(minutes=1), True),
        (lambda: NO_PROCESS, timedelta(minutes=11), False),
    ],
    ids=["found", "heard", "silent"],
)
def test_the_owner_of_an_earlier_version_is_alive_if_it_is_found_or_was_heard(upgraded, project, pid, age, alive):
    after = upgraded(pid(), age)
    (owned,) = after.find_held(project)
    assert (owned.alive, owned.attempt, owned.process, owned.pid) == (alive, 1, None, pid())
    assert after.take_over_job(owned) is True
    (mine,) = after.find_held(project)
    assert (mine.pid, mine.attempt, mine.process) == (os.getpid(), 1, processes.this_process().token)


def test_a_process_of_an_earlier_version_may_still_record_an_owner(plugin, project, rows):
    from django.db import connection

    job = opened(plugin, project, owned=False)
    now = datetime.now(timezone.utc)
    rows(lambda: connection.cursor().execute(INSERT, ["here", "boot", NO_PROCESS, now, now, now]))
    (owned,) = plugin.find_held(project)
    assert (owned.job.uuid, owned.attempt, owned.alive) == (job.uuid, 1, True)
