"""The lines of what to cite, for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccp4hooks.cli.listing import terminal_width
from ccp4hooks.cli.output import wrapped
from ccp4hooks.texts import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccp4hooks.model import CitedWork

MOST_NUMBERS = 10
"""Number of jobs that are named with a reference."""


def citation_lines(works: Sequence[CitedWork], start: str = "") -> list[str]:
    """Return the lines of references, each followed by the jobs that need it.

    Args:
        works: The references.
        start: What each line begins with.
    """
    width = terminal_width()
    lines = []
    for one in works:
        for text, indent in ((printable(one.citation), start), (f"for {_users(one)}", f"{start}  ")):
            lines += [indent + text] if width is None else wrapped(text, width, f"{start}  ", start=indent)
    return lines


def _users(one: CitedWork) -> str:
    count = len(one.jobs)
    more = f" and {count - MOST_NUMBERS} more" if count > MOST_NUMBERS else ""
    jobs = f"{'job' if count == 1 else 'jobs'} {', '.join(one.jobs[:MOST_NUMBERS])}{more}"
    return printable(f"{', '.join(one.tasks)} ({jobs})")
