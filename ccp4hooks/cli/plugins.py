"""``ccp4hooks plugins``: list the plugins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.options import json_option, start_session, takes_choices

if TYPE_CHECKING:
    from ccp4hooks.cli.options import Choices
    from ccp4hooks.discovery import PluginRecord


@click.command("plugins", short_help="List the plugins, and say why one is off.")
@click.option(
    "--hook", metavar="NAME", help="Only those that implement this hook, in the order in which it calls them."
)
@json_option
@takes_choices
def command(choices: Choices, *, hook: str | None, as_json: bool) -> None:
    """List all plugins: where each comes from, whether it takes part and if not why, and its hooks."""
    session = start_session(choices.settings())
    records = list(session.plugins)
    if hook is not None:
        order = session.hook_order(hook)
        by_name = {record.name: record for record in records}
        records = [by_name[name] for name in order]
    if as_json:
        from ccp4hooks.cli.json_text import write_json

        write_json(records)
        return
    from ccp4hooks.cli.render import show, table

    if hook is not None and not records:
        click.echo(f"No plugin implements {hook}.", err=True)
        return
    show(table("", ("Plugin", "State", "Version", "From", "Hooks"), [_row(record) for record in records]))


def _row(record: PluginRecord) -> tuple[str, ...]:
    origin = f"{record.distribution} ({record.module})" if record.distribution else record.module
    state = f"{record.state.value}: {record.why}" if record.why else record.state.value
    return record.name, state, record.version, origin, ", ".join(record.hooks)
