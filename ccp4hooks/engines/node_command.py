"""The command by which another machine runs a job with the settings of this session."""

from __future__ import annotations

import os
import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ccp4hooks.engine_settings import FETCH_VARIABLE, SEND_VARIABLE
from ccp4hooks.errors import BadInputError
from ccp4hooks.model import NodeCommand, RecordsBy
from ccp4hooks.outcomes.attempt_files import directory_of
from ccp4hooks.plugin_settings import variable_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ccp4hooks.model import Engine, Job, Transfer
    from ccp4hooks.settings import Settings

RUN = "import sys; sys.path[:] = [one for one in sys.path if one]; from ccp4hooks.cli import main; main()"
"""The code of the command. It runs no code of the working directory, as ``python -m ccp4hooks`` would."""

PREFIXES = ("CCP4HOOKS_", "CCP4I2_")
"""Beginnings of the names of the environment variables that another machine needs, too."""

OTHERS = ("DATABASE_URL", "DJANGO_SETTINGS_MODULE", "PYTHONPATH")
"""Further such variables."""


def node_command(settings: Settings, engine: Engine, job: Job, number: int) -> NodeCommand:
    """Return the command that runs an attempt of a job.

    Args:
        settings: The settings of the session.
        engine: The engine.
        job: The job.
        number: Number of the attempt.
    """
    words = ["execute", str(job.uuid), "--attempt", str(number)]
    words += ["--directory", str(job.directory)] if engine.records is RecordsBy.BY_FILE else []
    return _command(settings, engine, words, attempt=number, directory=directory_of(job, number))


def probe_command(settings: Settings, engine: Engine, answer: Path) -> NodeCommand:
    """Return the command that writes what it finds on its machine into a file.

    Args:
        settings: The settings of the session.
        engine: The engine.
        answer: The file, in a directory that belongs to the probe.
    """
    words = ["doctor", "--answer", str(answer)]
    return replace(_command(settings, engine, words, attempt=1, directory=answer.parent / "files"), probe=answer)


def _command(settings: Settings, engine: Engine, words: Sequence[str], *, attempt: int, directory: Path) -> NodeCommand:
    """Return the command that runs ccp4hooks with these words on a machine of an engine."""
    trusted = trusted_source(settings)
    source = ["--config", str(trusted)] if trusted is not None else []
    environment = node_environment(settings, os.environ, by_file=engine.records is RecordsBy.BY_FILE)
    if engine.transfer is not None:
        # A machine without the settings file gets what is in it as environment variables.
        source = []
        environment = {**environment, **settings_of_plugins(settings), **transfer_variables(engine.transfer)}
        environment.pop("CCP4HOOKS_CONFIG", None)
    return NodeCommand(
        attempt=attempt,
        arguments=(engine.python or sys.executable, "-c", RUN, *source, *words),
        environment=environment,
        directory=directory,
        is_carried=engine.transfer is not None,
    )


def transfer_variables(transfer: Transfer) -> dict[str, str]:
    """Return the environment variables by which a machine knows how to fetch and send files.

    They are no options, because a command may have a password, and others see the words of a command.
    """
    return {FETCH_VARIABLE: shlex.join(transfer.fetch), SEND_VARIABLE: shlex.join(transfer.send)}


def trusted_source(settings: Settings) -> Path | None:
    """Return the settings file that another process is told to read, or None.

    A file that a process is told to read counts as trusted. One that is not trusted must be found there again.
    """
    return settings.source.absolute() if settings.source is not None and settings.trusted else None


def node_environment(settings: Settings, environment: Mapping[str, str], *, by_file: bool) -> dict[str, str]:
    """Return the environment variables with which another machine has the same settings.

    Args:
        settings: The settings of the session, whose options become variables.
        environment: The environment variables of this process.
        by_file: Whether the other machine does without the database.
    """
    found = {name: value for name, value in environment.items() if name.startswith(PREFIXES) or name in OTHERS}
    found = {name: value for name, value in found.items() if name not in {FETCH_VARIABLE, SEND_VARIABLE}}
    # Variables are trusted, too.
    switches = [one for one in settings.plugins if settings.allows_code(one)]
    found["CCP4HOOKS_CONFIG"] = str(trusted_source(settings) or "")
    found["CCP4I2_PROJECTS_DIR"] = str(settings.projects_dir)
    found["CCP4HOOKS_AUTOLOAD"] = str(settings.autoload).lower()
    found["CCP4HOOKS_PLUGINS"] = " ".join((*switches, *(["no:database"] if by_file else [])))
    path = [*_module_directory(switches), *filter(None, [found.get("PYTHONPATH")])]
    found["PYTHONPATH"] = os.pathsep.join(path)
    if settings.database is not None:
        found["DATABASE_URL"] = settings.database
    if by_file:
        found.pop("DATABASE_URL", None)
    return {name: value for name, value in found.items() if value}


def settings_of_plugins(settings: Settings) -> dict[str, str]:
    """Return the environment variables that have the settings of plugins in the settings file.

    Those that are in the environment already are not among them.

    Raises:
        BadInputError: No environment variable can have a value.
    """
    found = {
        variable: _as_text(value, f"plugins.{plugin}.{name}")
        for plugin, table in settings.tables.items()
        for name, value in table.items()
        if (variable := variable_name(plugin, name)) not in settings.environment
    }
    if settings.allow is not None:
        switches = (*settings.allow, *settings.plugins, "no:database")
        found |= {"CCP4HOOKS_AUTOLOAD": "false", "CCP4HOOKS_PLUGINS": " ".join(switches)}
    return found


def _as_text(value: object, name: str) -> str:
    """Return the value of a setting as an environment variable has it; commas separate the items of a list."""
    items = value if isinstance(value, (list, tuple)) else [value]
    texts = [str(one).lower() if isinstance(one, bool) else str(one) for one in items]
    is_list = isinstance(value, (list, tuple))
    plain = all(isinstance(one, (str, int, float)) for one in items)
    if not plain or (is_list and any(one != one.strip() or not one or "," in one for one in texts)):
        raise BadInputError(
            f"The setting {name} cannot be given to a machine that shares no files: it gets settings as environment "
            "variables, and these have numbers, texts, and lists of texts without commas only."
        )
    return ",".join(texts)


def _module_directory(switches: Iterable[str]) -> list[str]:
    """Return the working directory if a plugin is enabled whose module is there."""
    here = Path.cwd()
    modules = {switch.removeprefix("no:").partition(".")[0] for switch in switches}
    return [str(here)] if any((here / f"{one}.py").is_file() or (here / one).is_dir() for one in modules) else []


def require_usable(settings: Settings, engine: Engine, *, portable: bool, waits: bool) -> None:
    """Refuse an engine whose machines could not record a job, or that would end before the job.

    Args:
        settings: The settings of the session.
        engine: The engine.
        portable: Whether the settings alone make the same session in another process.
        waits: Whether this process waits until the job has ended.

    Raises:
        BadInputError: They would write into an SQLite file, the session has a plugin that exists here only, or the
            engine ends with this process, which does not wait.
    """
    if not waits and not engine.outlives:
        raise BadInputError(
            f"The workers of the engine {engine.name!r} end with the process that submits, so that a job cannot be "
            f"left to them. Wait for the job: `ccp4hooks run TASK --on {engine.name}`."
        )
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
