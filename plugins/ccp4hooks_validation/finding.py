"""A fault of a file, without the parameter it was given for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccp4hooks import Problem, Severity

if TYPE_CHECKING:
    from pathlib import Path

_MAX_TEXT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A fault of a file.

    Attributes:
        message: The fault in one line, without the name of the file: ``"is empty."``.
        cure: The remedy, one sentence.
        severity: See `Problem`.
        refuses_request: Whether the finding refuses a job at top level, even as a warning: a person chose its files.
        selection: The labels of columns that make the file usable if they are selected, ``"FNAT,SIGFNAT"``.
    """

    message: str
    cure: str = ""
    severity: Severity = Severity.BLOCK
    refuses_request: bool = False
    selection: str = ""

    @classmethod
    def warning(cls, message: str, cure: str, *, refuses_request: bool = False) -> Finding:
        """Return a finding that does not refuse a job, except possibly one at top level."""
        return cls(message=message, cure=cure, severity=Severity.WARNING, refuses_request=refuses_request)

    def about(self, parameter: str, path: Path) -> Problem:
        """Return the finding as a problem of one parameter's file."""
        message = f"{shown(str(path))} {self.message}"
        return Problem(severity=self.severity, message=message, parameter=parameter, path=path, cure=self.cure)


def shown(text: str) -> str:
    r"""Return text that fits on one line.

    >>> shown("two\nlines")
    'two lines'
    """
    joined = " ".join(text.split())
    return joined if joined.isprintable() else ascii(joined)[1:-1]


def reason(error: Exception, path: Path) -> str:
    """Return the message of a library's error in one short line, without the path, which `Finding.about` adds."""
    return short(str(error), path)


def short(text: str, path: Path) -> str:
    """Return a text in one short line, without the path."""
    text = shown(text.replace(str(path), "").replace("\n", "; ")).strip(" :;.")
    return text if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]}..."
