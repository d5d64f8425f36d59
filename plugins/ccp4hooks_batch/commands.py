"""Run a command of a scheduler, at most for a given time."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccp4hooks import printable, without_secrets

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

NOT_RUN = 127
"""Exit code of a shell for a command that it cannot find."""

LONGEST_WORDS = 500
"""Number of characters of a scheduler's message that are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a command has answered.

    Attributes:
        code: Its exit code, negative if a signal ended it; None if it did not end in time.
        output: What it wrote to standard output.
        errors: What it wrote to standard error.
    """

    code: int | None
    output: str = ""
    errors: str = ""

    @property
    def words(self) -> str:
        """What it said, on one line: its errors, or else its output."""
        lines = filter(None, map(str.strip, (self.errors.strip() or self.output).splitlines()))
        return printable(without_secrets("; ".join(lines)))[:LONGEST_WORDS]


def run_command(
    command: Sequence[str],
    timeout_s: float,
    *,
    text: str = "",
    directory: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Answer:
    """Run a command and return its answer. A command that does not end in time is killed.

    Args:
        command: The program and its arguments.
        timeout_s: The time [s].
        text: What it reads from standard input.
        directory: Its working directory; None for that of this process.
        environment: Environment variables that it gets in addition to those of this process.
    """
    try:
        process = subprocess.Popen(  # noqa: S603 - the scheduler's programs, with arguments that were checked
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=directory,
            env={**os.environ, **environment} if environment else None,
            start_new_session=True,
        )
    except OSError as error:
        return Answer(code=NOT_RUN, errors=str(error))
    with process:
        try:
            output, errors = process.communicate(text.encode("utf-8", "surrogateescape"), timeout=timeout_s)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            return Answer(code=None)
    return Answer(
        code=process.returncode, output=output.decode("utf-8", "replace"), errors=errors.decode("utf-8", "replace")
    )
