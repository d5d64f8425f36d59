"""Which database is meant: from a URL to Django's settings, and to words that hold no password."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import ParseResult, parse_qs, unquote, urlparse

from ccp4hooks import StoreError

SQLITE = "django.db.backends.sqlite3"
POSTGRESQL = "django.db.backends.postgresql"

MAX_LOCK_S = 10.0
"""How long one statement waits at most, for its connection and for a lock together [s].

Nobody waits longer to hear that a job cannot start.
"""

CONNECT_S = 5

MAX_CONNECT_S = 8
"""How much of that a URL may give to the connection [s]; a server that is reached needs the rest for its locks."""

ESCAPED = "In user and password write / as %2F, ? as %3F, # as %23, @ as %40."

FORMS = "Write sqlite:////directory/db.sqlite3 or postgresql://user:password@host:5432/name."


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSettings:
    """The table ``[plugins.database]``.

    Attributes:
        wal: Whether to switch a SQLite database to write-ahead logging. Lasting, and unsafe on network file systems,
            where it is refused.
        wait_s: How long to wait for a database that is locked or away when a job has run [s]; before it starts the
            wait ends after `MAX_LOCK_S`.
    """

    wal: bool = False
    wait_s: float = 30.0

    @property
    def short_wait_s(self) -> float:
        """How long to wait where nothing is lost by giving up [s]."""
        return min(self.wait_s, MAX_LOCK_S)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One database.

    Attributes:
        entry: What Django's ``DATABASES["default"]`` is to hold.
        label: What to call it in messages; holds no password.
        path: The file, None for a server.
    """

    entry: Mapping[str, Any] = field(repr=False)
    label: str
    path: Path | None = None

    @property
    def password(self) -> str:
        """Password, to be kept out of messages; empty if there is none."""
        return str(self.entry.get("PASSWORD") or "")


def sqlite_target(path: Path, wait_s: float) -> Target:
    """Return a SQLite database, made safe for several processes.

    A transaction that begins IMMEDIATE waits for its lock at its start, where waiting is possible; one that begins
    DEFERRED, as Django's default is, fails at its first write without having waited.
    """
    options = {"transaction_mode": "IMMEDIATE", "timeout": min(wait_s, MAX_LOCK_S)}
    # mode=rw: a file that is gone is an error, not an empty database.
    name = f"{path.absolute().as_uri()}?mode=rw"
    return Target(entry={"ENGINE": SQLITE, "NAME": name, "OPTIONS": options}, label=str(path), path=path)


def parse_name(name: str) -> Path:
    """Return the file that Django's ``NAME`` of a SQLite database means, be it a path or a ``file:`` URI.

    >>> parse_name("file:///data/my%20db.sqlite3?mode=rw").as_posix()
    '/data/my db.sqlite3'
    """
    if not name.startswith("file:"):
        return Path(name)
    from urllib.request import url2pathname  # noqa: PLC0415 - start-up time: it imports http and ssl

    return Path(url2pathname(urlparse(name).path))


def parse_url(url: str, wait_s: float = 30.0) -> Target:
    """Return the database that a URL names.

    >>> parse_url("sqlite:////data/db.sqlite3").path.as_posix()
    '/data/db.sqlite3'
    >>> parse_url("postgresql://ada:secret@db.example.org/i2").label
    'postgresql://ada@db.example.org:5432/i2'

    Args:
        url: ``sqlite:///path`` or ``postgresql://user:password@host:port/name``; a PostgreSQL server on this machine
            is reached through its socket with an empty host, or with ``?host=/directory``.
        wait_s: How long to wait for a lock [s], at most `MAX_LOCK_S`.

    Raises:
        StoreError: The URL names no database that CCP4i2 can use.
    """
    try:
        parts = urlparse(url)
        port = parts.port
    except ValueError:
        # The cause would show a part of the password where that has a character that must be escaped.
        raise StoreError(f"The database URL cannot be read: its host or port is not valid. {ESCAPED} {FORMS}") from None
    if parts.scheme == "sqlite":
        return sqlite_target(_sqlite_path(parts), wait_s)
    if parts.scheme in {"postgresql", "postgres"}:
        return _postgresql_target(parts, port, wait_s)
    scheme = f"begins with {parts.scheme}://" if parts.scheme else "has no scheme"
    raise StoreError(f"The database URL {scheme}, which CCP4i2 cannot use. {FORMS}")


