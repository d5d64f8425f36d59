"""Send the status of jobs to a URL as JSON, to a command, or to both. Enable this plugin with ``-p notify``.

A background thread sends the messages in order. At exit, the process waits at most ``drain_s`` for the last messages.
Messages that cannot be delivered are logged with ``logging`` and dropped. Sending to a URL needs
``pip install 'ccp4hooks[notify]'``.
"""

from __future__ import annotations

import atexit
import json
import logging
import shlex
import subprocess
import time
from dataclasses import dataclass, field
from importlib.util import find_spec
from queue import SimpleQueue
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from ccp4hooks import BadInputError, hookimpl, without_secrets

if TYPE_CHECKING:
    from collections.abc import Callable

    from ccp4hooks import Job, JobStatus, Outcome

__all__ = ["NotifyOptions", "NotifyPlugin"]

log = logging.getLogger(__name__)

SECONDS = {"minimum": 0.0, "maximum": 86_400.0}
"""Limits of the times that can be set [s]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyOptions:
    """The settings in ``[plugins.notify]``.

    Attributes:
        url: URL to which each message is posted; empty for none. It is not shown, because it may contain a secret.
        command: Command that is run for each message, with the message on standard input; empty for none. It is split
            into words as by a shell, but not run by one. It is ignored in a settings file that was found and is not
            trusted.
        retries: Maximum number of retries per message.
        wait_s: Delay before a retry [s].
        timeout_s: Timeout of one delivery [s].
        drain_s: Maximum time to wait for pending messages at exit [s].
    """

    url: str = field(default="", metadata={"secret": True})
    command: str = field(default="", metadata={"runs_code": True})
    retries: int = field(default=2, metadata={"minimum": 0})
    wait_s: float = field(default=1.0, metadata=SECONDS)
    timeout_s: float = field(default=5.0, metadata=SECONDS)
    drain_s: float = field(default=5.0, metadata=SECONDS)


class NotifyPlugin:
    """Sends the status of jobs. The background thread starts with the first message."""

    ccp4hooks_requires = ">=1,<2"
    ccp4hooks_settings = NotifyOptions

    def __init__(self, options: NotifyOptions) -> None:
        if not options.url and not options.command:
            raise BadInputError("The plugin notify has no destination: set url or command in [plugins.notify].")
        if options.url and find_spec("httpx") is None:
            raise BadInputError("The plugin notify needs httpx to send to a URL: pip install 'ccp4hooks[notify]'.")
        self._options = options
        self._queue: SimpleQueue[str | None] = SimpleQueue()
        self._done = Event()
        self._thread: Thread | None = None

    @hookimpl.job_status
    def job_status(self, job: Job, new: JobStatus) -> None:
        """Send the new status of a job."""
        self._put(_message(job, new.name))

    @hookimpl.job_withdrawn
    def job_withdrawn(self, job: Job) -> None:
        """Send the status WITHDRAWN, which is not a `JobStatus`, for a job that was withdrawn before it ran."""
        self._put(_message(job, "WITHDRAWN"))

    @hookimpl.job_finished
    def job_finished(self, job: Job, outcome: Outcome) -> None:
        """Send the final status, the KPIs and the problems of a job."""
        kpis = {kpi.key: kpi.value for kpi in outcome.kpis}
        self._put(
            _message(job, outcome.status.name) | {"kpis": kpis, "problems": [str(one) for one in outcome.problems]}
        )

    @hookimpl.close_session
    def close_session(self) -> None:
        """Wait until all messages are delivered, at most ``drain_s``, and end the thread."""
        if self._thread is not None:
            atexit.unregister(self.drain)
            self.drain()
            self._thread = None

    def drain(self) -> None:
        """Wait until all messages are delivered, at most ``drain_s``."""
        self._queue.put(None)
        if not self._done.wait(self._options.drain_s):
            log.warning("notify: not all messages were delivered in %s s", self._options.drain_s)

    def _put(self, message: dict[str, Any]) -> None:
        if self._thread is None:
            self._done.clear()
            self._thread = Thread(target=self._send_all, name="ccp4hooks-notify", daemon=True)
            self._thread.start()
            atexit.register(self.drain)
        self._queue.put(json.dumps(message))

    def _send_all(self) -> None:
        while (text := self._queue.get()) is not None:
            for destination, deliver in ((self._options.url, _post), (self._options.command, _run)):
                if destination:
                    self._deliver(deliver, destination, text)
        self._done.set()

    def _deliver(self, deliver: Callable[[str, str, float], str], destination: str, text: str) -> None:
        for retry in range(self._options.retries + 1):
            if retry:
                time.sleep(self._options.wait_s)
            failure = deliver(destination, text, self._options.timeout_s)
            if not failure:
                return
        log.warning("notify: giving up after %s attempts: %s", self._options.retries + 1, failure)


def _message(job: Job, status: str) -> dict[str, Any]:
    identity = {"project": job.project.name, "job": job.number, "uuid": str(job.uuid)}
    return identity | {"task": job.task, "title": job.title, "status": status}


def _post(url: str, text: str, timeout_s: float) -> str:
    """Post a message and return the reason of a failure, empty on success. It has no part of the URL but the host."""
    import httpx  # noqa: PLC0415 - an optional dependency

    try:
        answer = httpx.post(url, content=text, headers={"Content-Type": "application/json"}, timeout=timeout_s)
    except httpx.InvalidURL:
        return "the URL is not valid"  # The error may quote a part of a password.
    except httpx.HTTPError as error:
        return f"{_host(url)}: {type(error).__name__}: {without_secrets(error)}"
    return "" if answer.is_success else f"{_host(url)} answered {answer.status_code}"


def _host(url: str) -> str:
    from urllib.parse import urlsplit  # noqa: PLC0415 - start-up time

    return urlsplit(url).hostname or "the URL"


def _run(command: str, text: str, timeout_s: float) -> str:
    """Run a command with a message on standard input and return the reason of a failure, empty on success.

    The reason names the program without its arguments, which may contain a secret.
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        return f"the command is not valid: {error}"
    try:
        done = subprocess.run(words, input=text, text=True, check=False, timeout=timeout_s, capture_output=True)  # noqa: S603 - the user's own command
    except subprocess.TimeoutExpired:
        return f"{words[0]} did not end within {timeout_s} s"
    except (OSError, ValueError) as error:
        return f"{words[0]} cannot be run: {error}"
    return f"{words[0]} ended with exit code {done.returncode}" if done.returncode else ""
