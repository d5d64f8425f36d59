"""Record the output files of a script manually. A tracked job does this automatically when it ends.

python glean_files.py PROJECT MODEL
"""

import asyncio
import sys
import uuid
from pathlib import Path
from typing import Any

from ccp4hooks import execute, load_settings, make_script, open_session
from ccp4hooks.cdata import extract_file_metadata, find_all_files
from ccp4hooks_database import AsyncDatabaseHandler


async def glean_output_files(job_uuid: uuid.UUID, output_container: Any, db_handler: AsyncDatabaseHandler) -> int:
    """Record every file of a container that exists, and return the number of files."""
    recorded = 0
    for file_obj in find_all_files(output_container):
        if not file_obj.exists():
            continue
        metadata = extract_file_metadata(file_obj)
        file_record = await db_handler.register_output_file(
            job_uuid=job_uuid,
            file_path=Path(str(file_obj)),
            file_type=metadata["file_type"],
            param_name=metadata["name"],
            sub_type=metadata.get("sub_type"),
            content_flag=metadata.get("content_flag"),
            annotation=metadata.get("annotation", ""),
        )
        file_obj.dbFileId.set(str(file_record.uuid))
        recorded += 1
    return recorded


async def main(project_uuid: uuid.UUID, model: str) -> int:
    """Run a task, and record its files before its job has ended."""
    handler = AsyncDatabaseHandler(project_uuid=project_uuid)
    script = make_script("coordinate_selector")
    script.container.inputData.XYZIN.setFullPath(model)
    async with handler.track_job(script) as tracked:
        await execute(script)
        return await glean_output_files(tracked.get_db_job_id(), tracked.container.outputData, handler)


if __name__ == "__main__":
    project = open_session(load_settings()).project(sys.argv[1])
    print(asyncio.run(main(project.uuid, sys.argv[2])), "files")
