"""What commands that run a task are asked for: the task, its values, and the parameters with which to begin."""

from __future__ import annotations

from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ccp4hooks.cli.options import PATH, not_empty
from ccp4hooks.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ccp4hooks.model import SavedParameters
    from ccp4hooks.session import Session


def request_options(values: str = "[NAME=VALUE]...") -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return a decorator that gives a command TASK, values, ``--from`` and ``--params``, as the argument ``request``.

    Args:
        values: What the help calls the values.
    """

    def decorated(command: Callable[..., None]) -> Callable[..., None]:
        @click.argument("task", required=False, metavar="TASK", callback=not_empty)
        @click.argument("values", nargs=-1, metavar=values)
        @click.option(
            "--from",
            "source",
            metavar="JOB",
            callback=not_empty,
            help="Begin with the parameters of this job, whose TASK need not be given. JOB can be @last or @TASK:last.",
        )
        @click.option(
            "--params",
            metavar="FILE",
            type=PATH,
            help="Begin with the parameters in this file, in TOML, JSON or CCP4i2's XML; see `ccp4hooks save-params`.",
        )
        @wraps(command)
        def with_request(
            *positional: Any,
            task: str | None,
            values: tuple[str, ...],
            source: str | None,
            params: Path | None,
            **given: Any,
        ) -> None:
            command(*positional, request=Request.of(task, values, source, params), **given)

        return with_request

    return decorated


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the user asks for.

    Attributes:
        task: TASKNAME; empty for that of the job or of the file.
        values: Words of the form NAME=VALUE.
        source: The job with whose parameters to begin, or None.
        params: The file with whose parameters to begin, or None.
    """

    task: str
    values: tuple[str, ...]
    source: str | None = None
    params: Path | None = None

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The names and the values.

        Raises:
            click.BadParameter: A word does not have the form NAME=VALUE.
        """
        return [split_value(text) for text in self.values]

    @classmethod
    def of(cls, task: str | None, values: tuple[str, ...], source: str | None, params: Path | None) -> Request:
        """Return the request of a command line. A first word with an equals sign is a value, not the task.

        Raises:
            click.UsageError: The task is missing, or parameters are to come from two places.
        """
        if source is not None and params is not None:
            raise click.UsageError("Give only one of --from and --params.")
        if task is not None and "=" in task:
            task, values = "", (task, *values)
        if not task and source is None and params is None:
            raise click.UsageError("Missing argument 'TASK'.")
        return cls(task=task or "", values=values, source=source, params=params)

    def saved(self, session: Session, project: str) -> SavedParameters | None:
        """Return the parameters with which to begin, or None.

        Raises:
            BadInputError: They are those of another task, or cannot be read.
        """
        if self.source is None and self.params is None:
            return None
        if self.source is not None:
            found = session.saved_parameters(project, self.source)
        else:
            found = session.read_parameters(Path(str(self.params)), self.task)
        if self.task and found.task and self.task != found.task:
            whose = f"Job {self.source}" if self.source is not None else str(self.params)
            raise BadInputError(f"{whose} has parameters of the task {found.task!r}, not of {self.task!r}.")
        return found

    def task_name(self, saved: SavedParameters | None) -> str:
        """Return the TASKNAME of the request, or of the parameters with which it begins.

        Raises:
            click.UsageError: None of them names a task.
        """
        task = self.task or (saved.task if saved is not None else "")
        if not task:
            raise click.UsageError(f"{self.params} does not name its task. Give the TASK before the values.")
        return task


def split_value(text: str) -> tuple[str, str]:
    """Return the name and the value of ``NAME=VALUE``.

    >>> split_value("F_SIGF=a=b.mtz")
    ('F_SIGF', 'a=b.mtz')

    Raises:
        click.BadParameter: The name or the equals sign is missing.
    """
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise click.BadParameter(f"{text!r} does not have the form NAME=VALUE.", param_hint="NAME=VALUE")
    return name, value
