"""Run scripts and tasks from asyncio: each in a thread of its own, or in a process where it must not be with others.

asgiref's thread-sensitive thread, which Django's own asynchronous calls queue for, would run them one after another.
"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from ccp4hooks.errors import Ccp4HooksError
from ccp4hooks.i2 import scripts
from ccp4hooks.model import FinishStatus, RunResult
from ccp4hooks.outcomes.job_log import OUTPUT_FILE
from ccp4hooks.runtime.signals import Interrupt, interruptible
from ccp4hooks.runtime.subprocesses import Programs
from ccp4hooks.session import Session
from ccp4hooks.tasks.isolation import changes_process

if TYPE_CHECKING:
    from asyncio import Future
    from asyncio.subprocess import Process
    from uuid import UUID

    from ccp4hooks.i2.protocols import Script

T = TypeVar("T")

PATIENCE_S = 10.0
"""How long work that was told to stop is waited for, where it runs code that does not listen [s]."""


async def execute(script: Script) -> FinishStatus:
    """Run a script's ``process()`` in a thread of its own and return how it ended.

    When the awaiting task is cancelled, the programs that the script started end, with all that they started.

    Args:
        script: A ``CPluginScript``; for its job to be recorded, a tracked one.

    Raises:
        Exception: What ``process()`` raised.
    """
    result = await in_own_thread(script.process)
    if isinstance(result, int) and result in set(FinishStatus):
        return FinishStatus(result)
    said = scripts.reported_status(script)
    return FinishStatus.SUCCEEDED if said is None else FinishStatus(said)


async def in_own_thread(function: Callable[[], T]) -> T:
    """Call a function in a thread of its own and return its value; cancelling the awaiting task interrupts it.

    It is interrupted as by Ctrl-C, and the programs it has started are stopped.
    """
    import asyncio  # noqa: PLC0415 - start-up time

    from asgiref.sync import sync_to_async  # noqa: PLC0415 - start-up time

    work = _Work(function)
    pool = ThreadPoolExecutor(1, thread_name_prefix="ccp4hooks")
    # asgiref lets code in the thread call back into this loop.
    running = asyncio.ensure_future(sync_to_async(work, thread_sensitive=False, executor=pool)())
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await _stopped(work, running)
        raise
    finally:
        pool.shutdown(wait=False)


async def _stopped(work: _Work, running: Future[Any]) -> None:
    import asyncio  # noqa: PLC0415 - start-up time

    await asyncio.get_running_loop().run_in_executor(None, work.stop)
    await asyncio.wait({running}, timeout=PATIENCE_S)
    if running.done():
        # Nobody is left to hear of it.
        running.exception()


class _Work:
    """A call that another thread can stop.

    Args:
        function: What to call.
    """

    def __init__(self, function: Callable[[], Any]) -> None:
        self._function = function
        self._programs = Programs()
        self._interrupt: Interrupt | None = None
        self._stopping = False

    def __call__(self) -> Any:
        try:
            with self._programs.tracked(), interruptible() as self._interrupt:
                return None if self._stopping else self._function()
        except KeyboardInterrupt:
            # Nobody pressed a key: the loop must not end of it.
            if not self._stopping:
                raise
            return None

    def stop(self) -> None:
        self._stopping = True
        if self._interrupt is not None:
            self._interrupt.fire()
        self._programs.stop()


async def run_task_async(
    session: Session,
    task: str,
    values: Mapping[str, object] | Iterable[tuple[str, object]] = (),
    *,
    project: str | UUID,
    title: str = "",
) -> RunResult:
    """Run a task as `Session.run` does, without standing in the way of others."""
    pairs = list(values.items() if isinstance(values, Mapping) else values)
    return await _run(session, task, "run", (task, pairs), {"project": project, "title": title})


async def run_opened_async(session: Session, task: str, uuid: UUID, *, again: bool = False) -> RunResult:
    """Run a job opened earlier as `Session.run_opened` does, without standing in the way of others.

    Args:
        session: The plugins.
        task: The job's TASKNAME.
        uuid: The job.
        again: Whether a job that has ended may run again.
    """
    return await _run(session, task, "run_opened", (uuid,), {"again": again})


CALLS: dict[str, Callable[..., RunResult]] = {"run": Session.run, "run_opened": Session.run_opened}
"""What can be asked of a process of its own, by name."""


async def _run(
    session: Session, task: str, call: str, arguments: tuple[Any, ...], options: dict[str, Any]
) -> RunResult:
    # A plugin that was handed over as an object exists in this process only.
    if session.portable and changes_process(task):
        return await _in_own_process(task, (session.settings, call, arguments, options))
    return await in_own_thread(partial(CALLS[call], session, *arguments, **options))


async def _in_own_process(task: str, request: tuple[Any, ...]) -> RunResult:
    """Run a task that changes directory or environment where that changes nothing for others."""
    import asyncio  # noqa: PLC0415 - start-up time

    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ccp4hooks.aio.worker", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        answer, _ = await worker.communicate(pickle.dumps(request))
    except asyncio.CancelledError:
        await _terminated(worker)
        raise
    if not answer:
        raise Ccp4HooksError(
            f"The process that ran the task {task!r} ended with exit code {worker.returncode} without a word; "
            f"{OUTPUT_FILE} in the job directory may say more."
        )
    # It comes from a process of our own making.
    result = pickle.loads(answer)  # noqa: S301
    if isinstance(result, BaseException):
        raise result
    return result  # type: ignore[no-any-return]


async def _terminated(worker: Process) -> None:
    """End a process that runs a job; it stops its programs and records the job before it goes."""
    import asyncio  # noqa: PLC0415 - start-up time

    worker.terminate()
    try:
        await asyncio.wait_for(worker.wait(), 2 * PATIENCE_S)
    except asyncio.TimeoutError:
        worker.kill()
