"""The options of commands that run a job on an engine."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from ccp4hooks.cli.options import not_empty

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from ccp4hooks.model import Engine, Progress, RunTarget


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


class SubmittedJobs:
    """The jobs that a command has submitted to an engine, and that have not ended.

    Attributes:
        show: What else is called with their progress; None for nothing.
    """

    def __init__(self) -> None:
        self.show: Callable[[Progress], None] | None = None
        self._jobs: set[UUID] = set()

    def __call__(self, progress: Progress) -> None:
        """Note that a job was submitted, runs or has ended."""
        change = self._jobs.discard if progress.phase == "finished" else self._jobs.add
        change(progress.job.uuid)
        if self.show is not None:
            self.show(progress)

    def going_on(self, engine: Engine) -> str:
        """Return how many jobs go on when the command ends, such as ``"2 jobs still wait or run on cluster"``.

        Args:
            engine: The engine. If it ends with the command, the text is empty, as it is without such jobs.
        """
        if not self._jobs or not engine.outlives:
            return ""
        words = "1 job still waits or runs" if len(self._jobs) == 1 else f"{len(self._jobs)} jobs still wait or run"
        return f"{words} on {engine.name}"
