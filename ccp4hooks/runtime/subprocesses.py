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
    from collections.abc import Iterator

GRACE_S = 5.0
"""Time for a program to exit after SIGTERM before it is killed [s]."""

KILL = signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM

POLL_S = 0.02
"""Interval between checks during that time [s]."""

_current: ContextVar[Programs] = ContextVar("ccp4hooks_programs")


class Programs:
    """The programs started in a context, including its nested contexts."""

    def __init__(self) -> None:
        self._started: list[tuple[subprocess.Popen[Any], bool]] = []
        self._inside: list[Programs] = []

    @contextmanager
    def tracked(self) -> Iterator[None]:
        """Track the programs that are started inside the block."""
        _patch_popen()
        outer = _current.get(None)
        if outer is not None and outer is not self:
            outer._inside.append(self)  # noqa: SLF001 - same class
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
        groups = [program.pid for program, leads in programs if leads]
        _signal(below, groups, signal.SIGTERM)
        deadline = time.monotonic() + grace_s
        while (any(map(_alive, below)) or any(map(_has_members, groups))) and time.monotonic() < deadline:
            time.sleep(POLL_S)
        _signal([process for process in below if _alive(process)], groups, KILL)


def _signal(processes: list[Any], groups: list[int], number: int) -> None:
    import psutil  # noqa: PLC0415 - start-up time

    for process in processes:
        with suppress(psutil.NoSuchProcess):
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
        # An interrupt between the two steps would leave a program that nobody stops.
        with signals.deferred():
            start(program, *arguments, **(options | {"start_new_session": True} if leads else options))
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
