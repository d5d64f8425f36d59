"""An engine, a job and a command for it, as the core hands them to the plugin."""

from itertools import count
from types import SimpleNamespace
from uuid import uuid4

import pytest

from ccp4hooks import Handle, Job, Needs, NodeCommand, Project, Settings
from ccp4hooks_batch import BatchPlugin


@pytest.fixture
def cluster(tmp_path):
    """Makes an engine of a scheduler, with the hooks of the plugin for it."""

    def make(scheduler, *, projects=tmp_path, **options):
        table = {"scheduler": scheduler, **options}
        settings = Settings(projects_dir=tmp_path, engine_tables={"cluster": table})
        plugin, engine, attempts = BatchPlugin(), settings.engine("cluster"), count(1)
        plugin.configure(settings)
        directory = projects / "toxd"
        project = Project(name="toxd", directory=directory, uuid=uuid4())
        job_directory = project.job_directory("12")
        job_directory.mkdir(parents=True, exist_ok=True)
        job = Job(uuid=uuid4(), number="12", task="servalcat", title="", project=project, directory=job_directory)

        def command(*arguments, environment=None):
            folder = job_directory / f"attempt_{next(attempts)}"
            return NodeCommand(attempt=1, arguments=arguments, environment=environment or {}, directory=folder)

        def submit(*arguments, environment=None, **needs):
            made = command(*arguments, environment=environment)
            return plugin.submit_job(engine, job, made, Needs(**needs)), made.directory / "output.txt"

        def ask(*handles, limit_s=None):
            return plugin.ask_engine(engine, handles, limit_s)

        def handle(key):
            return Handle(engine="cluster", key=key)

        def stop(one):
            return plugin.stop_job(engine, one)

        return SimpleNamespace(
            plugin=plugin, engine=engine, job=job, command=command, submit=submit, ask=ask, stop=stop, handle=handle
        )

    return make
