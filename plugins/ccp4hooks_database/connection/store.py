"""`Store`: reads and writes in the database of a session, each with a connection of its own."""

from __future__ import annotations

import itertools
import os
import random
import sys
import time
from collections import defaultdict
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import DatabaseError, OperationalError, connections, transaction

from ccp4hooks import StoreError, StoreUnavailableError
from ccp4hooks_database.connection import django_setup, file_lock, migrate
from ccp4hooks_database.connection.backup import back_up
from ccp4hooks_database.connection.errors import STATES, is_away, is_transient, translated
from ccp4hooks_database.connection.migrate import State
from ccp4hooks_database.connection.url import Target, create_home
from ccp4hooks_database.settings import DatabaseSettings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

T = TypeVar("T")

Identity = tuple[str, int, int]
"""The label of a database, and device and inode of its file; 0 for a server, or in memory."""

MAX_ATTEMPTS = 12

_WRITE_LOCKS: defaultdict[Path, Lock] = defaultdict(Lock)
"""One lock per SQLite file, so that the threads of this process write one after the other."""

if sys.platform != "win32":
    # A thread of the parent process may hold a lock that no thread of the child would release.
    os.register_at_fork(after_in_child=_WRITE_LOCKS.clear)


class _MissingFileError(StoreUnavailableError):
    """The file of the database has disappeared; its disk may come back."""


