"""``ccp4hooks plugins``: list the plugins or the hooks; ``ccp4hooks plugins show``: show the settings of a plugin."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.maintenance import exit_if_unreadable
from ccp4hooks.cli.options import SuggestingGroup, json_option, not_empty, start_session, takes_choices
from ccp4hooks.cli.output import note
from ccp4hooks.errors import BadInputError, UnknownNameError
from ccp4hooks.texts import printable, without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from rich.text import Text

    from ccp4hooks.cli.options import Choices
    from ccp4hooks.plugin_settings import SettingField
    from ccp4hooks.plugins.discovery import PluginRecord
    from ccp4hooks.session import Session
    from ccp4hooks.settings import Settings

SHOWN_FAULTS = 2
"""Largest number of faults of a plugin that the list of plugins shows."""


@click.group(
    "plugins",
    cls=SuggestingGroup,
    invoke_without_command=True,
    subcommand_metavar="[COMMAND] [ARGS]...",
    short_help="List the plugins, their states and their hooks.",
)
@click.option(
    "--hook", metavar="NAME", help="List only the plugins that implement this hook, in the order of the calls."
)
@click.option(
    "--hooks", is_flag=True, help="List the hooks, or the one of --hook, with the plugins that implement each."
)
@click.option(
    "--timing",
    is_flag=True,
    help="Show the time that each plugin takes at start-up, and that it took in the hooks of the last jobs, or in the "
    "one of --hook.",
)
@click.option(
    "--limit",
    type=click.IntRange(0),
    metavar="N",
    help="With --timing: the number of jobs; 0 for all. Default: 20.",
)
@click.option(
    "--project",
    metavar="NAME",
    callback=not_empty,
    help="With --timing: the project of the jobs. Default: ccp4hooks. [$CCP4HOOKS_PROJECT]",
)
@json_option
@takes_choices
def command(
    choices: Choices,
    *,
    hook: str | None,
    hooks: bool,
    timing: bool,
    limit: int | None,
    project: str | None,
    as_json: bool,
) -> None:
    """List all plugins: the source, the state and the hooks of each, and why a plugin is not loaded."""
    if click.get_current_context().invoked_subcommand is not None:
        return
    if not timing and (limit is not None or project is not None):
        raise click.UsageError("--limit and --project require --timing.")
    session = start_session(choices.settings())
    if hooks:
        _write_hooks(session, hook, as_json=as_json)
        return
    records = _all_plugins(session)
    if hook is not None:
        order = session.hook_order(hook)
        by_name = {record.name: record for record in records}
        records = [by_name[name] for name in order]
    if timing:
        _write_timing(session, records, project, limit, hook, as_json=as_json)
        return
    if as_json:
        from ccp4hooks.cli.json_output import write_json

        write_json([_listed(record, session) for record in records])
        return
    if hook is not None and not records:
        note(f"No plugin implements {hook}.")
        return
    _write_table(records, session)


@command.command("show")
@click.argument("name")
@click.option("--project", metavar="PROJECT", help="Show the values for the jobs of this project.")
@json_option
@takes_choices
def show_plugin(choices: Choices, *, name: str, project: str | None, as_json: bool) -> None:
    """Show the settings of the plugin NAME: type, default, value, and the source of the value."""
    session = start_session(choices.settings())
    known = None if project is None else session.project_with_settings(project)
    by_name = {record.name: record for record in _all_plugins(session)}
    if name not in by_name:
        raise UnknownNameError("plugin", name, by_name, "`ccp4hooks plugins` lists the plugins.")
    if known is not None:
        _note_unknown(known.directory, by_name)
    record = by_name[name]
    declared = record.settings_type or _settings_type_of_disabled(record, session.settings)
    found = session.settings.fields(name, declared, known) if declared else []
    if known is not None and declared and "configure" not in record.hooks:
        note(
            f"The plugin {name} has no hook `configure`, so it is built once with the values for all projects and "
            "does not use those of one project."
        )
    found += session.settings.limit_fields(name, declared)
    if as_json:
        from ccp4hooks.cli.json_output import write_json

        write_json({"plugin": _listed(record, session), "settings": [shown_setting(field) for field in found]})
        return
    _write_settings(record, found, _faults(record, session), allowed=_is_allowed(name, session.settings))


def _note_unknown(directory: Path, names: Iterable[str]) -> None:
    """Name the tables in the file of a project that are of no plugin."""
    from ccp4hooks.settings import PROJECT_FILE, project_file

    path = directory / PROJECT_FILE
    for name in sorted(project_file(path).keys() - set(names)):
        note(f"{printable(path)} has a table [plugins.{printable(name)}], but no plugin has that name.")


def _all_plugins(session: Session) -> list[PluginRecord]:
    from ccp4hooks.plugins.manager import left_out

    return [*session.plugins, *left_out(session.settings, session.plugins)]


def _is_allowed(name: str, settings: Settings) -> bool:
    return settings.allow is None or name in settings.allow


def _settings_type_of_disabled(record: PluginRecord, settings: Settings) -> type | None:
    """Return the dataclass of the settings of a disabled plugin, or None if it may not be imported or declares none.

    Raises:
        BadInputError: The plugin cannot be imported.
    """
    from ccp4hooks.failures import Failure
    from ccp4hooks.plugins.discovery import PluginState
    from ccp4hooks.plugins.manager import settings_type_of

    if record.state is not PluginState.DISABLED or not _is_allowed(record.name, settings):
        return None
    declared = settings_type_of(record)
    if isinstance(declared, Failure):
        raise BadInputError(f"The plugin {record.name!r} is disabled and cannot be imported: {declared.reason}")
    return declared


def _listed(record: PluginRecord, session: Session) -> dict[str, object]:
    return {
        "name": record.name,
        "module": record.module,
        "distribution": record.distribution,
        "version": record.version,
        "state": record.state,
        "why": record.why,
        "hooks": record.hooks,
        "duration_s": record.duration_s,
        "setup_s": record.setup_s,
        "ignored": record.ignored,
        "left_out": _left_out(record, session),
        "clashes": _clashes(record, session),
    }


def _left_out(record: PluginRecord, session: Session) -> list[str]:
    """Return why data classes and tasks of a plugin are not used: the classes first, which tasks may need."""
    return [one.reason for one in session.tasks_left_out() if record.name in one.plugins]


def _faults(record: PluginRecord, session: Session) -> list[str]:
    """Return what a plugin offers and is not used, each with the reason, and what is ambiguous."""
    from ccp4hooks.plugins.discovery import PluginState

    ignored = record.ignored if record.state is PluginState.LOADED else ()
    return [*ignored, *_left_out(record, session), *_clashes(record, session)]


def _clashes(record: PluginRecord, session: Session) -> list[str]:
    """Return a warning for each KPI that a plugin and another one describe differently."""
    return [str(clash) for clash in session.kpi_descriptions.clashes if record.name in clash.plugins]


def _write_timing(
    session: Session,
    records: Sequence[PluginRecord],
    project: str | None,
    limit: int | None,
    hook: str | None,
    *,
    as_json: bool,
) -> None:
    """Write the time that plugins took at start-up and in the last jobs.

    Raises:
        Ccp4HooksError: See `read_costs`.
        SystemExit: An outcome file cannot be read.
    """
    from ccp4hooks.cli.plugin_costs import DEFAULT_LIMIT, cost_lines, described, read_costs, with_unknown

    costs = read_costs(session, project, DEFAULT_LIMIT if limit is None else limit, hook)
    records = with_unknown(records, costs)
    if as_json:
        from ccp4hooks.cli.json_output import write_json

        write_json([{**_listed(record, session), "cost": described(record, costs)} for record in records])
    else:
        from ccp4hooks.cli.render import show

        show(*cost_lines(records, costs))
    if costs.why_none:
        note(costs.why_none)
    exit_if_unreadable(session)


def _write_table(records: Sequence[PluginRecord], session: Session) -> None:
    from ccp4hooks.cli.listing import aligned
    from ccp4hooks.cli.render import fits, show, table

    headings = ("Plugin", "State", "Version", "Source", "Hooks")
    described = [_row(record, session) for record in records]
    whole = table("", headings, described)
    if fits([whole]):
        show(whole)
        return
    one_line = [(row[0], row[1].plain.replace("\n", "; "), *row[2:]) for row in described]
    show(*aligned(headings, one_line, texts=("State", "Hooks"), below=("Hooks", "State", "Source")))


def _write_hooks(session: Session, hook: str | None, *, as_json: bool) -> None:
    """Write the table of all hooks, or of one.

    Raises:
        UnknownNameError: The hook does not exist.
    """
    from ccp4hooks.hookspecs import HOOKS

    plugins = {name: session.hook_order(name) for name in ([hook] if hook is not None else HOOKS)}
    if as_json:
        from ccp4hooks.cli.json_output import write_json

        write_json(
            [
                {
                    "name": hook.name,
                    "arguments": hook.arguments,
                    "kind": hook.kind.name,
                    "when": hook.when,
                    "plugins": plugins[hook.name],
                }
                for hook in map(HOOKS.__getitem__, plugins)
            ]
        )
        return
    from ccp4hooks.cli.render import show, table
    from ccp4hooks.plugins.reference import hook_table

    show(table("", ("Hook", "Kind", "Called", "Plugins"), hook_table(plugins)))


def _write_settings(
    record: PluginRecord, found: Sequence[SettingField], faults: Sequence[str], *, allowed: bool
) -> None:
    from ccp4hooks.cli.listing import prose
    from ccp4hooks.cli.render import show, table
    from ccp4hooks.plugins.discovery import PluginState

    head = f"{record.name}: {record.state.value}{': ' + record.why if record.why else ''}"
    # Faults stand below, where they are seen.
    below = [line for fault in faults for line in prose(f"Fault: {fault}")]
    if not found:
        unknown = record.state in {PluginState.FAILED, PluginState.CONFLICT} or not allowed
        reason = "" if allowed else ": it is not in the list plugins.allow and was not imported"
        show(head, f"Its settings are unknown{reason}." if unknown else "It declares no settings.", *below)
        return
    rows = [
        (field.name, field.type, repr(field.default), repr(field.value), field.source, field.variable)
        for field in map(shown_setting, found)
    ]
    ignored = [f"Ignored: {field.ignored}." for field in found if field.ignored]
    show(head, table("", ("Setting", "Type", "Default", "Value", "Source", "Variable"), rows), *ignored, *below)


def shown_setting(field: SettingField) -> SettingField:
    """Return a setting without passwords, tokens and other secrets in its value."""
    if field.is_secret and field.value != field.default:
        return replace(field, value="***")
    if isinstance(field.value, (tuple, list)):
        return replace(field, value=type(field.value)(map(_without_secrets, field.value)))
    return replace(field, value=_without_secrets(field.value))


def _without_secrets(value: object) -> object:
    return without_secrets(value) if isinstance(value, str) else value


def _row(record: PluginRecord, session: Session) -> tuple[str, Text, str, str, str]:
    from rich.text import Text

    origin = f"{record.distribution} ({record.module})" if record.distribution else record.module
    faults = _faults(record, session)
    if len(faults) > SHOWN_FAULTS:
        # The first one is often the reason of the others.
        faults = [faults[0], f"`ccp4hooks plugins show {record.name}` lists {len(faults) - 1} more faults."]
    lines = [f"{record.state.value}{': ' if record.why else ''}{record.why}", *faults]
    state = Text("\n".join(map(printable, lines)))
    return record.name, state, record.version, origin, ", ".join(record.hooks)
