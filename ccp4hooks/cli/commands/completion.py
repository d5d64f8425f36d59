"""``ccp4hooks completion``: print the script that makes a shell complete the words of a command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.completion import SHELLS, script
from ccp4hooks.cli.completion_cache import Cache, refresh
from ccp4hooks.cli.options import start_session, takes_choices
from ccp4hooks.cli.output import note
from ccp4hooks.failures import attempt

if TYPE_CHECKING:
    from ccp4hooks.cli.options import Choices

NEWEST_PROJECTS = 50
"""Number of projects whose jobs `--refresh` reads. Those of other projects are read when they are completed."""


@click.command("completion", short_help="Make bash, zsh or fish complete the words of a command.")
@click.argument("shell", type=click.Choice([*SHELLS]), required=False, metavar="bash|zsh|fish")
@click.option("--refresh", "anew", is_flag=True, help="Read the names that are completed now, which takes a minute.")
@click.option("--part", hidden=True, help="Read this part of them only.")
@takes_choices
def command(choices: Choices, *, shell: str | None, anew: bool, part: str | None) -> None:
    """Print a script that makes a shell complete the words of a `ccp4hooks` command line.

    \b
    bash  echo 'eval "$(ccp4hooks completion bash)"' >> ~/.bashrc
    zsh   echo 'eval "$(ccp4hooks completion zsh)"' >> ~/.zshrc   (after compinit)
    fish  ccp4hooks completion fish > ~/.config/fish/completions/ccp4hooks.fish

    Names of tasks, parameters, projects and jobs come from a cache, which is read again in the background when it is
    old. Set $CCP4HOOKS_COMPLETION_REFRESH to 0 to start no process in the background.
    """  # noqa: D301 - click needs the character, not its escape sequence
    if (shell is None) is not anew:
        raise click.UsageError("Give a shell (bash, zsh or fish), or --refresh.")
    cache = Cache.of(choices)
    if shell is not None:
        click.echo(script(click.get_current_context().find_root().command, shell), nl=False)
        attempt(cache.tasks)
        return
    session = start_session(choices.settings())
    of_projects = [] if part else [f"record:{one.name}" for one in session.projects()[-NEWEST_PROJECTS:]]
    try:
        for one in [part] if part else ["record:", *of_projects, "tasks"]:
            refresh(cache, session, one)
    finally:
        if part:
            cache.end_refresh(part)
    note(f"The names that are completed are in {cache.directory}.")
