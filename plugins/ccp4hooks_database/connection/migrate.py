"""The schema of the database: inspect it, create it, upgrade it."""

from __future__ import annotations

import enum
import os
import pkgutil
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import ccp4i2
from django.apps import apps
from django.core.management import call_command
from django.db import transaction

from ccp4hooks import StoreError
from ccp4hooks.store import os_cure
from ccp4hooks_database.connection import django_setup, file_lock
from ccp4hooks_database.connection.url import READ_WRITE, SQLITE, parse_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ccp4hooks_database.connection.url import Target

LABELS = ("contenttypes", "auth", "ccp4i2", "ccp4hooks")
# Newer migrations of Django itself are no reason to refuse a database.
JUDGED = ("ccp4i2", "ccp4hooks")

ADVISORY_KEY = 0x63637034


class State(enum.Enum):
    """How the schema of a database relates to the schema that this version needs."""

    EMPTY = "empty"
    CURRENT = "current"
    BEHIND = "behind"
    NEWER = "newer"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """The schema of a database.

    Attributes:
        state: How it relates to the schema that this version needs.
        missing: Migrations that are not applied, ``"app.name"``.
        unknown: Applied migrations that this version does not have.
    """

    state: State
    missing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def is_for_ccp4i2(self) -> bool:
        """Whether the missing or unknown migrations are of CCP4i2."""
        return any(name.startswith("ccp4i2.") for name in self.unknown or self.missing)

    @property
    def program(self) -> str:
        """The installed program, with its version, whose schema the database does not have."""
        return f"CCP4i2 {ccp4i2.__version__}" if self.is_for_ccp4i2 else f"ccp4hooks {version('ccp4hooks')}"


@cache
def known_migrations() -> frozenset[tuple[str, str]]:
    """Return the (app, name) of every installed migration; none of them is imported."""
    folders = {label: import_module(f"{apps.get_app_config(label).name}.migrations").__path__ for label in LABELS}
    return frozenset((label, module.name) for label in LABELS for module in pkgutil.iter_modules(folders[label]))


def inspect(connection: Any) -> Schema:
    """Return the schema of a database without changing it."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        if "django_migrations" not in tables:
            # PostgreSQL databases may contain tables of other programs beside ours; SQLite files may not.
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
    """Accept an empty or a current database.

    Raises:
        StoreError: The database needs `ccp4hooks init`, or a newer ccp4hooks or CCP4i2, or is not CCP4i2's.
    """
    if schema.state is State.BEHIND:
        warning = " Back it up first: an older CCP4i2 cannot use it afterwards." if schema.is_for_ccp4i2 else ""
        if target.path is None:
            warning = f"{warning} Make a backup of PostgreSQL with `pg_dump`."
        raise StoreError(
            f"The database {target.label} lacks tables or columns that {schema.program} needs "
            f"({_few(schema.missing)}). Run `ccp4hooks init` once to add them; no record is lost.{warning}"
        )
    require_upgradable(schema, target)


def require_upgradable(schema: Schema, target: Target) -> None:
    """Accept a database that is empty, or of this or an older version.

    Raises:
        StoreError: The database was upgraded by a newer version, or is not CCP4i2's.
    """
    if schema.state is State.NEWER:
        package = "ccp4i2" if schema.is_for_ccp4i2 else "ccp4hooks"
        raise StoreError(
            f"The database {target.label} was upgraded by a newer version than {schema.program}, which cannot use it "
            f"({_few(schema.unknown)}). Nothing was changed. Install the newer version again with "
            f"`pip install --upgrade {package}` (for a pre-release, add its version: {package}==VERSION). "
            "To stay with the older one, restore the backup from before the upgrade and run `ccp4hooks replay --all`, "
            "which records the jobs since then."
        )
    if schema.state is State.FOREIGN:
        raise StoreError(f"The database {target.label} contains tables of another program. Choose another database.")


def refuse_upgraded(connection: Any, target: Target) -> None:
    """Check that no other process has upgraded a database since this process has found it current.

    Raises:
        StoreError: The database was upgraded.
    """
    found = inspect(connection)
    if found.state is State.NEWER:
        raise StoreError(
            f"The database {target.label} was upgraded while this process ran, which has loaded {found.program} "
            "and cannot write to it any more. End the program, and start it again with the newer version."
        )


def _few(names: tuple[str, ...]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > len(names[:3]) else "")


def migrate() -> None:
    """Apply all missing migrations to this thread's default database."""
    call_command("migrate", verbosity=0, interactive=False, skip_checks=True)


def create_missing_file(entry: Mapping[str, Any]) -> None:
    """Create an empty file if a SQLite database that Django may not create itself does not exist.

    Args:
        entry: The settings of Django's connection.

    Raises:
        StoreError: The file cannot be created.
    """
    name = str(entry["NAME"])
    if entry["ENGINE"] != SQLITE or not name.startswith("file:") or not name.endswith(READ_WRITE):
        return
    path = parse_name(name)
    try:
        path.touch()
    except OSError as error:
        raise StoreError(
            f"The database {path} cannot be created: {error.strerror}. "
            f"{os_cure(error, 'Check that its directory exists and that you may write to it.')}"
        ) from error


@contextmanager
def exclusive(target: Target, wait_s: float) -> Iterator[None]:
    """Prevent every other process from creating or upgrading the database until the context ends.

    Raises:
        StoreError: Another process takes longer than `wait_s`, or the directory is missing or not writable.
    """
    if target.path is None:
        with django_setup.connected(target) as connection, connection.cursor() as cursor:
            # The limit of the connection is for single statements of a job; another process may create all tables.
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [f"{round(wait_s * 1000)}ms"])
            # The server releases the lock when the connection ends.
            cursor.execute("SELECT pg_advisory_lock(%s)", [ADVISORY_KEY])
            cursor.execute("RESET lock_timeout")
            yield
        return
    folder = target.path.parent
    if not folder.is_dir():
        raise StoreError(
            f"The database {target.label} cannot be created: the directory {folder} does not exist. Create it first."
        )
    try:
        with file_lock.locked(folder / f".{target.path.name}.lock", wait_s):
            yield
    except OSError as error:
        cure = os_cure(error, f"Check that you may write to {folder}.")
        raise StoreError(f"The database {target.label} cannot be created: {error.strerror}. {cure}") from error


def create(target: Target) -> None:
    """Create all tables of an empty database, or none: a process that is killed leaves no incomplete database.

    Must be called inside of `exclusive`.
    """
    if target.path is None:
        with django_setup.connected(target), transaction.atomic():
            migrate()
        return
    _refuse_leftovers(target.path)
    _remove_unfinished(target.path)
    new = target.path.with_name(f".{target.path.name}.new")
    try:
        # SQLite would create it with the mode 644, whatever the umask permits: no group could write to it.
        new.touch()
        with django_setup.connected(target, file=new) as connection:
            # The file is flushed once, in `_publish`, before it gets its name.
            connection.cursor().execute("PRAGMA synchronous=OFF")
            migrate()
        _publish(new, target.path)
    finally:
        # An error, for instance a full disk, leaves an incomplete file; success leaves none.
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
                f"The file {leftover} belongs to a database that no longer exists. "
                "Restore the database, or remove the file."
            )


def _publish(new: Path, path: Path) -> None:
    with new.open("rb+") as stream:
        os.fsync(stream.fileno())
    new.replace(path)
