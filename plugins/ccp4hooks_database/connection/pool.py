"""A pool of idle connections: each is kept for a short time, since the hooks of a job follow each other closely.

Two threads never use one connection at the same time. No connection outlives the process, and a forked process uses
none of its parent's. A connection is closed soon after its last use, so that a process that only waits for its programs
occupies none on the server.

Django's own pool (``OPTIONS["pool"]``, Django 5.1 or later with ``psycopg_pool``) cannot keep these promises.
Measured with Django 5.2.19, psycopg 3.3.9 and psycopg_pool 3.3.3 on PostgreSQL 18.4 through a socket, in one process:

===============================================  =====================================  ================================
                                                 Django's pool                          this pool
===============================================  =====================================  ================================
two databases in one process                     the second one's queries go to the     each has its own connections
                                                 first: the pool's key is the alias
after ``fork``                                   parent and child use one backend       the child opens its own
server down, database missing                    "couldn't get a connection after       the server's message after 1 ms
                                                 5.00 sec", and log records
idle until closed, six connections, 2 s limit    13.8 s: one connection per period      4.1 s: all in one period
one query, median of 300                         0.63 ms (2.6 times this pool)          0.24 ms
one query without a pool                         6.2 ms (25 times this pool)
===============================================  =====================================  ================================

SQLite has no pool in Django.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Protocol

MAX_IDLE_S = 2.0
"""How long a connection is kept after its last use [s]."""

MAX_IDLE = 8
"""Largest number of idle connections."""


class Connection(Protocol):
    """The part of Django's ``BaseDatabaseWrapper`` that `connection` relies on."""

    health_check_done: bool
    errors_occurred: bool
    in_atomic_block: bool

    def close(self) -> None:
        """Close the connection to the database."""


@dataclass(slots=True)
class _Idle:
    """A connection that no thread uses.

    Attributes:
        database: Identifies its database.
        connection: The connection.
        since_s: Time of its last use, on the monotonic clock [s].
    """

    database: Hashable
    connection: Connection
    since_s: float


@dataclass(slots=True)
class IdlePool:
    """The idle connections of a process, the one used last at the end.

    Attributes:
        inherited: Connections of the process that this one was forked from; only that process may close them.
    """

    inherited: list[Connection] = field(default_factory=list)
    _idle: deque[_Idle] = field(default_factory=deque)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _closer: threading.Thread | None = None
    _wake: threading.Event = field(default_factory=threading.Event)

    def take(self, database: Hashable) -> Connection | None:
        """Remove a connection to a database from the pool and return it; None if the pool has none."""
        with self._lock:
            for idle in reversed(self._idle):
                if idle.database == database:
                    self._idle.remove(idle)
                    return idle.connection
        return None

    def give(self, database: Hashable, connection: Connection) -> None:
        """Add a connection that is in no transaction and that the caller no longer uses."""
        with self._lock:
            self._idle.append(_Idle(database, connection, time.monotonic()))
            surplus = [self._idle.popleft()] if len(self._idle) > MAX_IDLE else []
            if self._closer is None and not self._start_closer():
                # The interpreter is shutting down and starts no more threads.
                surplus, self._idle = [*surplus, *self._idle], deque()
        _close(surplus)

    def _start_closer(self) -> bool:
        closer = threading.Thread(target=self._close_expired, name="ccp4hooks-idle-pool", daemon=True)
        try:
            closer.start()
        except RuntimeError:
            return False
        self._closer = closer
        return True

    def close(self, belongs: Callable[[Hashable], bool] = lambda _: True) -> None:
        """Close idle connections.

        Args:
            belongs: Says of the database of a connection whether the connection is to be closed; by default all are.
        """
        with self._lock:
            idle = [one for one in self._idle if belongs(one.database)]
            self._idle = deque(one for one in self._idle if one not in idle)
            self._wake.set()
        _close(idle)

    def reset_after_fork(self) -> None:
        """Forget the parent's connections in a forked process, and leave them open."""
        self.inherited.extend(idle.connection for idle in self._idle)
        self._idle, self._lock, self._closer, self._wake = deque(), threading.Lock(), None, threading.Event()

    def _close_expired(self) -> None:
        while True:
            self._wake.wait(MAX_IDLE_S)
            with self._lock:
                self._wake.clear()
                limit_s = time.monotonic() - MAX_IDLE_S
                expired = [idle for idle in self._idle if idle.since_s <= limit_s]
                self._idle = deque(idle for idle in self._idle if idle.since_s > limit_s)
                is_empty = not self._idle
                if is_empty:
                    self._closer = None
            _close(expired)
            if is_empty:
                return


def _close(connections: list[_Idle]) -> None:
    for idle in connections:
        idle.connection.close()


POOL = IdlePool()
"""The pool of this process."""

atexit.register(POOL.close)
if sys.platform != "win32":
    os.register_at_fork(after_in_child=POOL.reset_after_fork)
