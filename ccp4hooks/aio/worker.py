"""The worker process for tasks that change the directory or the environment of their process.

It reads a pickled request from standard input and writes the pickled result or exception to standard output. When the
process that has started it dies, it ends its job as if the user had interrupted it.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
from contextlib import suppress
from typing import Any

from ccp4hooks.aio.tasks import CALLS
from ccp4hooks.failures import Failure, attempt, portable
from ccp4hooks.runtime import descriptors
from ccp4hooks.runtime.messages import received
from ccp4hooks.runtime.signals import treat_termination_as_interrupt
from ccp4hooks.session import open_session


def main() -> None:
    """Read the request, call the function and write the result."""
    treat_termination_as_interrupt()
    with suppress(BrokenPipeError), os.fdopen(os.dup(sys.stdout.fileno()), "wb") as answer:
        # The output of the programs must not mix with the answer.
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        descriptors.own()
        request = received(sys.stdin.buffer) or b""
        threading.Thread(target=_end_with_parent, daemon=True, name="ccp4hooks parent").start()
        # The data comes from our parent process.
        result = attempt(_done, pickle.loads(request))  # noqa: S301
        answer.write(pickle.dumps(portable(result).error if isinstance(result, Failure) else result))


def _end_with_parent() -> None:
    """Wait until the parent process has died, which closes standard input, and interrupt the job."""
    os.read(sys.stdin.fileno(), 1)
    if sys.platform == "win32":
        os._exit(1)
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)


def _done(request: tuple[Any, ...]) -> Any:
    settings, call, arguments, options = request
    return CALLS[call](open_session(settings), *arguments, **options)
