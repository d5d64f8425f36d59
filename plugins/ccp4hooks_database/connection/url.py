"""The choice of the database: from a URL to Django's settings, and to a label without the password."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import ParseResult, parse_qs, quote, unquote, urlparse

from ccp4hooks import StoreError
from ccp4hooks_database.settings import MAX_LOCK_S

SQLITE = "django.db.backends.sqlite3"
POSTGRESQL = "django.db.backends.postgresql"

READ_WRITE = "?mode=rw"
"""The end of the URI of a SQLite file that must exist."""

CONNECT_S = 5
"""How long to wait for a connection unless the URL has ``connect_timeout`` [s]."""

MAX_CONNECT_S = 8
"""Largest ``connect_timeout`` that a URL may set [s]; the rest of `MAX_LOCK_S` is for locks."""

ESCAPED = "In the user name and the password write / as %2F, ? as %3F, # as %23, @ as %40."

FORMS = "Write sqlite:////directory/db.sqlite3 or postgresql://user:password@host:5432/name."


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One database.

    Attributes:
        entry: The value of Django's ``DATABASES["default"]``.
        label: Name of the database in messages, without the password.
        path: The file; None for a server.
    """

    entry: Mapping[str, Any] = field(repr=False)
    label: str
    path: Path | None = None

    @property
    def password(self) -> str:
        """Password, which must not appear in messages; empty if the entry has none."""
        return str(self.entry.get("PASSWORD") or "")


def sqlite_target(path: Path, wait_s: float) -> Target:
    """Return a SQLite database with options that are safe for several processes.

    A transaction that begins with IMMEDIATE waits for its lock at its start. One that begins with DEFERRED, Django's
    default, fails at its first write without waiting.
    """
    options = {"transaction_mode": "IMMEDIATE", "timeout": min(wait_s, MAX_LOCK_S)}
    # A missing file is an error; SQLite must not create an empty database.
    name = f"{path.absolute().as_uri()}{READ_WRITE}"
    return Target(entry={"ENGINE": SQLITE, "NAME": name, "OPTIONS": options}, label=str(path), path=path)


def parse_name(name: str) -> Path:
    """Return the file that Django's ``NAME`` of a SQLite database denotes; it is a path or a ``file:`` URI.

    >>> parse_name("file:///data/my%20db.sqlite3?mode=rw").as_posix()
    '/data/my db.sqlite3'
    """
    if not name.startswith("file:"):
        return Path(name)
    from urllib.request import url2pathname  # noqa: PLC0415 - start-up time: it imports http and ssl

    return Path(url2pathname(urlparse(name).path))


def parse_url(url: str, wait_s: float = 30.0) -> Target:
    """Return the database that a URL denotes.

    >>> parse_url("sqlite:////data/db.sqlite3").path.as_posix()
    '/data/db.sqlite3'
    >>> parse_url("postgresql://ada:secret@db.example.org/i2").label
    'postgresql://ada@db.example.org:5432/i2'

    Args:
        url: ``sqlite:///path`` or ``postgresql://user:password@host:port/name``; an empty host,
            or ``?host=/directory``, denotes the socket of a PostgreSQL server on this machine.
        wait_s: How long to wait for a lock [s], at most `MAX_LOCK_S`.

    Raises:
        StoreError: The URL denotes no database that CCP4i2 can use.
    """
    try:
        parts = urlparse(url)
        port = parts.port
    except ValueError:
        # The cause would show a part of a password that has an unescaped character.
        raise StoreError(f"Invalid database URL: its host or port is not valid. {ESCAPED} {FORMS}") from None
    if parts.scheme == "sqlite":
        return sqlite_target(_sqlite_path(parts), wait_s)
    if parts.scheme in {"postgresql", "postgres"}:
        return _postgresql_target(parts, port, wait_s)
    scheme = f"begins with {parts.scheme}://" if parts.scheme else "has no scheme"
    raise StoreError(f"Invalid database URL: it {scheme}, and CCP4i2 uses only SQLite and PostgreSQL. {FORMS}")


