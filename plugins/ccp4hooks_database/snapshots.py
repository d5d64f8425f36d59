"""Snapshots: after a job, CCP4i2 3.1 writes the records of its project into the project's directory."""

from __future__ import annotations

import logging
import os
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import TYPE_CHECKING

from ccp4hooks import Ccp4HooksError

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

log = logging.getLogger(__name__)


class Snapshots:
    """Write snapshots in a thread of their own, since one takes as long as the project has jobs.

    Of several requests that wait for the same project, one is carried out. A process ends only when its last snapshot
    is written.

    Args:
        write: Writes the snapshot of a project.
    """

    def __init__(self, write: Callable[[UUID], None]) -> None:
        self._write = write
        self._waiting: set[UUID] = set()
        self._lock = Lock()
        self._thread: ThreadPoolExecutor | None = None
        self._process = os.getpid()

    def request(self, project: UUID) -> None:
        """Write the snapshot of a project soon."""
        with self._lock:
            if self._process != os.getpid():
                # A forked process has no threads of its parent.
                self._waiting, self._thread, self._process = set(), None, os.getpid()
            if project in self._waiting:
                return
            if self._thread is None:
                self._thread = ThreadPoolExecutor(1, thread_name_prefix="ccp4hooks-snapshots")
            self._waiting.add(project)
            self._thread.submit(self.write, project)

    def wait(self) -> None:
        """Wait until every requested snapshot is written."""
        with self._lock:
            thread = self._thread if self._process == os.getpid() else None
            # The only thread does this last. A snapshot that it is writing does not wait any more.
            last = thread.submit(int) if thread is not None else None
        if last is not None:
            last.result()

    def close(self) -> None:
        """Wait until every requested snapshot is written, and end the thread. The next request starts another one."""
        with self._lock:
            thread, self._thread = (self._thread if self._process == os.getpid() else None), None
        if thread is not None:
            thread.shutdown()

    def write(self, project: UUID) -> None:
        """Write the snapshot of a project at once, in this thread."""
        with self._lock:
            # A request that comes from now on may know of more than is written now.
            self._waiting.discard(project)
        try:
            self._write(project)
        except Ccp4HooksError as error:
            # The records are in the database, and the next job writes a snapshot.
            log.warning("The snapshot of the project %s could not be written: %s", project, error)
