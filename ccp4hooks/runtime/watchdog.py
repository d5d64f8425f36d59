"""Stop the programs and remove the scratch directories of a process that was killed.

The watchdog is a shell that reads from a pipe. When the process ends, for whatever reason, the pipe is closed and the
shell cleans up.
"""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager, suppress
from contextvars import Context
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4
from weakref import WeakSet

if TYPE_CHECKING:
    from collections.abc import Iterator

SCRIPT = """
trap '' INT TERM HUP QUIT
groups=' '
while IFS= read -r line; do
  case $line in
    /*) set -- "$@" "$line" ;;
    -/*) for one; do shift; [ "$one" = "${line#-}" ] || set -- "$@" "$one"; done ;;
    -*) group=${line#-}
        case $groups in *" $group "*) groups="${groups%% $group *} ${groups#* $group }" ;; esac ;;
    *) groups="$groups$line " ;;
  esac
done
if [ -n "${groups# }" ]; then
  for group in $groups; do kill -s TERM -- "-$group" 2>/dev/null; done
  sleep 5
  for group in $groups; do kill -s KILL -- "-$group" 2>/dev/null; done
fi
[ $# = 0 ] || rm -rf -- "$@"
"""


PATIENCE_S = 2.0
"""How long a process waits at its end for its watchdog [s]."""


def _shell() -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - a constant
        ["/bin/sh", "-c", SCRIPT],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


class Watchdog:
    """Stops the programs that this process leaves behind when it is killed.

    Programs are identified by their process group, so that their descendants are stopped as well. The watchdog does not
    run on Windows, or on systems without ``/bin/sh``.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shell: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._watched: WeakSet[subprocess.Popen[Any]] = WeakSet()
        self._directories: set[str] = set()

    def watch(self, program: subprocess.Popen[Any]) -> None:
        """Stop a program if this process is killed. The program must lead its process group."""
        with self._lock:
            if self._started():
                self._watched.add(program)
                self._send(str(program.pid))

    def watch_directory(self, directory: str) -> None:
        """Remove a directory if this process is killed."""
        # The shell reads one path per line.
        if os.path.isabs(directory) and "\n" not in directory:  # noqa: PTH117 - a string, not a Path
            with self._lock:
                if self._started():
                    self._directories.add(directory)
                    self._send(directory)

    def forget_directory(self, directory: str) -> None:
        """Do not remove a directory any more, because it was removed already."""
        with self._lock:
            self._directories.discard(directory)
            self._send(f"-{directory}")

    def forget_ended(self) -> None:
        """Stop watching the programs that have ended, because their process ids may be reused."""
        with self._lock:
            for program in [one for one in self._watched if one.returncode is not None]:
                self._watched.discard(program)
                self._send(f"-{program.pid}")

    def _started(self) -> bool:
        """Start the shell unless it runs already; return whether it runs.

        A shell that somebody has killed is replaced, and the new one learns what the old one knew.
        """
        if self._owner != os.getpid():
            self._owner = os.getpid()
            self._start()
            if self._shell is not None:
                atexit.register(self._close)
        elif self._shell is not None and self._shell.poll() is not None:
            if self._shell.stdin is not None:
                with suppress(OSError):
                    self._shell.stdin.close()
            self._start()
            for known in [*self._directories, *(str(one.pid) for one in self._watched if one.returncode is None)]:
                self._send(known)
        return self._shell is not None

    def _start(self) -> None:
        with suppress(OSError):
            # An empty context, so that the shell is not tracked as a program of the current job.
            self._shell = Context().run(_shell)

    def _send(self, line: str) -> None:
        if self._shell is not None and self._shell.stdin is not None and self._owner == os.getpid():
            with suppress(OSError):
                self._shell.stdin.write(os.fsencode(f"{line}\n"))
                self._shell.stdin.flush()

    def reset_after_fork(self) -> None:
        """Forget the shell of the parent in a forked process, and close its end of the pipe to it."""
        shell, self._shell = self._shell, None
        # Another thread of the parent may have held it.
        self._lock = threading.Lock()
        self._owner, self._watched, self._directories = 0, WeakSet(), set()
        if shell is not None:
            # It is the child of the parent, which waits for it.
            shell.returncode = 0
            if shell.stdin is not None:
                with suppress(OSError):
                    shell.stdin.close()

    def _close(self) -> None:
        """End the shell, unless it has programs left to stop."""
        if self._owner != os.getpid() or self._shell is None:
            return
        for program in list(self._watched):
            program.poll()
        self.forget_ended()
        if self._shell.stdin is not None:
            with suppress(OSError):
                self._shell.stdin.close()
        if not self._watched:
            # A process that was forked by C code may keep the pipe open, and the shell reads on.
            with suppress(subprocess.TimeoutExpired):
                self._shell.wait(PATIENCE_S)


WATCHDOG = Watchdog()

if sys.platform != "win32":
    os.register_at_fork(after_in_child=WATCHDOG.reset_after_fork)


@contextmanager
def scratch_directory() -> Iterator[Path]:
    """Yield a temporary directory that is removed at the end of the block, even if this process is killed.

    The watchdog is told before the directory exists, because this process may be killed in between.
    """
    folder = Path(tempfile.gettempdir(), f"ccp4hooks-{uuid4().hex}").absolute()
    WATCHDOG.watch_directory(str(folder))
    try:
        folder.mkdir(mode=0o700)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        WATCHDOG.forget_directory(str(folder))
