"""Whether a database has the tables that this code needs, and how it gets them."""

from __future__ import annotations

import enum
import os
import pkgutil
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.core.management import call_command
from django.db import transaction

from ccp4hooks import StoreError
from ccp4hooks_database.connection import django_setup, file_lock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ccp4hooks_database.connection.url import Target

LABELS = ("contenttypes", "auth", "ccp4i2", "ccp4hooks")
# The migrations of Django itself in a newer version are no reason to refuse a database.
JUDGED = ("ccp4i2", "ccp4hooks")

_ADVISORY_KEY = 0x63637034


class State(enum.Enum):
    """What a database is to this code."""

    EMPTY = "empty"
    CURRENT = "current"
    BEHIND = "behind"
    NEWER = "newer"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """The schema of a database.

    Attributes:
        state: What the database is to this code.
        missing: Migrations it lacks, ``"app.name"``.
        unknown: Migrations that this code does not know.
    """

    state: State
    missing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


@cache
def known_migrations() -> frozenset[tuple[str, str]]:
    """Return the (app, name) of every migration that is installed; none of them is imported."""
    folders = {label: import_module(f"{apps.get_app_config(label).name}.migrations").__path__ for label in LABELS}
    return frozenset((label, module.name) for label in LABELS for module in pkgutil.iter_modules(folders[label]))


def inspect(connection: Any) -> Schema:
    """Return the schema of a database; reads only."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        if "django_migrations" not in tables:
            # A PostgreSQL database may hold other people's tables beside ours; a SQLite file with tables is theirs.
            return Schema(state=State.FOREIGN if tables and connection.vendor == "sqlite" else State.EMPTY)
        cursor.execute("SELECT app, name FROM django_migrations")
        applied = {(app, name) for app, name in cursor.fetchall() if app in LABELS}
    if not any(app == "ccp4i2" for app, _ in applied):
        return Schema(state=State.FOREIGN)
    return _compared(applied, known_migrations())


def _compared(applied: set[tuple[str, str]], known: frozenset[tuple[str, str]]) -> Schema:
    unknown = tuple(sorted(f"{app}.{name}" for app, name in applied - known if app in JUDGED))
    missing = tuple(sorted(f"{app}.{name}" for app, name in known - applied))
    state = State.NEWER if unknown else State.BEHIND if missing else State.CURRENT
    return Schema(state=state, missing=missing, unknown=unknown)


def require_usable(schema: Schema, target: Target) -> None:
    """Let an empty or a current database pass.

    Raises:
        StoreError: The database needs `ccp4hooks init`, a newer ccp4hooks or CCP4i2, or is not CCP4i2's.
    """
    if schema.state is State.BEHIND:
        raise StoreError(
            f"The database {target.label} lacks tables that this version needs ({_few(schema.missing)}). "
            "Run `ccp4hooks init` once to add them; nothing that is recorded is lost."
        )
    require_upgradable(schema, target)


def require_upgradable(schema: Schema, target: Target) -> None:
    """Let any database pass that is empty or of this or an older version.

    Raises:
        StoreError: The database was written by a newer version, or is not CCP4i2's.
    """
    if schema.state is State.NEWER:
        raise StoreError(
            f"The database {target.label} was written by a newer version ({_few(schema.unknown)}). "
            "Upgrade with `pip install --upgrade ccp4hooks ccp4i2`."
        )
    if schema.state is State.FOREIGN:
        raise StoreError(f"The database {target.label} holds tables of another program. Give another database.")


def _few(names: tuple[str, ...]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > len(names[:3]) else "")


def migrate() -> None:
    """Apply all missing migrations to this thread's default database."""
    call_command("migrate", verbosity=0, interactive=False, skip_checks=True)


@contextmanager
def alone(target: Target, wait_s: float) -> Iterator[None]:
    """Keep every other process from creating or upgrading the database meanwhile.

    Raises:
        StoreError: Another process is at it for longer than `wait_s`, or the directory is missing or not writable.
    """
    if target.path is None:
        with django_setup.connected(target) as connection, connection.cursor() as cursor:
            # Freed when the connection ends, however it ends.
            cursor.execute("SELECT pg_advisory_lock(%s)", [_ADVISORY_KEY])
            yield
        return
    folder = target.path.parent
    if not folder.is_dir():
        raise StoreError(f"The database {target.label} cannot be made: there is no directory {folder}. Make it first.")
    try:
        with file_lock.locked(folder / f".{target.path.name}.lock", wait_s):
            yield
    except OSError as error:
        raise StoreError(f"The database {target.label} cannot be made: {error.strerror} ({folder}).") from error


def create(target: Target) -> None:
    """Make a database with all tables, or none: a process that is killed leaves nothing that counts as one.

    Must be called while `alone`, for a database that is empty.
    """
    if target.path is None:
        with django_setup.connected(target), transaction.atomic():
            migrate()
        return
    _refuse_leftovers(target.path)
    _remove_unfinished(target.path)
    new = target.path.with_name(f".{target.path.name}.new")
    try:
        with django_setup.connected(target, file=new) as connection:
            # The file is flushed once, below, before it gets its name.
            connection.cursor().execute("PRAGMA synchronous=OFF")
            migrate()
        _publish(new, target.path)
    finally:
        # Left by a full disk, say; after success there is nothing of the kind.
        _remove_unfinished(target.path)


def _remove_unfinished(path: Path) -> None:
    for old in path.parent.iterdir():
        if old.name.startswith(f".{path.name}.new"):
            old.unlink()


def _refuse_leftovers(path: Path) -> None:
    for suffix in ("-journal", "-wal"):
        leftover = path.with_name(path.name + suffix)
        if leftover.exists():
            raise StoreError(
                f"{leftover} belongs to a database that is gone. Restore the database, or remove this file."
            )


def _publish(new: Path, path: Path) -> None:
    with new.open("rb+") as stream:
        os.fsync(stream.fileno())
    new.replace(path)
