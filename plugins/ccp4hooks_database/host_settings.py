"""CCP4i2's own Django settings, read without its choice of database."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

from ccp4hooks import StoreError

# CCP4i2's settings module stops with a TypeError at URLs without a password, such as those of sockets.
_UNREAD = "sqlite:////unread"


def host_settings() -> dict[str, Any]:
    """Return CCP4i2's settings by name, all but ``DATABASES``.

    Importing them makes CCP4i2's home and its projects directory.

    Raises:
        StoreError: One of these directories cannot be made.
    """
    given = os.environ.get("DATABASE_URL")
    os.environ["DATABASE_URL"] = _UNREAD
    try:
        module = import_module("ccp4i2.config.settings")
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
