"""``ccp4hooks doctor``: say what is in force, and what is wrong."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.options import EXIT_CODES, json_option, takes_choices
from ccp4hooks.errors import BadInputError, Ccp4HooksError, PluginError
from ccp4hooks.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ccp4hooks.cli.options import Choices
    from ccp4hooks.plugins.discovery import PluginRecord
    from ccp4hooks.session import Session
    from ccp4hooks.settings import Settings

HAS_US = "import importlib.util, sys; sys.exit(importlib.util.find_spec('ccp4hooks') is None)"
"""What tells by its exit code whether a Python has ccp4hooks."""

ANSWER_S = 60
"""How long another Python may take to answer [s]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One fact.

    Attributes:
        about: What it is about, in one or two words.
        text: The fact in one line.
        exit_code: 0 if all is well, else that of the error which a job would end in.
    """

    about: str
    text: str
    exit_code: int = 0


@click.command("doctor", short_help="Say what is in force, and what is wrong.", epilog=EXIT_CODES)
@json_option
@takes_choices
def command(choices: Choices, *, as_json: bool) -> None:
    """Say which versions, settings, plugins and database are in force, and whether CCP4i2 itself is on the hooks.

    Nothing is changed. The exit code is 0 if all is well, else that of the first thing that is wrong.
    """
    findings = [*_versions(), *_in_force(choices.settings), *_ccp4()]
    exit_code = next((found.exit_code for found in findings if found.exit_code), 0)
    if as_json:
        from ccp4hooks.cli.json_text import write_json

        write_json({"exit_code": exit_code, "findings": findings})
    else:
        _show(findings)
    raise SystemExit(exit_code)


def _show(findings: Iterable[Finding]) -> None:
    from rich.text import Text

    from ccp4hooks.cli.render import show, table

    rows = []
    for found in findings:
        text = Text("WRONG: ", "bold red") if found.exit_code else Text()
        rows.append((found.about, text.append(found.text)))
    show(table("", ("About", "What"), rows))


def _wrong(about: str, error: Ccp4HooksError) -> Finding:
    return Finding(about=about, text=" ".join(str(error).split()), exit_code=error.exit_code)


# --- versions ---------------------------------------------------------------------------------------------------


def _versions() -> Iterator[Finding]:
    yield Finding(about="ccp4hooks", text=f"{__version__} in {Path(__file__).parents[2]}")
    yield _version("ccp4i2")
    yield _version("Django")
    yield Finding(about="Python", text=f"{platform.python_version()}, {sys.executable}")


def _version(distribution: str) -> Finding:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return Finding(about=distribution, text=version(distribution))
    except PackageNotFoundError:
        missing = BadInputError(f"it is not installed here. Install it with `pip install {distribution.lower()}`.")
        return _wrong(distribution, missing)


# --- settings, plugins and what they say ------------------------------------------------------------------------


def _in_force(read: Callable[[], Settings]) -> Iterator[Finding]:
    from ccp4hooks.plugins.manager import left_out
    from ccp4hooks.session import open_session

    try:
        settings = read()
    except BadInputError as error:
        yield _wrong("settings", error)
        return
    yield from _settings(settings)
    try:
        session = open_session(settings)
    except Ccp4HooksError as error:
        yield _wrong("plugins", error)
        return
    yield from (_plugin(record) for record in (*session.plugins, *left_out(settings, session.plugins)))
    yield from _session(session)


def _settings(settings: Settings) -> Iterator[Finding]:
    source = settings.source
    where = f"from {source.absolute()}" if source else "no settings file here or above; environment and defaults count"
    yield Finding(about="settings", text=where)
    folder, state = settings.projects_dir, "not there yet; the first project makes it"
    if folder.exists() and not (folder.is_dir() and os.access(folder, os.W_OK)):
        cure = "Set CCP4I2_PROJECTS_DIR to one that is."
        yield _wrong("projects", BadInputError(f"{folder} is not a directory that you may write to. {cure}"))
        return
    yield Finding(about="projects", text=f"in {folder}" if folder.exists() else f"in {folder}, {state}")


def _plugin(record: PluginRecord) -> Finding:
    from ccp4hooks.plugins.discovery import PluginState

    off = record.state in {PluginState.FAILED, PluginState.REJECTED, PluginState.CONFLICT}
    origin = f"{record.distribution} {record.version}".strip() or record.module
    text = f"{record.name}: {record.state.value}"
    return Finding(
        about="plugin",
        text=f"{text}: {record.why}" if record.why else f"{text}, from {origin}",
        exit_code=PluginError.exit_code if off else 0,
    )


def _session(session: Session) -> Iterator[Finding]:
    tasks = session.tasks()
    free = sum(not task.needs_ccp4 for task in tasks)
    yield Finding(about="tasks", text=f"{len(tasks)}, of which {free} run without CCP4's programs")
    for plugin, said in session.examined():
        yield Finding(about=plugin, text=said) if isinstance(said, str) else _wrong(plugin, said)
    for problem in session.problems:
        yield Finding(about="plugin", text=str(problem), exit_code=PluginError.exit_code)


# --- CCP4 -------------------------------------------------------------------------------------------------------


def _ccp4() -> Iterator[Finding]:
    home = os.environ.get("CCP4", "")
    without = "tasks that need its programs cannot run; `ccp4hooks tasks --no-ccp4` lists the others"
    if not home:
        yield Finding(about="CCP4", text=f"the variable CCP4 is not set: {without}")
    elif not Path(home).is_dir():
        yield Finding(about="CCP4", text=f"the variable CCP4 is {home}, where there is no directory: {without}")
    else:
        yield Finding(about="CCP4", text=f"the variable CCP4 is {home}")
    python = shutil.which("ccp4-python")
    yield Finding(about="CCP4", text=_python(python) if python else "ccp4-python is not on the path")


def _python(path: str) -> str:
    import subprocess

    from ccp4hooks.plugins.failures import Failure, attempt

    done = attempt(subprocess.run, [path, "-c", HAS_US], capture_output=True, timeout=ANSWER_S, check=False)
    if isinstance(done, Failure):
        return f"ccp4-python is {path}, and cannot be run: {done.reason}"
    has = "has ccp4hooks" if done.returncode == 0 else "lacks ccp4hooks: jobs on the hooks need it there"
    return f"ccp4-python is {path}, in which CCP4i2's server runs its jobs; it {has}"
