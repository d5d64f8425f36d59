"""Open a waiting job in one of three ways, report it, and run until standard input ends.

Arguments: how (``session``, ``handler``, ``ccp4i2``), the name of the project, a model.
"""

import asyncio
import json
import sys
from pathlib import Path


def by_session(project):
    from ccp4hooks import load_settings, open_session

    return open_session(load_settings()).open_job("coordinate_selector", project=project).uuid


def by_handler(project):
    from ccp4hooks import load_settings, open_session
    from ccp4hooks_database import AsyncDatabaseHandler

    handler = AsyncDatabaseHandler(open_session(load_settings()).project(project).uuid)
    return asyncio.run(handler.create_job("coordinate_selector")).uuid


def by_ccp4i2(project):
    """Open the job with the handler of CCP4i2, which the settings module routes through the hooks."""
    import django

    django.setup()
    from ccp4i2.db.async_db_handler import AsyncDatabaseHandler
    from ccp4i2.db.models import Project

    handler = AsyncDatabaseHandler(Project.objects.get(name=project).uuid)
    return asyncio.run(handler.create_job("coordinate_selector")).uuid


def write_parameters(project, uuid, model):
    from ccp4hooks import load_settings, make_script, open_session

    session = open_session(load_settings())
    (job,) = [one.job for one in session.outcomes(session.project(project)) if one.job.uuid == uuid]
    script = make_script("coordinate_selector")
    script.container.inputData.XYZIN.setFullPath(model)
    script.saveDataToXml(str(Path(job.directory) / "input_params.xml"))


if __name__ == "__main__":
    how, project, model = sys.argv[1:]
    uuid = {"session": by_session, "handler": by_handler, "ccp4i2": by_ccp4i2}[how](project)
    write_parameters(project, uuid, model)
    sys.stdout.write(json.dumps(str(uuid)) + "\n")
    sys.stdout.flush()
    sys.stdin.read()
