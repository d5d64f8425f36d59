"""``ccp4hooks doctor``: check the installation and report problems."""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.findings import Finding, failed
from ccp4hooks.cli.options import EXIT_CODES, PATH, json_option, not_empty, start_session, takes_choices
from ccp4hooks.engine_settings import FETCH_VARIABLE, SEND_VARIABLE, take_transfer
from ccp4hooks.errors import BadInputError, Ccp4HooksError, NotRecordedError, PluginError, StoreError
from ccp4hooks.failures import Failure, attempt
from ccp4hooks.i2 import versions
from ccp4hooks.i2.tasks.requirements import LIBRARY_CURE, monomer_library_fault
from ccp4hooks.texts import printable
from ccp4hooks.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ccp4hooks.cli.options import Choices
    from ccp4hooks.plugins.discovery import PluginRecord
    from ccp4hooks.session import Session
    from ccp4hooks.settings import Settings

HAS_US = "import importlib.util, sys; sys.exit(importlib.util.find_spec('ccp4hooks') is None)"
"""Code for another Python that exits with 0 if ccp4hooks is installed there."""

ANSWER_S = 60
"""Timeout for running another Python [s]."""

PROBE_S = 120
"""Default of the longest time to wait for the job of a probe [s]."""


@click.command("doctor", short_help="Check the installation and report problems.", epilog=EXIT_CODES)
@click.option(
    "--on",
    "engine",
    metavar="ENGINE",
    callback=not_empty,
    help="Check an engine instead, by a job that says what it finds on its machine.",
)
@click.option(
    "--timeout",
    "timeout_s",
    metavar="SECONDS",
    type=click.IntRange(min=1, max=86_400),
    help=f"With --on: wait no longer than this for the job, and then stop it. Default: {PROBE_S}.",
)
@click.option("--answer", metavar="FILE", type=PATH, hidden=True, help="Write what --on asks for into a file.")
@click.option("--fetch", metavar="COMMAND", envvar=FETCH_VARIABLE, hidden=True, help="With --answer: see `execute`.")
@click.option("--send", metavar="COMMAND", envvar=SEND_VARIABLE, hidden=True, help="With --answer: see `execute`.")
@json_option
@takes_choices
def command(
    choices: Choices,
    *,
    engine: str | None,
    timeout_s: int | None,
    answer: Path | None,
    fetch: str | None,
    send: str | None,
    as_json: bool,
) -> None:
    """Check versions, settings, plugins and the database, and whether CCP4i2 runs its own jobs through the hooks.

    It also names the jobs whose process has died, and the projects whose directory does not exist.

    With --on, it submits a small job to an engine instead. The job says which versions and what of CCP4 its machine
    has, whether it reaches the directory of projects and the database, and how far its clock is off.

    This command changes nothing. The exit code is 0 if all checks pass, else the code of the first problem.
    """
    if answer is not None:
        transfer = take_transfer(fetch, send)
        start_session(choices.settings()).answer_probe(answer, transfer)
        return
    if engine is None and timeout_s is not None:
        raise click.UsageError("--timeout requires --on ENGINE.")
    if engine is not None:
        from ccp4hooks.cli.probing import engine_findings

        findings = [*engine_findings(choices, engine, timeout_s or PROBE_S)]
    else:
        findings = [*_versions(), *_configuration(choices.settings), *_ccp4()]
    exit_code = next((found.exit_code for found in findings if found.exit_code), 0)
    if as_json:
        from ccp4hooks.cli.json_output import write_json

        write_json({"exit_code": exit_code, "findings": findings})
    else:
        _show(findings)
    raise SystemExit(exit_code)


PROBLEM = "PROBLEM: "
"""What stands before a result that is a problem."""


def _show(findings: Iterable[Finding]) -> None:
    from rich.text import Text

    from ccp4hooks.cli.listing import GAP, PIPED_WIDTH, terminal_width
    from ccp4hooks.cli.output import wrapped
    from ccp4hooks.cli.render import show

    rows = [("Subject", "Result")]
    rows += [(found.about, f"{PROBLEM if found.exit_code else ''}{found.text}") for found in findings]
    width, column = terminal_width() or PIPED_WIDTH, max(len(about) for about, _ in rows)
    lines = []
    for about, text in rows:
        start = f"{printable(about).ljust(column)}{GAP}"
        lines += [Text(line) for line in wrapped(printable(text), width, " " * len(start), start=start)]
    lines[0].stylize("dim")
    for line in lines:
        line.highlight_words([PROBLEM.strip()], "bold red")
    show(*lines)


# --- versions ---------------------------------------------------------------------------------------------------


def _versions() -> Iterator[Finding]:
    yield Finding(about="ccp4hooks", text=f"{__version__} in {Path(__file__).parents[2]}")
    yield _version("ccp4i2")
    untested = versions.untested()
    if untested:
        yield Finding(about="ccp4i2", text=untested)
    yield _version("Django")
    yield Finding(about="Python", text=f"{platform.python_version()}, {sys.executable}")


def _version(distribution: str) -> Finding:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return Finding(about=distribution, text=version(distribution))
    except PackageNotFoundError:
        missing = BadInputError(f"not installed. Install it with `pip install {distribution.lower()}`.")
        return failed(distribution, missing)


# --- settings and plugins ---------------------------------------------------------------------------------------


