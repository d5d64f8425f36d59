"""The settings of an engine that the plugin `batch` submits to."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ccp4hooks import BadInputError
from ccp4hooks_batch.schedulers import SCHEDULERS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccp4hooks import Engine, Settings
    from ccp4hooks_batch.schedulers import Scheduler

NAME = re.compile(r"[\w.+@:/-]*")
"""What can stand in a line of directives as one word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOptions:
    """The settings in ``[engines.NAME]`` that belong to this plugin.

    Attributes:
        scheduler: ``"slurm"``, ``"pbspro"`` (PBS Professional, OpenPBS), ``"torque"``, ``"lsf"``, ``"grid-engine"`` or
            ``"condor"`` (HTCondor).
        setup: Lines of bash that run before the job, for instance ``"source /opt/ccp4/bin/ccp4.setup-sh"``.
        directives: Lines for the scheduler, for instance ``"#SBATCH --constraint=ib"``. They follow those that are made
            of the other settings. For HTCondor, lines of a submit description.
        account: The account, or project, that is charged; empty for the scheduler's default.
        parallel_environment: The parallel environment of Grid Engine in which a job gets several cores of one machine.
        command_timeout_s: Longest time to wait for an answer of the scheduler [s].
        grace_s: Time before the end of its time limit at which a job is asked to end, so that it can be recorded [s].
            It has no effect on a job whose time limit is shorter than twice this time and a minute, or unknown.
    """

    scheduler: str
    setup: tuple[str, ...] = ()
    directives: tuple[str, ...] = ()
    account: str = ""
    parallel_environment: str = "smp"
    command_timeout_s: float = field(default=60.0, metadata={"minimum": 1.0, "maximum": 3600.0})
    grace_s: int = field(default=60, metadata={"minimum": 1, "maximum": 3600})


def read_options(settings: Settings, engine: Engine) -> tuple[BatchOptions, Scheduler]:
    """Return the settings of an engine and its scheduler.

    Raises:
        UnknownNameError: There is no such setting.
        BadInputError: A setting is missing, or its value is wrong.
    """
    options = settings.engine_options(engine, BatchOptions)
    scheduler = SCHEDULERS.get(options.scheduler)
    place = f"engines.{engine.name}"
    if scheduler is None:
        known = ", ".join(SCHEDULERS)
        raise BadInputError(f"{place}.scheduler is {options.scheduler!r}; it must be one of {known}.")
    _require_lines(f"{place}.setup", options.setup)
    _require_lines(f"{place}.directives", options.directives)
    for line in options.directives:
        if not line.startswith(scheduler.prefix):
            raise BadInputError(
                f"{place}.directives has {line!r}; a line for {scheduler.title} begins with {scheduler.prefix!r}."
            )
    for key, value in (("account", options.account), ("parallel_environment", options.parallel_environment)):
        if not NAME.fullmatch(value) or value.startswith("-"):
            raise BadInputError(f"{place}.{key} is {value!r}; it must be one word of letters, digits and .+@:/_- only.")
    return options, scheduler


def _require_lines(place: str, lines: Iterable[object]) -> None:
    for line in lines:
        if not isinstance(line, str):
            raise BadInputError(f"{place} has {line!r}; each entry must be a text.")
        if len(line.splitlines()) > 1 or "\0" in line:
            raise BadInputError(f"{place} has {line!r}; each entry must be a single line.")
