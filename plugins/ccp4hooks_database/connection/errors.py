"""Error messages of databases: their meaning for users, and which errors are worth another attempt."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.core.exceptions import ImproperlyConfigured
from django.db import Error, IntegrityError

from ccp4hooks import StoreError, StoreUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccp4hooks_database.connection.url import Target

MEANINGS = (
    (r"database (table )?is locked|lock timeout",
     "is locked by another program. Close that program, or wait and retry."),
    (r"readonly database|read-only|permission denied",
     "cannot be written. Check the permissions of the file and its directory."),
    (r"unable to open database file",
     "cannot be opened. Check that the directory exists and that you may write to it."),
    (r"not a database|malformed",
     "is not a SQLite database, or is damaged. Choose another file, or restore a backup."),
    (r"disk is full|no space left", "cannot be written: the disk is full. Free some space and try again."),
    (r"password|authentication|no pg_hba", "rejects this user or password. Correct them in the database URL."),
    (r"(database|role) .*does not exist",
     "does not exist. Create the database and its user first, or correct the URL."),
    (r"could not translate host|name or service|resolve host",
     "is on an unknown host. Correct the database URL."),
    (r"root certificate file",
     "cannot be verified: the root certificate does not exist. Correct sslrootcert in the database URL."),
    (r"certificate verify failed|does not match host name",
     "shows a certificate that cannot be trusted. Correct sslrootcert, or the name of the host, in the database URL."),
    (r"does not support ssl",
     "does not support encryption. Add ?sslmode=disable to the database URL if the network is safe."),
    (r"not currently accepting connections|starting up|shutting down",
     "accepts no connections at present. Wait, and try again."),
    (r"refused|timeout|timed out|unreachable|no such file|is the server running|closed the connection",
     "cannot be reached. Check that the server runs, and check host and port in the database URL."),
    (r"no such table|no such column|relation .*does not exist|column .*does not exist",
     "has another version of the tables. Run `ccp4hooks init`."),
)  # fmt: skip
"""Patterns of messages, and the predicate of the sentence "The database NAME ..." for each.

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
    meaning = next((text for pattern, text in MEANINGS if re.search(pattern, str(error), re.IGNORECASE)), None)
    if meaning is None:
        meaning = "rejected a statement. Run `ccp4hooks init`; if the error remains, report it."
    kind = StoreUnavailableError if is_away(error) or LOCKED in str(error) else StoreError
    return kind(f"The database {target.label} {meaning} (Its message: {original}.)")


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


AWAY = re.compile(
    r"refused|timeout expired|timed out|unreachable|no such file|is the server running|closed the connection|"
    r"not currently accepting connections|starting up|shutting down|administrator command|lock timeout|"
    r"read-only transaction|readonly database|unable to open database file",
    re.IGNORECASE,
)
"""Parts of the messages of a database that is unreachable, or that cannot be written at present."""


def is_away(error: Exception) -> bool:
    """Return whether the database is unreachable or cannot be written, possibly only for a while."""
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
