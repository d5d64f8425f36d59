"""The command ``ccp4hooks``: one module per subcommand, each loaded only when it is called.

``--help`` and ``--version`` therefore import neither Django nor ccp4i2 nor asyncio.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import click

from ccp4hooks.cli.options import EXIT_CODES, Choices, session_options
from ccp4hooks.errors import BadInputError, Ccp4HooksError
from ccp4hooks.version import __version__

__all__ = ["main"]

COMMANDS = {
    "run": "Run a task.",
    "tasks": "List the tasks that can be run.",
    "describe": "Show what a task asks for and gives.",
    "plugins": "List the plugins, and say why one is off.",
    "projects": "List the projects.",
    "jobs": "Show the jobs of a project as a tree.",
    "show": "Show all that is known of one job.",
    "init": "Create or upgrade the database.",
    "doctor": "Say what is in force, and what is wrong.",
    "cancel": "Stop a job that is running.",
    "recover": "Bring jobs to a true end whose process is gone.",
    "replay": "Record what the outcome files of jobs say.",
    "reglean": "Glean a job that has ended once more.",
    "new-plugin": "Write a package that is a plugin, with its tests.",
    "demo": "Run three jobs on real data in a directory of their own.",
}
"""Every subcommand with its line of help; a subcommand lives in the module of its name."""

INTERRUPTED = 130
"""Exit code after Ctrl-C, 128 + SIGINT as shells have it."""


class LazyGroup(click.Group):
    """A group of commands that imports a command's module when the command is called, and not before."""

    def list_commands(self, _: click.Context) -> list[str]:
        """Return the names of all subcommands, in the order of the help text."""
        return list(COMMANDS)

    def get_command(self, _: click.Context, name: str) -> click.Command | None:
        """Return a subcommand, None if there is none of that name."""
        if name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"ccp4hooks.cli.commands.{name.replace('-', '_')}").command
        return command

    def format_commands(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of subcommands without loading one."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, context: click.Context) -> Any:
        """Run the subcommand; turn errors raised on purpose into their text and exit code."""
        try:
            return super().invoke(context)
        except KeyboardInterrupt:
            click.echo("Interrupted.", err=True)
            context.exit(INTERRUPTED)
        except BrokenPipeError:
            raise  # click ends quietly: the reader has seen enough.
        except Ccp4HooksError as error:
            _explain(error, context.obj)
            context.exit(error.exit_code)
        except OSError as error:
            _explain(error, context.obj)
            context.exit(BadInputError.exit_code)


def _explain(error: Exception, choices: Choices) -> None:
    if choices.debug:
        import traceback

        click.echo("".join(traceback.format_exception(error)), err=True)
    click.echo(f"{click.style('Error:', fg='red', bold=True)} {error}", err=True)


@click.group(cls=LazyGroup, epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", prog_name="ccp4hooks", message="%(prog)s %(version)s")
@session_options
@click.pass_context
def cli(context: click.Context, /, **given: Any) -> None:
    """Run CCP4i2 tasks through plugins that keep the books.

    The options below may stand here or after the subcommand.
    """
    context.obj = Choices.of(**given)


def main() -> None:
    """Run the command ``ccp4hooks`` with the arguments of this process, then end the process."""
    cli(prog_name="ccp4hooks" if Path(sys.argv[0]).stem in {"ccp4hooks", "__main__"} else None)
