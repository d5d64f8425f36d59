"""Run one task of CCP4i2 and record its files and values.

python track_job.py PROJECT MTZ
"""

import asyncio
import sys
import uuid

from ccp4hooks import FinishStatus, execute, load_settings, make_script, open_session
from ccp4hooks_database import AsyncDatabaseHandler


async def run_freerflag_job(project_uuid: uuid.UUID, mtz: str) -> FinishStatus:
    """Run a freerflag job in a project and return how it ended."""
    script = make_script("freerflag", "my_freerflag_job")
    script.container.inputData.F_SIGF.setFullPath(mtz)

    handler = AsyncDatabaseHandler(project_uuid=project_uuid)
    async with handler.track_job(script):
        # The job is recorded and RUNNING; F_SIGF has been imported.
        # The result is recorded at the end of the block.
        return await execute(script)


if __name__ == "__main__":
    project = open_session(load_settings()).project(sys.argv[1])
    print(asyncio.run(run_freerflag_job(project.uuid, sys.argv[2])).name)
