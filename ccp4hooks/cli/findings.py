"""The results of the checks of ``ccp4hooks doctor``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ccp4hooks.errors import Ccp4HooksError


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One result of a check.

    Attributes:
        about: The subject, in one or two words.
        text: The result, in one line.
        exit_code: 0 if the check passed, else the exit code of a job that runs into this problem.
    """

    about: str
    text: str
    exit_code: int = 0


def failed(about: str, error: Ccp4HooksError) -> Finding:
    """Return the result of a check that has failed."""
    return Finding(about=about, text=" ".join(str(error).split()), exit_code=error.exit_code)
