"""``ccp4hooks run``: run a task."""

from __future__ import annotations

import os
import shlex
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.options import EXIT_CODES, json_option, project_option, start_session, takes_choices
from ccp4hooks.cli.output import echo
from ccp4hooks.cli.progress import progress_shown
from ccp4hooks.errors import NotRecordedError
from ccp4hooks.failures import UserInterrupt
from ccp4hooks.runtime import signals
from ccp4hooks.runtime.sharing import keep_accessible_to_group

if TYPE_CHECKING:
    from collections.abc import Callable

    from ccp4hooks.cli.options import Choices
    from ccp4hooks.model import Progress, RunResult
    from ccp4hooks.session import Session

NO_CCP4 = (
    "CCP4 is not set up: $CCP4 is not set. Source the CCP4 setup script first. `ccp4hooks tasks --no-ccp4` lists the "
    "tasks that are not known to need CCP4."
)


@click.command("run", short_help="Run a task.", epilog=EXIT_CODES)
@click.argument("task")
@click.argument("values", nargs=-1, metavar="[NAME=VALUE]...")
@project_option
@click.option("--title", default="", help="Title of the job.")
@click.option("--dry-run", is_flag=True, help="Run in a scratch directory and show what would be recorded.")
@click.option(
    "--keep",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="With --dry-run: keep the job in this new directory, for `ccp4hooks replay --from`.",
)
@click.option("--timing", is_flag=True, help="Show the time that each plugin took per hook.")
@click.option(
    "--trace", is_flag=True, help="Show each hook call on standard error: arguments, return value and duration."
)
@json_option
@takes_choices
def command(  # noqa: PLR0913 - one per option
    choices: Choices,
    *,
    task: str,
    values: tuple[str, ...],
    project: str | None,
    title: str,
    dry_run: bool,
    keep: Path | None,
    timing: bool,
    trace: bool,
    as_json: bool,
) -> None:
    """Run TASK with the given values and show the result.

    \b
    NAME=VALUE can be
      F_SIGF=native.mtz                  a file
      F_SIGF='all.mtz[FP,SIGFP]'         columns of a larger MTZ file
      XYZIN_LIST=a.pdb XYZIN_LIST=b.pdb  a list: repeat the name
      'ASU_CONTENT[0].sequence=GASV'     a value of the first item of a list
      prosmartProtein.TOGGLE=True        a nested parameter
      FREERFLAG=@1.FREEROUT              an output of job 1 of the project

    `ccp4hooks describe TASK` lists the names. Progress is written to standard error, the result to standard output.
    A dry run shows paths relative to the project.
    """  # noqa: D301 - click needs the character, not its escape sequence
    if keep is not None and not dry_run:
        raise click.UsageError("--keep requires --dry-run: all other jobs are kept anyway.")
    signals.treat_termination_as_interrupt()
    pairs = [split_value(text) for text in values]
    session = start_session(choices.settings(dry_run=dry_run), trace=trace)
    project = project or session.settings.project
    if not dry_run:
        found = next((one for one in session.projects() if one.name == project), None)
        if found is not None:
            keep_accessible_to_group(found.directory)
        session.recover_quietly(project)
    run = partial(session.run, task, pairs, project=project, title=title, keep=keep)
    try:
        result = _with_progress(run, default=session.settings.project, dry_run=dry_run, plain=trace)
    except NotRecordedError as error:
        signals.let_finish()
        _write(session, error.result, as_json=as_json, dry_run=dry_run, keep=keep, timing=timing)
        raise
    signals.let_finish()
    _write(session, result, as_json=as_json, dry_run=dry_run, keep=keep, timing=timing)
    if result.outcome.status.is_failure:
        for line in what_is_missing(result):
            echo(line, err=True)
        raise SystemExit(1)


def _with_progress(run: Callable[..., RunResult], *, default: str, dry_run: bool, plain: bool) -> RunResult:
    """Run a task with its progress shown, and return its result.

    Raises:
        UserInterrupt: Ctrl-C was pressed. The message names the job that was recorded.
    """
    ended: list[Progress] = []
    try:
        with progress_shown(plain=plain) as show:
            return run(progress=partial(_note_end, ended, show))
    except KeyboardInterrupt as error:
        if dry_run or not ended:
            raise
        raise UserInterrupt(_interrupted(ended[-1], default)) from error


def _note_end(ended: list[Progress], show: Callable[[Progress], None], progress: Progress) -> None:
    """Show the progress of a job, and note the end of the job at top level."""
    if progress.phase == "finished" and progress.job.parent_uuid is None:
        ended.append(progress)
    show(progress)


def _interrupted(end: Progress, default: str) -> str:
    """Return what became of an interrupted job, and the command that shows it."""
    job = end.job
    where = "" if job.project.name == default else f" --project {shlex.quote(job.project.name)}"
    return f"Interrupted. Job {job.number} is {end.status.name}; see `ccp4hooks show {job.number}{where}`."


def what_is_missing(result: RunResult) -> list[str]:
    """Return a line for each program or Python module that a failed job names and that was not found, and the cure."""
    from ccp4hooks.i2.tasks.requirements import own_requirements

    missing: dict[str, str] = {}
    for outcome in result.outcomes:
        if outcome.status.is_failure:
            missing |= dict.fromkeys(own_requirements(outcome.job.task).missing, outcome.job.task)
    lines = [f"{name}, which the task {task} needs, was not found." for name, task in missing.items()]
    if not lines:
        return []
    home = os.environ.get("CCP4")
    return [*lines, f"$CCP4 is {home}. Install what is missing, or add its directory to $PATH." if home else NO_CCP4]


def split_value(text: str) -> tuple[str, str]:
    """Return the name and the value of ``NAME=VALUE``.

    >>> split_value("F_SIGF=a=b.mtz")
    ('F_SIGF', 'a=b.mtz')

    Raises:
        click.BadParameter: The name or the equals sign is missing.
    """
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise click.BadParameter(f"{text!r} does not have the form NAME=VALUE.", param_hint="NAME=VALUE")
    return name, value


def _write(
    session: Session, result: RunResult, *, as_json: bool, dry_run: bool, keep: Path | None, timing: bool
) -> None:
    if as_json:
        from ccp4hooks.cli.json_output import write_json

        write_json(result)
        return
    from ccp4hooks.cli.render import render_outcomes, show, timing_table

    project = result.outcome.job.project
    if dry_run:
        kept = f"the job was kept only in {keep}" if keep else "nothing was kept"
        head = f"Dry run in project {project.name}: {kept}. A normal run would record:"
    else:
        head = f"Project {project.name} in {project.directory}"
    tables = render_outcomes(result.outcomes, session.kpi_descriptions)
    show(head, *tables, *(["", timing_table(result.outcomes)] if timing else []))
