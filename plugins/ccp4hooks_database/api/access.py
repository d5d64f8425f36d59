"""A project's books: the session and the database that a handler uses."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from ccp4hooks import BadInputError, Job, Session, StoreError
from ccp4hooks_database.api.shared_session import shared_session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ccp4hooks_database.connection.store import Store

T = TypeVar("T")


class Access:
    """One project's books: which session and which database, and how to read and write in it.

    Args:
        project_uuid: Identity of the project.
        session: The plugins to use; None for those that environment and settings file switch on.

    Raises:
        BadInputError: What is given is no identity.
    """

    def __init__(self, project_uuid: UUID | str, *, session: Session | None = None) -> None:
        try:
            self.project_uuid = UUID(str(project_uuid))
        except ValueError as error:
            raise BadInputError(
                f"{str(project_uuid)!r} is not the identity of a project; that of one by name is "
                "`open_session(load_settings()).project(NAME).uuid`."
            ) from error
        self._session = session

    @cached_property
    def session(self) -> Session:
        """The plugins in use.

        Raises:
            StoreError: The database plugin is not among them.
        """
        session = self._session or shared_session()
        if "database" not in session.hook_order("open_job"):
            raise StoreError(
                "AsyncDatabaseHandler needs the plugin `database`, which is switched off or failed. "
                "`ccp4hooks plugins` says why."
            )
        return session

    @cached_property
    def store(self) -> Store:
        """The database."""
        from ccp4hooks_database.connection.store import Store  # noqa: PLC0415 - needs Django
        from ccp4hooks_database.connection.url import DatabaseSettings, chosen_target  # noqa: PLC0415 - start-up time

        settings = self.session.settings
        own = settings.plugin("database", DatabaseSettings)
        return Store.opened(chosen_target(settings.database, own.wait_s), own)

    def _read(self, work: Callable[[Any], T]) -> T:
        """Return what `work` reads with the functions of `registering`."""
        with _off_loop_only():
            store = self.store
            from ccp4hooks_database.repository import register  # noqa: PLC0415 - needs Django

            found = store.read(lambda: (work(register),))
        if found is None:
            raise StoreError(f"There is no database {store.target.label} yet. Run `ccp4hooks init` to make it.")
        return found[0]

    def _write(self, work: Callable[[Any], T]) -> T:
        """Do `work` with the functions of `registering`, in one transaction."""
        with _off_loop_only():
            store = self.store
            from ccp4hooks_database.repository import register  # noqa: PLC0415 - needs Django

            return store.write(lambda: work(register))

    def job(self, job_uuid: UUID | str) -> Job:
        """Return a job, of this project or another.

        Raises:
            BadInputError: There is none.
        """
        job: Job = self._read(lambda rows: rows.job_value(UUID(str(job_uuid))))
        return job


@contextmanager
def _off_loop_only() -> Iterator[None]:
    """Say in words what Django refuses on an event loop.

    Raises:
        BadInputError: The calling thread runs one.
    """
    from django.core.exceptions import SynchronousOnlyOperation  # noqa: PLC0415 - start-up time

    try:
        yield
    except SynchronousOnlyOperation as error:
        raise BadInputError(
            "A method that ends in _sync was called on an event loop, where it would stop everything else. "
            "Await the method of the same name without _sync."
        ) from error
