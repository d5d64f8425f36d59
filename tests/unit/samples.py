"""Values for tests that need no CCP4i2."""

from datetime import datetime, timezone
from pathlib import Path
from uuid import UUID

from ccp4hooks import Job, JobStatus, Outcome, Project, Settings, hookimpl
from ccp4hooks.hookspecs import HOOKS
from ccp4hooks.plugins.dispatcher import Implementation
from ccp4hooks.store import Origin, project_uuid

JOB_UUID = UUID("11111111-2222-3333-4444-555555555555")


def make_project(directory):
    return Project(name=directory.name, directory=directory, uuid=project_uuid(directory))


def make_job(directory, number="1"):
    """A job whose directory exists."""
    project = make_project(directory)
    folder = project.jobs_directory.joinpath(*(f"job_{part}" for part in number.split(".")))
    folder.mkdir(parents=True, exist_ok=True)
    return Job(uuid=JOB_UUID, number=number, task="freerflag", title="t", project=project, directory=folder)


def make_outcome(directory, number="1", **fields):
    at = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=timezone.utc)
    return Outcome(
        **{"job": make_job(directory, number), "status": JobStatus.FINISHED, "created_at": at, "finished_at": at}
        | fields
    )


def make_settings(projects_dir=Path("/nowhere"), *plugins, **fields):
    return Settings(projects_dir=projects_dir, plugins=("no:database", *plugins), **fields)


def implementation(hook, function, plugin="tester"):
    """An implementation as the plugin manager would make it."""
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    assert set(names) <= set(HOOKS[hook].arguments)
    return Implementation(hook=hook, origin=Origin(plugin=plugin, version="1"), function=function, argnames=names)


def tiny(function, **options):
    """A plugin with one hook, that of the function's name."""
    return type("Tiny", (), {function.__name__: staticmethod(hookimpl(**options)(function))})()
