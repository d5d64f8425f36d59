"""The options that all subcommands share, and the session that they configure."""

from __future__ import annotations

import time
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, fields
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ccp4hooks.cli.output import WARNING, Verbosity, echo, note, verbosity
from ccp4hooks.errors import BadInputError, nearest
from ccp4hooks.texts import without_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ccp4hooks.model import RunTarget
    from ccp4hooks.session import Session
    from ccp4hooks.settings import Settings


EXIT_CODES = """\b
Exit codes:
  0    success (also if the job is UNSATISFACTORY, TO_DELETE or RUNNING_REMOTELY)
  1    the task failed or was interrupted
  2    the command line is invalid
  3    a plugin refused the job
  4    the input is invalid
  5    the task ran, but a plugin could not record it
  6    a plugin failed and its result was required
  7    the database cannot be used
  8    the command succeeded, but its output could not be written
  9    `wait --timeout`: the job has not ended in that time
  130  stopped by Ctrl-C or a termination signal
"""
"""The last section of the help texts. `ccp4hooks.errors` defines the exit codes."""

WORDS = "ccp4hooks.words"
"""Name of the words of the command line in the ``meta`` of click's context."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """The values of the shared options, None or empty if an option was not given.

    Attributes:
        plugins: See `Settings`.
        autoload: False if ``--no-autoload`` was given.
        database: See `Settings`.
        projects_dir: See `Settings`.
        config: The settings file to read.
        debug: Whether to show tracebacks.
        quiet: Whether ``-q`` was given.
        verbose: Whether ``-v`` was given.
    """

    plugins: tuple[str, ...] = ()
    autoload: bool | None = None
    database: str | None = None
    projects_dir: Path | None = None
    config: Path | None = None
    debug: bool = False
    quiet: bool = False
    verbose: bool = False

    @classmethod
    def of(cls, *, no_autoload: bool, database: str | None, projects_dir: str | None, **given: Any) -> Choices:
        """Return the choices that correspond to the parameters of a command.

        Raises:
            BadInputError: A value was given and is empty.
        """
        return cls(
            autoload=False if no_autoload else None,
            database=require_text("--database", database),
            projects_dir=None if projects_dir is None else Path(str(require_text("--projects-dir", projects_dir))),
            **given,
        )

    def over(self, earlier: Choices) -> Choices:
        """Return these choices merged with those given before the subcommand.

        Plugins are concatenated. For all other options, the later value wins.
        """
        mine, theirs = asdict(self), asdict(earlier)
        values = {name: mine[name] or theirs[name] for name in mine}
        values["autoload"] = earlier.autoload if self.autoload is None else self.autoload
        values["plugins"] = (*earlier.plugins, *self.plugins)
        return Choices(**values)

    def settings(self, *, dry_run: bool = False, target: RunTarget | None = None) -> Settings:
        """Return the settings from these choices, the environment and the settings file.

        Args:
            dry_run: See `Settings`.
            target: Where jobs are to run, or None.

        Raises:
            BadInputError: See `load_settings`.
        """
        from ccp4hooks.settings import load_settings

        return load_settings(
            config=self.config,
            projects_dir=self.projects_dir,
            database=self.database,
            plugins=self.plugins,
            autoload=self.autoload,
            dry_run=dry_run,
            local=target is not None and target.engine == "local",
        )


class SuggestingGroup(click.Group):
    """A group of commands that suggests the nearest names for an unknown one."""

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the subcommand that the arguments name.

        Raises:
            click.UsageError: The subcommand does not exist.
        """
        name, known = args[0], self.list_commands(context)
        if name not in known and not name.startswith("-"):
            near = nearest(name, known)
            meant = f"Did you mean {' or '.join(near)}?" if near else f"Its commands are {', '.join(known)}."
            raise click.UsageError(f"No such command {name!r}. {meant}", context)
        return super().resolve_command(context, args)


