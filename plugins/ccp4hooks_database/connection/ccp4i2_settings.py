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

# CCP4i2's settings module stops with a TypeError at URLs without a password, such as those of sockets.
_UNREAD = "sqlite:////unread"

ATTEMPTS = 20


def host_settings() -> dict[str, Any]:
    """Return CCP4i2's settings by name, all but ``DATABASES``.

    Importing them makes CCP4i2's home and its projects directory.

    Raises:
        StoreError: One of these directories cannot be made.
    """
    given = os.environ.get("DATABASE_URL")
    os.environ["DATABASE_URL"] = _UNREAD
    try:
        module = _settings_module()
    except OSError as error:
        raise StoreError(
            f"CCP4i2's directory {error.filename} cannot be made: {error.strerror}. "
            "Set CCP4I2_HOME and CCP4I2_PROJECTS_DIR to directories you may write to."
        ) from error
    finally:
        os.environ.pop("DATABASE_URL")
        if given is not None:
            os.environ["DATABASE_URL"] = given
    return {name: value for name, value in vars(module).items() if name.isupper() and name != "DATABASES"}


def _settings_module() -> Any:
    for _ in range(ATTEMPTS - 1):
        # Another process may remove a directory, empty since it has just made it, while this one goes on below it.
        with suppress(FileNotFoundError, FileExistsError):
            return import_module("ccp4i2.config.settings")
    return import_module("ccp4i2.config.settings")


@contextmanager
def leaving_no_directories() -> Iterator[None]:
    """Remove what importing CCP4i2's settings makes, if it was not there before and nothing was put into it.

    A command that only reads, or that refuses its input, must not leave a directory.
    """
    from ccp4i2.config import preferences  # noqa: PLC0415 - start-up time

    home = preferences.ccp4i2_home()
    projects = Path(preferences.resolve("projectsDir", env="CCP4I2_PROJECTS_DIR", default=str(home / "CCP4X_PROJECTS")))
    new = [path for path in (projects, home) if not path.exists()]
    yield
    for path in new:
        # Fails, and is meant to, where somebody has put something into it, or has removed it first.
        with suppress(OSError):
            path.rmdir()
