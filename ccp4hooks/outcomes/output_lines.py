"""Find the lines that tell why a job failed in the files with the output of its script and its programs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ccp4hooks.failures import Failure, attempt
from ccp4hooks.model.plain import plain_text
from ccp4hooks.outcomes.job_log import OUTPUT_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OUTPUT_FILES = (OUTPUT_FILE, "log.txt", "stderr.txt", "log_err.txt")
"""Names of the files: what the script writes, and what CCP4i2 keeps of its program.

The last one is the standard error of a program in the background.
Source: ``ccp4i2/core/async_process_manager.py``, ccp4i2 3.0.1 and 3.1.0a105.
"""

TAIL_BYTES = 65_536
"""Size of the end of a file in which lines are searched [byte]."""

LINES = 3
"""Number of lines that are returned for each file."""

SEPARATOR = " | "
"""What stands between the lines of a file in a text of one line."""

LINE_LENGTH = 200
"""Length of the longest line that is returned [characters]."""

_ERROR = re.compile(r"error|fatal|fail|exception|cannot|abort|not found|no such", re.IGNORECASE)
_PATH = re.compile(r"""(?<![^\s"'(=])/[^\s"')]+""")
"""The name of a file may contain such a word, and tells of no error."""

_TRACEBACK = re.compile(r"Traceback \(most recent call last\):\s*")
_FRAME = re.compile(r"""([\s|+-]*)File ".*", line \d+""")
_REPEATED = re.compile(r"[\s|+-]*\[Previous line repeated \d+ more times?\]")
_BETWEEN = re.compile(r"[\s|+-]*(The above exception was the direct cause of|During handling of the above exception)")
"""What Python writes between the tracebacks of two exceptions."""

_MARGIN = re.compile(r"[\s|+-]*")
"""What a line of a traceback begins with; that of a group of exceptions is framed."""

_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def files_with_output(directory: Path) -> list[Path]:
    """Return the files of a job directory with output of the script or its programs that are not empty."""
    return [path for name in OUTPUT_FILES if _size_bytes(path := directory / name)]


def errors_by_file(directory: Path) -> dict[Path, list[str]]:
    """Return the last lines that tell of errors in each file of `files_with_output`.

    CCP4i2 prints what a program has written to its standard error: such a line is not repeated for the script.
    """
    found = {path: error_lines(path) for path in files_with_output(directory)}
    of_programs = [line for path, lines in found.items() if path.name != OUTPUT_FILE for line in lines]
    return {
        path: [line for line in lines if path.name != OUTPUT_FILE or not any(one in line for one in of_programs)]
        for path, lines in found.items()
    }


def error_lines(path: Path) -> list[str]:
    """Return the last lines of a file that tell of errors, in order, without control characters; none if unreadable.

    Of a traceback, that is the line with the exception.
    """
    text = attempt(_tail, path)
    return [] if isinstance(text, Failure) else list(dict.fromkeys(_reasons(text)))[-LINES:]


def _reasons(text: str) -> Iterator[str]:
    """Yield the lines of a text that tell of errors.

    The lines of a traceback about calls quote source files, many of them CCP4i2's, and the words in these mean nothing.
    """
    in_traceback = False
    margin: int | None = None
    said = ""
    for line in text.splitlines():
        if _TRACEBACK.search(line) or _BETWEEN.match(line):
            in_traceback = True
        elif frame := _FRAME.match(line):
            margin = len(frame[1])
        elif margin is not None and (_REPEATED.match(line) or _margin(line) > margin):
            continue
        else:
            is_exception = in_traceback and margin is not None and bool(line.strip())
            found = _plain(line) if is_exception or _ERROR.search(_PATH.sub("", line)) else ""
            # CCP4i2 says the exception before its traceback.
            if found and not (is_exception and found in said):
                yield found
            said = found or said
            in_traceback, margin = in_traceback and margin is None, None


def _margin(line: str) -> int:
    found = _MARGIN.match(line)
    return found.end() if found else 0


def _size_bytes(path: Path) -> int:
    size = attempt(path.stat) if path.is_file() else None
    return 0 if size is None or isinstance(size, Failure) else size.st_size


def _tail(path: Path) -> str:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - TAIL_BYTES))
        return file.read(TAIL_BYTES).decode("utf-8", errors="replace")


def _plain(line: str) -> str:
    r"""Return a line on which nothing but text is left.

    >>> _plain("  \x1b[31mError:\x1b[0m no\tfile ")
    'Error: no file'
    """
    text = "".join(char if char.isprintable() else " " for char in _ESCAPE.sub("", line))
    return plain_text(" ".join(text.split()), LINE_LENGTH)
