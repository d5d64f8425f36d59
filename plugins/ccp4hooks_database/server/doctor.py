"""The database part of ``ccp4hooks doctor``: check the database and the Django settings of CCP4i2. Reads only."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from ccp4hooks import BadInputError, Ccp4HooksError, StoreError
from ccp4hooks.store import run_python
from ccp4hooks_database.server import homes
from ccp4hooks_database.server.environments import Environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ccp4hooks_database.connection.store import Store

OURS = "ccp4hooks_database.django_settings"
THEIRS = "ccp4i2.config.settings"
APP = "ccp4hooks_database.apps.ServerConfig"

ADVICE = f"To change that: export DJANGO_SETTINGS_MODULE={OURS}"

THROUGH = "CCP4i2's own jobs run through ccp4hooks"
NOT_THROUGH = "CCP4i2's own jobs do not run through ccp4hooks"

CLOSE_DESKTOP = (
    "To close it, start the application with ALLOWED_HOSTS=localhost,127.0.0.1, DEBUG=false and a SECRET_KEY"
)

TOKEN = "CCP4I2_LOCAL_SESSION_TOKEN"  # noqa: S105 - the name of a variable
"""Variable with the secret of the desktop application, without which its server answers nothing."""

_REPORT = "from ccp4hooks_database.server.settings_report import main; main()"

REPORT_S = 120
"""Timeout for importing a settings module in another process [s]."""


def database(opened: Callable[[], Store], *, named: bool) -> Iterator[str | Ccp4HooksError]:
    """Report which database is in use, whether it can be read and written, and whether its tables are up to date.

    Also report CCP4i2's directory, and those of other versions that have jobs.

    Args:
        opened: Returns the store; may raise `StoreError`.
        named: Whether a setting names the database, so that it must exist.
    """
    in_use = None
    try:
        store = opened()
        in_use = store.target.path
        yield f"the database is {store.target.label}"
        store.require_readable(named=named)
        counts = store.read(_counts)
        yield _content(counts)
        if counts is not None:
            store.require_writable()
    except StoreError as error:
        yield error
    yield homes.home_line()
    yield from homes.other_homes(in_use)


def _content(counts: tuple[int, int] | None) -> str:
    if counts is None:
        return "it does not exist yet, or has no tables; the first job or `ccp4hooks init` creates it"
    return f"it can be reached, and its tables are up to date (projects: {counts[0]}, jobs: {counts[1]})"


def _counts() -> tuple[int, int]:
    from ccp4i2.db.models import Job, Project  # noqa: PLC0415 - its models need Django

    return Project.objects.count(), Job.objects.count()


def settings_module() -> Iterator[str | Ccp4HooksError]:
    """Report whether CCP4i2's own jobs run through ccp4hooks, by which file, and in which ways its server is open."""
    name = os.environ.get("DJANGO_SETTINGS_MODULE", "")
    report = _report(name or THEIRS)
    if "error" in report and name:
        yield BadInputError(f"DJANGO_SETTINGS_MODULE is {name}, which cannot be used: {report['error']}. {ADVICE}")
    elif "error" in report:
        # Nobody has asked for CCP4i2's own settings, which refuse some databases that ccp4hooks can use.
        yield f"{NOT_THROUGH}: {THEIRS} cannot be used here: {report['error']}. {ADVICE}"
    elif name:
        yield from _of_module(name, report)
    elif report["on_hooks"]:
        yield f"{THROUGH}, those of its desktop application too: ccp4hooks is enabled in {sys.executable}"
        yield from _places(THEIRS, report)
        yield from _open_desktop()
    else:
        yield f"{NOT_THROUGH}: DJANGO_SETTINGS_MODULE is not set. {ADVICE}, or run `ccp4hooks enable`"
    for python in dict.fromkeys([sys.executable, shutil.which("ccp4-python")]):
        if python is not None:
            yield from _enabled(python)


def _enabled(python: str) -> Iterator[str | Ccp4HooksError]:
    """Report the files by which ccp4hooks is enabled in a Python environment."""
    try:
        environment = Environment.of(python)
    except BadInputError:
        return  # The command itself reports a Python that does not work.
    for path in environment.files:
        if environment.has_ccp4hooks:
            yield f"ccp4hooks is enabled in {python} by the file {path}"
        else:
            cure = f"Install ccp4hooks there, or delete {path}."
            yield BadInputError(f"ccp4hooks is enabled in {python}, but not installed there. {cure}")


def _of_module(name: str, report: Mapping[str, Any]) -> Iterator[str]:
    if name == OURS:
        yield f"{THROUGH}: DJANGO_SETTINGS_MODULE is {OURS}"
    elif report["on_hooks"]:
        yield f"{THROUGH}: DJANGO_SETTINGS_MODULE is {name}, with the app of ccp4hooks in its INSTALLED_APPS"
        yield from _places(name, report)
    else:
        other = "run `ccp4hooks enable`" if name == THEIRS else f'add "{APP}" to the INSTALLED_APPS of {name}'
        yield f"{NOT_THROUGH}: DJANGO_SETTINGS_MODULE is {name}, without the app of ccp4hooks. {ADVICE}, or {other}"
    for sentence in report["open"]:
        yield f"CCP4i2's server is open: {sentence}"
    if report["open"] and name != OURS:
        how = f"export DJANGO_SETTINGS_MODULE={OURS}"
        begin = "" if name == THEIRS else f", or begin {name} with `from {OURS} import *`"
        yield f"To close the server: {how}{begin}"


def _open_desktop() -> Iterator[str]:
    """Report in which ways the server of the desktop application is open, and how to close it."""
    sentences = _report(THEIRS, **{TOKEN: "secret"}).get("open", ())
    yield from (f"the server of CCP4i2's desktop application is open: {sentence}" for sentence in sentences)
    if sentences:
        yield CLOSE_DESKTOP


def _places(name: str, report: Mapping[str, Any]) -> Iterator[str]:
    yield f"CCP4i2's own processes use the database of {name}: {report['database']}"
    yield f"CCP4i2's own processes create projects in {report['projects_dir']}"


def _report(module: str, **variables: str) -> Mapping[str, Any]:
    """Return the report of `settings_report` about a module, or ``error`` with the reason why there is none.

    Args:
        module: Name of the settings module.
        **variables: Variables of its environment, beside those of this process.
    """
    try:
        done = run_python(_REPORT, module, timeout_s=REPORT_S, environment={**os.environ, **variables})
    except (OSError, subprocess.TimeoutExpired) as error:
        return {"error": str(error)}
    if done.returncode != 0:
        lines = done.stderr.splitlines() or [f"its process ended with exit code {done.returncode}"]
        return {"error": lines[-1].strip(". ")}
    report: Mapping[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return report