def _sqlite_path(parts: ParseResult) -> Path:
    """Return the file as ``ccp4i2.config.settings`` does: the text after ``sqlite://``, percent signs unchanged."""
    path = parts.path
    drive_at = 2
    if path[drive_at : drive_at + 1] == ":" and path[1].isalpha():
        path = path[1:]
    if parts.netloc or len(path) <= 1:
        raise StoreError(f"Invalid database URL: SQLite needs an absolute path. {FORMS}")
    return Path(os.path.normpath(path.replace("//", "/", 1)))


def _postgresql_target(parts: ParseResult, port: int | None, wait_s: float) -> Target:
    query = {key: values[0] for key, values in parse_qs(parts.query).items()}
    host = query.pop("host", "") or unquote(parts.hostname or "")
    password = unquote(parts.password or "") or query.pop("password", "")
    name, user = unquote(parts.path[1:]), unquote(parts.username or "") or query.pop("user", "")
    if "@" in parts.path:
        raise StoreError(f"Invalid database URL: it has an @ after the host. {ESCAPED} {FORMS}")
    if not name:
        raise StoreError(f"Invalid database URL: it has no database name after the host. {FORMS}")
    entry = {
        "ENGINE": POSTGRESQL,
        "NAME": name,
        "USER": user,
        "PASSWORD": password,
        "HOST": host,
        "PORT": port or 5432,
        "OPTIONS": _postgresql_options(query, wait_s, local=not host or host.startswith("/")),
    }
    return Target(entry=entry, label=_postgresql_label(user, host, port or 5432, name))


def _postgresql_label(user: str, host: str, port: int, name: str) -> str:
    """Return the URL of a database without its password, as a user can give it.

    >>> _postgresql_label("ada", "/run/postgresql", 5432, "i2")
    'postgresql://ada@:5432/i2?host=/run/postgresql'
    """
    is_socket = host.startswith("/")
    where = "" if is_socket else f"[{host}]" if ":" in host else host
    return (
        f"postgresql://{quote(user, '')}@{where}:{port}/{quote(name, '')}{f'?host={quote(host)}' if is_socket else ''}"
    )


def _postgresql_options(query: Mapping[str, str], wait_s: float, *, local: bool) -> dict[str, Any]:
    """Return the connection options; encryption is required as in CCP4i2, except through a socket, which has none.

    Source: ``ccp4i2.config.settings``, ccp4i2 3.0.1.
    """
    try:
        connect_s = min(MAX_CONNECT_S, int(query.get("connect_timeout", CONNECT_S)))
    except ValueError as error:
        raise StoreError("Invalid database URL: connect_timeout must be a whole number of seconds.") from error
    # libpq never times out with 0, and uses 2 for 1.
    connect_s = max(2, connect_s) if connect_s > 0 else MAX_CONNECT_S
    known = ("sslcert", "sslkey", "sslrootcert", "sslcrl", "application_name")
    return {
        "sslmode": query.get("sslmode", "prefer" if local else "require"),
        "connect_timeout": connect_s,
        "options": f"-c lock_timeout={round(min(wait_s, MAX_LOCK_S - connect_s) * 1000)}",
        **{key: query[key] for key in known if key in query},
    }


def chosen_target(url: str | None, wait_s: float) -> Target:
    """Return the database of `url`; without one, the database that CCP4i2 chooses.

    Source: the order of ``ccp4i2.config.settings``, ccp4i2 3.0.1.

    Raises:
        StoreError: The URL denotes no database that CCP4i2 can use.
    """
    from ccp4i2.config import preferences  # noqa: PLC0415 - start-up time

    url = url or preferences.resolve("database", env="DATABASE_URL")
    if url:
        return parse_url(str(url), wait_s)
    own = os.environ.get("CCP4I2_DB_FILE") or preferences.ccp4i2_home() / "db.sqlite3"
    return sqlite_target(Path(own).absolute(), wait_s)


def create_home(target: Target) -> None:
    """Create the directory of CCP4i2's default database; the directory of any other database must exist."""
    from ccp4i2.config import preferences  # noqa: PLC0415 - start-up time

    home = preferences.ccp4i2_home()
    if target.path is not None and target.path.parent == home:
        home.mkdir(parents=True, exist_ok=True)