def _sqlite_path(parts: ParseResult) -> Path:
    """Return the file as ``ccp4i2.config.settings`` would: all that follows ``sqlite://``, percent signs kept."""
    path = parts.path
    drive_at = 2
    if path[drive_at : drive_at + 1] == ":" and path[1].isalpha():
        path = path[1:]
    if parts.netloc or len(path) <= 1:
        raise StoreError(f"The database URL of SQLite does not give an absolute path. {FORMS}")
    return Path(os.path.normpath(path.replace("//", "/", 1)))


def _postgresql_target(parts: ParseResult, port: int | None, wait_s: float) -> Target:
    query = {key: values[0] for key, values in parse_qs(parts.query).items()}
    host = query.pop("host", "") or unquote(parts.hostname or "")
    password = unquote(parts.password or "") or query.pop("password", "")
    name, user = unquote(parts.path[1:]), unquote(parts.username or "") or query.pop("user", "")
    if "@" in parts.path:
        raise StoreError(f"The database URL cannot be read: there is an @ after the host. {ESCAPED} {FORMS}")
    if not name:
        raise StoreError(f"The database URL names no database after the host. {FORMS}")
    entry = {
        "ENGINE": POSTGRESQL,
        "NAME": name,
        "USER": user,
        "PASSWORD": password,
        "HOST": host,
        "PORT": port or 5432,
        "OPTIONS": _postgresql_options(query, wait_s, local=not host or host.startswith("/")),
    }
    return Target(entry=entry, label=f"postgresql://{user}@{host}:{port or 5432}/{name}")


def _postgresql_options(query: Mapping[str, str], wait_s: float, *, local: bool) -> dict[str, Any]:
    """Return the connection options; encryption is required as CCP4i2 does, except through a socket, which has none.

    Source: ``ccp4i2.config.settings``, ccp4i2 3.0.1.
    """
    try:
        connect_s = min(MAX_CONNECT_S, int(query.get("connect_timeout", CONNECT_S)))
    except ValueError as error:
        raise StoreError("connect_timeout in the database URL must be a whole number of seconds.") from error
    # libpq takes 0 for ever and less than 2 for 2.
    connect_s = max(2, connect_s) if connect_s > 0 else MAX_CONNECT_S
    known = ("sslcert", "sslkey", "sslrootcert", "sslcrl", "application_name")
    return {
        "sslmode": query.get("sslmode", "prefer" if local else "require"),
        "connect_timeout": connect_s,
        "options": f"-c lock_timeout={round(min(wait_s, MAX_LOCK_S - connect_s) * 1000)}",
        **{key: query[key] for key in known if key in query},
    }


def chosen_target(url: str | None, wait_s: float) -> Target:
    """Return the database that is meant: that of `url`, else CCP4i2's own choice.

    Source: the order of ``ccp4i2.config.settings``, ccp4i2 3.0.1.

    Raises:
        StoreError: The URL names no database that CCP4i2 can use.
    """
    from ccp4i2.config import preferences  # noqa: PLC0415 - start-up time

    url = url or preferences.resolve("database", env="DATABASE_URL")
    if url:
        return parse_url(str(url), wait_s)
    own = os.environ.get("CCP4I2_DB_FILE") or preferences.ccp4i2_home() / "db.sqlite3"
    return sqlite_target(Path(own).absolute(), wait_s)


def own_directory(target: Target) -> None:
    """Make the directory of CCP4i2's own database; that of any other must be there."""
    from ccp4i2.config import preferences  # noqa: PLC0415 - start-up time

    home = preferences.ccp4i2_home()
    if target.path is not None and target.path.parent == home:
        home.mkdir(parents=True, exist_ok=True)
