"""Run scripts and tasks from asyncio, each in its own thread, or in its own process if it must be isolated.

They do not run in asgiref's thread-sensitive thread, which Django uses, because that would run them one after another.
"""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from ccp4hooks.errors import Ccp4HooksError
from ccp4hooks.i2 import scripts
from ccp4hooks.i2.tasks.isolation import changes_process
from ccp4hooks.model import FinishStatus, RunResult
from ccp4hooks.outcomes.job_log import OUTPUT_FILE
from ccp4hooks.runtime import interpreters
from ccp4hooks.runtime.messages import framed
from ccp4hooks.runtime.signals import Interrupt, interruptible
from ccp4hooks.runtime.subprocesses import Programs
from ccp4hooks.session import Session
from ccp4hooks.tasks.given_values import value_pairs

if TYPE_CHECKING:
    from asyncio import Future
    from asyncio.subprocess import Process
    from collections.abc import Callable
    from uuid import UUID

    from ccp4hooks.i2.protocols import Script
    from ccp4hooks.tasks.given_values import GivenValues

T = TypeVar("T")

WORKER = "from ccp4hooks.aio.worker import main; main()"
"""The code of a worker process."""

PATIENCE_S = 10.0
"""Time to wait for work that was interrupted but does not stop [s]."""


async def execute(script: Script) -> FinishStatus:
    """Run ``process()`` of a script in a new thread and return the finish status.

    If the awaiting task is cancelled, the programs that the script has started and their descendants are stopped.

    Args:
        script: A ``CPluginScript``. Its job is recorded only if the script is tracked.

    Raises:
        Exception: Any exception that ``process()`` raises.
    """
    result = await in_own_thread(script.process)
    finish = FinishStatus.from_report(result)
    if finish is None:
        finish = scripts.reported_status(script)
    return FinishStatus.SUCCEEDED if finish is None else finish


async def in_own_thread(function: Callable[[], T]) -> T:
    """Call a function in a new thread and return its value.

    If the awaiting task is cancelled, the function is interrupted as by Ctrl-C, and its programs are stopped.
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
        # Retrieve the exception, so that asyncio does not log it.
        running.exception()


class _Work:
    """A call that another thread can stop.

    Args:
        function: The function to call.
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
            # `stop` raised it, not the user, so it must not end the event loop.
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
    values: GivenValues = (),
    *,
    project: str | UUID,
    title: str = "",
) -> RunResult:
    """Run a task like `Session.run`, without blocking the event loop."""
    return await _run(session, task, "run", (task, value_pairs(values)), {"project": project, "title": title})


async def run_request_async(session: Session, task: str, values: GivenValues, **options: Any) -> RunResult:
    """Run a task like `Session.run`, without blocking the event loop.

    Args:
        session: The plugins.
        task: TASKNAME.
        values: See `Session.run`.
        **options: The other arguments of `Session.run`. A task that runs in its own process reports no progress.
    """
    return await _run(session, task, "run", (task, value_pairs(values)), options)


async def run_opened_async(session: Session, task: str, uuid: UUID, *, again: bool = False) -> RunResult:
    """Run a job that was opened earlier like `Session.run_opened`, without blocking the event loop.

    Args:
        session: The plugins.
        task: The job's TASKNAME.
        uuid: The job.
        again: Whether to run a job again that has ended.
    """
    return await _run(session, task, "run_opened", (uuid,), {"again": again})


CALLS: dict[str, Callable[..., RunResult]] = {"run": Session.run, "run_opened": Session.run_opened}
"""Functions that a worker process can call, by name."""


async def _run(
    session: Session, task: str, call: str, arguments: tuple[Any, ...], options: dict[str, Any]
) -> RunResult:
    # A plugin that was passed as an object exists only in this process.
    if session.portable and changes_process(task):
        portable = {name: value for name, value in options.items() if name != "progress"}
        return await _in_own_process(task, (session.settings, call, arguments, portable))
    return await in_own_thread(partial(CALLS[call], session, *arguments, **options))


async def _in_own_process(task: str, request: tuple[Any, ...]) -> RunResult:
    """Run a task that changes the directory or the environment of its process in a worker process."""
    import asyncio  # noqa: PLC0415 - start-up time

    worker = await asyncio.create_subprocess_exec(
        *interpreters.words_of(WORKER), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        answer = await _answer_of(worker, pickle.dumps(request))
    except asyncio.CancelledError:
        await _terminated(worker)
        raise
    if not answer:
        raise Ccp4HooksError(
            f"The process that ran the task {task!r} ended with exit code {worker.returncode} and returned no result. "
            f"See {OUTPUT_FILE} in the job directory."
        )
    # The data comes from a process that this function has started.
    result = pickle.loads(answer)  # noqa: S301
    if isinstance(result, BaseException):
        raise result
    return result  # type: ignore[no-any-return]


async def _answer_of(worker: Process, request: bytes) -> bytes:
    """Send a request to a worker process, and return its answer; empty if it has ended without one.

    The pipe of the request stays open until the worker has ended. If this process dies, the system closes it, and the
    worker ends as well.
    """
    if worker.stdin is None or worker.stdout is None:
        return b""
    try:
        worker.stdin.write(framed(request))
        with suppress(ConnectionError):
            await worker.stdin.drain()
        answer = await worker.stdout.read()
        await worker.wait()
    finally:
        worker.stdin.close()
    return answer


async def _terminated(worker: Process) -> None:
    """Terminate a worker process, which stops its programs and records the job before it exits."""
    import asyncio  # noqa: PLC0415 - start-up time

    worker.terminate()
    try:
        await asyncio.wait_for(worker.wait(), 2 * PATIENCE_S)
    except asyncio.TimeoutError:
        worker.kill()
