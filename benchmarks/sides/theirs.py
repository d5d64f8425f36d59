"""CCP4i2's own tracking, unchanged."""

import asyncio
import os
import time
from io import StringIO
from pathlib import Path
from urllib.parse import parse_qs, urlparse

from benchmarks.many import FINISHED, OUTPUTS, VALUES, whole_jobs
from benchmarks.sides.common import JOB_FILES, JOB_KPIS, Handled, fill, job_rows, number, settled_s, small_files

RUNNING = 3
PDB = "chemical/x-pdb"


def prepare(place):
    """Set up Django and create the database."""
    connect(place)
    migrate()


def migrate():
    """Create the database."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def connect(place, options=None):
    """Set up Django with the settings of CCP4i2.

    Args:
        place: Folder and database.
        options: Further options of the connection.
    """
    os.environ["DATABASE_URL"] = place.url if place.url.startswith("sqlite") else "sqlite:////unread"
    os.environ["DJANGO_SETTINGS_MODULE"] = "ccp4i2.config.settings"
    os.environ["CCP4I2_PROJECTS_DIR"] = str(place.folder / "projects")
    import django
    from ccp4i2.core.tasks import TASKS, Task
    from django.conf import settings

    from benchmarks.plugin import DEF_FILE, SCRIPT

    if not place.url.startswith("sqlite"):
        settings.DATABASES = {"default": postgresql_entry(place.url)}
    elif options:
        settings.DATABASES["default"].setdefault("OPTIONS", {}).update(options)
    django.setup()
    TASKS["bench_task"] = Task(title="bench", pluginPath=SCRIPT, defXmlPath=str(DEF_FILE), ccp4_free=True)


def postgresql_entry(url):
    """Return the Django settings for a server on a socket."""
    parts = urlparse(url)
    host = parse_qs(parts.query)["host"][0]
    return {"ENGINE": "django.db.backends.postgresql", "NAME": parts.path[1:], "USER": parts.username, "HOST": host}


def new_project(folder, name):
    """Create a project as CCP4i2's command does and return its row."""
    from ccp4i2.db.models import Project
    from django.core.management import call_command

    call_command("create_project", name, directory=str(folder / "projects" / name), stdout=StringIO())
    return Project.objects.get(name=name)


class Side(Handled):
    """CCP4i2."""

    name = "theirs"

    def new_handler(self, project):
        """Create a project."""
        from ccp4i2.db.async_db_handler import AsyncDatabaseHandler

        return AsyncDatabaseHandler(new_project(self.folder, project).uuid)

    def script(self, job):
        """Return the script of a job."""
        from asgiref.sync import async_to_sync
        from ccp4i2.db.models import Job
        from ccp4i2.lib.async_run_job import create_plugin_for_job

        row = Job.objects.select_related("project").get(uuid=job.uuid)
        Path(row.directory).mkdir(parents=True, exist_ok=True)
        return async_to_sync(create_plugin_for_job)(row, self.handler())

    def directory(self, job):
        """Return the directory of a job."""
        return Path(job.directory)

    async def record_kpis(self, job, values):
        """Record the KPIs one by one; CCP4i2 has no batch method."""
        for key, value in values.items():
            await self.handler().register_job_float_value(job.uuid, key, value)

    async def import_files(self, job, script):
        """Import the input files of a script."""
        from ccp4i2.lib.async_import_files import import_input_files_async

        await import_input_files_async(job, script, self.handler())

    async def run(self, job):
        """Run a job."""
        from ccp4i2.lib.async_run_job import run_job_async

        await run_job_async(job.uuid)

    def find_files(self, container):
        """Find the files of a container."""
        container.find_all_files()

    def add_jobs(self, project, count):
        """Add rows of jobs."""
        from ccp4i2.db import models

        row = models.Project.objects.get(name=project)
        models.Job.objects.bulk_create(job_rows(models, row, 2, count))
        models.Project.objects.filter(pk=row.pk).update(last_job_number=count + 1)

    def whole_jobs(self, project):
        """Return the number of completely recorded jobs of a project."""
        from ccp4i2.db import models

        return whole_jobs(models, project)

    def recorder(self, project):
        """Return a function that records one job in single steps; CCP4i2 has no batch method."""
        from ccp4i2.db.async_db_handler import AsyncDatabaseHandler
        from ccp4i2.db.models import Project

        handler = AsyncDatabaseHandler(Project.objects.get(name=project).uuid)

        async def record():
            job = await handler.create_job(task_name="bench_task")
            await handler.update_job_status(job.uuid, RUNNING)
            name = f"{job.uuid}.pdb"
            source = self.sources / name
            await handler.register_imported_file(job.uuid, Path(name), PDB, "XYZIN", source, checksum=job.uuid.hex)
            for parameter in OUTPUTS:
                await handler.register_output_file(job.uuid, Path(f"{parameter}.pdb"), PDB, parameter)
            for key, value in VALUES.items():
                await handler.register_job_float_value(job.uuid, key, value)
            await handler.update_job_status(job.uuid, FINISHED)

        return lambda: asyncio.run(record())

    def track(self, _size):
        """Track a script and register its KPIs manually."""
        return asyncio.run(self._track())

    async def _track(self):
        from asgiref.sync import sync_to_async

        handler = await sync_to_async(self.handler)()
        sources = small_files(self.sources / str(number()), JOB_FILES)
        started_s = settled_s()
        job = await handler.create_job(task_name="bench_task")
        # The work of the caller is subtracted: creating the script, and the work of the script itself.
        began_s = time.perf_counter()
        script = await sync_to_async(self.script)(job)
        fill(script.container.inputData.XYZ_LIST, sources)
        spent_s = time.perf_counter() - began_s
        await self.import_files(job, script)
        async with handler.track_job(script):
            began_s = time.perf_counter()
            fill(script.container.outputData.OUT_LIST, small_files(Path(script.workDirectory), JOB_FILES))
            script.reportStatus(script.SUCCEEDED)
            spent_s += time.perf_counter() - began_s
        await self.record_kpis(job, {f"value{n}": n / 7 for n in range(JOB_KPIS)})
        return (time.perf_counter() - started_s - spent_s) * 1000
