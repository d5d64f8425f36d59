"""Write values and errors as JSON.

The JSON mirrors the dataclasses, with keys in snake_case. Paths and UUIDs become strings, times ISO 8601 strings, and
statuses their names.
"""

from __future__ import annotations

import json
import re
import sys
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import click

from ccp4hooks.errors import BadInputError, Ccp4HooksError, RefusedError
from ccp4hooks.runtime import os_errors, stdio
from ccp4hooks.texts import CONTROL

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from ccp4hooks.model import JobSummary, Outcome

OPTION = "--json"

_CONTROL = re.compile(f"(?!\n)[{CONTROL}]")

INDENT = 2
"""Number of columns by which each level of a document is indented."""

UNEXPECTED = 1
"""Exit code of Python after an exception that nobody caught."""


class Document:
    """The JSON document that a command writes at its end: its value, or its error, or both.

    Args:
        wanted: Whether the user asked for JSON. A command that writes a value does so in any case.

    Attributes:
        error: The error as JSON data, or None if there was none.
    """

    def __init__(self, *, wanted: bool) -> None:
        self._wanted = wanted
        self._values: list[Any] = []
        self._indent: int | None = INDENT
        self.error: dict[str, Any] | None = None

    def add(self, value: Any) -> None:
        """Set the value, as JSON data."""
        self._values = [value]

    def add_line(self, value: Any) -> None:
        """Write JSON data in one line at once. What follows is written in one line, too."""
        self._indent = None
        with stdio.output_shown():
            click.echo(_text(value, None))

    def fail(self, error: BaseException, exit_code: int) -> None:
        """Set the error with which the command ends."""
        self.error = _described(error, exit_code)

    def __enter__(self) -> Document:  # noqa: PYI034 - Self came with Python 3.11
        """Become the document of this command."""
        _document.set(self)
        return self

    def __exit__(self, _: object, error: BaseException | None, __: TracebackType | None) -> None:
        """Write the document. An exception that nobody has caught is its error."""
        _document.set(None)
        if error is not None and not isinstance(error, SystemExit):
            self.fail(error, UNEXPECTED)
        if self.error is not None and self._wanted:
            value = self._values[0] if self._values else {}
            self._values = [{"error": self.error, **(value if isinstance(value, dict) else {})}]
        for value in self._values:
            click.echo(_text(value, self._indent))


_document: ContextVar[Document | None] = ContextVar("ccp4hooks_json_document", default=None)


def job_facts(one: Outcome | JobSummary) -> dict[str, Any]:
    """Return the facts about a job that every list of jobs has."""
    job = one.job
    return {
        "number": job.number,
        "uuid": job.uuid,
        "task": job.task,
        "title": job.title,
        "status": one.status,
        "created_at": one.created_at,
        "started_at": one.started_at,
        "finished_at": one.finished_at,
        "directory": job.directory,
    }


def write_json(value: Any) -> None:
    """Write a value, or a container of values, to standard output as JSON, at the end of the command."""
    from ccp4hooks.outcomes.outcome_file import to_json

    document = _document.get()
    if document is None:
        click.echo(_text(to_json(value), INDENT))
    else:
        document.add(to_json(value))


def write_json_line(value: Any) -> None:
    """Write a value, or a container of values, to standard output as one line of JSON at once: an event."""
    from ccp4hooks.outcomes.outcome_file import to_json

    (_document.get() or Document(wanted=True)).add_line(to_json(value))


def note_error(error: BaseException, exit_code: int) -> None:
    """Note the error with which the command ends. It becomes a part of the document if the user asked for JSON."""
    document = _document.get()
    if document is not None:
        document.fail(error, exit_code)


def is_wanted(words: Sequence[str]) -> bool:
    """Return whether a command line has the option ``--json``. It may be invalid otherwise.

    >>> is_wanted(["jobs", "--json"]), is_wanted(["run", "task", "--", "--json"])
    (True, False)
    """
    words = list(words)
    return OPTION in (words[: words.index("--")] if "--" in words else words)


def _text(value: Any, indent: int | None) -> str:
    """Return JSON data as text that the standard output can encode, and that any reader can decode.

    Control characters, which occur in strings only, are escaped as JSON permits.

    Args:
        value: The data.
        indent: Number of columns for each level, or None to write one line.
    """
    is_unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    text = _CONTROL.sub(_escaped, json.dumps(value, indent=indent, ensure_ascii=not is_unicode))
    return text if is_unicode and _is_encodable(text) else json.dumps(value, indent=indent)


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _described(error: BaseException, exit_code: int) -> dict[str, Any]:
    from ccp4hooks.outcomes.outcome_file import to_json

    return {
        "type": type(error).__name__,
        "message": message_of(error),
        "cure": _cure(error),
        "exit_code": exit_code,
        "problems": to_json(error.problems) if isinstance(error, (BadInputError, RefusedError)) else [],
    }


def message_of(error: BaseException) -> str:
    """Return the message of an error as the command line shows it."""
    if isinstance(error, KeyboardInterrupt):
        return str(error) or "Interrupted."
    if isinstance(error, click.ClickException):
        return error.format_message()
    return os_errors.message(error) if isinstance(error, OSError) else str(error)


def _cure(error: BaseException) -> str:
    """Return what the user can do."""
    if isinstance(error, Ccp4HooksError):
        return error.cure
    if isinstance(error, click.UsageError) and error.ctx is not None:
        return f"`{error.ctx.command_path} --help` describes the command."
    if isinstance(error, OSError):
        return os_errors.cure(error)
    if isinstance(error, KeyboardInterrupt):
        _, see, command = str(error).rpartition("; see ")
        return f"See {command}" if see else "Run the command again."
    return "Report the error; --debug shows where it occurred."


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"
