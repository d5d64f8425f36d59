"""What a database's refusals mean to people, and which of them pass if tried again."""

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
     "cannot be written. Check the permissions of file and directory."),
    (r"unable to open database file",
     "cannot be opened. Check that the directory exists and that you may write to it."),
    (r"not a database|malformed",
     "is not a SQLite database, or is damaged. Give another one, or restore a backup."),
    (r"disk is full|no space left", "cannot be written: the disk is full. Free some space and try again."),
    (r"password|authentication|no pg_hba", "refuses this user or password. Correct them in the database URL."),
    (r"(database|role) .*does not exist",
     "is not there. Create the database and its user first, or correct the URL."),
    (r"could not translate host|name or service|resolve host",
     "is on a host that is not known. Correct the database URL."),
    (r"root certificate file",
     "is not asked: the certificate to know it by is not there. Correct sslrootcert in the database URL."),
    (r"certificate verify failed|does not match host name",
     "shows a certificate that cannot be trusted. Correct sslrootcert, or the name of the host, in the database URL."),
    (r"does not support ssl",
     "offers no encryption. Add ?sslmode=disable to the database URL if the network is safe."),
    (r"not currently accepting connections|starting up|shutting down",
     "takes no connections at present. Wait until it does, and try again."),
    (r"refused|timeout|timed out|unreachable|no such file|is the server running|closed the connection",
     "cannot be reached. Check that the server runs, and the host and port of the database URL."),
    (r"no such table|no such column|relation .*does not exist|column .*does not exist",
     "is of another schema version. Run `ccp4hooks init`."),
)  # fmt: skip
"""Source: messages of SQLite 3.45, PostgreSQL 12 to 17 and psycopg 3.3."""

LOCKED = "is locked"
"""What SQLite says of a database that another connection writes to."""

TRANSIENT = frozenset({"SerializationFailure", "DeadlockDetected", "UniqueViolation"})


def explained(error: Exception, target: Target) -> StoreError:
    """Return the error in people's words, without the password."""
    said = _first_line(error, target)
    if isinstance(error, ImproperlyConfigured):
        return StoreError(
            f"The database {target.label} needs a driver that is missing: {said}. "
            "Install it with `pip install 'ccp4hooks[postgresql]'`."
        )
    meaning = next((text for pattern, text in MEANINGS if re.search(pattern, str(error), re.IGNORECASE)), None)
    if meaning is None:
        meaning = "refused what ccp4hooks asked for. Run `ccp4hooks init`, and report it if that does not help."
    kind = StoreUnavailableError if is_away(error) or LOCKED in str(error) else StoreError
    return kind(f"The database {target.label} {meaning} (It says: {said}.)")


def _first_line(error: Exception, target: Target) -> str:
    line = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
    return line.replace(target.password, "***") if target.password else line


def is_transient(error: Error) -> bool:
    """Return whether the same work may succeed when it is done again.

    A clash over a unique value is one: whoever tries again sees the other's row.
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
"""What a database says that is away, or that cannot be written now; the first lines are PostgreSQL's."""


def is_away(error: Exception) -> bool:
    """Return whether a database cannot be reached or written, which may pass."""
    return bool(AWAY.search(str(error)))


@contextmanager
def translated(target: Target) -> Iterator[None]:
    """Turn a database's refusals into `StoreError`.

    Raises:
        StoreError: In place of any error of the database or of its driver, or for a name that no database can hold.
    """
    try:
        yield
    except (Error, ImproperlyConfigured) as error:
        raise explained(error, target) from error
    except UnicodeEncodeError as error:
        raise StoreError(
            f"The database {target.label} cannot hold the name {error.object!r}, which is not valid UTF-8. "
            "Rename the file or directory."
        ) from error
