"""Write lines to the terminal. Texts from data, such as titles and file names, cannot control the terminal."""

from __future__ import annotations

import re

import click

from ccp4hooks.texts import printable, without_secrets

ERROR = "Error:"

WARNING = "Warning:"

_COLOURS = {ERROR: "red", WARNING: "yellow"}


def echo(text: object, *, err: bool = False, mark: str = "") -> None:
    """Write a text and a line break; control characters are escaped.

    Args:
        text: One line; with `mark` more lines, which are indented, and without the passwords and tokens of URLs.
        err: Whether to write to standard error.
        mark: `ERROR`, `WARNING`, or empty.
    """
    if not mark:
        click.echo(printable(text), err=err)
        return
    lines = re.sub(r"\n(?! )", "\n  ", printable(without_secrets(text), lines=True))
    click.echo(f"{click.style(mark, fg=_COLOURS[mark], bold=True)} {lines}", err=err)


def echo_lines(text: str) -> None:
    """Write a text of several lines, such as a traceback, to standard error."""
    click.echo(printable(text, lines=True), err=True)
