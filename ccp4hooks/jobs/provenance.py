"""How a job was started: the command or call, the user and the machine. Secrets are left out."""

from __future__ import annotations

import os
import platform
import shlex
import sys
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING, Any, TypeAlias

from ccp4hooks.failures import Failure, attempt
from ccp4hooks.i2 import scripts
from ccp4hooks.model import Provenance
from ccp4hooks.model.parameters import HIDDEN, bounded
from ccp4hooks.model.plain import plain_text
from ccp4hooks.outcomes import outcome_file
from ccp4hooks.outcomes.program_versions import declared_versions
from ccp4hooks.texts import names_a_secret, without_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from ccp4hooks.jobs.active_job import ActiveJob
    from ccp4hooks.runtime.usage import Used

    Command: TypeAlias = Callable[[Collection[str]], str]

LONGEST_COMMAND = 4_000
"""Length of the longest command or call that is recorded [characters]."""


def command_line(words: Iterable[str]) -> Command:
    """Return a function that returns a command line as text, without secrets.

    The function gets the names of the parameters whose values are secret.

    Args:
        words: The command and its arguments. A parameter is given as ``NAME=VALUE``.
    """
    return partial(_command_line, tuple(words))


def _command_line(words: tuple[str, ...], secrets: Collection[str]) -> str:
    shown = []
    for word in words:
        name, equals, value = word.partition("=")
        shown.append(f"{name}={_shown(name, value, secrets)}" if equals else _clean(word))
    return plain_text(shlex.join(shown), LONGEST_COMMAND)


def _shown(name: str, value: str, secrets: Collection[str]) -> str:
    return HIDDEN if name in secrets or names_a_secret(name) else _clean(value)


def _clean(text: str) -> str:
    return str(bounded(text, without_secrets).value)


def api_call(method: str, subject: str, values: Iterable[tuple[str, str]] = (), **options: object) -> Command:
    """Return a function that returns a call of the Python API as text, without secrets; see `command_line`.

    Args:
        method: Name of the method.
        subject: Its first argument.
        values: Names and values of parameters.
        **options: Its arguments by name.
    """
    return partial(_api_call, method, subject, tuple(values), options)


def _api_call(
    method: str,
    subject: str,
    values: tuple[tuple[str, str], ...],
    options: dict[str, object],
    secrets: Collection[str],
) -> str:
    pairs = [(name, _shown(name, value, secrets)) for name, value in values]
    arguments = [repr(subject), *([repr(pairs)] if pairs else [])]
    arguments += [f"{name}={value!r}" for name, value in options.items() if value]
    process = _command_line(tuple(sys.argv), secrets)
    return plain_text(f"{method}({', '.join(arguments)}) in {process}", LONGEST_COMMAND)


@cache
def _host() -> str:
    return platform.node()


def user_name() -> str:
    """Return the name of the user who runs this process, or the number of a user without a name."""
    import getpass  # noqa: PLC0415 - start-up time

    try:
        return getpass.getuser()
    except (KeyError, OSError):  # A container, or a directory service that does not answer.
        return str(os.getuid())


def _here(used: Used | None) -> dict[str, Any]:
    """Return the fields of the provenance of a job that was submitted elsewhere and runs in this process."""
    known = {} if used is None else {"cpu_s": used.cpu_s, "peak_memory_bytes": used.peak_memory_bytes}
    return {"host": plain_text(_host()), **known}


def note_provenance(active: ActiveJob) -> None:
    """Write into the log of a job how it was started, for the process that ends it if this one dies."""
    secrets = active.at_start.secrets if active.at_start is not None else ()
    active.log("provenance_noted", record=outcome_file.to_json(provenance(active, secrets)))


def provenance(active: ActiveJob, secrets: Collection[str]) -> Provenance:
    """Return how a job was started, with what software, and what it has used so far.

    A job that another process began was started by that one; what that process has used is unknown. A job that another
    process has submitted was asked for there, and runs here.

    Args:
        active: The job.
        secrets: Names of its parameters whose values are secret.
    """
    context, used = active.context, active.usage.stop() if active.usage is not None else None
    programs = attempt(declared_versions, active.job.directory)
    version = attempt(scripts.task_version, active.script) if active.has_script else ""
    declared = {} if isinstance(programs, Failure) else programs
    begun = active.traces.provenance if active.traces is not None else None
    if begun is not None:
        runs_here = active.traces is not None and active.traces.waits
        return replace(begun, programs=declared, **(_here(used) if runs_here else {}))
    # A job that this process only recovers was started elsewhere.
    command = "" if active.recovered or context.command is None else attempt(context.command, secrets)
    return Provenance(
        command="" if isinstance(command, Failure) else command,
        user="" if active.recovered else plain_text(user_name()),
        host="" if active.recovered else plain_text(_host()),
        distribution=context.distribution_of(active.job.task),
        task_version="" if isinstance(version, Failure) else version,
        programs=declared,
        cpu_s=used.cpu_s if used is not None else None,
        peak_memory_bytes=used.peak_memory_bytes if used is not None else None,
        variation_of="" if active.variation_of is None else str(active.variation_of.number),
        variation_uuid=None if active.variation_of is None else active.variation_of.uuid,
        fingerprint=active.fingerprint,
    )
