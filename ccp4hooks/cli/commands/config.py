"""``ccp4hooks config``: show every setting in force, and where it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from ccp4hooks.cli.commands.plugins import shown_setting
from ccp4hooks.cli.options import json_option, start_session, takes_choices
from ccp4hooks.settings import KEY_VARIABLES
from ccp4hooks.texts import without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccp4hooks.cli.options import Choices
    from ccp4hooks.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One setting in force.

    Attributes:
        name: The setting, as it is named in the settings file; one that the file cannot have is in parentheses.
        value: Value in force, without secrets; None if none is set.
        source: ``"default"``, a settings file, ``"$VARIABLE"``, ``"option --NAME"``, or ``"missing"`` if the setting
            must be set and is not.
        variable: The environment variable that sets it; empty if there is none.
    """

    name: str
    value: Any
    source: str
    variable: str = ""


@click.command("config", short_help="Show every setting in force, and where it comes from.")
@json_option
@takes_choices
def command(choices: Choices, *, as_json: bool) -> None:
    """Show every setting in force, those of the plugins in use as well, and where it comes from.

    The source is `default`, the path of a settings file, an environment variable, or an option of the command line.
    Passwords, tokens and secret settings are shown as ***. This command changes
    nothing.
    """
    session = start_session(choices.settings())
    found = [*_own(session, choices), *_of_plugins(session), *_of_projects(session), *_of_engines(session)]
    if as_json:
        from ccp4hooks.cli.json_output import write_json

        write_json({"settings": found, "ignored": session.settings.ignored})
    else:
        from ccp4hooks.cli.listing import aligned
        from ccp4hooks.cli.render import show

        rows = [(one.name, _text(one.value), one.source) for one in found]
        show(*aligned(("Setting", "Value", "Source"), rows, below=("Source", "Value")))


def _own(session: Session, choices: Choices) -> Iterator[Shown]:
    """Yield the settings of ccp4hooks itself."""
    settings = session.settings
    values = {
        "projects_dir": settings.projects_dir,
        "database": None if settings.database is None else without_secrets(settings.database),
        "project": settings.project,
        "slow_hook_s": settings.slow_hook_s,
    }
    yield Shown(
        name="(settings file)", value=settings.source, source=settings.sources["source"], variable="CCP4HOOKS_CONFIG"
    )
    for name, value in values.items():
        yield Shown(name=name, value=value, source=settings.sources[name], variable=KEY_VARIABLES[name])
    autoload = settings.switch_sources["autoload"] or "default"
    yield Shown(name="autoload", value=settings.autoload, source=autoload, variable="CCP4HOOKS_AUTOLOAD")
    yield Shown(name="plugins.allow", value=settings.allow, source=settings.sources["allow"])
    for switch in dict.fromkeys(settings.plugins):
        source = settings.switch_sources[switch]
        yield Shown(name="use", value=switch, source=source, variable="CCP4HOOKS_PLUGINS")
    by_variable = "$CCP4HOOKS_DEBUG" if session.settings.environment.get("CCP4HOOKS_DEBUG") else "option --debug"
    debug = by_variable if choices.debug else "default"
    yield Shown(name="(debug)", value=choices.debug, source=debug, variable="CCP4HOOKS_DEBUG")


def _of_plugins(session: Session) -> Iterator[Shown]:
    """Yield the settings of the plugins in use, and what they may cost where that is set."""
    settings = session.settings
    for record in session.plugins:
        declared = record.settings_type
        own = settings.fields(record.name, declared) if declared else []
        for field in map(shown_setting, [*own, *settings.limit_fields(record.name, declared)]):
            name = f"plugins.{record.name}.{field.name}"
            yield Shown(name=name, value=field.value, source=field.source, variable=field.variable)


def _of_projects(session: Session) -> Iterator[Shown]:
    """Yield the settings of plugins for single projects that are in the settings file.

    A value is hidden unless its plugin, which says what is secret, is loaded.
    """
    settings = session.settings
    types = {record.name: record.settings_type for record in session.plugins if record.settings_type}
    open_names = {
        (name, field.name)
        for name, declared in types.items()
        for field in settings.fields(name, declared)
        if not field.is_secret
    }
    for project, tables in settings.project_tables.items():
        for plugin, table in tables.items():
            for name, value in table.items():
                where = f"projects.{project}.plugins.{plugin}.{name}"
                shown = without_secrets(str(value)) if (plugin, name) in open_names else "***"
                yield Shown(name=where, value=shown, source=str(settings.source))


def _of_engines(session: Session) -> Iterator[Shown]:
    """Yield the settings of the engines that are in the settings file."""
    settings = session.settings
    for engine, table in settings.engine_tables.items():
        for name, value in table.items():
            yield Shown(name=f"engines.{engine}.{name}", value=value, source=str(settings.source))


def _text(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, (tuple, list)):
        return ", ".join(map(str, value)) or "-"
    return str(value).lower() if isinstance(value, bool) else str(value)
