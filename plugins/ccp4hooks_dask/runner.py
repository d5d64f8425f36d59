"""The process that runs the jobs of a worker, one after another, in its main thread.

It reads a request from each line of standard input and answers with a line on standard output, both in JSON. It ends
when standard input is closed, as it is when its worker dies; a job that runs then ends as if a user had interrupted it.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from ccp4hooks import Ccp4HooksError, load_settings, open_session

if TYPE_CHECKING:
    from typing import TextIO

    from ccp4hooks import Session

TERMINATION = ("SIGTERM", "SIGHUP", "SIGXCPU")
"""Signals that interrupt the job."""

IGNORED = ("PWD", "OLDPWD")
"""Environment variables that say where a process is; the directory itself counts."""


def main() -> None:
    """Answer requests until there are no more."""
    _treat_termination_as_interrupt()
    requests: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    # Programs of jobs must neither read the requests nor write among the answers.
    source = os.fdopen(os.dup(0), encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    with open(os.devnull, "r+b") as nothing:  # noqa: PTH123 - a device
        os.dup2(nothing.fileno(), 0)
        os.dup2(nothing.fileno(), 1)
    reader = threading.Thread(target=_read, args=(source, requests), daemon=True, name="ccp4hooks requests")
    reader.start()
    with suppress(KeyboardInterrupt, BrokenPipeError):
        _answer_all(requests, answers)


def _treat_termination_as_interrupt() -> None:
    """Interrupt the job once at the first signal; it then ends, with this process, and further ones change nothing."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    present = [signal.Signals[name] for name in TERMINATION if name in signal.Signals.__members__]

    def interrupt(*_: object) -> None:
        for number in present:
            signal.signal(number, signal.SIG_IGN)
        signal.raise_signal(signal.SIGINT)

    for number in present:
        signal.signal(number, interrupt)


def _read(source: TextIO, requests: queue.SimpleQueue[str | None]) -> None:
    """Pass requests on; when there are no more, interrupt the job that runs."""
    for line in source:
        requests.put(line)
    requests.put(None)
    if sys.platform == "win32":
        os._exit(1)
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)


def _answer_all(requests: queue.SimpleQueue[str | None], answers: TextIO) -> None:
    session: Session | None = None
    for line in iter(requests.get, None):
        request = json.loads(line)
        try:
            if session is None:
                session = open_session(load_settings(config=_path(request["config"])))
            before = _state()
            error = _executed(session, request)
        except Ccp4HooksError as failure:  # The settings, or a plugin.
            answers.write(json.dumps({"error": str(failure), "again": False}) + "\n")
            answers.flush()
            return
        # A task that has changed this process must not affect the jobs after it.
        again = _state() == before
        answers.write(json.dumps({"error": error, "again": again}) + "\n")
        answers.flush()
        if not again:
            return


def _executed(session: Session, request: dict[str, Any]) -> str:
    """Run an attempt of a job, and return why it could not be run or recorded; empty if it was."""
    try:
        if request["probe"]:
            session.answer_probe(Path(request["probe"]))
        else:
            session.execute(UUID(request["job"]), request["attempt"], _path(request["directory"]))
    except Ccp4HooksError as error:
        return str(error)
    return ""


def _path(text: str | None) -> Path | None:
    return Path(text) if text else None


def _state() -> tuple[dict[str, str], str]:
    """Return the environment and the directory of this process."""
    variables = {name: value for name, value in os.environ.items() if name not in IGNORED}
    try:
        return variables, os.getcwd()  # noqa: PTH109 - a text is compared
    except FileNotFoundError:
        return variables, ""
