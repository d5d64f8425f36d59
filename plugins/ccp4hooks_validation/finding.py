"""One thing that is wrong with a file, before it is known whose file it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccp4hooks import Problem, Severity

if TYPE_CHECKING:
    from pathlib import Path

_MAX_TEXT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What is wrong with a file.

    Attributes:
        message: In one line, without the file's name: ``"is empty."``.
        cure: What to do about it.
        severity: See `Problem`.
    """

    message: str
    cure: str = ""
    severity: Severity = Severity.BLOCK

    @classmethod
    def warning(cls, message: str, cure: str) -> Finding:
        """Return a finding that does not refuse a job."""
        return cls(message=message, cure=cure, severity=Severity.WARNING)

    def about(self, parameter: str, path: Path) -> Problem:
        """Return the finding as a problem of one parameter's file."""
        message = f"{shown(str(path))} {self.message}"
        return Problem(severity=self.severity, message=message, parameter=parameter, path=path, cure=self.cure)


def shown(text: str) -> str:
    r"""Return text that fits on one line anywhere.

    >>> shown("two\nlines")
    'two lines'
    """
    joined = " ".join(text.split())
    return joined if joined.isprintable() else ascii(joined)[1:-1]


def reason(error: Exception, path: Path) -> str:
    """Return a library's error text in one line of bounded length, without the path, which the message has already."""
    text = shown(str(error).replace(str(path), "").replace("\n", "; ")).strip(" :;.")
    return text if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]}..."
