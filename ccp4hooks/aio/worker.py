"""The process of its own that a task gets which changes directory or environment; see `asynchronous`.

Reads a pickled request from its standard input and writes the pickled result, or the exception, to its standard output.
"""

from __future__ import annotations

import os
import pickle
import sys
from typing import Any

from ccp4hooks.aio.tasks import CALLS
from ccp4hooks.plugins.failures import Failure, attempt
from ccp4hooks.runtime.signals import treat_termination_as_interrupt
from ccp4hooks.session import open_session


def main() -> None:
    """Do what the process was asked for."""
    treat_termination_as_interrupt()
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as answer:
        # What the task's programs print must not be taken for the answer.
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        # The parent is a process of ours.
        result = attempt(_done, pickle.load(sys.stdin.buffer))  # noqa: S301
        pickle.dump(result.error if isinstance(result, Failure) else result, answer)


def _done(request: tuple[Any, ...]) -> Any:
    settings, call, arguments, options = request
    return CALLS[call](open_session(settings), *arguments, **options)


if __name__ == "__main__":
    main()
