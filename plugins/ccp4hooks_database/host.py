"""Django in this process: started on first need, with one connection per use.

A connection is open only while a hook is at work. Threads therefore leave none behind when they end, a fork inherits
none, and a SQLite database in WAL mode keeps no extra files.
"""

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
from ccp4hooks_database.host_settings import host_settings, leaving_no_directories
from ccp4hooks_database.target import SQLITE, Target, parse_name

if TYPE_CHECKING:
    from collections.abc import Iterator
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
def connected(target: Target, file: Path | None = None) -> Iterator[Any]:
    """Make a database the default one of this thread for as long as the context lasts.

    Args:
        target: The database.
        file: Another SQLite file to use in its place, made if it is not there.
    """
    previous = connections["default"]
    if not _host.ours and file is None:
        yield from _borrowed(previous)
        return
    entry = dict(target.entry) if file is None else {**target.entry, "NAME": str(file)}
    connection = ConnectionHandler({"default": entry}).create_connection("default")
    connections["default"] = connection
    try:
        yield connection
    finally:
        connection.close()
        connections["default"] = previous


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
