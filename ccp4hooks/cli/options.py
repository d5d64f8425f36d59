"""The options that every subcommand shares, and the session that they ask for."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from ccp4hooks.session import Session
    from ccp4hooks.settings import Settings


EXIT_CODES = """\b
Exit codes:
  0    done (a task whose result is unsatisfactory too: see its status)
  1    the task failed or was interrupted
  2    the command line is wrong
  3    a plugin refused the job
  4    bad input
  5    the task ran but is not recorded
  6    a plugin failed where its answer was needed
  7    the database cannot be used
  130  stopped by Ctrl-C or a termination signal
"""
"""The end of the help texts; the codes are those of `ccp4hooks.errors`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the shared options say; None or empty where nothing was said.

    Attributes:
        plugins: As for `Settings`.
        autoload: False if it was switched off.
        database: As for `Settings`.
        projects_dir: As for `Settings`.
        config: The settings file to read.
        debug: Whether tracebacks are shown.
    """

    plugins: tuple[str, ...] = ()
    autoload: bool | None = None
    database: str | None = None
    projects_dir: Path | None = None
    config: Path | None = None
    debug: bool = False

    @classmethod
    def of(cls, *, no_autoload: bool, **given: Any) -> Choices:
        """Return the choices that the parameters of a command make."""
        return cls(autoload=False if no_autoload else None, **given)

    def over(self, earlier: Choices) -> Choices:
        """Return both together: plugins one after the other, of the rest what was said last."""
        mine, theirs = asdict(self), asdict(earlier)
        values = {name: mine[name] or theirs[name] for name in mine}
        values["autoload"] = earlier.autoload if self.autoload is None else self.autoload
        values["plugins"] = (*earlier.plugins, *self.plugins)
        return Choices(**values)

    def settings(self, *, dry_run: bool = False) -> Settings:
        """Return the settings that these choices, the environment and the settings file give together.

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
        )


OPTIONS = (
    click.option(
        "-p",
        "--plugin",
        "plugins",
        multiple=True,
        metavar="NAME|no:NAME",
        help="Switch a plugin on, by its name or its module's, or off; may be repeated. [$CCP4HOOKS_PLUGINS]",
    ),
    click.option("--no-autoload", is_flag=True, help="Use no plugin but those named by -p. [$CCP4HOOKS_AUTOLOAD]"),
    click.option(
        "--database", metavar="URL", help="Database, sqlite:////DIR/FILE or postgresql://HOST/NAME. [$DATABASE_URL]"
    ),
    click.option(
        "--projects-dir",
        metavar="DIR",
        type=click.Path(path_type=Path),
        help="Where new projects are made. [$CCP4I2_PROJECTS_DIR]",
    ),
    click.option(
        "--config",
        metavar="FILE",
        type=click.Path(path_type=Path),
        help="Settings file; else ccp4hooks.toml or pyproject.toml, here or above.",
    ),
    click.option("--debug", is_flag=True, envvar="CCP4HOOKS_DEBUG", help="Show tracebacks. [$CCP4HOOKS_DEBUG]"),
)

project_option = click.option(
    "--project", metavar="NAME", help="Project of the job. [$CCP4HOOKS_PROJECT, else ccp4hooks]"
)


def project_argument(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let a command take its project as PROJECT or, as other commands do, by ``--project``."""

    @wraps(function)
    def command(*, named: str | None, project: str | None, **others: Any) -> Any:
        if named and project and named != project:
            raise click.UsageError(f"PROJECT is {named!r}, and --project says {project!r}. Give one of them.")
        return function(project=named or project, **others)

    option = click.option("--project", metavar="NAME", help="The same as PROJECT.")
    return click.argument("named", metavar="[PROJECT]", required=False)(option(command))


json_option = click.option("--json", "as_json", is_flag=True, help="Write JSON.")


def session_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the shared options to a command."""
    for option in reversed(OPTIONS):
        function = option(function)
    return function


def takes_choices(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the shared options to a subcommand and call it with the `Choices` they make, as its first argument."""
    shared = {item.name for item in fields(Choices)} - {"autoload"} | {"no_autoload"}

    @session_options
    @click.pass_context
    @wraps(function)
    def command(context: click.Context, /, **given: Any) -> Any:
        own = Choices.of(**{name: given.pop(name) for name in shared})
        root = context.find_root()
        root.obj = own.over(root.obj)
        return function(root.obj, **given)

    return command


def start_session(settings: Settings, *, trace: bool = False) -> Session:
    """Open a session; warn of every plugin that should take part and does not.

    Args:
        settings: All settings.
        trace: Whether each call of a hook is shown on standard error.

    Raises:
        Ccp4HooksError: See `open_session`.
    """
    from ccp4hooks.plugins.discovery import PluginState
    from ccp4hooks.session import open_session

    session = open_session(settings, trace=partial(click.echo, err=True) if trace else None)
    mark = click.style("Warning:", fg="yellow", bold=True)
    bad = {PluginState.FAILED, PluginState.REJECTED, PluginState.CONFLICT}
    found = [record for record in session.plugins if record.state in bad]
    lines = [f"{mark} the plugin {one.name} takes no part ({one.state.value}): {one.why}" for one in found]
    for line in dict.fromkeys(lines):
        click.echo(line, err=True)
    click.get_current_context().call_on_close(lambda: _warn(session))
    return session


def _warn(session: Session) -> None:
    """Tell what plugins did wrong outside of any job."""
    for problem in session.problems:
        click.echo(f"{click.style('Warning:', fg='yellow', bold=True)} {problem}", err=True)
