"""Write lines to the terminal. Texts from data, such as titles and file names, cannot control the terminal."""

from __future__ import annotations

import enum
import re
from contextvars import ContextVar

import click

from ccp4hooks.texts import printable, without_secrets

ERROR = "Error:"

WARNING = "Warning:"

_COLOURS = {ERROR: "red", WARNING: "yellow"}


class Verbosity(enum.Enum):
    """What a command writes to standard error besides its errors.

    `QUIET`: nothing. `NORMAL`: progress, notes and warnings. `VERBOSE`: also the settings file, the database, the
    directory of projects and the plugins in use, and how long the command took.
    """

    QUIET = "quiet"
    NORMAL = "normal"
    VERBOSE = "verbose"


verbosity: ContextVar[Verbosity] = ContextVar("ccp4hooks_verbosity", default=Verbosity.NORMAL)
"""The verbosity of the command that runs."""


def is_quiet() -> bool:
    """Return whether neither progress nor warnings are written."""
    return verbosity.get() is Verbosity.QUIET


def echo(text: object, *, err: bool = False, mark: str = "") -> None:
    """Write a text and a line break; control characters are escaped.

    Args:
        text: One line; with `mark` more lines, which are indented, and without the passwords and tokens of URLs.
        err: Whether to write to standard error.
        mark: `ERROR`, `WARNING`, which a quiet command does not write, or empty.
    """
    if mark == WARNING and is_quiet():
        return
    if not mark:
        click.echo(printable(text), err=err)
        return
    lines = re.sub(r"\n(?! )", "\n  ", printable(without_secrets(text), lines=True))
    click.echo(f"{click.style(mark, fg=_COLOURS[mark], bold=True)} {lines}", err=err)


def note(text: object) -> None:
    """Write a line that is neither a result nor an error to standard error, unless the command is quiet."""
    if not is_quiet():
        echo(text, err=True)


def echo_lines(text: str) -> None:
    """Write a text of several lines, such as a traceback, to standard error."""
    click.echo(printable(text, lines=True), err=True)
