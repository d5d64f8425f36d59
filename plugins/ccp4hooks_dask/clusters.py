"""Pools whose workers are jobs of a cluster, started with dask-jobqueue."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ccp4hooks import BadInputError, printable, without_secrets
from ccp4hooks_dask.options import CLUSTERS

if TYPE_CHECKING:
    from collections.abc import Iterator

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


def remote_cluster(engine: Engine, options: DaskOptions) -> Any:
    """Return a cluster to which the workers are submitted as jobs, and which ends with this process.

    Raises:
        BadInputError: The scheduler of the cluster is not installed or refuses the workers.
    """
    kind = vars(dask_jobqueue)[CLUSTERS[options.cluster]]
    try:
        return kind(n_workers=options.workers, **_arguments(engine, options))
    except (OSError, RuntimeError) as error:
        raise BadInputError(
            f"The workers of the engine {engine.name!r} cannot be submitted to {options.cluster}: {_words(error)}"
        ) from error


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
        "python": engine.python or None,
    }
    if options.cluster == "htcondor":
        # HTCondor has neither queues nor accounts.
        return {**found, "disk": "1GiB", "job_extra_directives": dict(_pair(line) for line in options.directives)}
    name = "project" if options.cluster in {"lsf", "sge"} else "account"
    found |= {"queue": needs.queue or None, name: options.account or None}
    if needs.time_s:
        found["walltime"] = _clock(needs.time_s, options.cluster)
    return found


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