@dataclass(slots=True)
class Store:
    """The database of a session.

    Attributes:
        chosen: The database that the settings of ccp4hooks name.
        settings: The settings of the plugin.
    """

    chosen: Target
    settings: DatabaseSettings
    _current: Identity | None = None
    _wal_done: bool = False
    _given_up: bool = False

    @classmethod
    def opened(cls, target: Target, settings: DatabaseSettings) -> Store:
        """Start Django and return the store; no connection to the database is made.

        Raises:
            StoreError: See `django_setup.start`.
        """
        with translated(target):
            django_setup.set_default(django_setup.start(target))
        return cls(target, settings)

    @property
    def target(self) -> Target:
        """The database in use: the chosen one, or the present one of a process that has configured Django itself."""
        return django_setup.in_use(self.chosen)

    def read(self, work: Callable[[], T]) -> T | None:
        """Return the result of `work`, which only reads; None if the database does not exist yet.

        Raises:
            StoreError: The database cannot be read.
        """
        identity = self._identity()
        if identity is None:
            return None
        with translated(self.target), django_setup.connected(self.target, identity=identity) as connection:
            return work() if self._is_current(connection, identity) else None

    def require_readable(self, *, named: bool) -> None:
        """Check that the database exists, has all tables, and can be read.

        Args:
            named: Whether a user has named the database. Another one may be missing until this process has used it: the
                first job creates it.

        Raises:
            StoreError: The database does not exist, has no tables, or cannot be read.
        """
        if self.read(lambda: True) is not None:
            return
        if self._identity() is None and self._current is not None:
            raise _MissingFileError(
                f"The database {self.target.label} has disappeared. Put it back. "
                "With `-p no:database` the outcome files are read instead."
            )
        if named:
            raise StoreError(self.absence())

    def absence(self) -> str:
        """Return an error message that says what is missing: the directory, the file, or the tables."""
        path, label = self.target.path, self.target.label
        cure = "Correct the database URL (--database, DATABASE_URL or the settings file)"
        if path is not None and not path.parent.is_dir():
            return f"The database {label} does not exist, and neither does its directory. {cure}."
        missing = "has no tables" if path is None or path.exists() else "does not exist"
        return (
            f"The database {label} {missing}. {cure}, or run `ccp4hooks init` to create it. "
            "With `-p no:database` the outcome files are read instead."
        )

    def require_writable(self) -> None:
        """Check that the database can be written, without changing it.

        Raises:
            StoreError: The database is read-only or locked.
        """
        path = self.target.path
        if path is not None and not os.access(path.parent, os.W_OK):
            raise StoreError(
                f"The directory of the database {self.target.label} cannot be written, and SQLite needs to. "
                "Correct its permissions."
            )
        self.write(self._require_write_transaction)

    def close(self) -> None:
        """Close the connections that no thread uses. The next use opens others."""
        django_setup.close_idle(self.target)

    def _require_write_transaction(self) -> None:
        with connections["default"].cursor() as cursor:
            if self.target.path is not None:
                # On a read-only file even BEGIN IMMEDIATE succeeds. This writes, and is undone.
                cursor.execute("PRAGMA user_version")
                cursor.execute(f"PRAGMA user_version = {int(cursor.fetchone()[0])}")
                transaction.set_rollback(True)
                return
            cursor.execute(
                "SELECT current_setting('transaction_read_only'), has_table_privilege('ccp4i2_job', 'INSERT')"
            )
            read_only, permitted = cursor.fetchone()
        if read_only == "on":
            raise StoreError(f"The database {self.target.label} {STATES['25006']}")
        if not permitted:
            raise StoreError(f"The database {self.target.label} {STATES['42501']}")

    def write(self, work: Callable[[], T], *, create: bool = False, patient: bool = False) -> T:
        """Call `work` in a transaction, again if another process interferes, and return its result.

        Args:
            work: What to do; must not call code of other plugins.
            create: Whether to create a missing database.
            patient: Whether to wait for an unreachable database for as long as for a locked one. After one wait without
                success each call is tried only once until one succeeds, so that a pipeline does not wait again for
                each of its sub-jobs.

        Raises:
            StoreError: The database cannot be written, or does not exist.
        """
        with translated(self.target):
            if create:
                create_home(self.target)
                self._create_if_empty()
                self._set_wal()
            return self._with_retries(lambda: self._in_turn(work), patient=patient)

    def upgrade(self) -> tuple[migrate.Schema, list[str]]:
        """Create the database, or apply its missing migrations to it after a backup of a SQLite file.

        Returns:
            The schema before, and a line for each thing that was done.

        Raises:
            StoreError: The database cannot be created, backed up or upgraded.
        """
        lines: list[str] = []
        create_home(self.target)
        with translated(self.target), migrate.exclusive(self.target, self.settings.wait_s):
            found = self._inspect()
            migrate.require_upgradable(found, self.target)
            if found.state is State.EMPTY:
                migrate.create(self.target)
            if found.state is State.BEHIND:
                lines.append(self._backup_line())
                self._apply_migrations()
        with translated(self.target):
            self._set_wal()
        return found, [self.upgrade_line(found), *lines]

    def _backup_line(self) -> str:
        """Back up a SQLite file, and return a line about the backup, or about how to back up another database."""
        if self.target.path is None:
            return "No backup was made of this database. Before an upgrade, make one with `pg_dump`."
        return f"The backup from before the upgrade is {back_up(self.target.path)}."

    def _apply_migrations(self) -> None:
        with django_setup.connected(self.target):
            migrate.migrate()

    def upgrade_line(self, found: migrate.Schema) -> str:
        """Return one line about an upgrade.

        Args:
            found: The schema before the upgrade.
        """
        if found.state is State.EMPTY:
            return f"Created the database {self.target.label}."
        if found.state is State.BEHIND:
            line = f"Upgraded the database {self.target.label}: {len(found.missing)} migrations applied."
            return f"{line} An older CCP4i2 cannot use it any more." if found.is_for_ccp4i2 else line
        return f"The database {self.target.label} is up to date."

    def _identity(self) -> Identity | None:
        """Return the identity of the database; None if its file is missing or empty."""
        target = self.target
        if target.path is None:
            return (target.label, 0, 0)
        try:
            found = target.path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return (target.label, found.st_dev, found.st_ino) if found.st_size else None

    def _is_current(self, connection: Any, asked: Identity) -> bool:
        """Return whether the database has all tables; the answer for a current database is remembered.

        Args:
            connection: A connection to the database.
            asked: The identity for which it was asked. Another file may have taken its place before it was opened.
        """
        identity = self._identity() if connection.connection is None else asked
        if identity is not None and identity == self._current:
            return True
        found = migrate.inspect(connection)
        migrate.require_usable(found, self.target)
        if found.state is State.CURRENT:
            self._current = identity
        return found.state is State.CURRENT

    def _inspect(self) -> migrate.Schema:
        identity = self._identity()
        if identity is None:
            return migrate.Schema(state=State.EMPTY)
        with django_setup.connected(self.target, identity=identity) as connection:
            return migrate.inspect(connection)

    def _create_if_empty(self) -> None:
        identity = self._identity()
        if identity is not None and identity == self._current:
            return
        found = self._inspect()
        migrate.require_usable(found, self.target)
        if found.state is State.EMPTY:
            with migrate.exclusive(self.target, self.settings.short_wait_s):
                if self._inspect().state is State.EMPTY:
                    migrate.create(self.target)

    def _set_wal(self) -> None:
        if self._wal_done or not self.settings.wal or self.target.path is None:
            return
        network = file_lock.network_file_system(self.target.path)
        if network:
            raise StoreError(
                f"The database {self.target.label} lies on a network file system ({network}), where write-ahead "
                "logging destroys data. Remove `wal = true` from [plugins.database], or move the database."
            )
        with django_setup.connected(self.target) as connection, connection.cursor() as cursor:
            cursor.execute("PRAGMA journal_mode=WAL")
        self._wal_done = True

    def _in_turn(self, work: Callable[[], T]) -> T:
        """Call `work` in a transaction; on SQLite, one thread at a time.

        SQLite lets a connection that waits for a lock sleep longer and longer, and so miss the moment of its release.
        """
        if self.target.path is None:
            return self._transaction(work)
        lock = _WRITE_LOCKS[self.target.path]
        if not lock.acquire(timeout=self.settings.short_wait_s):
            raise OperationalError("database is locked")
        try:
            return self._transaction(work)
        finally:
            lock.release()

    def _transaction(self, work: Callable[[], T]) -> T:
        identity = self._identity()
        if identity is None:
            raise _MissingFileError(
                f"The database {self.target.label} does not exist. Run `ccp4hooks init` to create it."
            )
        with django_setup.connected(self.target, identity=identity) as connection:
            if not self._is_current(connection, identity):
                raise StoreError(
                    f"The database {self.target.label} has no tables. Run `ccp4hooks init` to create them."
                )
            try:
                with transaction.atomic():
                    return work()
            except DatabaseError as error:
                self._refuse_upgraded(connection, error)
                raise

    def _refuse_upgraded(self, connection: Any, error: DatabaseError) -> None:
        """Find out whether a statement was rejected because another process has upgraded the database.

        Raises:
            StoreError: The database was upgraded.
        """
        if not (connection.in_atomic_block or is_transient(error) or is_away(error)):
            try:
                migrate.refuse_upgraded(connection, self.target)
            except StoreError as upgraded:
                raise upgraded from error

    def _with_retries(self, work: Callable[[], T], *, patient: bool) -> T:
        wait_s = self.settings.wait_s if patient else self.settings.short_wait_s
        deadline = time.monotonic() + (0.0 if patient and self._given_up else wait_s)
        for attempt in itertools.count(1):
            try:
                done = work()
            except (DatabaseError, _MissingFileError) as error:
                away = patient and (isinstance(error, _MissingFileError) or is_away(error))
                again = away or (isinstance(error, DatabaseError) and is_transient(error) and attempt < MAX_ATTEMPTS)
                if time.monotonic() > deadline or not again:
                    self._given_up = self._given_up or away
                    raise
            else:
                self._given_up = False
                return done
            # Random, so that the processes do not all try again at the same time.
            time.sleep(random.uniform(0, min(0.5, 0.005 * 2**attempt)))  # noqa: S311 - not a secret
        raise AssertionError