def require_text(name: str, value: str | None) -> str | None:
    """Return the value of an option or argument; None if it was not given.

    An empty value usually comes from a variable of the shell that is not set. The default must not replace it.

    Raises:
        BadInputError: The value was given and is empty.
    """
    if value is not None and not value.strip():
        raise BadInputError(f"The value of {name} is empty. Give a value, or omit {name}.")
    return value


def not_empty(_: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """Return the value of an option or argument of a subcommand, see `require_text`. A callback of click."""
    return require_text(given_name(parameter), value)


def given_name(parameter: click.Parameter) -> str:
    """Return the name of an option or argument in messages."""
    return parameter.opts[0] if isinstance(parameter, click.Option) else str(parameter.metavar).strip("[]")


class GivenPath(click.Path):
    """The path of a file or a directory. It need not exist: the command itself says what is wrong with it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path.

        Raises:
            BadInputError: It is empty; pathlib would take it for the current directory.
        """
        if isinstance(value, str):
            name = "the path" if param is None else given_name(param)
            require_text(name, value)
        return super().convert(value, param, ctx)


PATH = GivenPath(path_type=Path)
"""The type of all options and arguments that are paths."""

VERBOSITY_OPTIONS = (
    click.option(
        "-q", "--quiet", is_flag=True, help="Write only the result and errors: no progress, notes or warnings."
    ),
    click.option(
        "-v",
        "--verbose",
        is_flag=True,
        help="Also name the settings file, the database, the directory of projects and the plugins in use, and how "
        "long the command took, on standard error.",
    ),
)

OPTIONS = (
    click.option(
        "-p",
        "--plugin",
        "plugins",
        multiple=True,
        metavar="NAME|no:NAME",
        help="Enable the plugin or module NAME, or disable it with no:NAME. Can be repeated. [$CCP4HOOKS_PLUGINS]",
    ),
    click.option(
        "--no-autoload", is_flag=True, help="Use only plugins given with -p or in the settings. [$CCP4HOOKS_AUTOLOAD]"
    ),
    click.option(
        "--database",
        metavar="URL",
        help="Database: sqlite:////DIR/FILE or postgresql://HOST/NAME. [$DATABASE_URL]",
    ),
    click.option(
        "--projects-dir",
        metavar="DIR",
        help="Directory for new projects. [$CCP4I2_PROJECTS_DIR]",
    ),
    click.option(
        "--config",
        metavar="FILE",
        type=PATH,
        help="Settings file. Default: ccp4hooks.toml or pyproject.toml in the current directory or a parent. "
        "[$CCP4HOOKS_CONFIG]",
    ),
    *VERBOSITY_OPTIONS,
    click.option("--debug", is_flag=True, envvar="CCP4HOOKS_DEBUG", help="Show tracebacks. [$CCP4HOOKS_DEBUG]"),
)

project_option = click.option(
    "--project",
    metavar="NAME",
    callback=not_empty,
    help="Project of the job. Default: ccp4hooks. [$CCP4HOOKS_PROJECT]",
)


def project_argument(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the project to a command, as the argument PROJECT and as the option ``--project``."""

    @wraps(function)
    def command(*, named: str | None, project: str | None, **others: Any) -> Any:
        if named and project and named != project:
            raise click.UsageError(f"PROJECT is {named!r}, but --project is {project!r}. Give only one of them.")
        return function(project=named or project, **others)

    option = click.option("--project", metavar="NAME", callback=not_empty, help="Same as PROJECT.")
    return click.argument("named", metavar="[PROJECT]", required=False, callback=not_empty)(option(command))


force_option = click.option("-f", "--force", is_flag=True, help="Replace FILE if it exists.")

json_option = click.option("--json", "as_json", is_flag=True, help="Write JSON.")


def set_verbosity(choices: Choices) -> None:
    """Choose what the command writes to standard error.

    Raises:
        click.UsageError: Both ``-q`` and ``-v`` were given.
    """
    if choices.quiet and choices.verbose:
        raise click.UsageError("Give only one of --quiet and --verbose.")
    level = Verbosity.QUIET if choices.quiet else Verbosity.VERBOSE if choices.verbose else Verbosity.NORMAL
    verbosity.set(level)


def session_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the shared options to a command."""
    for option in reversed(OPTIONS):
        function = option(function)
    return function


def takes_choices(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the shared options to a subcommand and pass their values as `Choices` in its first argument."""
    shared = {item.name for item in fields(Choices)} - {"autoload"} | {"no_autoload"}

    @session_options
    @click.pass_context
    @wraps(function)
    def command(context: click.Context, /, **given: Any) -> Any:
        own = Choices.of(**{name: given.pop(name) for name in shared})
        root = context.find_root()
        root.obj = own.over(root.obj)
        set_verbosity(root.obj)
        if "as_json" in given and context.parent is not None:
            given["as_json"] = given["as_json"] or context.parent.params.get("as_json", False)
        with _only_json() if given.get("as_json") else nullcontext():
            return function(root.obj, **given)

    return command


def takes_verbosity(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``-q`` and ``-v`` to a subcommand that takes no other shared options."""

    @click.pass_context
    @wraps(function)
    def command(context: click.Context, /, *, quiet: bool, verbose: bool, **given: Any) -> Any:
        set_verbosity(Choices(quiet=quiet, verbose=verbose).over(context.find_root().obj or Choices()))
        return function(**given)

    for option in reversed(VERBOSITY_OPTIONS):
        command = option(command)
    return command


@contextmanager
def _only_json() -> Iterator[None]:
    """Keep the standard output for the JSON: what plugins and libraries print goes to standard error."""
    from ccp4hooks.runtime import descriptors, stdio

    descriptors.StandardStreams.reserve_output()
    with stdio.output_to_stderr():
        yield


def start_session(settings: Settings, *, trace: bool = False) -> Session:
    """Open a session and warn about each plugin that could not be loaded.

    Args:
        settings: The settings.
        trace: Whether to show each hook call on standard error.

    Raises:
        Ccp4HooksError: See `open_session`.
    """
    from ccp4hooks.plugins.discovery import PluginState
    from ccp4hooks.runtime.sharing import keep_accessible_to_group
    from ccp4hooks.session import open_session

    keep_accessible_to_group(settings.projects_dir)
    context = click.get_current_context().find_root()
    session = open_session(
        settings,
        trace=partial(echo, err=True) if trace else None,
        warn=partial(echo, err=True, mark=WARNING),
        command=(context.info_name or "ccp4hooks", *context.meta.get(WORDS, ())),
    )
    bad = {PluginState.FAILED, PluginState.REJECTED, PluginState.CONFLICT, PluginState.UNTRUSTED}
    found = [record for record in session.plugins if record.state in bad]
    lines = [f"the plugin {one.name} is not used ({one.state.value}): {one.why}" for one in found]
    lines += [f"{line}." for one in session.plugins if one not in found for line in one.ignored]
    for line in dict.fromkeys(lines):
        echo(line, err=True, mark=WARNING)
    click.get_current_context().call_on_close(lambda: _warn(session))
    if verbosity.get() is Verbosity.VERBOSE:
        _explain(session)
    return session


def _explain(session: Session) -> None:
    """Write what is in use, and at the end how long the command took, to standard error."""
    from ccp4hooks.plugins.discovery import PluginState

    settings = session.settings
    used = [record.name for record in session.plugins if record.state is PluginState.LOADED]
    for line in (
        f"settings file: {settings.source or 'none'}",
        f"database: {without_secrets(settings.database) if settings.database else 'the default of CCP4i2'}",
        f"directory of projects: {settings.projects_dir}",
        f"plugins: {', '.join(used) or 'none'}",
    ):
        echo(line, err=True)
    started_s = time.perf_counter()
    click.get_current_context().call_on_close(
        lambda: echo(f"duration: {time.perf_counter() - started_s:.2f} s", err=True)
    )


def _warn(session: Session) -> None:
    """Warn about the problems of plugins outside of a job, and say why outcome files were read and no database."""
    for problem in session.problems:
        echo(problem, err=True, mark=WARNING)
    for line in session.replacements:
        note(line)
