"""Know which programs a job has started, and stop them with all that they have started."""

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

from ccp4hooks.runtime import signals
from ccp4hooks.runtime.watchdog import WATCHDOG

if TYPE_CHECKING:
    from collections.abc import Iterator

GRACE_S = 5.0
"""How long a program may take to end by itself once it was asked to [s]."""

KILL = signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM

POLL_S = 0.02
"""How often it is looked at meanwhile [s]."""

_noting: ContextVar[Programs] = ContextVar("ccp4hooks_programs")


class Programs:
    """The programs started in one context; those of contexts inside belong to it, too."""

    def __init__(self) -> None:
        self._started: list[tuple[subprocess.Popen[Any], bool]] = []
        self._inside: list[Programs] = []

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Note the programs that are started in this context."""
        _note_programs()
        outer = _noting.get(None)
        if outer is not None and outer is not self:
            outer._inside.append(self)  # noqa: SLF001 - of the same class
        token = _noting.set(self)
        try:
            yield
        finally:
            _noting.reset(token)
            WATCHDOG.settle()

    def note(self, program: subprocess.Popen[Any], *, leads: bool) -> None:
        """Note a program, and forget those that have ended.

        Args:
            program: The program.
            leads: Whether it leads a process group of its own.
        """
        self._started = [one for one in self._started if one[0].returncode is None]
        self._started.append((program, leads))

    def _all(self) -> list[tuple[subprocess.Popen[Any], bool]]:
        return self._started + [one for inner in self._inside for one in inner._all()]  # noqa: SLF001 - of the same class

    def stop(self, grace_s: float = GRACE_S) -> None:
        """Ask all programs and their descendants to end, and end those that do not.

        A group is asked also when its leader has ended: what that has started may run on.

        Args:
            grace_s: How long they may take [s].
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
    """Return whether anything runs in a process group; a leader that waits to be heard of counts, and is soon heard."""
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _alive(process: Any) -> bool:
    """Return whether a process runs; one that only waits for its parent to hear of its end does not.

    psutil's own waiting would take that word away from the parent.
    """
    import psutil  # noqa: PLC0415 - start-up time

    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


@cache
def _note_programs() -> None:
    """Make every ``Popen`` tell the `Programs` of its context; asyncio's subprocesses are such, too."""
    popen: Any = subprocess.Popen
    begin = popen.__init__

    def noting(program: Any, *arguments: Any, **options: Any) -> None:
        programs = _noting.get(None)
        if programs is None:
            begin(program, *arguments, **options)
            return
        # Interrupted in between, it would run on with nobody to know of it.
        leads = _may_lead(options)
        with signals.held():
            begin(program, *arguments, **(options | {"start_new_session": True} if leads else options))
            programs.note(program, leads=leads)
            if leads:
                WATCHDOG.watch(program)

    popen.__init__ = noting


def _may_lead(options: dict[str, Any]) -> bool:
    """Return whether a program can be given a process group of its own, by which it ends with all it has started."""
    chosen = options.get("process_group") is not None or options.get("preexec_fn") is not None
    return os.name == "posix" and not chosen
