"""Pools whose workers are jobs of a cluster, started with dask-jobqueue."""

from __future__ import annotations

import getpass
import shlex
import signal
import sys
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from ccp4hooks import BadInputError, printable, without_secrets
from ccp4hooks_dask.options import CLUSTERS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ccp4hooks import Engine
    from ccp4hooks_dask.options import DaskOptions


@contextmanager
def _signals_as_they_are() -> Iterator[None]:
    """Let this thread set no handlers of signals until the end of the context; other threads may."""
    real, thread, is_open = signal.signal, threading.get_ident(), True

    def kept(number: int, handler: Any) -> Any:
        if is_open and threading.get_ident() == thread:
            return signal.getsignal(number)
        return real(number, handler)

    signal.signal = kept  # type: ignore[assignment]
    try:
        yield
    finally:
        signal.signal, is_open = real, False


# When it is imported, it makes Ctrl-C end the program, which also fails outside the main thread.
with _signals_as_they_are():
    import dask_jobqueue


KILL_AFTER_S = 15
"""Time after which a worker is killed that was asked to end [s]."""

KEPT_S = 7 * 24 * 3600.0
"""How long the output of workers is kept [s]."""


def remote_cluster(engine: Engine, options: DaskOptions, projects_dir: Path) -> Any:
    """Return a cluster to which the workers are submitted as jobs, and which ends with this process.

    Args:
        engine: The engine.
        options: Its settings.
        projects_dir: A directory that all machines share. The output of the workers goes into a directory in it.

    Raises:
        BadInputError: The scheduler of the cluster is not installed or refuses the workers.
    """
    kind = vars(dask_jobqueue)[CLUSTERS[options.cluster]]
    try:
        logs = _directory_for_output(projects_dir)
        return kind(n_workers=options.workers, log_directory=logs, **_arguments(engine, options))
    except (OSError, RuntimeError) as error:
        raise BadInputError(
            f"The workers of the engine {engine.name!r} cannot be submitted to {options.cluster}: {_words(error)}"
        ) from error


def _directory_for_output(projects_dir: Path) -> str | None:
    """Return the directory for what the workers of a user print, without old files; None for that of the scheduler.

    Raises:
        OSError: It cannot be made.
    """
    directory = projects_dir / f".ccp4hooks-pool-{getpass.getuser()}"
    if len(str(directory).split()) > 1:
        return None
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    for one in directory.iterdir():
        with suppress(OSError):
            if one.stat().st_mtime < time.time() - KEPT_S:
                one.unlink()
    return str(directory)


def _words(error: BaseException) -> str:
    """Return what the command of the scheduler has printed, which dask-jobqueue puts last, on one line."""
    text = str(error).rpartition("stderr:")[2]
    return printable(without_secrets(" ".join(text.split())))


def _arguments(engine: Engine, options: DaskOptions) -> dict[str, Any]:
    """Return the arguments of a class of dask-jobqueue. Each job of the cluster is one worker with one thread."""
    needs = engine.needs
    found: dict[str, Any] = {
        "cores": needs.cores or 1,
        "memory": f"{needs.memory_mb}MiB",
        "processes": 1,
        "nanny": False,
        # It comes after the number that is made of the cores, and counts instead.
        "worker_extra_args": ["--nthreads", "1", "--no-dashboard"],
        "job_script_prologue": list(options.setup),
        "job_extra_directives": list(options.directives),
        "python": _python(engine),
    }
    if options.cluster == "htcondor":
        # HTCondor has neither queues nor accounts.
        return {**found, "disk": "1GiB", "job_extra_directives": dict(_pair(line) for line in options.directives)}
    name = "project" if options.cluster in {"lsf", "sge"} else "account"
    found |= {"queue": needs.queue or None, name: options.account or None}
    if needs.time_s:
        found["walltime"] = _clock(needs.time_s, options.cluster)
    return found


def _python(engine: Engine) -> str:
    """Return how a job begins its Python, which is killed if it has not ended some time after the job was told to.

    The shell of the job becomes that program: a scheduler that kills the shell alone would leave the worker.
    """
    return f"exec timeout --foreground --kill-after={KILL_AFTER_S} 0 {shlex.quote(engine.python or sys.executable)}"


def _pair(line: str) -> tuple[str, str]:
    name, _, value = line.partition("=")
    return name.strip(), value.strip()


def _clock(time_s: int, cluster: str) -> str:
    """Return a time as the scheduler of a cluster writes it.

    >>> _clock(5430, "slurm"), _clock(5430, "lsf")
    ('01:30:30', '01:31')
    """
    if cluster == "lsf":
        minutes = -(-time_s // 60)
        return f"{minutes // 60:02}:{minutes % 60:02}"
    return f"{time_s // 3600:02}:{time_s // 60 % 60:02}:{time_s % 60:02}"
