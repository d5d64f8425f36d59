"""``ccp4hooks serve``: show projects and jobs in the browser, while they run."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.options import not_empty, start_session, takes_choices
from ccp4hooks.cli.output import echo, note

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ccp4hooks.cli.options import Choices
    from ccp4hooks.session import Session

HIGHEST_PORT = 65_535


@click.command("serve", short_help="Show projects and jobs in the browser while they run.")
@click.option(
    "--port",
    type=click.IntRange(0, HIGHEST_PORT),
    help="Port; 0 for any that is free. Default: the first free one from 8055 on.",
)
@click.option(
    "--host",
    metavar="ADDRESS",
    callback=not_empty,
    help="Address of this machine, or 0.0.0.0 for all. Default: 127.0.0.1, which no other machine can reach.",
)
@click.option("--no-token", is_flag=True, help="Let every user of this machine look, without the token.")
@click.option("--ccp4i2", "has_api", is_flag=True, help="Answer requests for CCP4i2's REST API, too, which run jobs.")
@click.option("--open", "is_opened", is_flag=True, help="Show the page in the browser.")
@takes_choices
def command(
    choices: Choices, *, port: int | None, host: str | None, no_token: bool, has_api: bool, is_opened: bool
) -> None:
    """Show all projects, their jobs as they change, reports, logs and files in the browser, until Ctrl-C.

    The page changes nothing. Whoever opens it needs the token in the address that is written here: other users of this
    machine cannot look without it. With --ccp4i2, CCP4i2's own clients can use this server: its API, which runs and
    changes jobs, takes requests of every user of this machine, without the token.
    """
    from ccp4hooks.serving import server

    session = start_session(choices.settings())
    api = _api(session) if has_api else None
    session.require_store()
    place = server.listen(host or server.HOST, port, has_token=not no_token)
    echo(place.address)
    note("Ctrl-C ends it.")
    if not place.is_local:
        note(
            "Other machines can reach it. The token and all data travel without encryption: prefer `ssh -L` to a "
            "server on 127.0.0.1."
        )
    if is_opened:
        from ccp4hooks.cli.browser import show_secret

        show_secret(place.address)
    # Ctrl-C is the way to end this command.
    with suppress(KeyboardInterrupt):
        server.Server(session, place, api).serve_until_stopped()


def _api(session: Session) -> Callable[..., Awaitable[None]]:
    """Return CCP4i2's own web application.

    Raises:
        BadInputError: No plugin has it.
    """
    from ccp4hooks.errors import BadInputError
    from ccp4hooks.runtime import stdio

    with stdio.output_dropped():
        found = session.ccp4i2_server()
    if found is None:
        raise BadInputError("CCP4i2's API needs the plugin `database`, which is not used.")
    return found
