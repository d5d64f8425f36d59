"""Track the programs that a job starts, and stop them together with their descendants."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING, Any

from ccp4hooks.runtime import signals, stdio
from ccp4hooks.runtime.watchdog import WATCHDOG

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from uuid import UUID

GRACE_S = 5.0
"""Time for a program to exit after SIGTERM before it is killed [s]."""

KILL = signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM

KILLED_S = 5.0
"""Time for a program to disappear after it was killed [s]."""

POLL_S = 0.02
"""Interval between checks during that time [s]."""

MARK = "CCP4HOOKS_JOBS"
"""Variable in the environment of a program: the UUIDs of the job that started it and of the jobs above, with colons."""

ENVIRONMENT = 10
"""Index of the argument ``env`` among the positional arguments of ``Popen``."""

_current: ContextVar[Programs] = ContextVar("ccp4hooks_programs")


class Programs:
    """The programs started in a context, including its nested contexts.

    Args:
        job: UUID of the job that starts them; None for programs of several jobs. Their environment has it, so that a
            program is found again that has left its process group and its parent.
        note: Called with the process ID, the process group (None if it is that of this process) and the name of each
            program that was started.
    """

    def __init__(self, job: UUID | None = None, note: Callable[[int, int | None, str], None] = lambda *_: None) -> None:
        self._jobs = () if job is None else (str(job),)
        self._note = note
        self._above: tuple[str, ...] = ()
        self._started: list[tuple[subprocess.Popen[Any], bool]] = []
        self._inside: list[Programs] = []

    @contextmanager
    def tracked(self) -> Iterator[None]:
        """Track the programs that are started inside the block."""
        _patch_popen()
        outer = _current.get(None)
        if outer is not None and outer is not self:
            outer._inside.append(self)  # noqa: SLF001 - same class
            self._above = (*outer._above, *outer._jobs)  # noqa: SLF001 - same class
        token = _current.set(self)
        try:
            yield
        finally:
            _current.reset(token)
            WATCHDOG.forget_ended()

    def add(self, program: subprocess.Popen[Any], *, leads: bool) -> None:
        """Add a program, and drop the programs that have ended.

        Args:
            program: The program.
            leads: Whether it leads a process group of its own.
        """
        self._started = [one for one in self._started if one[0].returncode is None]
        self._started.append((program, leads))
        self._note(program.pid, program.pid if leads else None, _name(program.args))

    def marked(self, environment: Mapping[Any, Any] | None) -> dict[Any, Any]:
        """Return the environment for a program: the given one, or that of this process, with the UUIDs of the jobs."""
        given = os.environ if environment is None else environment
        jobs = [given.get(MARK, ""), *self._above, *self._jobs]
        return {**given, MARK: ":".join(filter(None, jobs))}

    def _all(self) -> list[tuple[subprocess.Popen[Any], bool]]:
        return self._started + [one for inner in self._inside for one in inner._all()]  # noqa: SLF001 - same class

    def stop(self, grace_s: float = GRACE_S) -> None:
        """Terminate all programs and their descendants, and kill those that do not exit in time.

        A process group is signalled even if its leader has ended, because its other members may still run.

        Args:
            grace_s: Time to exit before they are killed [s].
        """
        import psutil  # type: ignore[import-untyped]  # noqa: PLC0415 - start-up time

        programs, below = self._all(), []
        for program, _ in programs:
            with suppress(psutil.NoSuchProcess):
                process = psutil.Process(program.pid) if program.returncode is None else None
                below += [process, *process.children(recursive=True)] if process else []
        below += [process for process in find_marked(self._jobs) if process not in below]
        groups = [program.pid for program, leads in programs if leads]
        _signal(below, groups, signal.SIGTERM)
        deadline = time.monotonic() + grace_s
        while (any(map(_alive, below)) or any(map(_has_members, groups))) and time.monotonic() < deadline:
            time.sleep(POLL_S)
        _signal([process for process in below if _alive(process)], groups, KILL)
        stop_marked(self._jobs, grace_s)


def find_marked(jobs: Collection[str]) -> list[Any]:
    """Return the processes that programs of these jobs have started, wherever they are now, as ``psutil.Process``.

    Only processes of the same user can be found, and not one that has emptied its environment. This process and those
    above it are left out.

    Args:
        jobs: UUIDs of the jobs.
    """
    import psutil  # noqa: PLC0415 - start-up time

    if not jobs:
        return []
    own = psutil.Process()
    spared = {own.pid, *(process.pid for process in own.parents())}
    found = []
    for process in psutil.process_iter():
        # OSError: of a process that ends while it is read.
        with suppress(psutil.Error, OSError):
            if process.pid in spared or process.status() == psutil.STATUS_ZOMBIE:
                continue
            if set(process.environ().get(MARK, "").split(":")) & set(jobs):
                found.append(process)
    return found


def stop_marked(jobs: Collection[str], grace_s: float = GRACE_S) -> list[tuple[str, int]]:
    """Terminate what programs of these jobs have left behind, and kill what does not exit in time.

    Args:
        jobs: UUIDs of the jobs, whose own process has ended.
        grace_s: Time to exit before they are killed [s].

    Returns:
        The name and the process ID of each.
    """
    named: list[tuple[str, int]] = []
    # A program that is ended may have started another one just before.
    while found := find_marked(jobs):
        named += [(_name_of(process), process.pid) for process in found]
        _signal(found, [], signal.SIGTERM)
        left = _still_alive(found, grace_s)
        _signal(left, [], KILL)
        if _still_alive(left, KILLED_S):
            break
    return named


def _still_alive(processes: list[Any], patience_s: float) -> list[Any]:
    """Wait until processes have ended, and return those that have not."""
    deadline = time.monotonic() + patience_s
    while any(map(_alive, processes)) and time.monotonic() < deadline:
        time.sleep(POLL_S)
    return [process for process in processes if _alive(process)]


def _name_of(process: Any) -> str:
    import psutil  # noqa: PLC0415 - start-up time

    try:
        return str(process.name())
    except psutil.NoSuchProcess:
        return "a program"


def _name(arguments: Any) -> str:
    """Return the name of a program from the first argument of ``Popen``."""
    first = arguments if isinstance(arguments, (str, bytes, os.PathLike)) else next(iter(arguments), "")
    words = os.fsdecode(first).split()
    return os.path.basename(words[0]) if words else ""  # noqa: PTH119 - a string, not a Path


def _signal(processes: list[Any], groups: list[int], number: int) -> None:
    import psutil  # noqa: PLC0415 - start-up time

    for process in processes:
        # AccessDenied: of a program that has changed its user.
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            process.send_signal(number)
    for group in groups:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, number)


def _has_members(group: int) -> bool:
    """Return whether a process of a group is running.

    A zombie is not: its leader may be waiting for the thread that stops it, and is then reaped only afterwards.
    """
    import psutil  # noqa: PLC0415 - start-up time

    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return any(_is_running_in(group, pid) for pid in psutil.pids())


def _is_running_in(group: int, pid: int) -> bool:
    import psutil  # noqa: PLC0415 - start-up time

    try:
        return os.getpgid(pid) == group and _alive(psutil.Process(pid))
    except (psutil.NoSuchProcess, ProcessLookupError, PermissionError):
        return False


def _alive(process: Any) -> bool:
    """Return whether a process is running and not a zombie.

    `psutil.Process.wait` cannot be used here: it would reap the process, and the parent would miss its exit status.
    """
    import psutil  # noqa: PLC0415 - start-up time

    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


@cache
def _patch_popen() -> None:
    """Add each new ``Popen`` to the `Programs` of its context, and give it the output file of the context.

    asyncio uses ``Popen`` as well.
    """
    popen: Any = subprocess.Popen
    start = popen.__init__

    def tracking(program: Any, *arguments: Any, **options: Any) -> None:
        programs = _current.get(None)
        if programs is None:
            start(program, *arguments, **options)
            return
        arguments, options = _with_output(arguments, options)
        leads = _may_lead(options)
        chosen = options | {"start_new_session": True} if leads else options
        if len(arguments) <= ENVIRONMENT:
            chosen = {**chosen, "env": programs.marked(options.get("env"))}
        # An interrupt between the two steps would leave a program that nobody stops.
        with signals.deferred():
            start(program, *arguments, **chosen)
            programs.add(program, leads=leads)
            if leads:
                WATCHDOG.watch(program)

    popen.__init__ = tracking


def _with_output(arguments: tuple[Any, ...], options: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments of ``Popen`` with the output file in place of a standard stream that would be inherited."""
    file = stdio.output_of_programs()
    if file is None:
        return arguments, options
    positional, named = list(arguments), dict(options)
    for name, index in (("stdout", 4), ("stderr", 5)):
        if index < len(positional):
            positional[index] = file.fileno() if positional[index] is None else positional[index]
        elif named.get(name) is None:
            named[name] = file.fileno()
    return tuple(positional), named


def _may_lead(options: dict[str, Any]) -> bool:
    """Return whether a program can lead a process group of its own, with which its descendants can be stopped."""
    chosen = options.get("process_group") is not None or options.get("preexec_fn") is not None
    return os.name == "posix" and not chosen
