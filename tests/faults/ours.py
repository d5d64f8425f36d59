"""The scenes with ccp4hooks, its default plugins and a database in the directory of the side."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib import import_module
from uuid import uuid4

from ccp4hooks import Ccp4HooksError, hookimpl, load_settings, open_session
from ccp4hooks.i2 import scripts
from ccp4hooks.runtime.signals import treat_termination_as_interrupt


def prepare(place):
    """Import the modules that a run needs. Do not open the database, so that the process can be forked."""
    for name in ("ccp4i2.core.CCP4PluginScript", "django"):
        import_module(name)


def init_store(place):
    open_session(settings(place)).init_store()


def settings(place):
    return load_settings(projects_dir=place.folder / "projects", database=place.url, plugins=("fault_tasks",))


class Side:
    def __init__(self, place):
        self.place = place
        self.folder = place.folder
        self.session = open_session(settings(place))

    def project(self, name):
        """Return the directory of a project, which its first job creates."""
        return self.folder / "projects" / name

    def open(self, task, project):
        return self.session.open_job(task, project=project).uuid

    def run_opened(self, uuid):
        return said(lambda: self.session.run_opened(uuid, again=True))

    def run(self, task, project, values=()):
        """Run a job, and return the error of ccp4hooks, or an empty text."""
        return said(lambda: self.session.run(task, values, project=project))

    def run_together(self, task, project, several):
        """Run several jobs at once."""
        start = threading.Barrier(len(several))

        def run(values):
            start.wait()
            return said(lambda: open_session(settings(self.place)).run(task, values, project=project))

        with ThreadPoolExecutor(len(several)) as pool:
            list(pool.map(run, several))

    def run_interrupted(self, task, project, values):
        """Run a job in a process that receives a signal, with the signal handlers of the command."""
        treat_termination_as_interrupt()
        self.session.run(task, values, project=project)

    def recover(self):
        """Recover jobs whose process has died, as the next command does."""
        self.session.recover()

    def cancel(self, project):
        """Cancel the first job of a project."""
        self.session.cancel(self.session.project(project), "1")

    def open_together(self, task, project, count):
        """Open each job in its own thread, and return the errors."""
        self.session.tasks()
        with ThreadPoolExecutor(count) as pool:
            texts = pool.map(lambda _: said(lambda: self.open(task, project)), range(count))
            return [text for text in texts if text]

    def open_two_and_change_between(self, task, project, change):
        self.open(task, project)
        change()
        self.open(task, project)

    def track_and_raise(self, task, project):
        """Track a script and raise an exception in the block."""
        script = scripts.build_script(task, "", self.folder)
        with suppress(RuntimeError), self.session.track(script, project=project):
            raise RuntimeError("in the tracked block")

    def track_new(self, task, project):
        """Track and run a script that has no job yet."""
        script = scripts.script_class(task)(workDirectory=str(self.folder), name="new")

        async def body():
            with self.session.track(script, project=project) as tracked:
                tracked.process()

        return said(lambda: asyncio.run(body()))

    def run_with_identity(self, task, project, path, identity):
        """Run a task whose input has the identity of a file that is not recorded."""
        script = scripts.build_script(task, "", self.folder)
        obj = script.container.inputData.XYZIN
        obj.setFullPath(str(path))
        obj.dbFileId.set(identity)
        with self.session.track(script, project=project) as tracked:
            tracked.process()

    def run_without_sub_job_records(self, task, project, values):
        """Run a pipeline while sub-jobs cannot be recorded."""
        made = open_session(settings(self.place), extra={"out-of-reach": OutOfReach()})
        return said(lambda: made.run(task, values, project=project))

    def on_the_loop(self, project, values):
        """Call on an event loop the methods of the handler that scripts call, and count the opened connections."""
        from django.db.backends.signals import connection_created

        result = self.session.run("coordinate_selector", values, project=project)
        identity, opened = result.outcome.imported[0].uuid, []
        script = scripts.build_script("fault_pipeline", "", self.folder)

        def count(**facts):
            opened.append(1)

        async def body():
            with self.session.track(script, project=project):
                handler = script._dbHandler
                connection_created.connect(count)
                directories = [handler.getProjectDirectory(script._dbProjectId) for _ in range(10)]
                connection_created.disconnect(count)
                return {"path": handler.get_file_path_sync(identity), "directories": directories, "opened": len(opened)}

        return asyncio.run(body())

    def unknown_identity(self):
        return str(uuid4())


class OutOfReach:
    """Raises an exception when a sub-job is opened."""

    @hookimpl(tryfirst=True)
    def open_job(self, request):
        if request.parent is not None:
            raise RuntimeError("the database is out of reach")


def said(call):
    """Call a function, and return the error of ccp4hooks, or an empty text. Do not catch other errors."""
    try:
        call()
    except Ccp4HooksError as error:
        return f"{type(error).__name__}: {error}"
    return ""
