"""``ccp4hooks export``: export a project or some of its jobs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.options import PATH, json_option, project_option, start_session, takes_choices
from ccp4hooks.cli.output import echo, note
from ccp4hooks.cli.subjects import names_a_job

if TYPE_CHECKING:
    from ccp4hooks.cli.options import Choices
    from ccp4hooks.model import ExportedProject


@click.command("export", short_help="Export a project or some of its jobs.")
@click.argument("which", metavar="PROJECT|JOB...", nargs=-1)
@project_option
@click.option("--ccp4i2", metavar="ZIP", type=PATH, help="The new zip file. Default: PROJECT.ccp4_project.zip.")
@click.option("--ro-crate", metavar="DIR|ZIP", type=PATH, help="Make an RO-Crate: the same, with a description.")
@click.option("--csv", "as_csv", metavar="DIR|ZIP", type=PATH, help="Make tables of jobs, files and KPIs.")
@click.option("--licence", default="", metavar="URL|TEXT", help="The licence of the data, for an RO-Crate.")
@json_option
@takes_choices
def command(
    choices: Choices,
    *,
    which: tuple[str, ...],
    project: str | None,
    ccp4i2: Path | None,
    ro_crate: Path | None,
    as_csv: Path | None,
    licence: str,
    as_json: bool,
) -> None:
    """Export PROJECT, or the jobs with these numbers and all jobs whose files they read.

    The zip file has the format of CCP4i2, which can import it. It also has everything that only ccp4hooks records.
    `ccp4hooks import` reads it, and an RO-Crate, into another database. A job that is running is refused; one that
    waits is exported as it is. The file or directory is written as a whole or not at all.
    """
    from ccp4hooks.model import ExportFormat

    given = {ExportFormat.CCP4I2: ccp4i2, ExportFormat.RO_CRATE: ro_crate, ExportFormat.CSV: as_csv}
    targets = {kind: path for kind, path in given.items() if path is not None}
    if len(targets) > 1:
        raise click.UsageError("Give only one of --ccp4i2, --ro-crate and --csv.")
    if licence and ro_crate is None:
        raise click.UsageError("--licence needs --ro-crate.")
    name, numbers = _subjects(which, project)
    session = start_session(choices.settings())
    session.require_store()
    found = session.project(name or session.settings.project)
    kind, path = next(iter(targets.items()), (ExportFormat.CCP4I2, Path(f"{found.name}.ccp4_project.zip")))
    numbers = tuple(session.number_of(found, job) for job in numbers)
    done = session.export_project(found, path, jobs=numbers, kind=kind, licence=licence)
    if as_json:
        from ccp4hooks.cli.json_output import write_json

        write_json(done)
    else:
        _show(done)


def _subjects(which: tuple[str, ...], project: str | None) -> tuple[str | None, tuple[str, ...]]:
    """Return the name of the project and the numbers of the jobs.

    Raises:
        click.UsageError: The arguments are neither one project nor jobs.
    """
    numbers = tuple(one for one in which if names_a_job(one))
    names = [one for one in which if one not in numbers]
    if (names and (numbers or project)) or len(names) > 1:
        raise click.UsageError("Give one PROJECT, or the numbers of jobs and --project NAME.")
    if not which and project is None:
        raise click.UsageError("Give a PROJECT, or the numbers of jobs.")
    return (names[0] if names else project), numbers


def _show(done: ExportedProject) -> None:
    from ccp4hooks.texts import counted, counted_jobs, size_text

    jobs, files = counted_jobs(len(done.jobs), done.sub_jobs), counted(done.files, "file")
    echo(f"Exported {jobs} of the project {done.project.name} ({files}, {size_text(done.size_bytes)}) to")
    echo(str(done.path))
    if done.added:
        note(f"Also exported, because their files are read: {', '.join(done.added)}")
    for line in done.left_out:
        note(f"Left out: {line}")
