"""CCP4i2's own Django settings, read without its choice of database."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ccp4hooks import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

# CCP4i2's settings module raises a TypeError for URLs without a password, for instance those of sockets.
_UNREAD = "sqlite:////unread"

ATTEMPTS = 20


def ccp4i2_settings() -> dict[str, Any]:
    """Return CCP4i2's settings by name, except ``DATABASES``.

    Importing the settings creates CCP4i2's home directory and its projects directory.

    Raises:
        StoreError: One of these directories cannot be created.
    """
    given = os.environ.get("DATABASE_URL")
    os.environ["DATABASE_URL"] = _UNREAD
    try:
        module = _settings_module()
    except OSError as error:
        raise StoreError(
            f"CCP4i2's directory {error.filename} cannot be created: {error.strerror}. "
            "Set CCP4I2_HOME and CCP4I2_PROJECTS_DIR to directories in which you may write."
        ) from error
    finally:
        os.environ.pop("DATABASE_URL")
        if given is not None:
            os.environ["DATABASE_URL"] = given
    return {name: value for name, value in vars(module).items() if name.isupper() and name != "DATABASES"}


def _settings_module() -> Any:
    for _ in range(ATTEMPTS - 1):
        # Another process may remove an empty directory that it has created while this process creates one inside it.
        with suppress(FileNotFoundError, FileExistsError):
            return import_module("ccp4i2.config.settings")
    return import_module("ccp4i2.config.settings")


@contextmanager
def leaving_no_directories() -> Iterator[None]:
    """Remove the directories that importing CCP4i2's settings creates, if they are new and empty at the end.

    A command that only reads, or that refuses its input, must not leave a directory.
    """
    from ccp4i2.config import preferences  # noqa: PLC0415 - start-up time

    home = preferences.ccp4i2_home()
    projects = Path(preferences.resolve("projectsDir", env="CCP4I2_PROJECTS_DIR", default=str(home / "CCP4X_PROJECTS")))
    new = [path for path in (projects, home) if not path.exists()]
    yield
    for path in new:
        # Fails on purpose if the directory is not empty, or if another process has removed it.
        with suppress(OSError):
            path.rmdir()