def _configuration(read: Callable[[], Settings]) -> Iterator[Finding]:
    from ccp4hooks.plugins.discovery import PluginState
    from ccp4hooks.plugins.manager import left_out
    from ccp4hooks.session import open_session

    try:
        settings = read()
    except BadInputError as error:
        yield failed("settings", error)
        return
    yield from _settings(settings)
    try:
        session = open_session(settings)
    except Ccp4HooksError as error:
        yield failed("plugins", error)
        return
    for record in (*session.plugins, *left_out(settings, session.plugins)):
        yield _plugin(record)
        if record.state is PluginState.LOADED:
            yield from (Finding(about="plugin", text=f"{record.name}: {line}") for line in record.ignored)
    yield from session_findings(session)


def _settings(settings: Settings) -> Iterator[Finding]:
    source = settings.source
    where = f"from {source.absolute()}" if source else "no settings file found; using the environment and defaults"
    yield Finding(about="settings", text=where)
    yield from (Finding(about="settings", text=line) for line in settings.ignored)
    folder = settings.projects_dir
    if folder.exists() and not (folder.is_dir() and os.access(folder, os.W_OK)):
        cure = "Set CCP4I2_PROJECTS_DIR to a writable directory."
        yield failed("projects", BadInputError(f"{folder} is not a writable directory. {cure}"))
        return
    state = "" if folder.exists() else " (does not exist yet; the first project creates it)"
    yield Finding(about="projects", text=f"in {folder}{state}")


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


def session_findings(session: Session) -> Iterator[Finding]:
    """Yield the number of tasks, what plugins say of themselves, faults of what is recorded, and other problems."""
    tasks = session.tasks()
    complete = sum(not task.missing and not task.unavailable for task in tasks)
    yield Finding(about="tasks", text=f"{len(tasks)}, of which {complete} name no program that is missing here")
    for plugin, result in session.examined():
        yield Finding(about=plugin, text=result) if isinstance(result, str) else failed(plugin, result)
    yield from _recorded(session)
    yield from (Finding(about="KPI", text=f"Warning: {clash}") for clash in session.kpi_descriptions.clashes)
    known = {problem.message for problem in session.problems}
    for one in session.tasks_left_out():
        if one.reason not in known:
            yield Finding(about="task", text=one.reason, exit_code=PluginError.exit_code)
    for task in tasks:
        yield from (Finding(about="task", text=f"Warning: {task.name}: {warning}") for warning in task.warnings)
    for problem in session.problems:
        yield Finding(about="plugin", text=str(problem), exit_code=PluginError.exit_code)


def _recorded(session: Session) -> Iterator[Finding]:
    """Yield the jobs whose process has died, and the projects with jobs whose directory does not exist.

    Without a usable database nothing is recorded; its plugin reports that itself.
    """
    from ccp4hooks.runtime.paths import require_directory

    try:
        for one in session.owned_jobs():
            if not one.alive:
                name = one.job.project.name
                text = (
                    f"job {one.job.number} of the project {name!r} is {one.status.name}, but its process ({one.pid} "
                    f"on {one.host}) has died. Run `ccp4hooks recover {shlex.quote(name)}`."
                )
                yield Finding(about="job", text=text, exit_code=NotRecordedError.exit_code)
        projects = session.projects()
        # A project without jobs gets its directory with its first one.
        gone = [one for one in projects if not one.directory.is_dir() and session.outcomes(one)]
    except StoreError:
        return
    for fault in [attempt(require_directory, one) for one in gone]:
        if isinstance(fault, Failure):
            yield Finding(about="project", text=fault.reason, exit_code=BadInputError.exit_code)


# --- CCP4 -------------------------------------------------------------------------------------------------------


def _ccp4() -> Iterator[Finding]:
    home = os.environ.get("CCP4", "")
    without = "tasks that need CCP4 cannot run; `ccp4hooks tasks --no-ccp4` lists those that are not known to"
    if not home:
        yield Finding(about="CCP4", text=f"$CCP4 is not set: {without}")
    elif not Path(home).is_dir():
        yield Finding(about="CCP4", text=f"$CCP4 is {home}, which is not a directory: {without}")
    else:
        yield Finding(about="CCP4", text=f"$CCP4 is {home}")
    fault = monomer_library_fault()
    library = f"$CLIBD_MON is {os.environ.get('CLIBD_MON')}, the monomer library for refinements"
    yield Finding(
        about="CCP4", text=f"{fault}: refinements find no monomer library. {LIBRARY_CURE}" if fault else library
    )
    python = shutil.which("ccp4-python")
    yield Finding(about="CCP4", text=_python(python) if python else "ccp4-python is not on $PATH")


def _python(path: str) -> str:
    from ccp4hooks.runtime.interpreters import run_python

    done = attempt(run_python, HAS_US, python=path, timeout_s=ANSWER_S)
    if isinstance(done, Failure):
        return f"ccp4-python is {path}, but cannot be run: {done.reason}"
    if done.returncode == 0:
        return f"ccp4-python, which CCP4i2's server uses to run jobs, is {path}; ccp4hooks is installed there"
    return (
        f"ccp4-python, which CCP4i2's server uses to run jobs, is {path}; ccp4hooks is not installed there: "
        "install it to run the server's jobs through the hooks"
    )
