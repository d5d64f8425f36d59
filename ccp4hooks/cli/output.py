"""Write lines to the terminal. Texts from data, such as titles and file names, cannot control the terminal."""

from __future__ import annotations

import enum
import re
import sys
from contextvars import ContextVar
from shutil import get_terminal_size

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

    What is written to standard error is wrapped at words if that is a terminal.

    Args:
        text: One line; with `mark` more lines, which are indented, and without the passwords and tokens of URLs.
        err: Whether to write to standard error.
        mark: `ERROR`, `WARNING`, which a quiet command does not write, or empty.
    """
    if mark == WARNING and is_quiet():
        return
    if not mark:
        click.echo(sentences(printable(text)) if err else printable(text), err=err)
        return
    lines = re.sub(r"\n(?! )", "\n  ", printable(without_secrets(text), lines=True))
    shown = (sentences(f"{mark} {lines}") if err else f"{mark} {lines}").removeprefix(mark)
    click.echo(f"{click.style(mark, fg=_COLOURS[mark], bold=True)}{shown}", err=err)


def note(text: object) -> None:
    """Write a line that is neither a result nor an error to standard error, unless the command is quiet."""
    if not is_quiet():
        echo(text, err=True)


def sentences(text: str) -> str:
    """Return sentences as they are written to standard error: wrapped at words if that is a terminal.

    Args:
        text: One line or more. Those after the first one of a long line are indented.
    """
    if not sys.stderr.isatty():
        return text
    width = get_terminal_size().columns
    shown: list[str] = []
    for line in text.split("\n"):
        start = line[: len(line) - len(line.lstrip(" "))]
        shown += wrapped(line[len(start) :], width, f"{start}  ", start=start)
    return "\n".join(shown)


_WORD = re.compile(r"(\s*)([^\s`]*`[^`]*`\S*|(?<!\S)'[^']*'\S*|\S+)")


def wrapped(text: str, width: int, indent: str = "", *, start: str = "") -> list[str]:
    """Return a text as lines that are wrapped at words. A longer word, a command and what is quoted are never folded.

    >>> wrapped("See `ccp4hooks show 3`, and 'my file' there.", 20, "  ")
    ['See', '  `ccp4hooks show 3`,', "  and 'my file'", '  there.']

    Args:
        text: The text, without line breaks.
        width: Width of the longest line [columns].
        indent: What all lines but the first begin with.
        start: What the first line begins with.
    """
    if _columns(start + text) <= width:
        return [start + text]
    lines: list[str] = []
    line, begun = start, False
    for gap, word in _WORD.findall(text):
        if (begun or line.strip()) and _columns(line + gap + word) > width:
            lines.append(line.rstrip())
            line, begun = indent, False
        line += gap + word if begun else word
        begun = True
    return [*lines, line]


def _columns(text: str) -> int:
    """Return the width of a text on a terminal."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def echo_lines(text: str) -> None:
    """Write a text of several lines, such as a traceback, to standard error."""
    click.echo(printable(text, lines=True), err=True)
