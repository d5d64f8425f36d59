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
    """Import what a run needs; the database is not opened, so that processes can be forked."""
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
        """A project is made by its first job; return its directory."""
        return self.folder / "projects" / name

    def open(self, task, project):
        return self.session.open_job(task, project=project).uuid

    def run_opened(self, uuid):
        return said(lambda: self.session.run_opened(uuid, again=True))

    def run(self, task, project, values=()):
        """Run a job; return what ccp4hooks said against it, empty if nothing."""
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
        """Run a job in a process that gets a signal, as the command does."""
        treat_termination_as_interrupt()
        self.session.run(task, values, project=project)

    def recover(self):
        """Do what the next command does for jobs whose process is gone."""
        self.session.recover()

    def cancel(self, project):
        """Cancel the first job of a project."""
        self.session.cancel(self.session.project(project), "1")

    def open_together(self, task, project, count):
        """Open jobs from as many threads; return the failures."""
        self.session.tasks()
        with ThreadPoolExecutor(count) as pool:
            texts = pool.map(lambda _: said(lambda: self.open(task, project)), range(count))
            return [text for text in texts if text]

    def open_two_and_change_between(self, task, project, change):
        self.open(task, project)
        change()
        self.open(task, project)

    def track_and_raise(self, task, project):
        """Track a script, and raise inside."""
        script = scripts.build_script(task, "", self.folder)
        with suppress(RuntimeError), self.session.track(script, project=project):
            raise RuntimeError("in the tracked block")

    def track_new(self, task, project):
        """Track a script that has no job yet, and run it."""
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
        """What CCP4i2's scripts ask their handler, asked on an event loop; and the connections opened for it."""
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
    """Fails where a sub-job is to be opened."""

    @hookimpl(tryfirst=True)
    def open_job(self, request):
        if request.parent is not None:
            raise RuntimeError("the database is out of reach")


def said(call):
    """Call, and return what ccp4hooks said against it; empty if nothing. Anything but its own errors passes."""
    try:
        call()
    except Ccp4HooksError as error:
        return f"{type(error).__name__}: {error}"
    return ""
