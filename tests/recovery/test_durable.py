"""An awaited write is in the database, not in the memory of a process that may be killed."""

import os
import subprocess
import sys

import pytest

from ccp4hooks import Settings, open_session

KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from ccp4hooks import Settings, open_session
from ccp4hooks_database import AsyncDatabaseHandler

async def main(url, folder):
    session = open_session(Settings(projects_dir=Path(folder), database=url))
    opened = await asyncio.to_thread(session.open_job, "freerflag", project="p")
    books = AsyncDatabaseHandler(opened.project.uuid, session=session)
    (opened.directory / "out.pdb").write_text("END")
    await books.register_output_file(opened.uuid, opened.directory / "out.pdb", "chemical/x-pdb", "XYZOUT")
    await books.register_job_float_value(opened.uuid, "RFree", 0.25)
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.skipif(os.name != "posix", reason="there is no SIGKILL")
def test_an_awaited_write_survives_a_kill(tmp_path, monkeypatch):
    monkeypatch.setenv("CCP4I2_HOME", str(tmp_path / "home"))
    url = f"sqlite:///{tmp_path / 'db.sqlite3'}"
    done = subprocess.run([sys.executable, "-c", KILLED, url, str(tmp_path)], check=False)
    assert done.returncode == -9
    session = open_session(Settings(projects_dir=tmp_path, database=url))
    (job,) = session.outcomes(session.project("p"))
    assert [file.path.name for file in job.files] == ["out.pdb"]
    assert [(kpi.key, kpi.value) for kpi in job.kpis] == [("RFree", 0.25)]
