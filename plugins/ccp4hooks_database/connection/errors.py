"""Error messages of databases: their meaning for users, and which errors are worth another attempt."""

from __future__ import annotations

import re
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.core.exceptions import ImproperlyConfigured
from django.db import Error, IntegrityError

from ccp4hooks import StoreError, StoreUnavailableError
from ccp4hooks_database.connection.sqlstate import is_disconnected, sqlstate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccp4hooks_database.connection.url import Target

CLOSED = "accepts no connections at present. Wait, and try again."
UNREACHABLE = "cannot be reached. Check that the server runs, and check host and port in the database URL."
LOGIN = "rejects this user or password. Correct them in the database URL."
LOCK = "is locked by another program. Close that program, or wait and retry."
OTHER_TABLES = "has another version of the tables. Run `ccp4hooks init`."
FULL = "cannot be written: the disk is full. Free some space and try again."
LIMIT = (
    "cannot be read or written: the disk has an error, or a limit of the system is reached. Check the disk, its quota, "
    "and the limits of the size of files and of open files (ulimit -f, ulimit -n)."
)
TOO_MANY = "has no free connection at present. Wait, or close other programs that use the server."

STATES = {
    "08": UNREACHABLE,
    "25006": "is read-only at present. Wait, or name the server that accepts changes in the database URL.",
    "28": LOGIN,
    "3D000": "does not exist. Create the database and its user first, or correct the URL.",
    "42501": "does not permit this to its user. Grant the permission, or name another user in the database URL.",
    "42703": OTHER_TABLES,
    "42P01": OTHER_TABLES,
    "53100": FULL,
    "53200": "has no free memory at present. Wait, and try again.",
    "53300": TOO_MANY,
    "53400": TOO_MANY,
    "55000": CLOSED,
    "55P03": LOCK,
    "57P01": CLOSED,
    "57P02": CLOSED,
    "57P03": CLOSED,
    "57P05": CLOSED,
}
"""SQLSTATEs of PostgreSQL, or their first two characters, and the predicate of the sentence "The database NAME ...".

Source: PostgreSQL 17 documentation, appendix A. 55000 is the code of a database that does not allow connections.
"""

AWAY_STATES = ("08", "25006", "53200", "53300", "53400", "55000", "55P03", "57P01", "57P02", "57P03", "57P05")
"""SQLSTATEs, or their first two characters, of a database that is unavailable, possibly only for a while."""

TEMPORARY = rf"\[Errno {socket.EAI_AGAIN}\]"
"""The part of a message that shows that no name server has answered."""

MEANINGS = (
    (r"database (table )?is locked|lock timeout",
     LOCK),
    (r"readonly database|read-only|permission denied",
     "cannot be written. Check the permissions of the file and its directory."),
    (r"unable to open database file",
     "cannot be opened. Check that the directory exists and that you may write to it."),
    (r"not a database|malformed",
     "is not a SQLite database, or is damaged. Choose another file, or restore a backup."),
    (r"disk is full|no space left", FULL),
    (r"disk i/o error", LIMIT),
    (r"out of memory", STATES["53200"]),
    (r"password|authentication|no pg_hba", LOGIN),
    (r"(database|role) .*does not exist", STATES["3D000"]),
    (TEMPORARY, "is on a host whose name cannot be resolved at present. Check the network, and try again."),
    (r"could not translate host|name or service|resolve host",
     "is on an unknown host. Correct the database URL."),
    (r"root certificate file",
     "cannot be verified: the root certificate does not exist. Correct sslrootcert in the database URL."),
    (r"certificate verify failed|does not match host name",
     "shows a certificate that cannot be trusted. Correct sslrootcert, or the name of the host, in the database URL."),
    (r"does not support ssl",
     "does not support encryption. Add ?sslmode=disable to the database URL if the network is safe."),
    (r"too many (clients|connections)|remaining connection slots", TOO_MANY),
    (r"not (currently|yet) accepting connections|starting up|shutting down", CLOSED),
    (r"refused|timeout|timed out|unreachable|no such file|is the server running|closed the connection", UNREACHABLE),
    (r"no such table|no such column|relation .*does not exist|column .*does not exist", OTHER_TABLES),
)  # fmt: skip
"""Patterns of messages without SQLSTATE, and the predicate of the sentence "The database NAME ..." for each.

The messages of SQLite and those of libpq itself are in English, unless a program has set another locale.

Source: messages of SQLite 3.45, PostgreSQL 12 to 17 and psycopg 3.3.
"""

LOCKED = "is locked"
"""Part of SQLite's message about a database to which another connection writes."""

TRANSIENT = frozenset({"SerializationFailure", "DeadlockDetected", "UniqueViolation"})


def explained(error: Exception, target: Target) -> StoreError:
    """Return the error for users, without the password."""
    original = _first_line(error, target)
    if isinstance(error, ImproperlyConfigured):
        return StoreError(
            f"The database {target.label} needs a driver that is not installed: {original}. "
            "Install it with `pip install 'ccp4hooks[postgresql]'`."
        )
    meaning = _meaning(error)
    kind = StoreUnavailableError if is_away(error) or LOCKED in str(error) else StoreError
    return kind(f"The database {target.label} {meaning} (Its message: {original}.)")


def _meaning(error: Exception) -> str:
    state = sqlstate(error)
    if state in STATES or state[:2] in STATES:
        return STATES.get(state) or STATES[state[:2]]
    found = (text for pattern, text in MEANINGS if re.search(pattern, str(error), re.IGNORECASE))
    rejected = "rejected a statement. Run `ccp4hooks init`; if the error remains, report it."
    return next(found, UNREACHABLE if is_disconnected(error) else rejected)


def _first_line(error: Exception, target: Target) -> str:
    line = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
    return line.replace(target.password, "***") if target.password else line


def is_transient(error: Error) -> bool:
    """Return whether the same transaction may succeed when it is tried again.

    This includes a conflict of unique values: the next attempt sees the row of the other process.
    """
    text = str(error)
    if type(error.__cause__).__name__ in TRANSIENT:
        return True
    return LOCKED in text or (isinstance(error, IntegrityError) and "UNIQUE" in text)


AWAY = re.compile(r"readonly database|unable to open database file", re.IGNORECASE)
"""Parts of the messages of a SQLite file that cannot be read or written at present."""

MISCONFIGURED = re.compile(
    r"password|authentication|no pg_hba|translate host|resolve host|certificate|does not support ssl|"
    r"(database|role) .*does not exist",
    re.IGNORECASE,
)
"""Parts of libpq's messages about a connection that fails again in the same way until somebody changes something."""


def is_away(error: Exception) -> bool:
    """Return whether the database is unreachable or cannot be written, possibly only for a while."""
    state = sqlstate(error)
    if state:
        return state in AWAY_STATES or state[:2] in AWAY_STATES
    if is_disconnected(error):
        return re.search(TEMPORARY, str(error)) is not None or not MISCONFIGURED.search(str(error))
    return bool(AWAY.search(str(error)))


@contextmanager
def translated(target: Target) -> Iterator[None]:
    """Convert errors of the database into `StoreError`.

    Raises:
        StoreError: For any error of the database or its driver, and for a name that no database can store.
    """
    try:
        yield
    except (Error, ImproperlyConfigured) as error:
        raise explained(error, target) from error
    except UnicodeEncodeError as error:
        raise StoreError(
            f"The database {target.label} cannot store the name {error.object!r}, which is not valid UTF-8. "
            "Rename the file or directory."
        ) from error
