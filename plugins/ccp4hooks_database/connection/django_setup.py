"""Django in this process: started on first need; a connection belongs to a thread only while a hook is at work."""

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
from ccp4hooks_database.connection.ccp4i2_settings import host_settings, leaving_no_directories
from ccp4hooks_database.connection.pool import IDLE
from ccp4hooks_database.connection.url import SQLITE, Target, parse_name

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator
    from pathlib import Path

# Those of CCP4i2's apps that have tables; the others only cost time here.
APPS = (
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "ccp4i2.db.config.DbConfig",
    "ccp4hooks_database.apps.HooksConfig",
)


@dataclass(slots=True)
class _Host:
    """Whether it was us who configured Django."""

    ours: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)


_host = _Host()


def started(target: Target) -> Target:
    """Start Django unless somebody did, and return the database that is in use.

    Where CCP4i2 configured Django itself, its database is used as it is, and `target` is not.

    Raises:
        StoreError: CCP4i2's directories cannot be made, or Django was configured without the side tables.
    """
    with _host.lock:
        if not settings.configured:
            # DEBUG, CCP4i2's default, would keep the text of every statement in memory.
            own = {"DEBUG": False, "INSTALLED_APPS": APPS, "DATABASES": {"default": dict(target.entry)}}
            with leaving_no_directories():
                settings.configure(**{**host_settings(), **own})
            _host.ours = True
        if not apps.ready:
            django.setup()
    if not apps.is_installed("ccp4hooks_database"):
        raise StoreError(
            "Django is set up without ccp4hooks' side tables. "
            "Set DJANGO_SETTINGS_MODULE=ccp4hooks_database.django_settings."
        )
    return target if _host.ours else _configured_target()


def _configured_target() -> Target:
    entry = settings.DATABASES["default"]
    path = parse_name(str(entry["NAME"])) if entry["ENGINE"] == SQLITE else None
    return Target(entry=entry, label=str(path or f"{entry['NAME']} on {entry['HOST'] or 'this machine'}"), path=path)


@contextmanager
def connected(target: Target, file: Path | None = None, *, identity: Hashable = None) -> Iterator[Any]:
    """Make a database the default one of this thread for as long as the context lasts.

    Args:
        target: The database.
        file: Another SQLite file to use in its place, made if it is not there.
        identity: What tells the database from one that takes its place; the connection is then kept for a moment, and
            one that was kept is used. None to close it.
    """
    previous = connections["default"]
    if not _host.ours and file is None:
        yield from _borrowed(previous)
        return
    key = (str(target.entry), identity)
    connection = (identity and IDLE.take(key)) or _new(target, file)
    # A server may have closed it meanwhile; Django looks before the first use.
    connection.health_check_done = False
    connections["default"] = connection
    try:
        yield connection
    finally:
        connections["default"] = previous
        if identity and not connection.errors_occurred and not connection.in_atomic_block:
            IDLE.give(key, connection)
        else:
            connection.close()


def _new(target: Target, file: Path | None) -> Any:
    entry = {**target.entry, "CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": target.path is None}
    if file is not None:
        entry["NAME"] = str(file)
    connection = ConnectionHandler({"default": entry}).create_connection("default")
    connection.inc_thread_sharing()
    return connection


def _borrowed(connection: Any) -> Iterator[Any]:
    """Yield somebody else's connection, and leave it open only if it was."""
    was_open = connection.connection is not None
    try:
        yield connection
    finally:
        if not was_open and not connection.in_atomic_block:
            connection.close()


def adopt(target: Target) -> None:
    """Make a database the one that CCP4i2's own code finds in this process, outside of hooks, too."""
    if _host.ours and settings.DATABASES["default"] != target.entry:
        settings.DATABASES["default"] = dict(target.entry)
        connections.settings["default"] = ConnectionHandler({"default": dict(target.entry)}).settings["default"]
        if not connections["default"].in_atomic_block:
            connections["default"].close()
            del connections["default"]
