"""Django in this process: start it on first use, and give each hook a connection of its own."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import django
from django.apps import apps
from django.conf import settings
from django.db import connections
from django.db.utils import ConnectionHandler

from ccp4hooks import StoreError
from ccp4hooks_database.connection.ccp4i2_settings import ccp4i2_settings, leaving_no_directories
from ccp4hooks_database.connection.pool import POOL
from ccp4hooks_database.connection.url import SQLITE, Target, parse_name

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping
    from pathlib import Path

# The apps of CCP4i2 that have tables; its other apps only cost start-up time.
APPS = (
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "ccp4i2.db.config.DbConfig",
    "ccp4hooks_database.apps.HooksConfig",
)


def _configured_name() -> str:
    return str(settings.DATABASES["default"]["NAME"])


@dataclass(slots=True)
class _Setup:
    """Whether this module configured Django, or the process did so itself, as CCP4i2's server does.

    Attributes:
        is_ours: Whether this module did.
        first_name: Name of the database that the process configured; None if it has configured none yet.
    """

    is_ours: bool = False
    first_name: str | None = field(default_factory=lambda: _configured_name() if settings.configured else None)
    lock: threading.Lock = field(default_factory=threading.Lock)


_setup = _Setup()


def start(target: Target) -> Target:
    """Start Django unless it runs already, and return the database in use.

    If the process configured Django itself, its database is used instead of `target`.

    Raises:
        StoreError: CCP4i2's directories cannot be created, or Django was configured without the side tables.
    """
    with _setup.lock:
        if not settings.configured:
            # With DEBUG, CCP4i2's default, Django would keep the text of every statement in memory.
            own = {"DEBUG": False, "INSTALLED_APPS": APPS, "DATABASES": {"default": dict(target.entry)}}
            with leaving_no_directories():
                settings.configure(**{**ccp4i2_settings(), **own})
            _setup.is_ours = True
        if not apps.ready:
            django.setup()
    if not apps.is_installed("ccp4hooks_database"):
        raise StoreError(
            "Django was configured without the side tables of ccp4hooks. "
            "Set DJANGO_SETTINGS_MODULE=ccp4hooks_database.django_settings."
        )
    return in_use(target)


def in_use(target: Target) -> Target:
    """Return a database, or that of the process if the process configured Django itself.

    Such a process may change its database: Django's test runner does.
    """
    return target if _setup.is_ours else _configured_target()


def _configured_target() -> Target:
    entry = settings.DATABASES["default"]
    if _in_memory(entry):
        return Target(entry=entry, label=f"{entry['NAME']} in memory")
    path = parse_name(str(entry["NAME"])) if entry["ENGINE"] == SQLITE else None
    return Target(entry=entry, label=str(path or f"{entry['NAME']} on {entry['HOST'] or 'this machine'}"), path=path)


def _in_memory(entry: Mapping[str, Any]) -> bool:
    name = str(entry["NAME"])
    return bool(entry["ENGINE"] == SQLITE and (name == ":memory:" or "mode=memory" in name))


def is_replaced() -> bool:
    """Return whether the process configured Django itself, and uses another database since, or one in memory."""
    if not settings.configured or _setup.is_ours:
        return False
    return _in_memory(settings.DATABASES["default"]) or _configured_name() != (_setup.first_name or _configured_name())


def is_bound_to_thread() -> bool:
    """Return whether only the calling thread sees the content of a replaced database: in Django's tests."""
    return connections["default"].in_atomic_block or _in_memory(settings.DATABASES["default"])


@contextmanager
def connected(target: Target, file: Path | None = None, *, identity: Hashable = None) -> Iterator[Any]:
    """Make a database the default database of this thread until the context ends.

    Args:
        target: The database.
        file: Another SQLite file to use instead; created if it does not exist.
        identity: Distinguishes the database from one that replaces it. With an identity the connection is taken from
            the pool and given back to it; with None it is opened and closed.
    """
    previous = connections["default"]
    if not _setup.is_ours and file is None:
        yield from _borrowed(previous)
        return
    key = (str(target.entry), identity)
    connection = (POOL.take(key) if identity else None) or _new(target, file)
    # The server may have closed the connection; with this, Django checks it before the first use.
    connection.health_check_done = False
    connections["default"] = connection
    try:
        yield connection
    finally:
        connections["default"] = previous
        if identity and not connection.errors_occurred and not connection.in_atomic_block:
            POOL.give(key, connection)
        else:
            connection.close()


def close_idle(target: Target) -> None:
    """Close the connections to a database that the pool keeps."""
    entry = str(target.entry)
    POOL.close(lambda key: isinstance(key, tuple) and key[0] == entry)


def _new(target: Target, file: Path | None) -> Any:
    entry = {**target.entry, "CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": target.path is None}
    if file is not None:
        entry["NAME"] = str(file)
    connection = ConnectionHandler({"default": entry}).create_connection("default")
    connection.inc_thread_sharing()
    return connection


def _borrowed(connection: Any) -> Iterator[Any]:
    """Yield a connection of the process, and close it afterwards unless it was open before."""
    was_open = connection.connection is not None
    try:
        yield connection
    finally:
        if not was_open and not connection.in_atomic_block:
            connection.close()


def set_default(target: Target) -> None:
    """Make a database the default of this process, so that CCP4i2's own code uses it outside of hooks too."""
    if _setup.is_ours and settings.DATABASES["default"] != target.entry:
        settings.DATABASES["default"] = dict(target.entry)
        connections.settings["default"] = ConnectionHandler({"default": dict(target.entry)}).settings["default"]
        if not connections["default"].in_atomic_block:
            connections["default"].close()
            del connections["default"]
