"""A pool of workers: start it or connect to it, pass jobs on to it, ask it for their states, cancel them.

Only this module and `clusters` import dask.
"""

from __future__ import annotations

import asyncio
import atexit
import logging
import os
import sys
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from ccp4hooks import Ccp4HooksError, EngineUnavailableError, printable, without_secrets
from ccp4hooks_dask import worker

QUIET = "distributed" not in sys.modules

import dask  # noqa: E402 - the line above must come first
from distributed import Client, Future, LocalCluster, fire_and_forget  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from pathlib import Path

    from ccp4hooks import Engine
    from ccp4hooks_dask.options import DaskOptions
    from ccp4hooks_dask.worker import JobCall

Value = TypeVar("Value")

POLL_S = 0.005
"""Interval at which a scheduler is asked whether a message has arrived [s]."""

LOST = (OSError, asyncio.TimeoutError, TimeoutError, RuntimeError)
"""What dask raises if a scheduler cannot be reached, does not answer, or the connection to it is closed."""

NO_PORTS: dict[str, Any] = {
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    # A job whose worker has died is not begun again by dask.
    "distributed.scheduler.allowed-failures": 0,
}
"""Configuration of a pool that this process starts. Its web pages would show the jobs to other users."""


def _keep_quiet() -> None:
    """Keep dask from writing about lost connections to standard error, unless the program uses dask itself."""
    if QUIET:
        for name in list(logging.root.manager.loggerDict):
            if name.partition(".")[0] in {"distributed", "dask_jobqueue", "tornado"}:
                logging.getLogger(name).setLevel(logging.CRITICAL)


_keep_quiet()


class Pool:
    """A pool of workers. May be used by several threads.

    Args:
        client: The connection to its scheduler.
        timeout_s: Longest time to wait for an answer [s].
        cluster: What this process has started, or None for a scheduler that runs already.
        here: Whether the workers are in this process.
    """

    def __init__(self, client: Client, timeout_s: float, cluster: Any = None, *, here: bool = False) -> None:
        self._client = client
        self._timeout_s = timeout_s
        self._cluster = cluster
        self._here = here
        atexit.register(self.close)

    @property
    def is_usable(self) -> bool:
        """Whether the connection to the scheduler was not lost."""
        return bool(self._client.status == "running")

    def submit(self, call: JobCall) -> None:
        """Pass a job on, and wait until the scheduler has it.

        Raises:
            EngineUnavailableError: The scheduler does not answer. It does not get the job.
            Ccp4HooksError: The scheduler does not say that it has the job.
        """
        if self.states([call.key]) is None:
            raise EngineUnavailableError(
                "The scheduler of dask cannot be reached: it has not answered, so that the job was not submitted. Try "
                "again later."
            )
        try:
            future = self._client.submit(worker.run, call.as_text(), key=call.key, pure=False, retries=0)
            # As long as this process has the future, the scheduler does not forget the job, even if it has ended.
            self._call(partial(self._until, call.key, known=True))
            # The scheduler ignores this for a job that it does not know yet.
            fire_and_forget(future)
        except LOST as error:
            raise Ccp4HooksError(
                f"The scheduler of dask does not say whether it has the job, which may run or not: {_words(error)}."
            ) from error

    def states(self, keys: Sequence[str], timeout_s: float | None = None) -> dict[str, str | None] | None:
        """Return the state of each task, None for one that is unknown; None if the scheduler does not answer.

        Args:
            keys: The tasks.
            timeout_s: Longest time to wait for an answer [s]; None for that of the pool.
        """
        try:
            return self._call(partial(self._states, keys), timeout_s)
        except LOST:
            return None

    def stop(self, key: str) -> bool:
        """Cancel a job that waits, ask one that runs to end, and return whether the scheduler has answered."""
        try:
            self._client.cancel([Future(key, self._client)], force=True)
            self._call(partial(self._until, key, known=False))
            if self._here:
                worker.stop(key)
            else:
                self._call(partial(self._client.run, worker.stop, key, on_error="return"))
        except LOST:
            return False
        return True

    def close(self) -> None:
        """End the workers that this process has started, with their jobs, and the connection."""
        atexit.unregister(self.close)
        if self._here:
            worker.close()
        elif self._cluster is not None:
            # A job is interrupted and recorded before the scheduler of the cluster ends its worker.
            with suppress(*LOST):
                self._call(partial(self._client.run, worker.close, on_error="return"))
        for one in (self._client, self._cluster):
            if one is not None:
                one.close(timeout=self._timeout_s)

    def _call(self, function: Callable[[], Awaitable[Value]], timeout_s: float | None = None) -> Value:
        """Call a function on the event loop of dask, and return what it returns."""

        async def limited() -> Value:
            return await asyncio.wait_for(function(), timeout_s or self._timeout_s)

        answer: Value = self._client.sync(limited)
        return answer

    async def _states(self, keys: Sequence[str]) -> dict[str, str | None]:
        answer: dict[str, str | None] = await self._client.scheduler.get_task_status(keys=list(keys))
        return answer

    async def _until(self, key: str, *, known: bool) -> None:
        """Wait until a scheduler knows a task, or knows it no more."""
        while ((await self._states([key]))[key] is not None) is not known:  # noqa: ASYNC110 - in another process
            await asyncio.sleep(POLL_S)


def open_pool(engine: Engine, options: DaskOptions, timeout_s: float, projects_dir: Path) -> Pool:
    """Connect to a pool, or start it.

    Args:
        engine: The engine.
        options: Its settings.
        timeout_s: Longest time to wait for a connection [s].
        projects_dir: The directory of the projects, which all machines share.

    Raises:
        EngineUnavailableError: The scheduler cannot be reached.
        BadInputError: The workers cannot be started.
    """
    if options.address:
        return Pool(_connected(engine, options, timeout_s), options.timeout_s)
    with dask.config.set(NO_PORTS):
        if options.cluster:
            from ccp4hooks_dask.clusters import remote_cluster  # noqa: PLC0415 - an import that takes long

            cluster = remote_cluster(engine, options, projects_dir)
        else:
            cluster = _local_cluster(options.workers or os.cpu_count() or 1)
    _keep_quiet()
    client = Client(cluster, set_as_default=False)
    return Pool(client, options.timeout_s, cluster, here=not options.cluster)


def _connected(engine: Engine, options: DaskOptions, timeout_s: float) -> Client:
    try:
        return Client(options.address, timeout=timeout_s, set_as_default=False)
    except LOST as error:
        raise EngineUnavailableError(
            f"The scheduler of dask at {options.address} (engine {engine.name!r}) cannot be reached: {_words(error)}. "
            "Start it, or correct the address, and try again."
        ) from error


def _local_cluster(workers: int) -> LocalCluster:
    """Return a scheduler and workers in threads of this process, to which no other process can connect.

    Each thread passes its jobs on to a process of its own.
    """
    return LocalCluster(
        n_workers=1,
        threads_per_worker=workers,
        processes=False,
        memory_limit=0,
        dashboard_address="127.0.0.1:0",
        worker_dashboard_address="127.0.0.1:0",
        silence_logs=logging.CRITICAL if QUIET else logging.WARNING,
    )


def _words(error: BaseException) -> str:
    return printable(without_secrets(" ".join(str(error).split()))) or type(error).__name__
