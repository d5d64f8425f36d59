"""Tell others how jobs stand: post JSON to a URL, run a command, or both. Off unless switched on: ``-p notify``.

Messages are sent by a thread of their own, in order; at exit the last ones are waited for, and never longer than
``drain_s``. What cannot be delivered is logged by ``logging`` and forgotten. Posting needs
``pip install 'ccp4hooks[notify]'``.
"""

from __future__ import annotations

import atexit
import json
import logging
import shlex
import subprocess
import time
from dataclasses import dataclass
from importlib.util import find_spec
from queue import SimpleQueue
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from ccp4hooks import BadInputError, hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable

    from ccp4hooks import Job, JobStatus, Outcome

__all__ = ["NotifyOptions", "NotifyPlugin"]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyOptions:
    """What ``[plugins.notify]`` may hold.

    Attributes:
        url: Where each message is posted, empty for nowhere.
        command: What is run for each message, which it gets on standard input; split as a shell does, without one.
        retries: How often a message is sent again that could not be delivered.
        wait_s: How long to wait before that [s].
        timeout_s: How long one delivery may take [s].
        drain_s: How long the end of the process waits for messages that are not delivered yet [s].
    """

    url: str = ""
    command: str = ""
    retries: int = 2
    wait_s: float = 1.0
    timeout_s: float = 5.0
    drain_s: float = 5.0


class NotifyPlugin:
    """Sends the status of jobs; the thread starts with the first message."""

    ccp4hooks_requires = ">=1,<2"
    ccp4hooks_settings = NotifyOptions

    def __init__(self, options: NotifyOptions) -> None:
        if not options.url and not options.command:
            raise BadInputError("The plugin notify has nobody to tell: set url or command in [plugins.notify].")
        if options.url and find_spec("httpx") is None:
            raise BadInputError("The plugin notify posts by httpx, which is missing: pip install 'ccp4hooks[notify]'.")
        self._options = options
        self._queue: SimpleQueue[str | None] = SimpleQueue()
        self._done = Event()
        self._thread: Thread | None = None

    @hookimpl
    def job_status(self, job: Job, new: JobStatus) -> None:
        """Send a change of status."""
        self._put(_message(job, new.name))

    @hookimpl
    def job_withdrawn(self, job: Job) -> None:
        """Send that a job was taken back before it ran, as the status WITHDRAWN, which is no `JobStatus`."""
        self._put(_message(job, "WITHDRAWN"))

    @hookimpl
    def job_finished(self, job: Job, outcome: Outcome) -> None:
        """Send how a job ended, with its performance values."""
        kpis = {kpi.key: kpi.value for kpi in outcome.kpis}
        self._put(
            _message(job, outcome.status.name) | {"kpis": kpis, "problems": [str(one) for one in outcome.problems]}
        )

    def drain(self) -> None:
        """Wait until all is delivered, at most ``drain_s``."""
        self._queue.put(None)
        if not self._done.wait(self._options.drain_s):
            log.warning("notify: not all messages were delivered in %s s", self._options.drain_s)

    def _put(self, message: dict[str, Any]) -> None:
        if self._thread is None:
            self._thread = Thread(target=self._send_all, name="ccp4hooks-notify", daemon=True)
            self._thread.start()
            atexit.register(self.drain)
        self._queue.put(json.dumps(message))

    def _send_all(self) -> None:
        while (text := self._queue.get()) is not None:
            for said, deliver in ((self._options.url, _post), (self._options.command, _run)):
                if said:
                    self._deliver(deliver, said, text)
        self._done.set()

    def _deliver(self, deliver: Callable[[str, str, float], str], said: str, text: str) -> None:
        for again in range(self._options.retries + 1):
            if again:
                time.sleep(self._options.wait_s)
            trouble = deliver(said, text, self._options.timeout_s)
            if not trouble:
                return
        log.warning("notify: given up after %s attempts: %s", self._options.retries + 1, trouble)


def _message(job: Job, status: str) -> dict[str, Any]:
    which = {"project": job.project.name, "job": job.number, "uuid": str(job.uuid)}
    return which | {"task": job.task, "title": job.title, "status": status}


def _post(url: str, text: str, timeout_s: float) -> str:
    """Post a message and return what went wrong, empty if nothing did."""
    import httpx  # noqa: PLC0415 - an extra

    try:
        answer = httpx.post(url, content=text, headers={"Content-Type": "application/json"}, timeout=timeout_s)
        answer.raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return str(error)
    return ""


def _run(command: str, text: str, timeout_s: float) -> str:
    """Run a command with a message on its standard input and return what went wrong, empty if nothing did."""
    try:
        subprocess.run(  # noqa: S603 - the user's own command
            shlex.split(command), input=text, text=True, check=True, timeout=timeout_s, capture_output=True
        )
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        return str(error)
    return ""
