"""``ccp4hooks run``: run a task."""

from __future__ import annotations

import os
import shlex
import sysconfig
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ccp4hooks.cli import garbage
from ccp4hooks.cli.options import EXIT_CODES, PATH, json_option, project_option, start_session, takes_choices
from ccp4hooks.cli.output import WARNING, echo, note
from ccp4hooks.cli.progress import progress_shown
from ccp4hooks.cli.requests import Request, request_options
from ccp4hooks.cli.slow_plugins import slow_in_job
from ccp4hooks.cli.targets import target_options
from ccp4hooks.errors import Ccp4HooksError, NotRecordedError
from ccp4hooks.failures import UserInterrupt
from ccp4hooks.model import RunTarget
from ccp4hooks.runtime import signals
from ccp4hooks.runtime.lazy_modules import import_without
from ccp4hooks.runtime.sharing import keep_accessible_to_group

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ccp4hooks.cli.options import Choices
    from ccp4hooks.model import Progress, RunResult
    from ccp4hooks.session import Session

NO_CCP4 = (
    "CCP4 is not set up: $CCP4 is not set. Source the CCP4 setup script first. `ccp4hooks tasks --no-ccp4` lists the "
    "tasks that are not known to need CCP4."
)


@click.command("run", short_help="Run a task.", epilog=EXIT_CODES)
@request_options()
@click.option(
    "--if-changed",
    is_flag=True,
    help="If a job of the project is FINISHED with the same task, versions, parameters and content of input files, "
    "show it instead of running the task again.",
)
@target_options(alone="Default: run it here.")
@project_option
@click.option("--title", default="", help="Title of the job.")
@click.option("--dry-run", is_flag=True, help="Run in a scratch directory and show what would be recorded.")
@click.option(
    "--keep",
    metavar="DIR",
    type=PATH,
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
    request: Request,
    if_changed: bool,
    target: RunTarget | None,
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
      FREERFLAG=@1.FREEROUT              an output or input of job 1 of the project
      XYZIN=@refmac:last.XYZOUT          a file of the latest job of the task refmac
      F_SIGF='@last.HKLOUT[0][F,SIGF]'   columns of a file of the latest job

    `ccp4hooks describe TASK` lists the names. Progress is written to standard error, the result to standard output.
    A dry run shows paths relative to the project.
    """  # noqa: D301 - click needs the character, not its escape sequence
    how = How(title=title, if_changed=if_changed, keep=keep, timing=timing, trace=trace, as_json=as_json, target=target)
    run_request(choices, request, project, how, dry_run=dry_run)


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """How a task is run and shown; see the options of the command ``run``."""

    title: str
    if_changed: bool
    keep: Path | None
    timing: bool
    trace: bool
    as_json: bool
    target: RunTarget | None = None


def run_request(choices: Choices, request: Request, project: str | None, how: How, *, dry_run: bool = False) -> None:
    """Run a task and write the result.

    Args:
        choices: The shared options.
        request: The task and its parameters.
        project: Name of the project; None for the one in the settings.
        how: How the task is run and shown.
        dry_run: Whether nothing is kept.

    Raises:
        SystemExit: The task failed.
        Ccp4HooksError: See `Session.run`.
    """
    _require_consistent(how, dry_run=dry_run)
    signals.treat_termination_as_interrupt()
    # It uses rich for tracebacks on a terminal, which the log of a job never is.
    import_without("structlog", missing="rich")
    pairs = request.pairs
    session = start_session(choices.settings(dry_run=dry_run, target=how.target), trace=how.trace)
    project = project or session.settings.project
    if not dry_run:
        prepare_project(session, project, recovers=True)
    saved = request.saved(session, project)
    task = request.task_name(saved)
    title = how.title or ("" if saved is None else saved.title(changed=bool(pairs)))
    run: Callable[..., RunResult] = partial(_run_on_engine, session, how.target) if how.target else session.run
    run = partial(run, task, pairs, project=project, saved=saved, title=title, if_changed=how.if_changed)
    run = partial(run, keep=how.keep) if dry_run else run
    try:
        result = _with_progress(session, run, dry_run=dry_run, plain=how.trace)
    except NotRecordedError as error:
        signals.let_finish()
        _write(session, error.result, how, dry_run=dry_run)
        _name_slow_plugins(session, error.result)
        raise
    signals.let_finish()
    if result.unchanged:
        note_unchanged(result)
    _write(session, result, how, dry_run=dry_run)
    _name_slow_plugins(session, result)
    if result.outcome.status.is_failure:
        for line in what_is_missing(result):
            echo(line, err=True)
        raise SystemExit(1)


def _name_slow_plugins(session: Session, result: RunResult) -> None:
    for line in slow_in_job(session, result):
        echo(line, err=True, mark=WARNING)


def note_unchanged(result: RunResult) -> None:
    """Say that an earlier job is the answer, and what the job itself does not say about the request."""
    note(f"Job {result.outcome.job.number} is FINISHED with the same input, so the task was not run again.")
    of_job = {str(problem) for problem in result.outcome.problems}
    for problem in result.problems:
        if str(problem) not in of_job:
            echo(problem, err=True, mark=WARNING)


def _require_consistent(how: How, *, dry_run: bool) -> None:
    """Refuse options that exclude each other."""
    if how.keep is not None and not dry_run:
        raise click.UsageError("--keep requires --dry-run: all other jobs are kept anyway.")
    if how.target is not None and dry_run:
        raise click.UsageError("Give only one of --on and --dry-run.")
    if how.if_changed and dry_run:
        raise click.UsageError("Give only one of --if-changed and --dry-run.")


def _run_on_engine(
    session: Session,
    target: RunTarget,
    task: str,
    pairs: Sequence[tuple[str, str]],
    *,
    progress: Callable[[Progress], None],
    **options: Any,
) -> RunResult:
    """Submit a task, wait until its job has ended, and return the outcomes.

    Raises:
        Ccp4HooksError: See `Session.submit`.
        UserInterrupt: Ctrl-C was pressed. The job still runs, unless its engine ends with this process.
    """
    from ccp4hooks.aio.engine_runs import EngineRuns
    from ccp4hooks.aio.requests import RunRequest

    request = RunRequest(task=task, values=tuple(pairs), **options)
    last: list[Progress] = []
    runs = EngineRuns(session=session, target=target, limit=1, progress=partial(_noted, last, progress))
    try:
        (answer,) = runs.run([request])
    except KeyboardInterrupt as error:
        if not last:
            raise
        job = last[-1].job
        where = "" if job.project.name == session.settings.project else f" --project {shlex.quote(job.project.name)}"
        if not session.settings.engine(target.engine).outlives:
            raise UserInterrupt(
                f"Interrupted. Job {job.number} ends; see `ccp4hooks show {job.number}{where}`."
            ) from error
        raise UserInterrupt(
            f"Interrupted. Job {job.number} still runs on {target.engine}; see `ccp4hooks wait {job.number}{where}`, "
            f"or end it by `ccp4hooks cancel {job.number}{where}`."
        ) from error
    if answer.result is None or answer.error is not None:
        raise answer.error or Ccp4HooksError("The engine has returned no result.")
    return answer.result


def _noted(last: list[Progress], show: Callable[[Progress], None], progress: Progress) -> None:
    last.append(progress)
    show(progress)


def prepare_project(session: Session, project: str, *, recovers: bool) -> None:
    """Before a job: keep a project accessible to its group.

    Args:
        session: The session.
        project: Name of the project.
        recovers: Whether to recover its jobs whose process has died.
    """
    found = next((one for one in session.projects() if one.name == project), None)
    if found is None:
        return
    keep_accessible_to_group(found.directory)
    if recovers:
        recover_before(session, project)


def recover_before(session: Session, project: str) -> None:
    """Recover the jobs of a project whose process has died, and say which engines have not answered."""
    for line in session.recover_quietly(project):
        echo(line, err=True, mark=WARNING)


def _with_progress(session: Session, run: Callable[..., RunResult], *, dry_run: bool, plain: bool) -> RunResult:
    """Run a task with its progress shown, and return its result.

    Raises:
        UserInterrupt: Ctrl-C was pressed. The message names the job that was recorded.
    """
    ended: list[Progress] = []
    try:
        with progress_shown(session.kpi_descriptions, plain=plain) as show:
            return run(progress=partial(_note_end, ended, show))
    except KeyboardInterrupt as error:
        if dry_run or not ended:
            raise
        raise UserInterrupt(_interrupted(ended[-1], session.settings.project)) from error


def _note_end(ended: list[Progress], show: Callable[[Progress], None], progress: Progress) -> None:
    """Show the progress of a job, and note the end of the job at top level."""
    if progress.phase == "running":
        # All that the job needs is imported.
        garbage.exempt_what_exists()
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
    from ccp4hooks.i2.tasks.requirements import is_free_of_ccp4, own_requirements

    missing: dict[str, str] = {}
    for outcome in result.outcomes:
        if outcome.status.is_failure:
            missing |= dict.fromkeys(own_requirements(outcome.job.task).missing, outcome.job.task)
    if not missing:
        return []
    # The directory has the console scripts of packages, and is not in $PATH if ccp4hooks was started by its path.
    scripts = sysconfig.get_path("scripts")
    beside = [name for name in missing if (Path(scripts) / name).is_file()]
    lines = [
        f"{name}, which the task {task} needs, was not found."
        + f" It is in {scripts}, beside this Python. Add that directory to $PATH." * (name in beside)
        for name, task in missing.items()
    ]
    if len(beside) == len(missing):
        return lines
    install = "Install what is missing, or add its directory to $PATH."
    if all(map(is_free_of_ccp4, missing.values())):
        return [*lines, install]
    home = os.environ.get("CCP4")
    return [*lines, f"$CCP4 is {home}. {install}" if home else NO_CCP4]


def _write(session: Session, result: RunResult, how: How, *, dry_run: bool) -> None:
    if how.as_json:
        from ccp4hooks.cli.json_output import write_json

        write_json(result)
        return
    from ccp4hooks.cli.job_report import results
    from ccp4hooks.cli.render import show, timing_table

    project = result.outcome.job.project
    if dry_run:
        kept = f"the job was kept only in {how.keep}" if how.keep else "nothing was kept"
        head = f"Dry run in project {project.name}: {kept}. A normal run would record:"
    else:
        head = f"Project {project.name} in {project.directory}"
    lines = results(result.outcomes, session.kpi_descriptions)
    show(head, *lines, *(["", timing_table(result.outcomes)] if how.timing else []))
