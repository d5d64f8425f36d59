"""Connections that nobody uses at the moment: kept for a moment, since a job asks several times in a row.

None is used by two threads at once, none outlives the process, a fork inherits none that it would use, and none is
kept for long: a server is not held by a process that only waits for its programs.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

KEPT_S = 2.0
"""How long a connection is kept after its last use [s]."""

MOST = 8
"""How many are kept at most."""


@dataclass(slots=True)
class _Idle:
    """A connection and since when nobody uses it [s]."""

    database: Hashable
    connection: Any
    since_s: float


@dataclass(slots=True)
class Idle:
    """Those of a process, the one used last at the end.

    Attributes:
        inherited: Those of the process that this one was forked from: they are the other's to close.
    """

    inherited: list[Any] = field(default_factory=list)
    _kept: deque[_Idle] = field(default_factory=deque)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _closer: threading.Thread | None = None
    _wake: threading.Event = field(default_factory=threading.Event)

    def take(self, database: Hashable) -> Any:
        """Return a connection to a database for the calling thread's use alone, None if there is none."""
        with self._lock:
            for idle in reversed(self._kept):
                if idle.database == database:
                    self._kept.remove(idle)
                    return idle.connection
        return None

    def give(self, database: Hashable, connection: Any) -> None:
        """Take over a connection that is in no transaction and that the caller uses no longer."""
        with self._lock:
            self._kept.append(_Idle(database, connection, time.monotonic()))
            surplus = [self._kept.popleft()] if len(self._kept) > MOST else []
            if self._closer is None and not self._started():
                # The interpreter is about to end, and starts no more threads.
                surplus, self._kept = [*surplus, *self._kept], deque()
        _close(surplus)

    def _started(self) -> bool:
        closer = threading.Thread(target=self._close_in_time, name="ccp4hooks-idle", daemon=True)
        try:
            closer.start()
        except RuntimeError:
            return False
        self._closer = closer
        return True

    def close(self) -> None:
        """Close all."""
        with self._lock:
            kept, self._kept = list(self._kept), deque()
            self._wake.set()
        _close(kept)

    def forget(self) -> None:
        """In a process that was forked: use none of the other's connections, and leave them open."""
        self.inherited.extend(idle.connection for idle in self._kept)
        self._kept, self._lock, self._closer, self._wake = deque(), threading.Lock(), None, threading.Event()

    def _close_in_time(self) -> None:
        while True:
            self._wake.wait(KEPT_S)
            with self._lock:
                self._wake.clear()
                old_s = time.monotonic() - KEPT_S
                old = [idle for idle in self._kept if idle.since_s <= old_s]
                self._kept = deque(idle for idle in self._kept if idle.since_s > old_s)
                over = not self._kept
                if over:
                    self._closer = None
            _close(old)
            if over:
                return


def _close(connections: list[_Idle]) -> None:
    for idle in connections:
        idle.connection.close()


IDLE = Idle()
atexit.register(IDLE.close)
if sys.platform != "win32":
    os.register_at_fork(after_in_child=IDLE.forget)
