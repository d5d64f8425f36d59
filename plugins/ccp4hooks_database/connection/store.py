"""The store: reads and writes in the one database of a session, each with a connection to itself."""

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

from django.db import DatabaseError, OperationalError, transaction

from ccp4hooks import StoreError, StoreUnavailableError
from ccp4hooks_database.connection import django_setup, file_lock, migrate
from ccp4hooks_database.connection.errors import is_away, is_transient, translated
from ccp4hooks_database.connection.migrate import State
from ccp4hooks_database.connection.url import DatabaseSettings, Target, own_directory

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

T = TypeVar("T")

MAX_ATTEMPTS = 12

_TURNS: defaultdict[Path, Lock] = defaultdict(Lock)
"""Whose turn it is to write to a SQLite file, among the threads of this process."""

if sys.platform != "win32":
    # Those of the other's threads that were at work are not here to end it.
    os.register_at_fork(after_in_child=_TURNS.clear)


class _AbsentError(StoreUnavailableError):
    """The file of a database that was there is gone; it may be on a disk that comes back."""


@dataclass(slots=True)
class Store:
    """One database.

    Attributes:
        target: Where it is.
        settings: How it is to be used.
    """

    target: Target
    settings: DatabaseSettings
    _seen: tuple[int, int] | None = None
    _wal_done: bool = False
    _given_up: bool = False

    @classmethod
    def opened(cls, target: Target, settings: DatabaseSettings) -> Store:
        """Start Django and return the store; the database itself is not touched.

        Raises:
            StoreError: See `host.started`.
        """
        with translated(target):
            target = django_setup.started(target)
            django_setup.adopt(target)
        return cls(target, settings)

    def read(self, work: Callable[[], T]) -> T | None:
        """Return what `work` reads, None if there is no database yet.

        Raises:
            StoreError: The database cannot be read.
        """
        identity = self._identity()
        if identity is None:
            return None
        with translated(self.target), django_setup.connected(self.target, identity=identity) as connection:
            return work() if self._is_current(connection) else None

    def write(self, work: Callable[[], T], *, create: bool = False, patient: bool = False) -> T:
        """Do `work` in one transaction, again if others stood in its way.

        Args:
            work: What to do; must not call foreign code.
            create: Whether to make the database if there is none.
            patient: Whether to wait for a database that is away, as long as for one that is locked. After one wait in
                vain each work is tried once, until one succeeds: a pipeline does not wait for each of its sub-jobs.

        Raises:
            StoreError: The database cannot be written, or does not exist.
        """
        with translated(self.target):
            if create:
                own_directory(self.target)
                self._create_if_empty()
                self._set_wal()
            return self._tried(lambda: self._in_turn(work), patient=patient)

    def upgrade(self) -> str:
        """Create the database, or apply the migrations that it lacks, and say what was done.

        Raises:
            StoreError: The database cannot be created or upgraded.
        """
        own_directory(self.target)
        with translated(self.target), migrate.alone(self.target, self.settings.wait_s):
            found = self._inspected()
            migrate.require_upgradable(found, self.target)
            if found.state is State.EMPTY:
                migrate.create(self.target)
            elif found.state is State.BEHIND:
                with django_setup.connected(self.target):
                    migrate.migrate()
        with translated(self.target):
            self._set_wal()
        return self._upgrade_line(found)

    def _upgrade_line(self, found: migrate.Schema) -> str:
        if found.state is State.EMPTY:
            return f"Created the database {self.target.label}."
        if found.state is State.BEHIND:
            return f"Upgraded the database {self.target.label}: {len(found.missing)} migrations applied."
        return f"The database {self.target.label} is up to date."

    def _identity(self) -> tuple[int, int] | None:
        """Return what tells this database from one that takes its place; None if it is an absent or empty file."""
        if self.target.path is None:
            return (0, 0)
        try:
            found = self.target.path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return (found.st_dev, found.st_ino) if found.st_size else None

    def _is_current(self, connection: Any) -> bool:
        """Return whether the tables are there; looked up once."""
        identity = self._identity()
        if identity is not None and identity == self._seen:
            return True
        found = migrate.inspect(connection)
        migrate.require_usable(found, self.target)
        if found.state is State.CURRENT:
            self._seen = identity
        return found.state is State.CURRENT

    def _inspected(self) -> migrate.Schema:
        identity = self._identity()
        if identity is None:
            return migrate.Schema(state=State.EMPTY)
        with django_setup.connected(self.target, identity=identity) as connection:
            return migrate.inspect(connection)

    def _create_if_empty(self) -> None:
        identity = self._identity()
        if identity is not None and identity == self._seen:
            return
        found = self._inspected()
        migrate.require_usable(found, self.target)
        if found.state is State.EMPTY:
            with migrate.alone(self.target, self.settings.short_wait_s):
                if self._inspected().state is State.EMPTY:
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
        """Do `work` when no other thread is at its own; on SQLite, which would make one that waits oversleep."""
        if self.target.path is None:
            return self._transaction(work)
        turn = _TURNS[self.target.path]
        if not turn.acquire(timeout=self.settings.short_wait_s):
            raise OperationalError("database is locked")
        try:
            return self._transaction(work)
        finally:
            turn.release()

    def _transaction(self, work: Callable[[], T]) -> T:
        identity = self._identity()
        if identity is None:
            raise _AbsentError(
                f"There is no database {self.target.label} to record in. Run `ccp4hooks init` to make it."
            )
        with django_setup.connected(self.target, identity=identity) as connection:
            if not self._is_current(connection):
                raise StoreError(f"The database {self.target.label} has no tables. Run `ccp4hooks init` to make them.")
            with transaction.atomic():
                return work()

    def _tried(self, work: Callable[[], T], *, patient: bool) -> T:
        wait_s = self.settings.wait_s if patient else self.settings.short_wait_s
        deadline = time.monotonic() + (0.0 if patient and self._given_up else wait_s)
        for attempt in itertools.count(1):
            try:
                done = work()
            except (DatabaseError, _AbsentError) as error:
                away = patient and (isinstance(error, _AbsentError) or is_away(error))
                again = away or (isinstance(error, DatabaseError) and is_transient(error) and attempt < MAX_ATTEMPTS)
                if time.monotonic() > deadline or not again:
                    self._given_up = self._given_up or away
                    raise
            else:
                self._given_up = False
                return done
            # Not all at once again.
            time.sleep(random.uniform(0, min(0.5, 0.005 * 2**attempt)))  # noqa: S311 - not a secret
        raise AssertionError
