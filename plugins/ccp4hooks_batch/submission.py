"""Submit one job with a provider of Parsl. This module imports Parsl."""

from __future__ import annotations

import logging
import os
import re
import shlex
from contextlib import suppress
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from parsl.launchers import SimpleLauncher
from parsl.providers import (
    CondorProvider,
    GridEngineProvider,
    LSFProvider,
    PBSProProvider,
    SlurmProvider,
    TorqueProvider,
)
from parsl.providers.cluster_provider import ClusterProvider
from parsl.providers.errors import ExecutionProviderException

from ccp4hooks_batch.commands import Answer, run_command
from ccp4hooks_batch.schedulers import KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ccp4hooks import Needs
    from ccp4hooks_batch.script import Script

log = logging.getLogger(__name__)

# What it would say is in the exceptions of this plugin.
logging.getLogger("parsl.providers").setLevel(logging.CRITICAL + 1)

REPLACED = re.compile(r"^.*(?:walltime|stdout|stderr|requirements|projectname).*\n", re.MULTILINE)
"""Lines of Parsl's templates in whose place `Request` has directives.

They would set a time limit for all jobs, write what a job prints into files with other names, and, for HTCondor, be
empty.
"""


class Submitter(ClusterProvider):
    """What all providers here do in another way than Parsl's; see `_provider`.

    Attributes:
        given: The parts of the script.
        script: Path of the script that was written; empty before.
        answer: What the scheduler has answered.
    """

    given: Script
    script = ""
    answer = Answer(code=None)

    def execute_wait(self, cmd: str, timeout: float | None = None) -> tuple[int, str, str]:  # noqa: ARG002 - the engine has one for all
        """Run a command of the scheduler, keep its answer, and return its exit code, output and errors."""
        if not self.script:
            return 1, "", ""  # SLURM's provider asks whether it can use sacct for states, which are not asked for here.
        self.answer = run_command(
            cmd.replace(self.script, shlex.quote(self.script)),
            self.given.timeout_s,
            directory=self.given.working_directory,
            environment=self.given.environment,
        )
        return 1 if self.answer.code is None else self.answer.code, self.answer.output, self.answer.errors

    def _write_submit_script(
        self, template: str, script_filename: str, job_name: str, configs: Mapping[str, Any]
    ) -> None:
        """Write the script from Parsl's template, without `REPLACED`."""
        request = self.given.request
        values = {**configs, "job_name": job_name, "jobname": request.name}
        if self.given.scheduler == "torque":
            values["tasks_per_node"] = _torque_cores(request.needs)
        self.script = script_filename
        text = Template(REPLACED.sub("", template)).substitute(values)
        Path(script_filename).write_text(text, encoding="utf-8", errors="surrogateescape")


def submit(script: Script) -> tuple[str | None, Answer]:
    """Write the script of a job, give it to the scheduler, and remove it.

    Returns:
        The job number, None if there is none, and the scheduler's answer.

    Raises:
        OSError: The script cannot be written.
    """
    kind, arguments = KINDS[script.scheduler]
    provider = _provider(kind)(
        scheduler_options=script.directives,
        worker_init=script.setup,
        launcher=SimpleLauncher(),
        **arguments(script.request.needs),
    )
    provider.given = script
    provider.script_dir = os.fspath(script.directory)
    key = None
    # Condor's provider looks for the words of an answer at fixed places. All that failed is in the answer.
    try:
        with suppress(ExecutionProviderException, IndexError):
            key = provider.submit(script.command, 1, script.request.name)
    finally:
        if provider.script and not script.stays:
            _remove(Path(provider.script))
    is_number = provider.answer.code == 0 and KEY.fullmatch(str(key))
    return (str(key) if is_number else None), provider.answer


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:  # The job may have been submitted.
        log.warning("The script %s may contain secrets and cannot be removed: %s", path, error.strerror)


def _provider(kind: type[ClusterProvider]) -> Callable[..., Any]:
    """Return a class that does what `Submitter` does, and the rest as a class of Parsl."""
    return type(f"Submitter{kind.__name__}", (kind, Submitter), {})


def _torque_cores(needs: Needs) -> str:
    return f"{needs.cores or 1}{f':gpus={needs.gpus}' if needs.gpus else ''}"


def _pbs(needs: Needs) -> dict[str, Any]:
    asked = {"mem": needs.memory_mb and f"{needs.memory_mb}mb", "ngpus": needs.gpus}
    options = ":".join(f"{name}={value}" for name, value in asked.items() if value)
    return {"cpus_per_node": needs.cores or 1, "select_options": options}


def _lsf(needs: Needs) -> dict[str, Any]:
    cores = needs.cores or 1
    return {"request_by_nodes": False, "cores_per_block": cores, "cores_per_node": cores, "bsub_redirection": True}


def _nothing(_: Needs) -> dict[str, Any]:
    return {}


KINDS: Mapping[str, tuple[type[ClusterProvider], Callable[[Needs], dict[str, Any]]]] = {
    "slurm": (SlurmProvider, lambda _: {"exclusive": False}),
    "pbspro": (PBSProProvider, _pbs),
    "torque": (TorqueProvider, _nothing),
    "lsf": (LSFProvider, _lsf),
    "grid-engine": (GridEngineProvider, _nothing),
    "condor": (CondorProvider, _nothing),
}
"""Parsl's provider of each scheduler, and the arguments that it gets besides those that all get."""
