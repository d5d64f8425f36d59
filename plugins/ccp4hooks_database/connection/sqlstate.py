"""The SQLSTATE of an error of PostgreSQL: what has failed, in any language of the server.

libpq does not return the SQLSTATE of a connection that the server has refused, only its message, which is in the
language of the server. The server is then asked once more, and the code is read from libpq's trace.
"""

from __future__ import annotations

import select
import sys
import tempfile
import time
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from collections.abc import Iterator

ANSWER_S = 5.0
"""How long to wait for the server when it is asked for the SQLSTATE [s]."""

LOGIN = "28P01"
"""SQLSTATE of a wrong password; stands for a server that has asked for a password and then refused the connection."""

CODE = b' C "'
"""What precedes the SQLSTATE in a line of libpq's trace."""

_known: WeakKeyDictionary[BaseException, str] = WeakKeyDictionary()


def from_server(error: BaseException) -> Any:
    """Return the error of the driver psycopg that Django has translated; None for other databases."""
    psycopg = sys.modules.get("psycopg")
    cause = error.__cause__ or error
    return cause if psycopg is not None and isinstance(cause, psycopg.Error) else None


def sqlstate(error: BaseException) -> str:
    """Return the SQLSTATE of an error; empty if the server has sent none, or if it is not an error of PostgreSQL."""
    cause = from_server(error)
    if cause is None:
        return ""
    if cause.sqlstate:
        return str(cause.sqlstate)
    if cause not in _known:
        _known[cause] = _of_connection(cause)
    return _known[cause]


def is_disconnected(error: BaseException) -> bool:
    """Return whether a connection could not be made or was lost, without an answer of the server."""
    psycopg = sys.modules.get("psycopg")
    cause = from_server(error)
    return psycopg is not None and isinstance(cause, psycopg.OperationalError) and not sqlstate(error)


def _of_connection(error: Any) -> str:
    """Return the SQLSTATE with which the server refuses a connection; empty if it does not answer, or accepts it."""
    failed = error.pgconn
    if failed is None:
        return ""
    if sys.platform == "linux":
        words = {option.keyword.decode(): option.val.decode() for option in failed.info if option.val}
        state = _refusal(words)
        if state:
            return state
    return LOGIN if failed.needs_password or failed.used_password else ""


def _refusal(words: dict[str, str]) -> str:
    """Try to connect, and return the last SQLSTATE that the server sends; empty if it sends none."""
    from psycopg import pq  # noqa: PLC0415 - only PostgreSQL needs it
    from psycopg.conninfo import make_conninfo  # noqa: PLC0415 - the same

    with tempfile.TemporaryFile() as trace:
        connection = pq.PGconn.connect_start(make_conninfo(**words).encode())
        if connection.status == pq.ConnStatus.BAD:
            return ""
        try:
            connection.trace(trace.fileno())
            for reading in _polled(connection):
                _wait(connection.socket, reading=reading)
        finally:
            connection.untrace()
            connection.finish()
        trace.seek(0)
        found = [line.split(CODE, 1)[1][:5] for line in trace if b"\tErrorResponse\t" in line and CODE in line]
    return found[-1].decode("ascii", "replace") if found else ""


def _polled(connection: Any) -> Iterator[bool]:
    """Yield whether to wait for reading or for writing, until the connection is made or refused, or time is over."""
    from psycopg import pq  # noqa: PLC0415 - only PostgreSQL needs it

    deadline = time.monotonic() + ANSWER_S
    while time.monotonic() < deadline:
        state = connection.connect_poll()
        if state in (pq.PollingStatus.OK, pq.PollingStatus.FAILED):
            return
        yield state == pq.PollingStatus.READING


def _wait(socket: int, *, reading: bool) -> None:
    # Not `select`, which takes no file number above 1023.
    waiting = select.poll()
    waiting.register(socket, select.POLLIN if reading else select.POLLOUT)
    waiting.poll(ANSWER_S * 1000)
