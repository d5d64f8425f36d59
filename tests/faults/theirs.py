"""The scenes with CCP4i2 3.0.1, its settings, its handler and its runner."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from pathlib import Path
from urllib.parse import parse_qs, urlparse
from uuid import uuid4

OK = 200


def prepare(place):
    """Configure this process like a process of CCP4i2."""
    os.environ["DATABASE_URL"] = place.url if place.url.startswith("sqlite") else "sqlite:////unread"
    os.environ["DJANGO_SETTINGS_MODULE"] = "ccp4i2.config.settings"
    import django
    import fault_tasks
    from ccp4i2.core.tasks import TASKS, Task
    from django.conf import settings

    if not place.url.startswith("sqlite"):
        settings.DATABASES = {"default": postgresql_entry(place.url)}
    django.setup()
    for name, script in fault_tasks.SCRIPTS.items():
        TASKS[name] = Task(title=name, pluginPath=script, defXmlPath=str(fault_tasks.DEF_FILE), ccp4_free=True)


def postgresql_entry(url):
    """Return Django's settings for a server behind a socket; CCP4i2's settings cannot read a URL without a password."""
    parts = urlparse(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path[1:],
        "USER": parts.username,
        "HOST": parse_qs(parts.query)["host"][0],
    }


def init_store(place):
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


class Side:
    def __init__(self, place):
        self.folder = place.folder

    def project(self, name):
        """Create a project if it does not exist, and return its directory."""
        from ccp4i2.db.models import Project
        from django.core.management import call_command

        directory = self.folder / "projects" / name
        if not Project.objects.filter(name=name).exists():
            call_command("create_project", name, directory=str(directory), stdout=StringIO())
        return directory

    def handler(self, project):
        from ccp4i2.db.async_db_handler import AsyncDatabaseHandler
        from ccp4i2.db.models import Project

        self.project(project)
        return AsyncDatabaseHandler(Project.objects.get(name=project).uuid)

    def open(self, task, project, values=()):
        """Create a job and set its parameters, as CCP4i2's REST server does, and return its UUID."""
        from ccp4i2.lib.utils.jobs.create import create_job

        self.project(project)
        uuid = create_job(projectName=project, taskName=task)
        script = self.script(uuid)
        for name, value in values:
            set_value(script.container, name, str(value))
        script.saveDataToXml(str(Path(script.workDirectory) / "input_params.xml"))
        return uuid

    def script(self, uuid):
        """Return the script of a job, made as in CCP4i2's runner."""
        from asgiref.sync import async_to_sync
        from ccp4i2.db.async_db_handler import AsyncDatabaseHandler
        from ccp4i2.db.models import Job
        from ccp4i2.lib.async_run_job import create_plugin_for_job

        job = Job.objects.select_related("project").get(uuid=uuid)
        return async_to_sync(create_plugin_for_job)(job, AsyncDatabaseHandler(job.project.uuid))

    def run_opened(self, uuid):
        from asgiref.sync import async_to_sync
        from ccp4i2.lib.async_run_job import run_job_async

        return said(lambda: async_to_sync(run_job_async)(uuid))

    def run(self, task, project, values=()):
        """Run a job, and return the exception as a text, or an empty text."""
        return self.run_opened(self.open(task, project, values))

    def run_together(self, task, project, several):
        """Run several jobs at once."""
        from asgiref.sync import async_to_sync
        from ccp4i2.lib.async_run_job import run_job_async

        uuids = [self.open(task, project, values) for values in several]

        async def together():
            await asyncio.gather(*(run_job_async(uuid) for uuid in uuids), return_exceptions=True)

        async_to_sync(together)()

    def run_interrupted(self, task, project, values):
        """Run a job in a process that receives a signal."""
        self.run(task, project, values)

    def recover(self):
        """Do nothing: CCP4i2 does not recover jobs whose process has died."""

    def cancel(self, project):
        """Cancel the first job of a project, as the GUI does."""
        from ccp4i2.db.models import Job
        from django.test import Client

        job = Job.objects.get(project__name=project, number="1")
        answer = Client(SERVER_NAME="localhost").post(f"/api/ccp4i2/jobs/{job.pk}/cancel/")
        if answer.status_code != OK:
            raise RuntimeError(f"the job could not be cancelled: {answer.status_code} {answer.content!r}")

    def open_together(self, task, project, count):
        """Create each job in its own thread, and return the errors."""
        from asgiref.sync import async_to_sync
        from django.db import connection

        handlers = [self.handler(project) for _ in range(count)]

        def create(handler):
            try:
                return said(lambda: async_to_sync(handler.create_job)(task_name=task))
            finally:
                connection.close()

        with ThreadPoolExecutor(count) as pool:
            return [text for text in pool.map(create, handlers) if text]

    def open_two_and_change_between(self, task, project, change):
        from asgiref.sync import async_to_sync

        handler = self.handler(project)
        async_to_sync(handler.create_job)(task_name=task)
        change()
        async_to_sync(handler.create_job)(task_name=task)

    def track_and_raise(self, task, project):
        """Track the script of an existing job and raise an exception in the block."""
        from asgiref.sync import async_to_sync

        script, handler = self.script(self.open(task, project)), self.handler(project)

        async def body():
            async with handler.track_job(script):
                raise RuntimeError("in the tracked block")

        return said(async_to_sync(body))

    def track_new(self, task, project):
        """Track and run a script that has no job yet, and return the exception as a text."""
        from asgiref.sync import async_to_sync, sync_to_async
        from ccp4i2.core.tasks import get_plugin_class

        handler = self.handler(project)
        script = get_plugin_class(task)(workDirectory=str(self.folder), name="new")

        async def body():
            async with handler.track_job(script):
                await sync_to_async(script.process)()

        return said(async_to_sync(body))

    def run_with_identity(self, task, project, path, identity):
        """Run a task whose input has the identity of a file that is not recorded."""
        uuid = self.open(task, project)
        script = self.script(uuid)
        obj = script.container.inputData.XYZIN
        obj.setFullPath(str(path))
        obj.dbFileId.set(identity)
        script.saveDataToXml(str(Path(script.workDirectory) / "input_params.xml"))
        return self.run_opened(uuid)

    def run_without_sub_job_records(self, task, project, values):
        """Run a pipeline while sub-jobs cannot be recorded."""
        from ccp4i2.db.async_db_handler import AsyncDatabaseHandler

        original = AsyncDatabaseHandler.createSubJob

        def fail(self, *arguments, **options):
            raise RuntimeError("the database is out of reach")

        AsyncDatabaseHandler.createSubJob = fail
        try:
            return self.run(task, project, values)
        finally:
            AsyncDatabaseHandler.createSubJob = original

    def on_the_loop(self, project, values):
        """Call on an event loop the methods of the handler that scripts call, and count the opened connections."""
        from ccp4i2.db.models import File
        from django.db.backends.signals import connection_created

        self.run("coordinate_selector", project, values)
        script = self.script(self.open("coordinate_selector", project))
        handler, opened = script._dbHandler, []
        identity = File.objects.filter(job__project__name=project, directory=2).get().uuid

        def count(**facts):
            opened.append(1)

        async def body():
            connection_created.connect(count)
            directories = [handler.getProjectDirectory(script._dbProjectId) for _ in range(10)]
            connection_created.disconnect(count)
            return {"path": handler.get_file_path_sync(identity), "directories": directories, "opened": len(opened)}

        return asyncio.run(body())

    def unknown_identity(self):
        return str(uuid4())


def set_value(container, name, text):
    """Set a parameter; for a list, append an item."""
    inputs = container.inputData
    if name == "MODE":
        container.controlParameters.MODE.set(text)
    elif name == "XYZ_LIST":
        item = inputs.XYZ_LIST.makeItem()
        inputs.XYZ_LIST.append(item)
        item.setFullPath(text)
    else:
        inputs.find(name).setFullPath(text)


def said(call):
    """Call a function, and return the exception as a text, or an empty text."""
    try:
        call()
    except Exception as error:  # noqa: BLE001 - whatever CCP4i2 raises is an observation
        return f"{type(error).__name__}: {error}"
    return ""
