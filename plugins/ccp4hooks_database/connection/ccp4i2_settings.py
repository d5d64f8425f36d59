"""CCP4i2's own Django settings, read without its choice of database and without its settings for developers."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ccp4hooks import StoreError
from ccp4hooks.store import ccp4i2_projects_dir, os_cure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# CCP4i2's settings module raises a TypeError for URLs without a password, for instance those of sockets.
_WRITABLE = "Set CCP4I2_HOME and CCP4I2_PROJECTS_DIR to directories in which you may write."

_UNREAD = "sqlite:////unread"

ATTEMPTS = 20


def ccp4i2_settings() -> dict[str, Any]:
    """Return CCP4i2's settings by name, except ``DATABASES``.

    ``DEBUG`` is off unless the environment variable ``DEBUG`` switches it on, and ``SECRET_KEY`` is random unless the
    variable ``SECRET_KEY`` has a value. CCP4i2's own default is ``DEBUG`` with a published key. Importing the settings
    creates CCP4i2's home directory and its projects directory.

    Raises:
        StoreError: One of these directories cannot be created.
    """
    given = os.environ
    read_as = {
        "DATABASE_URL": _UNREAD,
        "DEBUG": given.get("DEBUG") or "false",
        "SECRET_KEY": given.get("SECRET_KEY") or os.urandom(32).hex(),
    }
    try:
        with _environment(read_as):
            module = _settings_module()
    except OSError as error:
        raise StoreError(
            f"CCP4i2's directory {error.filename} cannot be created: {error.strerror}. {os_cure(error, _WRITABLE)}"
        ) from error
    return {name: value for name, value in vars(module).items() if name.isupper() and name != "DATABASES"}


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Set environment variables and restore them at the end."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name)
            else:
                os.environ[name] = value


def _settings_module() -> Any:
    for _ in range(ATTEMPTS - 1):
        # Another process may remove an empty directory that it has created while this process creates one inside it.
        with suppress(FileNotFoundError, FileExistsError):
            return import_module("ccp4i2.config.settings")
    return import_module("ccp4i2.config.settings")


@contextmanager
def leaving_no_directories(*others: Path) -> Iterator[None]:
    """Remove the directories that importing CCP4i2's settings creates, if they are new and empty at the end.

    A command that only reads, or that refuses its input, must not leave a directory.

    Args:
        others: More directories that may be created, for instance the projects directory of ``ccp4hooks.toml``.
    """
    from ccp4i2.config import preferences  # noqa: PLC0415 - start-up time

    created = (preferences.ccp4i2_home(), ccp4i2_projects_dir(), *others)
    new = {path for directory in created for path in (directory, *directory.parents) if not path.exists()}
    try:
        yield
    finally:
        for path in sorted(new, reverse=True):
            # Fails on purpose if the directory is not empty, or if another process has removed it.
            with suppress(OSError):
                path.rmdir()
