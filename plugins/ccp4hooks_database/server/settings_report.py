"""A program that prints what a Django settings module means for CCP4i2's server, as one line of JSON.

`main` imports the module as CCP4i2's processes do. It runs in a process of its own: a settings module depends on the
environment, and is imported once in a process. It does not start Django, and leaves no directory.
"""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ccp4hooks import load_settings
from ccp4hooks_database.connection.ccp4i2_settings import leaving_no_directories
from ccp4hooks_database.connection.url import SQLITE, parse_name
from ccp4hooks_database.server.access import open_to
from ccp4hooks_database.server.enabled import APPS

if TYPE_CHECKING:
    from collections.abc import Mapping


def report_of(module: str) -> dict[str, Any]:
    """Return a report about a settings module.

    Returns:
        ``on_hooks``, whether CCP4i2's jobs run through ccp4hooks; ``database`` and ``projects_dir``, those of the
        module; ``open``, a sentence for each way in which it leaves the server open.
    """
    os.environ["DJANGO_SETTINGS_MODULE"] = module
    with leaving_no_directories(load_settings().projects_dir):
        settings = vars(import_module(module))
    return {
        "on_hooks": not {*APPS}.isdisjoint(settings.get("INSTALLED_APPS", ())),
        "database": database_label(settings.get("DATABASES", {}).get("default", {})),
        "projects_dir": str(settings.get("CCP4I2_PROJECTS_DIR", "")),
        "open": [*open_to(settings)],
    }


def database_label(entry: Mapping[str, Any]) -> str:
    """Return the name of a Django database in messages, without the password.

    >>> database_label({"ENGINE": "django.db.backends.sqlite3", "NAME": "/data/db.sqlite3"})
    '/data/db.sqlite3'
    """
    name = str(entry.get("NAME", ""))
    if entry.get("ENGINE") == SQLITE:
        return str(parse_name(name))
    return f"{name} on {entry.get('HOST') or 'this machine'}"


def main() -> None:
    """Print the report about the settings module that is the first argument of the process."""
    sys.stdout.write(f"\n{json.dumps(report_of(sys.argv[1]))}\n")
