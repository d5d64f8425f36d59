"""``ccp4hooks docs``: list the pages of the documentation, show one, or search them."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from ccp4hooks.cli.doc_pages import DocPage, listed, page_named, pages, with_page_names
from ccp4hooks.cli.options import json_option, takes_choices

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console
    from rich.text import Text

    from ccp4hooks.cli.doc_search import FoundPage, Words
    from ccp4hooks.cli.options import Choices

WIDEST = 120
"""Width of the widest text [columns]; longer lines are hard to read."""

SEARCH_WIDTH = 80
"""Width of what a search has found if standard output is no terminal [columns]."""

MOST_PAGES = 20
"""Number of pages that a search shows. JSON has all."""

MOST_PASSAGES = 3
"""Number of passages of a page that a search shows: those with most of the words."""


@click.command("docs", short_help="List the pages of the documentation, show one, or search them.")
@click.argument("words", metavar="[PAGE|WORD...]", nargs=-1)
@click.option("--search", "is_search", is_flag=True, help="Search the pages for all WORDs.")
@json_option
@takes_choices
def command(_: Choices, *, words: tuple[str, ...], is_search: bool, as_json: bool) -> None:
    """List the pages of the documentation of this version, or show PAGE, given by its name or the beginning of it.

    With --search, the passages that have all WORDs are shown below their pages and headings, whatever the case; those
    of the decision records come last.

    On a terminal, what is longer than the screen is shown with your pager ($PAGER), and the name of the page to which a
    link leads is in brackets behind it. Elsewhere, a page is written in Markdown.
    """
    if is_search:
        _search(words, as_json=as_json)
        return
    if len(words) > 1:
        raise click.UsageError(f"Give one PAGE, or `{shlex.join(('ccp4hooks', 'docs', '--search', *words))}`.")
    name = words[0] if words else None
    if as_json:
        from ccp4hooks.cli.json_output import write_json

        found = pages() if name is None else [page_named(name)]
        facts = [_facts(page) for page in found]
        write_json(facts if name is None else {**facts[0], "text": found[0].text})
    elif name is None:
        _list(listed(pages()))
    else:
        _show(page_named(name))


def _facts(page: DocPage) -> dict[str, object]:
    return {"name": page.name, "section": page.section, "title": page.title}


def _search(words: Sequence[str], *, as_json: bool) -> None:
    """Show the pages with all words.

    Raises:
        click.UsageError: There is no word.
        BadInputError: No page has the words.
    """
    from ccp4hooks.cli.doc_search import Words, search

    if not words:
        raise click.UsageError("Give one or more WORDs to search for.")
    wanted = Words(words)
    found = search(wanted, pages())
    if as_json:
        from ccp4hooks.cli.json_output import write_json

        write_json([{**_facts(one.page), "passages": one.passages} for one in found])
        return
    from ccp4hooks.cli.listing import terminal
    from ccp4hooks.cli.output import note

    console = terminal()
    width = min(WIDEST, console.width) if console else SEARCH_WIDTH
    lines = list(_found_lines(found, wanted, width))
    if console is None:
        click.echo("\n".join(line.plain for line in lines))
    else:
        with console.capture() as drawn:
            console.print(*lines, sep="\n", soft_wrap=True)
        _write_drawn(drawn.get(), console)
    note("`ccp4hooks docs PAGE` shows a page.")


def _found_lines(found: Sequence[FoundPage], words: Words, width: int) -> Iterator[Text]:
    """Yield the lines about pages: their names and titles, and below these the headings and passages with words.

    Args:
        found: The pages.
        words: The words.
        width: Length of the longest line [columns].
    """
    from rich.text import Text

    from ccp4hooks.texts import counted

    for one in found[:MOST_PAGES]:
        yield from _lines_of(one, words, width)
    if len(found) > MOST_PAGES:
        yield Text(f"{counted(len(found) - MOST_PAGES, 'more page')}: give more words.", "dim")


def _lines_of(found: FoundPage, words: Words, width: int) -> Iterator[Text]:
    """Yield the lines about one page."""
    from rich.text import Text

    from ccp4hooks.cli.doc_search import excerpt
    from ccp4hooks.cli.listing import GAP
    from ccp4hooks.texts import counted, printable

    yield Text(printable(excerpt(f"{found.page.name}{GAP}{found.page.title}", None, width)), "bold")
    by_words = sorted(found.passages, key=lambda passage: -words.found_in(passage.text))
    shown = [passage for passage in found.passages if passage in by_words[:MOST_PASSAGES]]
    heading = found.page.title
    for passage in shown:
        if passage.heading != heading:
            heading = passage.heading
            yield Text(printable(GAP + excerpt(heading, words, width - len(GAP))), "italic")
        if passage.text:
            line = Text(printable(2 * GAP + excerpt(passage.text, words, width - 2 * len(GAP))))
            for start, end in words.places(line.plain):
                line.stylize("bold", start, end)
            yield line
    left = len(found.passages) - len(shown)
    if left:
        yield Text(f"{2 * GAP}{counted(left, 'more passage')}", "dim")


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
    note("`ccp4hooks docs PAGE` shows a page, `ccp4hooks docs --search WORD...` searches them.")


def _show(page: DocPage) -> None:
    """Show a page on the terminal, or write its Markdown if standard output is no terminal."""
    from ccp4hooks.cli.listing import terminal
    from ccp4hooks.texts import printable

    console = terminal()
    if console is None:
        click.echo(printable(page.text, lines=True), nl=False)
        return
    _write_drawn(_drawn(page, console), console)


def _write_drawn(text: str, console: Console) -> None:
    """Write what is drawn for a terminal, with the pager if it is longer than the screen."""
    from ccp4hooks.cli.deleting import is_asked

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
