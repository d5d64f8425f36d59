"""The hooks of the plugin."""

from __future__ import annotations

import logging
import shutil
from typing import TYPE_CHECKING

from ccp4hooks import BadInputError, Ccp4HooksError, EngineUnavailableError, Fate, Handle, hookimpl, os_cure
from ccp4hooks_batch.commands import NOT_RUN, run_command
from ccp4hooks_batch.options import BatchOptions, read_options
from ccp4hooks_batch.schedulers import ENDED, IS_AWAY, IS_UNSURE, KEY
from ccp4hooks_batch.script import make_script, submit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ccp4hooks import Engine, Job, Needs, NodeCommand, Settings
    from ccp4hooks_batch.commands import Answer
    from ccp4hooks_batch.schedulers import Scheduler

log = logging.getLogger(__name__)

NAME = "batch"
"""Name of the plugin in the settings of an engine."""

LONGEST_QUESTION = 1000
"""Number of jobs about which one command asks. Linux allows 128 KiB for one argument."""


class BatchPlugin:
    """Submits jobs to schedulers. It keeps nothing of a job, and may be used by several threads at once."""

    ccp4hooks_requires = ">=1.3,<2"

    def __init__(self) -> None:
        self._settings: Settings | None = None

    @hookimpl.configure
    def configure(self, settings: Settings) -> None:
        """Accept the settings of the session."""
        self._settings = settings

    @hookimpl.submit_job
    def submit_job(self, engine: Engine, job: Job, command: NodeCommand, needs: Needs) -> Handle | None:
        """Write a script and give it to the scheduler."""
        if engine.plugin != NAME:
            return None
        options, scheduler = self._read(engine)
        _require_program(engine, scheduler)
        script = make_script(job, command, needs, options, scheduler)
        try:
            answer = submit(script, job, command.directory, scheduler, options.command_timeout_s)
        except OSError as error:
            raise BadInputError(
                f"Job {job.number} was not submitted, because its script cannot be written into {command.directory}: "
                f"{error.strerror}. {os_cure(error, 'Make it writable.')}"
            ) from error
        key = scheduler.submitted(answer.output) if answer.code == 0 else ""
        if not key:
            raise _failure(engine, scheduler, job, answer, options.command_timeout_s)
        return Handle(engine=engine.name, key=key)

    @hookimpl.ask_engine
    def ask_engine(
        self, engine: Engine, handles: Sequence[Handle], limit_s: float | None
    ) -> Mapping[Handle, Fate] | None:
        """Ask the scheduler for the states of jobs, with one command for up to `LONGEST_QUESTION` of them."""
        if engine.plugin != NAME:
            return None
        options, scheduler = self._read(engine)
        fates = dict.fromkeys((one.key for one in handles), Fate.UNKNOWN)
        keys = list(filter(KEY.fullmatch, fates))
        timeout_s = min(options.command_timeout_s, limit_s or options.command_timeout_s)
        for first in range(0, len(keys), LONGEST_QUESTION):
            asked = keys[first : first + LONGEST_QUESTION]
            answer = run_command(scheduler.question(asked), timeout_s)
            if answer.code is None and not first:
                raise EngineUnavailableError(
                    f"{scheduler.title} (engine {engine.name!r}) has not answered within {timeout_s:g} s, so that "
                    "nothing is known of its jobs"
                )
            if answer.code is None or answer.code == NOT_RUN:
                log.info("engine %s: %s does not answer: %s", engine.name, scheduler.title, answer.words)
                break
            fates.update(scheduler.fates(asked, answer))
        return {one: fates[one.key] for one in handles}

    @hookimpl.stop_job
    def stop_job(self, engine: Engine, handle: Handle) -> bool | None:
        """Ask the scheduler to end a job."""
        if engine.plugin != NAME:
            return None
        options, scheduler = self._read(engine)
        if not KEY.fullmatch(handle.key):
            return False
        answer = run_command([scheduler.stops, handle.key], options.command_timeout_s)
        if answer.code == 0 or (answer.code != NOT_RUN and ENDED.search(answer.errors + answer.output)):
            return True
        log.warning("engine %s: %s cannot end job %s: %s", engine.name, scheduler.stops, handle.key, answer.words)
        return False

    def _read(self, engine: Engine) -> tuple[BatchOptions, Scheduler]:
        if self._settings is None:
            raise BadInputError("The batch plugin was used before it was configured. Call `configure` first.")
        return read_options(self._settings, engine)


def _require_program(engine: Engine, scheduler: Scheduler) -> None:
    program = scheduler.submits[0]
    if shutil.which(program) is None:
        raise BadInputError(
            f"The program {program}, which submits to {scheduler.title} for the engine {engine.name!r}, is "
            "not on the PATH. Submit from a machine that has it, or load the module that has it."
        )


def _failure(engine: Engine, scheduler: Scheduler, job: Job, answer: Answer, timeout_s: float) -> Ccp4HooksError:
    """Return the exception for a job without a job number; a `BadInputError` only if it cannot run."""
    unsure = f"so that job {job.number} may have been submitted or not. Look whether the scheduler lists it"
    program = f"{scheduler.submits[0]} (engine {engine.name!r})"
    if answer.code is None:
        return Ccp4HooksError(
            f"{program} did not end within {timeout_s:g} s, {unsure}, or raise engines.{engine.name}.command_timeout_s."
        )
    if answer.code == 0:
        return Ccp4HooksError(f"{program} printed {answer.words!r} in place of a job number, {unsure}.")
    if answer.code < 0 or IS_UNSURE.search(answer.words):
        return Ccp4HooksError(f"{program} failed: {answer.words or answer.code}, {unsure}.")
    if IS_AWAY.search(answer.words):
        return EngineUnavailableError(
            f"{scheduler.title} (engine {engine.name!r}) cannot be reached, so job {job.number} was not submitted: "
            f"{answer.words}. Try again later."
        )
    return BadInputError(
        f"{scheduler.title} has refused job {job.number}: {answer.words or f'exit code {answer.code}'}. Change what "
        f"the job asks for, or the settings in [engines.{engine.name}]."
    )
