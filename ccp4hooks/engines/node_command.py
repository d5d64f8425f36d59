"""The command by which another machine runs a job with the settings of this session."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from ccp4hooks.errors import BadInputError
from ccp4hooks.model import NodeCommand, RecordsBy

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ccp4hooks.model import Engine, Job
    from ccp4hooks.settings import Settings

ATTEMPTS_FOLDER = "ccp4hooks_attempts"
"""Name of the directory of a job that has a directory for each attempt, with the files of the engine."""

PREFIXES = ("CCP4HOOKS_", "CCP4I2_")
"""Beginnings of the names of the environment variables that another machine needs, too."""

OTHERS = ("DATABASE_URL", "DJANGO_SETTINGS_MODULE", "PYTHONPATH")
"""Further such variables."""


def attempt_directory(job: Job, number: int) -> Path:
    """Return the directory for the files of an attempt."""
    return job.directory / ATTEMPTS_FOLDER / str(number)


def node_command(settings: Settings, engine: Engine, job: Job, number: int) -> NodeCommand:
    """Return the command that runs an attempt of a job.

    Args:
        settings: The settings of the session.
        engine: The engine.
        job: The job.
        number: Number of the attempt.
    """
    python = engine.python or sys.executable
    shared = ["--config", str(settings.source.absolute())] if settings.source is not None else []
    arguments = (python, "-m", "ccp4hooks", *shared, "execute", str(job.uuid), "--attempt", str(number))
    return NodeCommand(
        arguments=arguments,
        environment=node_environment(settings, os.environ),
        directory=attempt_directory(job, number),
    )


def node_environment(settings: Settings, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment variables with which another machine has the same settings.

    Args:
        settings: The settings of the session, whose options become variables.
        environment: The environment variables of this process.
    """
    found = {name: value for name, value in environment.items() if name.startswith(PREFIXES) or name in OTHERS}
    found.pop("CCP4HOOKS_CONFIG", None)
    found["CCP4I2_PROJECTS_DIR"] = str(settings.projects_dir)
    if settings.database is not None:
        found["DATABASE_URL"] = settings.database
    if settings.plugins:
        found["CCP4HOOKS_PLUGINS"] = " ".join(settings.plugins)
    found["CCP4HOOKS_AUTOLOAD"] = str(settings.autoload).lower()
    return found


def require_usable(settings: Settings, engine: Engine, *, portable: bool) -> None:
    """Refuse an engine whose machines could not record a job.

    Raises:
        BadInputError: They would write into an SQLite file, or the session has a plugin that exists here only.
    """
    if not portable:
        raise BadInputError(
            "This session has a plugin that was passed as an object, which no other process has. Put it into a module, "
            "and enable the module by its name."
        )
    database = settings.database or os.environ.get("DATABASE_URL") or "sqlite:"
    if engine.records is RecordsBy.DIRECT and database.startswith("sqlite:") and not engine.is_local:
        raise BadInputError(
            f"The engine {engine.name!r} runs jobs on other machines, and these must not write into the SQLite "
            "database of this one: SQLite loses data if several machines write. Use PostgreSQL "
            f'(docs/howto/run-a-site.md), or set database = "by-file" in [engines.{engine.name}], so that this machine '
            "alone records the jobs."
        )
