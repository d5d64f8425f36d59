"""What ``ccp4hooks doctor`` says of the database, and of whether CCP4i2 itself is on the hooks; reads only."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ccp4hooks import BadInputError, Ccp4HooksError, StoreError
from ccp4hooks_database.connection.ccp4i2_settings import leaving_no_directories
from ccp4hooks_database.connection.url import SQLITE, parse_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ccp4hooks_database.connection.store import Store

OURS = "ccp4hooks_database.django_settings"
APP = "ccp4hooks_database.apps.ServerConfig"
APPS = frozenset({APP, "ccp4hooks_database"})
"""What in ``INSTALLED_APPS`` puts CCP4i2 on the hooks."""

SWITCH = f"To switch it on: export DJANGO_SETTINGS_MODULE={OURS}"


def database(opened: Callable[[], Store]) -> Iterator[str | Ccp4HooksError]:
    """Say which database is in force, whether it can be reached, and whether its tables are those needed.

    Args:
        opened: Returns the store; may raise `StoreError`.
    """
    try:
        store = opened()
        yield f"the database is {store.target.label}"
        held = store.read(_counts)
    except StoreError as error:
        yield error
        return
    if held is None:
        yield "it has no tables yet; the first job makes them, or `ccp4hooks init`"
    else:
        yield f"it can be reached, and its tables are up to date (projects: {held[0]}, jobs: {held[1]})"


def _counts() -> tuple[int, int]:
    from ccp4i2.db.models import Job, Project  # noqa: PLC0415 - its models need Django

    return Project.objects.count(), Job.objects.count()


def host() -> Iterator[str | Ccp4HooksError]:
    """Say whether jobs that CCP4i2 itself starts go through the hooks, by the settings module of the environment."""
    name = os.environ.get("DJANGO_SETTINGS_MODULE", "")
    if name == OURS:
        yield f"CCP4i2 itself is on the hooks: DJANGO_SETTINGS_MODULE is {OURS}"
    elif not name:
        yield f"CCP4i2 itself is not on the hooks: DJANGO_SETTINGS_MODULE is not set. {SWITCH}"
    else:
        try:
            settings = _settings(name)
        except (ImportError, OSError, SyntaxError, ValueError, TypeError, LookupError) as error:
            yield BadInputError(f"DJANGO_SETTINGS_MODULE is {name}, which cannot be imported: {error}. {SWITCH}")
            return
        yield from _foreign(name, settings)


def _settings(name: str) -> Mapping[str, Any]:
    # `python -m django` finds modules in the working directory, an installed command does not.
    sys.path.append(str(Path.cwd()))
    with leaving_no_directories():
        return vars(importlib.import_module(name))


def _foreign(name: str, settings: Mapping[str, Any]) -> Iterator[str]:
    if APPS.isdisjoint(settings.get("INSTALLED_APPS", ())):
        yield (
            f"CCP4i2 itself is not on the hooks: DJANGO_SETTINGS_MODULE is {name}, without our app. {SWITCH}, "
            f'or add "{APP}" to the INSTALLED_APPS of {name}'
        )
        return
    yield f"CCP4i2 itself is on the hooks: DJANGO_SETTINGS_MODULE is {name}, with our app among its INSTALLED_APPS"
    entry = settings.get("DATABASES", {}).get("default", {})
    yield f"CCP4i2's own processes use the database of {name}: {_label(entry)}"


def _label(entry: Mapping[str, Any]) -> str:
    """Return what to call a database of Django's; holds no password.

    >>> _label({"ENGINE": "django.db.backends.sqlite3", "NAME": "/data/db.sqlite3"})
    '/data/db.sqlite3'
    """
    name = str(entry.get("NAME", ""))
    if entry.get("ENGINE") == SQLITE:
        return str(parse_name(name))
    return f"{name} on {entry.get('HOST') or 'this machine'}"
