"""Know which programs a job has started, and stop them with all that they have started."""

from __future__ import annotations

import subprocess
import time
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING, Any

from ccp4hooks import interrupts

if TYPE_CHECKING:
    from collections.abc import Iterator

GRACE_S = 5.0
"""How long a program may take to end by itself once it was asked to [s]."""

POLL_S = 0.02
"""How often it is looked at meanwhile [s]."""

_noting: ContextVar[Programs] = ContextVar("ccp4hooks_programs")


class Programs:
    """The programs started in one context; those of contexts inside belong to it, too."""

    def __init__(self) -> None:
        self._started: list[subprocess.Popen[Any]] = []
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

    def note(self, program: subprocess.Popen[Any]) -> None:
        """Note a program, and forget those that have ended."""
        self._started = [one for one in self._started if one.returncode is None]
        self._started.append(program)

    def _all(self) -> list[subprocess.Popen[Any]]:
        return self._started + [program for inner in self._inside for program in inner._all()]  # noqa: SLF001 - of the same class

    def stop(self, grace_s: float = GRACE_S) -> None:
        """Ask all programs and their descendants to end, and end those that do not.

        Args:
            grace_s: How long they may take [s].
        """
        import psutil  # type: ignore[import-untyped]  # noqa: PLC0415 - start-up time

        running = []
        for program in self._all():
            with suppress(psutil.NoSuchProcess):
                process = psutil.Process(program.pid) if program.returncode is None else None
                running += [process, *process.children(recursive=True)] if process else []
        for process in running:
            with suppress(psutil.NoSuchProcess):
                process.terminate()
        deadline = time.monotonic() + grace_s
        while any(_alive(process) for process in running) and time.monotonic() < deadline:
            time.sleep(POLL_S)
        for process in running:
            with suppress(psutil.NoSuchProcess):
                process.kill()


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
        with interrupts.held():
            begin(program, *arguments, **options)
            programs.note(program)

    popen.__init__ = noting
