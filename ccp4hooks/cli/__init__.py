"""The command ``ccp4hooks``, with one module per subcommand.

The module of a subcommand is loaded only when the subcommand is called. ``--help`` and ``--version`` therefore import
neither Django nor ccp4i2 nor asyncio. This room may import any other room of ccp4hooks but the test kit. No other room
prints.
"""

from __future__ import annotations

import atexit
import errno
import importlib
import io
import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from ccp4hooks.cli import garbage, json_output
from ccp4hooks.cli.options import EXIT_CODES, WORDS, Choices, SuggestingGroup, session_options, set_verbosity
from ccp4hooks.cli.output import ERROR, WARNING, echo, echo_lines, sentences
from ccp4hooks.errors import BadInputError, Ccp4HooksError
from ccp4hooks.runtime import signals
from ccp4hooks.runtime.descriptors import StandardStreams
from ccp4hooks.runtime.lazy_modules import import_later
from ccp4hooks.texts import printable, shortened
from ccp4hooks.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from click.shell_completion import CompletionItem

__all__ = ["main"]

COMMANDS = {
    "run": "Run a task.",
    "rerun": "Run the task of a job again.",
    "submit": "Submit a task to a cluster, and return at once.",
    "retry": "Submit a job again that has failed or was interrupted.",
    "sweep": "Run a task for several values of its parameters.",
    "save-params": "Save the parameters of a job in a file.",
    "tasks": "List the tasks that can be run.",
    "describe": "Show the inputs, parameters and outputs of a task.",
    "plugins": "List the plugins with their states.",
    "projects": "List, create, rename, show or move projects.",
    "jobs": "List the jobs of a project, newest first.",
    "kpis": "Show the KPIs of the jobs of a project as a table.",
    "show": "Show the files, KPIs and problems of a job.",
    "compare": "Compare KPIs, parameters and inputs of jobs.",
    "report": "Write a report on a project as one HTML page.",
    "graph": "Show which jobs led to which, and by which files.",
    "plot": "Plot a KPI over jobs, or against another KPI.",
    "cite": "Show what to cite for the jobs of a project.",
    "serve": "Show projects and jobs in the browser while they run.",
    "log": "Show what a job has printed, also while it runs.",
    "watch": "Show the jobs of a project while they run.",
    "wait": "Wait until a job has ended.",
    "rename": "Give a job another title.",
    "note": "Write a note on a job or a project.",
    "tag": "Tag a job or a project.",
    "delete": "Move jobs into the trash of their project.",
    "trash": "List the jobs in the trash of a project.",
    "restore": "Restore jobs from the trash.",
    "purge": "Remove jobs from the trash for good.",
    "clean": "Remove scratch files of jobs.",
    "verify": "Compare the files of a project with the record.",
    "init": "Create or upgrade the database.",
    "config": "Show every setting in force, and where it comes from.",
    "doctor": "Check the installation and report problems.",
    "enable": "Run the jobs of CCP4i2's desktop application through the hooks.",
    "disable": "Undo `ccp4hooks enable`.",
    "cancel": "Stop a running job, or cancel a waiting one.",
    "recover": "Mark jobs whose process has died as interrupted.",
    "replay": "Record outcome files in the database.",
    "reglean": "Re-extract files and KPIs from a finished job.",
    "export": "Export a project or some of its jobs.",
    "import": "Import a project that ccp4hooks or CCP4i2 has exported.",
    "execute": "Run a submitted job, on the machine of an engine.",
    "trust": "Let the settings file of a directory run code.",
    "docs": "List the pages of the documentation, show one, or search them.",
    "completion": "Make bash, zsh or fish complete the words of a command.",
    "new-plugin": "Create a plugin package with tests.",
    "demo": "Run three jobs on real data.",
}
"""Short help of each subcommand. Its module has the same name, with underscores for hyphens, or ``import_``."""

INTERRUPTED = 130
"""Exit code after Ctrl-C: 128 + SIGINT, as in a shell."""

COMPLETE = "_CCP4HOOKS_COMPLETE"
"""The environment variable by which a shell asks for the words that can stand at the cursor."""

OUTPUT_LOST = 8
"""Exit code of a command that succeeded, but whose standard output could not be written."""

RARELY_USED = ("Bio.AlignIO", "Bio.SeqIO", "sqlparse")
"""Modules that others import at once and use rarely.

CCP4i2 imports Biopython with its data classes, for files of sequences, and Django sqlparse, for scripts of SQL.
"""


