"""Keep the record of jobs on engines up to date while somebody uses CCP4i2's server.

A machine without the database leaves files, which the side that has submitted the job records. A machine that has died
leaves nothing. CCP4i2's app asks the server for its jobs every few seconds, so the server looks at them when it is
asked. It does so in a thread of its own: a scheduler may take long to answer.
"""

from __future__ import annotations

import logging
import time
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any

from django.db import connections

from ccp4hooks import Ccp4HooksError
from ccp4hooks_database.api.shared_session import shared_session

if TYPE_CHECKING:
    from ccp4hooks import Session

log = logging.getLogger(__name__)

FOLLOW_S = 2.0
"""Shortest interval at which the files of machines without the database are read [s]."""

RECOVER_S = 30.0
"""Shortest interval at which engines are asked for jobs that they have ended [s]."""


class _Follower:
    """Looks at the jobs of engines, in one thread at a time."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._next_s = 0.0
        self._recover_s = 0.0

    def follow(self, **_: Any) -> None:
        """Begin to look at the jobs, unless another thread does so or has just done so."""
        if time.monotonic() < self._next_s or not self._lock.acquire(blocking=False):
            return
        Thread(target=self._run, name="ccp4hooks-engines", daemon=True).start()

    def _run(self) -> None:
        pause_s = RECOVER_S
        try:
            session = shared_session()
            if session.settings.engine_tables:
                pause_s = FOLLOW_S
                self._look(session)
        except Ccp4HooksError as error:
            log.warning("The jobs of engines cannot be followed: %s", error)
        finally:
            connections.close_all()
            self._next_s = time.monotonic() + pause_s
            self._lock.release()

    def _look(self, session: Session) -> None:
        projects = {one.job.project for one in session.submitted()}
        asks = time.monotonic() >= self._recover_s
        for project in projects:
            session.follow_engines(project)
            if asks:
                session.recover_quietly(project.name)
        if asks and projects:
            self._recover_s = time.monotonic() + RECOVER_S


follow = _Follower().follow
"""Receiver of Django's signal ``request_started``."""
