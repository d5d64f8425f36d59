"""The options of commands that run a job on an engine."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from ccp4hooks.cli.options import not_empty

if TYPE_CHECKING:
    from collections.abc import Callable

    from ccp4hooks.model import RunTarget


def target_options(*, required: bool = False, alone: str = "") -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return a decorator that gives a command the options ``--on`` and what a job needs, as the argument ``target``.

    The argument is a `RunTarget`, or None without ``--on``.

    Args:
        required: Whether the command cannot do without ``--on``.
        alone: What the command does without ``--on``, as a sentence.
    """

    def decorated(command: Callable[..., None]) -> Callable[..., None]:
        @click.option("--on", "engine", metavar="ENGINE", required=required, callback=not_empty, help=_help(alone))
        @click.option("--cores", metavar="N", type=click.IntRange(min=1), help="With --on: number of processor cores.")
        @click.option("--memory", metavar="SIZE", callback=not_empty, help="With --on: memory, such as 4G or 500M.")
        @click.option(
            "--time", metavar="TIME", callback=not_empty, help="With --on: time limit, such as 2h or 02:00:00."
        )
        @click.option(
            "--gpus", metavar="N", type=click.IntRange(min=1), help="With --on: number of graphics processors."
        )
        @click.option("--queue", metavar="NAME", callback=not_empty, help="With --on: the queue or partition.")
        @click.option(
            "--retries",
            metavar="N",
            type=click.IntRange(min=0, max=100),
            help="With --on: how often a job is submitted again if it is interrupted.",
        )
        @wraps(command)
        def with_target(*positional: Any, engine: str | None, retries: int | None, **given: Any) -> None:
            needs = {name: given.pop(name) for name in ("cores", "memory", "time", "gpus", "queue")}
            command(*positional, target=_target(engine, needs, retries), **given)

        return with_target

    return decorated


def _help(alone: str) -> str:
    text = "Name of an engine in the settings, [engines.NAME], that runs the job on another machine."
    return f"{text} {alone}".strip()


def _target(engine: str | None, needs: dict[str, Any], retries: int | None) -> RunTarget | None:
    """Return the target of the options.

    Raises:
        click.UsageError: Other options were given without ``--on``.
        BadInputError: An amount of memory or a time cannot be read.
    """
    given = {name: value for name, value in needs.items() if value is not None}
    if engine is None:
        extra = [*given, *(["retries"] if retries is not None else [])]
        if extra:
            raise click.UsageError(f"--{extra[0]} requires --on ENGINE.")
        return None
    from ccp4hooks.engine_settings import read_needs
    from ccp4hooks.model import RunTarget

    return RunTarget(engine=engine, needs=read_needs(**given), retries=retries)
