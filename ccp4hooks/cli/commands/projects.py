"""``ccp4hooks projects``: list, create, show and rename projects, and record that the directory of one was moved."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.options import PATH, SuggestingGroup, json_option, start_session, takes_choices
from ccp4hooks.cli.output import echo, note
from ccp4hooks.cli.subjects import note_if_number
from ccp4hooks.runtime.sharing import keep_accessible_to_group

if TYPE_CHECKING:
    from pathlib import Path

    from ccp4hooks.cli.options import Choices
    from ccp4hooks.model import Labels, Project
    from ccp4hooks.runtime.disk_use import DiskUse


@click.group(
    "projects",
    cls=SuggestingGroup,
    invoke_without_command=True,
    subcommand_metavar="[COMMAND] [ARGS]...",
    short_help="List, create, rename, show or move projects.",
)
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="Only projects with this tag. Can be repeated.")
@click.option("--disk-use", "measure", is_flag=True, help="Show the space that each project occupies.")
@json_option
@takes_choices
def command(choices: Choices, *, tags: tuple[str, ...], measure: bool, as_json: bool) -> None:
    """List all projects with their directories, tags and notes, oldest first.

    Without a subcommand, this command changes nothing.
    """
    if click.get_current_context().invoked_subcommand is not None:
        return
    session = start_session(choices.settings())
    session.require_store()
    projects = session.projects()
    found = [
        (project, labels)
        for project, labels in zip(projects, session.labels(*projects), strict=True)
        if {*tags} <= {*labels.tags}
    ]
    used = [_disk_use(project) if measure else None for project, _ in found]
    if as_json:
        from ccp4hooks.cli.json_output import write_json

        write_json([_described(*pair, use) for pair, use in zip(found, used, strict=True)])
        return
    if not found:
        none = f"No project has {'the tag' if len(tags) == 1 else 'all tags'} {', '.join(tags)}."
        note(none if tags else "No projects yet. `ccp4hooks run` creates one.")
        return
    from ccp4hooks.cli.listing import aligned
    from ccp4hooks.cli.render import show
    from ccp4hooks.texts import size_text

    rows = [
        (
            project.name,
            size_text(use.size_bytes) if use else "",
            str(project.directory),
            ", ".join(labels.tags),
            labels.note.partition("\n")[0],
        )
        for (project, labels), use in zip(found, used, strict=True)
    ]
    show(
        *aligned(
            ("Project", "Disk use", "Directory", "Tags", "Note"), rows, texts=("Note",), below=("Directory", "Tags")
        )
    )


def _disk_use(project: Project) -> DiskUse:
    from ccp4hooks.runtime.disk_use import disk_use

    return disk_use(project.directory)


def _described(project: Project, labels: Labels, use: DiskUse | None) -> dict[str, object]:
    measured = {} if use is None else {"disk_use": asdict(use)}
    return {
        "name": project.name,
        "directory": project.directory,
        "uuid": project.uuid,
        "note": labels.note,
        "tags": labels.tags,
        **measured,
    }


@command.command("create", short_help="Create a project without a job.")
@click.argument("name")
@click.option(
    "--directory",
    metavar="DIR",
    type=PATH,
    help="A new or empty directory. Default: NAME in the directory for new projects.",
)
@json_option
@takes_choices
def create(choices: Choices, *, name: str, directory: Path | None, as_json: bool) -> None:
    """Create the project NAME. A project is also created by the first job that names it.

    NAME must be a plain directory name that no other project has; upper and lower case count as equal.
    """
    session = start_session(choices.settings())
    if directory is not None:
        keep_accessible_to_group(directory.expanduser().absolute())
    made = session.create_project(name, directory)
    if as_json:
        from ccp4hooks.cli.json_output import write_json

        write_json(made)
        return
    echo(f"Created the project {made.name} in {made.directory}.")
    note_if_number(made)


@command.command("rename", short_help="Give a project another name.")
@click.argument("name")
@click.argument("new")
@json_option
@takes_choices
def rename(choices: Choices, *, name: str, new: str, as_json: bool) -> None:
    """Give the project NAME the name NEW.

    This command changes only the database: the directory keeps its name. It refuses a project with a job that is
    running, and a name that another project has.
    """
    session = start_session(choices.settings())
    session.require_store()
    found = session.project(name)
    session.label(found, title=new)
    renamed = session.project(found.uuid)
    if as_json:
        from ccp4hooks.cli.json_output import write_json

        write_json(renamed)
        return
    echo(f"The project {name} is now {renamed.name}. Its directory is still {renamed.directory}.")
    note_if_number(renamed)


@command.command("show", short_help="Show a project, and the space that it occupies.")
@click.argument("name")
@json_option
@takes_choices
def show_project(choices: Choices, *, name: str, as_json: bool) -> None:
    """Show the directory, the tags and the note of the project NAME, and the space that it occupies.

    A file with several names (hard links) is counted once. What a symbolic link denotes is not counted.
    """
    session = start_session(choices.settings())
    session.require_store()
    found = session.project(name)
    (labels,) = session.labels(found)
    use = _disk_use(found)
    if as_json:
        from ccp4hooks.cli.json_output import write_json

        write_json(_described(found, labels, use))
        return
    from ccp4hooks.cli.listing import aligned
    from ccp4hooks.cli.render import show
    from ccp4hooks.texts import size_text

    unread = f"; {use.unreadable} directories could not be read" if use.unreadable else ""
    rows = [
        ("Project", found.name),
        ("Directory", str(found.directory)),
        ("UUID", str(found.uuid)),
        ("Tags", ", ".join(labels.tags)),
        ("Note", labels.note),
        ("Disk use", f"{size_text(use.size_bytes)} in {use.files} files{unread}"),
    ]
    show(*aligned(("", ""), [row for row in rows if row[1]])[1:])


@command.command("move", short_help="Record that a project directory was moved.")
@click.argument("name")
@click.argument("directory", metavar="DIR", type=PATH)
@json_option
@takes_choices
def move(choices: Choices, *, name: str, directory: Path, as_json: bool) -> None:
    """Record that the directory of the project NAME is now DIR.

    Move or rename the directory first. This command changes the database and the outcome files. It refuses a directory
    that has no job of the project, a copy of a directory that still exists, and a project with a job that is running.
    """
    session = start_session(choices.settings())
    session.require_store()
    moved = session.move_project(session.project(name), directory)
    if as_json:
        from ccp4hooks.cli.json_output import write_json

        write_json(moved)
        return
    echo(f"The directory of the project {moved.name} is {moved.directory}.")
