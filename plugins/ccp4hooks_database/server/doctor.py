"""The database part of ``ccp4hooks doctor``: check the database and the Django settings of CCP4i2. Reads only."""

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
"""The entries of ``INSTALLED_APPS`` that make CCP4i2 run its jobs through ccp4hooks."""

ADVICE = f"To change that: export DJANGO_SETTINGS_MODULE={OURS}"

THROUGH = "CCP4i2's own jobs run through ccp4hooks"
NOT_THROUGH = "CCP4i2's own jobs do not run through ccp4hooks"


def database(opened: Callable[[], Store]) -> Iterator[str | Ccp4HooksError]:
    """Report which database is in use, whether it can be reached, and whether its tables are up to date.

    Args:
        opened: Returns the store; may raise `StoreError`.
    """
    try:
        store = opened()
        yield f"the database is {store.target.label}"
        counts = store.read(_counts)
    except StoreError as error:
        yield error
        return
    if counts is None:
        yield "it has no tables yet; the first job or `ccp4hooks init` creates them"
    else:
        yield f"it can be reached, and its tables are up to date (projects: {counts[0]}, jobs: {counts[1]})"


def _counts() -> tuple[int, int]:
    from ccp4i2.db.models import Job, Project  # noqa: PLC0415 - its models need Django

    return Project.objects.count(), Job.objects.count()


def settings_module() -> Iterator[str | Ccp4HooksError]:
    """Report whether the settings module of the environment makes CCP4i2's own jobs run through ccp4hooks."""
    name = os.environ.get("DJANGO_SETTINGS_MODULE", "")
    if name == OURS:
        yield f"{THROUGH}: DJANGO_SETTINGS_MODULE is {OURS}"
    elif not name:
        yield f"{NOT_THROUGH}: DJANGO_SETTINGS_MODULE is not set. {ADVICE}"
    else:
        try:
            settings = _settings(name)
        except (ImportError, OSError, SyntaxError, ValueError, TypeError, LookupError) as error:
            yield BadInputError(f"DJANGO_SETTINGS_MODULE is {name}, which cannot be imported: {error}. {ADVICE}")
            return
        yield from _site_settings(name, settings)


def _settings(name: str) -> Mapping[str, Any]:
    # `python -m django` finds modules in the working directory; an installed command does not.
    sys.path.append(str(Path.cwd()))
    with leaving_no_directories():
        return vars(importlib.import_module(name))


def _site_settings(name: str, settings: Mapping[str, Any]) -> Iterator[str]:
    if APPS.isdisjoint(settings.get("INSTALLED_APPS", ())):
        yield (
            f"{NOT_THROUGH}: DJANGO_SETTINGS_MODULE is {name}, without the app of ccp4hooks. {ADVICE}, "
            f'or add "{APP}" to the INSTALLED_APPS of {name}'
        )
        return
    yield f"{THROUGH}: DJANGO_SETTINGS_MODULE is {name}, with the app of ccp4hooks in its INSTALLED_APPS"
    entry = settings.get("DATABASES", {}).get("default", {})
    yield f"CCP4i2's own processes use the database of {name}: {_label(entry)}"


def _label(entry: Mapping[str, Any]) -> str:
    """Return the name of a Django database in messages, without the password.

    >>> _label({"ENGINE": "django.db.backends.sqlite3", "NAME": "/data/db.sqlite3"})
    '/data/db.sqlite3'
    """
    name = str(entry.get("NAME", ""))
    if entry.get("ENGINE") == SQLITE:
        return str(parse_name(name))
    return f"{name} on {entry.get('HOST') or 'this machine'}"
