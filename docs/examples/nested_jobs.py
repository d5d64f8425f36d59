"""Run two tasks as sub-jobs of a third one.

python nested_jobs.py PROJECT MODEL
"""

import asyncio
import sys
import uuid

from ccp4hooks import execute, load_settings, make_script, open_session
from ccp4hooks_database import AsyncDatabaseHandler


async def run_pipeline_with_db(project_uuid: uuid.UUID, model: str) -> list[str]:
    """Run a pipeline with two sub-jobs and return the numbers of its jobs."""
    handler = AsyncDatabaseHandler(project_uuid=project_uuid)
    numbers = []

    parent = make_script("coordinate_selector", "pipeline_parent")
    parent.container.inputData.XYZIN.setFullPath(model)
    async with handler.track_job(parent) as tracked:
        for _ in range(2):
            step = parent.makePluginObject(taskName="coordinate_selector")
            step.container.inputData.XYZIN.setFullPath(model)
            async with handler.track_job(step):
                # Numbered below its parent: "1.1", then "1.2".
                await execute(step)
            numbers.append(step.get_db_job_number())
        await execute(parent)
        numbers.append(tracked.get_db_job_number())
    return numbers


if __name__ == "__main__":
    project = open_session(load_settings()).project(sys.argv[1])
    print(*asyncio.run(run_pipeline_with_db(project.uuid, sys.argv[2])))