class LazyGroup(SuggestingGroup):
    """A group of commands that imports the module of a command when the command is called."""

    def list_commands(self, _: click.Context) -> list[str]:
        """Return the names of all subcommands, in the order of the help text."""
        return list(COMMANDS)

    def get_command(self, _: click.Context, name: str) -> click.Command | None:
        """Return the subcommand with this name, or None if it does not exist."""
        if name not in COMMANDS:
            return None
        module = "import_" if name == "import" else name.replace("-", "_")  # a keyword of Python
        command: click.Command = importlib.import_module(f"ccp4hooks.cli.commands.{module}").command
        if COMPLETE in os.environ:
            from ccp4hooks.cli.completion import attach

            attach(name, command)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """Return the subcommands and options that begin with the incomplete word, without importing the modules."""
        from click.shell_completion import CompletionItem

        names = [CompletionItem(name, help=text) for name, text in COMMANDS.items() if name.startswith(incomplete)]
        return [*names, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of subcommands without importing their modules."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Return the context of the command line, which has its words as well."""
        words = tuple(args)
        context = super().make_context(info_name, args, parent, **extra)
        context.meta[WORDS] = words
        return context

    def main(self, args: Sequence[str] | None = None, *, standalone_mode: bool = True, **others: Any) -> Any:  # type: ignore[override]
        """Run the command line and exit; see `click.Command.main`.

        An error is written to standard error, and to standard output as well if the user asked for JSON.
        """
        run: Callable[[], Any] = partial(super().main, args, standalone_mode=False, **others)
        if not standalone_mode:
            return run()
        with json_output.Document(wanted=json_output.is_wanted(sys.argv[1:] if args is None else args)) as document:
            try:
                # Commands return nothing. The end of a command by `Context.exit` is returned as its exit code.
                sys.exit(run() or 0)
            except click.ClickException as error:
                _show(error)
                document.fail(error, error.exit_code)
                raise SystemExit(error.exit_code) from None
            except click.Abort as error:
                click.echo("Aborted!", err=True)
                document.fail(error, INTERRUPTED)
                raise SystemExit(INTERRUPTED) from None

    def invoke(self, context: click.Context) -> Any:
        """Run the subcommand; print a `Ccp4HooksError` or `OSError` and exit with its code."""
        try:
            with UntestedVersion():
                return super().invoke(context)
        except KeyboardInterrupt as error:
            echo(json_output.message_of(error), err=True)
            _exit(context, error, INTERRUPTED)
        except click.ClickException as error:
            vars(error)["message"] = printable(shortened(error.message))  # It may quote the name of a file.
            raise
        except Ccp4HooksError as error:
            _explain(error, context.obj)
            _exit(context, error, error.exit_code)
        except OSError as error:
            _explain(error, context.obj)
            _exit(context, error, BadInputError.exit_code)
        finally:
            # A signal must not interrupt the output of what is done.
            signals.let_finish()


class UntestedVersion:
    """Warn of a version of CCP4i2 that nobody has tested, before the error of a command that fails with it."""

    def __enter__(self) -> None:
        """Do nothing."""

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        """Print the warning unless the command has succeeded or was interrupted."""
        done = isinstance(error, SystemExit) and not error.code
        done = done or (isinstance(error, click.exceptions.Exit) and not error.exit_code)
        if error is None or done or isinstance(error, (KeyboardInterrupt, click.UsageError)):
            return
        from ccp4hooks.i2 import versions

        warning = versions.untested()
        if warning:
            echo(warning, err=True, mark=WARNING)


def _show(error: click.ClickException) -> None:
    """Write an error of the command line to standard error."""
    text = io.StringIO()
    error.show(text)
    click.echo(sentences(text.getvalue()), err=True, nl=False)


def _exit(context: click.Context, error: BaseException, exit_code: int) -> NoReturn:
    json_output.note_error(error, exit_code)
    context.exit(exit_code)


def _explain(error: Exception, choices: Choices) -> None:
    if choices.debug:
        import traceback

        echo_lines("".join(traceback.format_exception(error)))
    echo(json_output.message_of(error), err=True, mark=ERROR)


@click.group(cls=LazyGroup, epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", prog_name="ccp4hooks", message="%(prog)s %(version)s")
@session_options
@click.pass_context
def cli(context: click.Context, /, **given: Any) -> None:
    """Run CCP4i2 tasks and record their jobs through plugins.

    The options below can be given before or after the subcommand.
    """
    from ccp4hooks.runtime import paths

    context.obj = Choices()
    paths.working_directory()
    context.obj = Choices.of(**given)
    set_verbosity(context.obj)


def main() -> None:
    """Run the command ``ccp4hooks`` with the arguments of this process, then exit."""
    if COMPLETE in os.environ:
        from ccp4hooks.cli.completion import answer

        click.echo(answer(cli, os.environ[COMPLETE]))
        return
    garbage.collect_less_often()
    import_later(*RARELY_USED)
    # Of two functions, the one that is registered first is called last.
    atexit.register(signals.ignore_all)
    streams = StandardStreams()
    try:
        cli(prog_name="ccp4hooks" if Path(sys.argv[0]).stem in {"ccp4hooks", "__main__"} else None)
    except SystemExit as end:
        lost = streams.lost_output()
        if lost is None:
            raise
        # The reader of a pipe that has gone, such as `head`, has what it wants.
        if not isinstance(lost, BrokenPipeError):
            mark = click.style("Error:", fg="red", bold=True)
            done = "" if end.code else " The command itself has succeeded."
            why = "it is closed" if lost.errno == errno.EBADF else lost.strerror
            click.echo(f"{mark} Standard output cannot be written: {why}.{done}", err=True)
        raise SystemExit(end.code or OUTPUT_LOST) from None
