"""The hooks of the plugin."""

from __future__ import annotations

import logging
import os
import socket
import threading
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import psutil  # type: ignore[import-untyped]

from ccp4hooks import BadInputError, EngineUnavailableError, Fate, Handle, RecordsBy, hookimpl
from ccp4hooks_dask.options import DaskOptions, read_options
from ccp4hooks_dask.worker import JobCall

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ccp4hooks import Engine, Job, NodeCommand, Settings
    from ccp4hooks_dask.pool import Pool

log = logging.getLogger(__name__)

NAME = "dask"
"""Name of the plugin in the settings of an engine."""

FATES = {
    "waiting": Fate.QUEUED,
    "queued": Fate.QUEUED,
    "no-worker": Fate.QUEUED,
    "processing": Fate.RUNNING,
    "memory": Fate.GONE,
    "erred": Fate.GONE,
    "forgotten": Fate.GONE,
    None: Fate.GONE,
}
"""What the state of a task means. The scheduler does not know a task that has ended and whose result nobody keeps."""


class DaskPlugin:
    """Submits jobs to pools of workers, and keeps the connections to them. May be used by several threads at once."""

    ccp4hooks_requires = ">=1.3,<2"

    def __init__(self) -> None:
        self._settings: Settings | None = None
        self._pools: dict[str, Pool] = {}
        self._lock = threading.Lock()

    @hookimpl.configure
    def configure(self, settings: Settings) -> None:
        """Accept the settings of the session."""
        self._settings = settings

    @hookimpl.submit_job
    def submit_job(self, engine: Engine, job: Job, command: NodeCommand) -> Handle | None:
        """Pass the job on to the pool. What it needs is not looked at: each worker runs one job at a time."""
        if engine.plugin != NAME:
            return None
        settings, options = self._read(engine)
        call = JobCall(
            key=f"{job.uuid}-{command.attempt}",
            job=str(job.uuid),
            attempt=command.attempt,
            directory=str(job.directory) if engine.records is RecordsBy.BY_FILE else "",
            files=str(command.directory),
            environment=command.environment,
            # A file that is not trusted is found again in the working directory, and is not trusted there either.
            config=str(settings.source.absolute()) if settings.source is not None and settings.trusted else "",
            folder=str(Path.cwd()) if engine.is_local else "",
            probe="" if command.probe is None else str(command.probe),
        )
        self._pool(engine, options).submit(call)
        return Handle(engine=engine.name, key=call.key if options.address else f"{call.key}@{_this_process()}")

    @hookimpl.ask_engine
    def ask_engine(
        self, engine: Engine, handles: Sequence[Handle], limit_s: float | None
    ) -> Mapping[Handle, Fate] | None:
        """Ask the scheduler of the pool for the states of jobs, with one question."""
        if engine.plugin != NAME:
            return None
        _, options = self._read(engine)
        fates = {one: _fate_elsewhere(one.key) for one in handles}
        tasks = {one: one.key.partition("@")[0] for one in handles if fates[one] is None}
        if tasks:
            timeout_s = min(options.timeout_s, limit_s or options.timeout_s)
            states = self._pool(engine, options, timeout_s).states(list(tasks.values()), timeout_s)
            if states is None:
                raise EngineUnavailableError(
                    f"The scheduler of dask (engine {engine.name!r}) has not answered within {timeout_s:g} s, so that "
                    "nothing is known of its jobs"
                )
            fates.update({one: FATES.get(states.get(key), Fate.UNKNOWN) for one, key in tasks.items()})
        return {one: fate or Fate.UNKNOWN for one, fate in fates.items()}

    @hookimpl.stop_job
    def stop_job(self, engine: Engine, handle: Handle) -> bool | None:
        """Cancel a job that waits in the pool, or ask its process to end."""
        if engine.plugin != NAME:
            return None
        _, options = self._read(engine)
        fate = _fate_elsewhere(handle.key)
        if fate is not None:
            return fate is Fate.GONE
        try:
            return self._pool(engine, options).stop(handle.key.partition("@")[0])
        except EngineUnavailableError as error:
            log.warning("%s", error)
            return False

    @hookimpl.close_session
    def close_session(self) -> None:
        """End the workers that this process has started, with their jobs, and all connections."""
        with self._lock:
            for pool in self._pools.values():
                pool.close()
            self._pools.clear()

    def _read(self, engine: Engine) -> tuple[Settings, DaskOptions]:
        if self._settings is None:
            raise BadInputError("The dask plugin was used before it was configured. Call `configure` first.")
        return self._settings, read_options(self._settings, engine)

    def _pool(self, engine: Engine, options: DaskOptions, timeout_s: float | None = None) -> Pool:
        """Return the pool of an engine, which is started, or connected to, when it is used first.

        Args:
            engine: The engine.
            options: Its settings.
            timeout_s: Longest time to wait for a connection [s]; None for what the settings say.

        Raises:
            EngineUnavailableError: The scheduler cannot be reached.
            BadInputError: A package is missing, or the workers cannot be started.
        """
        _require_packages(engine, options)
        from ccp4hooks_dask.pool import open_pool  # noqa: PLC0415 - an import that takes long

        settings, _ = self._read(engine)
        with self._lock:
            pool = self._pools.get(engine.name)
            if pool is None or not pool.is_usable:
                if pool is not None:
                    pool.close()
                pool = self._pools[engine.name] = open_pool(
                    engine, options, timeout_s or options.timeout_s, settings.projects_dir
                )
            return pool


def _require_packages(engine: Engine, options: DaskOptions) -> None:
    if find_spec("distributed") is None or (options.cluster and find_spec("dask_jobqueue") is None):
        raise BadInputError(
            f"The engine {engine.name!r} needs dask.distributed{' and dask-jobqueue' if options.cluster else ''}: "
            "pip install 'ccp4hooks[dask]'."
        )


@cache
def _this_process() -> str:
    """Return the machine, the number and the time of start of this process, which no other process ever shares."""
    return f"{socket.gethostname()}:{os.getpid()}:{psutil.Process().create_time():.2f}"


def _fate_elsewhere(key: str) -> Fate | None:
    """Return what is known of a job of the pool of another process; None if this process can ask its pool."""
    place = key.partition("@")[2]
    if not place or place == _this_process():
        return None
    host, pid, created = place.rsplit(":", 2)
    if host != socket.gethostname():
        return Fate.UNKNOWN
    try:
        is_alive = f"{psutil.Process(int(pid)).create_time():.2f}" == created
    except psutil.NoSuchProcess:
        is_alive = False
    return Fate.UNKNOWN if is_alive else Fate.GONE
