"""Touch a file as long as this process runs, in a process of its own: a sign of life that other machines see.

A thread would not do: while a task is in a C call that holds Python's lock, no other thread of its process runs.
"""

from __future__ import annotations

import subprocess
from contextlib import contextmanager, suppress
from contextvars import Context
from typing import TYPE_CHECKING

from ccp4hooks.runtime.interpreters import words_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CODE = """
import os, select, signal, sys
for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(one, signal.SIG_IGN)
runner = os.getppid()
while not select.select([0], [], [], float(sys.argv[2]))[0] and os.getppid() == runner:
    try:
        os.utime(sys.argv[1])
    except OSError:
        pass
"""
"""The code of the other process. The end of its input, or another parent, means that this process has ended."""

PATIENCE_S = 5.0
"""How long the other process may take to end [s]."""


@contextmanager
def touched(path: Path, period_s: float) -> Iterator[None]:
    """Touch a file regularly during the block. Where no other process can be started, it is not touched.

    Args:
        path: The file.
        period_s: Time between two touches [s].
    """
    process: subprocess.Popen[bytes] | None = None
    with suppress(OSError):
        # An empty context, so that it is not tracked as a program of the current job.
        words = words_of(CODE, str(path), str(period_s))
        process = Context().run(subprocess.Popen, words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        if process is not None:
            if process.stdin is not None:
                process.stdin.close()
            try:
                process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
