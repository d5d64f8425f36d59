"""``ccp4hooks docs``: list the pages of the documentation, or show one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.doc_pages import DocPage, listed, page_named, pages, with_page_names
from ccp4hooks.cli.options import json_option, takes_choices

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from ccp4hooks.cli.options import Choices

WIDEST = 120
"""Width of the widest text [columns]; longer lines are hard to read."""


@click.command("docs", short_help="List the pages of the documentation, or show one.")
@click.argument("name", metavar="[PAGE]", required=False)
@json_option
@takes_choices
def command(_: Choices, *, name: str | None, as_json: bool) -> None:
    """List the pages of the documentation of this version, or show PAGE, given by its name or the beginning of it.

    On a terminal, a page is shown with your pager ($PAGER) if it is longer than the screen, and the name of the page
    to which a link leads is in brackets behind it. Elsewhere, it is written in Markdown.
    """
    if as_json:
        from ccp4hooks.cli.json_output import write_json

        found = pages() if name is None else [page_named(name)]
        facts = [{"name": page.name, "section": page.section, "title": page.title} for page in found]
        write_json(facts if name is None else {**facts[0], "text": found[0].text})
    elif name is None:
        _list(listed(pages()))
    else:
        _show(page_named(name))


def _list(found: Sequence[DocPage]) -> None:
    from ccp4hooks.cli.listing import GAP
    from ccp4hooks.cli.output import echo, note

    width = max(len(page.name) for page in found)
    section = ""
    for page in found:
        if page.section != section:
            echo(page.section)
            section = page.section
        echo(f"{GAP}{page.name:{width}}{GAP}{page.title}")
    note("`ccp4hooks docs PAGE` shows a page.")


def _show(page: DocPage) -> None:
    """Show a page on the terminal, or write its Markdown if standard output is no terminal."""
    from ccp4hooks.cli.deleting import is_asked
    from ccp4hooks.cli.listing import terminal
    from ccp4hooks.texts import printable

    console = terminal()
    if console is None:
        click.echo(printable(page.text, lines=True), nl=False)
        return
    text = _drawn(page, console)
    if text.count("\n") < console.height or not is_asked():
        click.echo(text, nl=False, color=True)
    else:
        # Only click knows whether the pager can show colours.
        click.echo_via_pager(text)


def _drawn(page: DocPage, console: Console) -> str:
    """Return a page as the terminal shows it."""
    from ccp4hooks.cli.markdown import Page

    with console.capture() as drawn:
        console.print(Page(with_page_names(page)), width=min(console.width, WIDEST))
    return "\n".join(line.rstrip() for line in drawn.get().splitlines()) + "\n"
