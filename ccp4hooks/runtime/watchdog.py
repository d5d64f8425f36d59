"""Ends programs whose runner was killed, and removes its scratch directories.

It is a shell that waits for the runner's end and then has nobody to ask.
"""

from __future__ import annotations

import atexit
import os
import subprocess
import tempfile
import threading
from contextlib import contextmanager, suppress
from contextvars import Context
from pathlib import Path
from typing import TYPE_CHECKING, Any
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


def _shell() -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - a constant
        ["/bin/sh", "-c", SCRIPT],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


class Watchdog:
    """Hears of the programs of this process, and ends those that it leaves behind.

    A program is named by its process group, so that what it has started ends with it. There is none on Windows, and
    none where there is no shell.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shell: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._watched: WeakSet[subprocess.Popen[Any]] = WeakSet()

    def watch(self, program: subprocess.Popen[Any]) -> None:
        """End a program, the leader of its process group, should this process be killed."""
        with self._lock:
            if self._started():
                self._watched.add(program)
                self._say(str(program.pid))

    def mind(self, directory: str) -> None:
        """Remove a directory, should this process be killed."""
        # A line is a name to the shell.
        if os.path.isabs(directory) and "\n" not in directory:  # noqa: PTH117 - a name
            with self._lock:
                if self._started():
                    self._say(directory)

    def forget(self, directory: str) -> None:
        """Leave a directory alone, which is gone."""
        with self._lock:
            self._say(f"-{directory}")

    def settle(self) -> None:
        """Forget the programs that have ended; their numbers may be given to others."""
        with self._lock:
            for program in [one for one in self._watched if one.returncode is not None]:
                self._watched.discard(program)
                self._say(f"-{program.pid}")

    def _started(self) -> bool:
        """Return whether there is a shell that hears of this process's end; start one if need be."""
        if self._owner != os.getpid():
            # A fork must not speak for its parent.
            self._owner, self._shell = os.getpid(), None
            with suppress(OSError):
                # In no job's context: it is no program of the job that happens to need it first.
                self._shell = Context().run(_shell)
                atexit.register(self._leave)
        return self._shell is not None

    def _say(self, line: str) -> None:
        if self._shell is not None and self._shell.stdin is not None and self._owner == os.getpid():
            with suppress(OSError):
                self._shell.stdin.write(os.fsencode(f"{line}\n"))
                self._shell.stdin.flush()

    def _leave(self) -> None:
        """Let the shell go, all that has ended forgotten."""
        if self._owner != os.getpid() or self._shell is None:
            return
        for program in list(self._watched):
            program.poll()
        self.settle()
        if self._shell.stdin is not None:
            with suppress(OSError):
                self._shell.stdin.close()
        if not self._watched:
            self._shell.wait()


WATCHDOG = Watchdog()


@contextmanager
def scratch_directory() -> Iterator[Path]:
    """Lend a temporary directory that goes when it is given back, and also if this process is killed."""
    scratch = tempfile.TemporaryDirectory(prefix="ccp4hooks-")
    WATCHDOG.mind(scratch.name)
    try:
        with scratch as folder:
            yield Path(folder)
    finally:
        WATCHDOG.forget(scratch.name)
