"""``ccp4hooks import``: import a project that ccp4hooks or CCP4i2 has exported."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.options import PATH, json_option, not_empty, start_session, takes_choices
from ccp4hooks.cli.output import echo, note
from ccp4hooks.cli.subjects import note_if_number

if TYPE_CHECKING:
    from pathlib import Path

    from ccp4hooks.cli.options import Choices


@click.command("import", short_help="Import a project that ccp4hooks or CCP4i2 has exported.")
@click.argument("path", metavar="ZIP|DIR", type=PATH)
@click.option("--name", metavar="NEW", callback=not_empty, help="Name of the new project. Default: its name there.")
@json_option
@takes_choices
def command(choices: Choices, *, path: Path, name: str | None, as_json: bool) -> None:
    """Import a project with its jobs, files and everything that was recorded about them.

    ZIP is a file that `ccp4hooks export` or CCP4i2 has made, DIR an RO-Crate, or a directory in which such a file was
    unpacked. The files are copied into the projects directory. Jobs and files keep their UUIDs, so that a project can
    be imported only once into a database. It is imported as a whole or not at all.
    """
    session = start_session(choices.settings())
    done = session.import_project(path, name=name)
    if as_json:
        from ccp4hooks.cli.json_output import write_json

        write_json(done)
        return
    from ccp4hooks.texts import counted, counted_jobs

    jobs, files = counted_jobs(done.jobs - done.sub_jobs, done.sub_jobs), counted(done.files, "file")
    echo(f"Imported {jobs} of the project {done.project.name} ({files}) into")
    echo(str(done.project.directory))
    note_if_number(done.project)
    for line in done.problems:
        note(f"Changed: {line}")
