"""The app of ccp4hooks in CCP4i2's own settings module, in Python environments where `environments.enable` has run."""

from __future__ import annotations

from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import spec_from_file_location
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

APPS = ("ccp4hooks_database.apps.ServerConfig", "ccp4hooks_database")
"""The entries of ``INSTALLED_APPS`` that make CCP4i2 run its jobs through ccp4hooks; the first is added."""

SQLITE = "django.db.backends.sqlite3"

SQLITE_OPTIONS = {"transaction_mode": "IMMEDIATE", "timeout": 30}
"""Options with which several processes may write to one file; CCP4i2 3.0 sets none."""


def find_settings(name: str, path: Sequence[str] | None) -> ModuleSpec | None:
    """Return the specification of CCP4i2's settings module, with a loader that adds the app.

    Args:
        name: Name of the module.
        path: The directories of its package.
    """
    found = PathFinder.find_spec(name, path)
    if found is None or found.origin is None:
        return found
    return spec_from_file_location(name, found.origin, loader=_SettingsLoader(name, found.origin))


class _SettingsLoader(SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        add_app(vars(module))


def add_app(settings: dict[str, Any]) -> None:
    """Add the app to Django settings, and options that are safe for several processes to a SQLite database.

    Options that the settings have already are kept.

    >>> settings = {"INSTALLED_APPS": ["ccp4i2.db.config.DbConfig"], "DATABASES": {}}
    >>> add_app(settings)
    >>> add_app(settings)
    >>> settings["INSTALLED_APPS"]
    ['ccp4i2.db.config.DbConfig', 'ccp4hooks_database.apps.ServerConfig']

    Args:
        settings: Values by name; changed.
    """
    if not {*APPS} & {*settings["INSTALLED_APPS"]}:
        settings["INSTALLED_APPS"] = [*settings["INSTALLED_APPS"], APPS[0]]
    for entry in settings["DATABASES"].values():
        if entry.get("ENGINE") == SQLITE:
            entry["OPTIONS"] = {**SQLITE_OPTIONS, **entry.get("OPTIONS", {})}
