"""Find the versions of programs that their logs declare."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ccp4hooks.failures import Failure, attempt
from ccp4hooks.outcomes.output_lines import OUTPUT_FILES

if TYPE_CHECKING:
    from pathlib import Path

HEAD_BYTES = 16_384
"""Size of the beginning of a log in which versions are searched [byte]."""

MOST_PROGRAMS = 20
"""Number of programs whose versions are returned."""

_NAME = r"(?P<name>[A-Za-z][\w+-]{1,30})"
_NUMBER = r"(?P<version>\d+(?:\.\d+)+[\w.+-]*)"
_FORMS = (
    # CCP4 suite: "### CCP4 8.0.019: MTZDUMP          version 8.0.019 : 05/07/24##"
    re.compile(rf"###\s*CCP4\s+\S+:\s+{_NAME}\s+version\s+{_NUMBER}"),
    # Servalcat: "# Servalcat ver. 0.4.131 (Python 3.11.7)"; others: "Phaser version 2.8.3", "gemmi v0.7.1".
    re.compile(rf"^[\s#*]*{_NAME}[\s,:]+(?:version|ver\.|vers\.|v(?=\d))[\s:]*{_NUMBER}", re.IGNORECASE),
)
_LIBRARIES = re.compile(r"^[\s#*]*Library vers\. (?P<list>.+)$")
"""Servalcat: "# Library vers. gemmi 0.7.0, scipy 1.14.1, numpy 1.26.4, pandas 2.2.3"."""


def declared_versions(directory: Path) -> dict[str, str]:
    """Return the versions that the logs in a job directory declare at their beginning, by the name of the program."""
    found: dict[str, str] = {}
    for name in OUTPUT_FILES:
        head = attempt(_head, directory / name)
        if head and not isinstance(head, Failure):
            found = versions_in(head) | found
    return dict(list(found.items())[:MOST_PROGRAMS])


def _head(path: Path) -> str:
    """Return the beginning of a log, or an empty text if there is none, which is usual and so is not a failure."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return ""
    with file:
        return file.read(HEAD_BYTES).decode("utf-8", errors="replace")


def versions_in(text: str) -> dict[str, str]:
    r"""Return the versions of programs that lines of a log declare, by the name of the program.

    >>> versions_in(" ### CCP4 8.0.019: MTZDUMP   version 8.0.019 : 05/07/24##\n")
    {'MTZDUMP': '8.0.019'}
    >>> versions_in("# Servalcat ver. 0.4.131 (Python 3.11.7)\n# Library vers. gemmi 0.7.0, scipy 1.14.1\n")
    {'Servalcat': '0.4.131', 'gemmi': '0.7.0', 'scipy': '1.14.1'}
    """
    found: dict[str, str] = {}
    for line in text.splitlines():
        libraries = _LIBRARIES.match(line)
        if libraries is not None:
            pairs = re.finditer(rf"{_NAME}\s+{_NUMBER}", libraries["list"])
            found |= {pair["name"]: pair["version"].rstrip(".") for pair in pairs}
            continue
        match = next((match for form in _FORMS if (match := form.search(line))), None)
        if match is not None:
            found.setdefault(match["name"], match["version"].rstrip("."))
    return found
