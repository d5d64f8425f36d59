"""Run a command of a scheduler, at most for a given time."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import IO, TYPE_CHECKING, cast

from ccp4hooks import printable, without_secrets

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

NOT_RUN = 127
"""Exit code of a shell for a command that it cannot find."""

LONGEST_WORDS = 500
"""Number of characters of a scheduler's message that are shown."""

LONGEST_READ = 20_000
"""Number of characters of a message that are read for this."""

LARGEST = 2**20
"""How much of what a command writes into each of its two streams is kept [bytes]."""

CHUNK = 2**16
"""How much is read at once [bytes]."""

PAUSE_S = 5.0
"""Time after which the streams of a command that has ended count as silent, although another program has them [s]."""


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
        text = (self.errors.strip() or self.output.strip())[:LONGEST_READ]
        lines = without_secrets("; ".join(filter(None, map(str.strip, text.splitlines()))))
        return printable(lines[:LONGEST_WORDS])[:LONGEST_WORDS]


def run_command(
    command: Sequence[str],
    timeout_s: float,
    *,
    text: str = "",
    directory: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Answer:
    """Run a command and return its answer. A command that does not end in time is killed.

    A program that it has started, and that keeps its streams open, does not matter once the command itself has ended.

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
        until_s = time.monotonic() + timeout_s
        output, errors = _exchanged(process, text.encode("utf-8", "surrogateescape"), until_s)
        try:
            code = process.wait(max(0.0, until_s - time.monotonic()))
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            return Answer(code=None)
    return Answer(code=code, output=output.decode("utf-8", "replace"), errors=errors.decode("utf-8", "replace"))


def _exchanged(process: subprocess.Popen[bytes], text: bytes, until_s: float) -> tuple[bytearray, bytearray]:
    """Give a command its input, and return what it writes until its streams are closed or silent, or until a time.

    What is longer than `LARGEST` is read, so that the command goes on, and dropped.
    """
    given, output, errors = (cast("IO[bytes]", one) for one in (process.stdin, process.stdout, process.stderr))
    os.set_blocking(given.fileno(), False)
    kept = bytearray(), bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(given, selectors.EVENT_WRITE, partial(_give, bytearray(text)))
        for stream, written in zip((output, errors), kept, strict=True):
            selector.register(stream, selectors.EVENT_READ, partial(_read, written))
        while selector.get_map() and (left_s := until_s - time.monotonic()) > 0:
            ready = selector.select(min(left_s, PAUSE_S))
            if not ready and process.poll() is not None:
                break
            for key in (key for key, _ in ready if not key.data(key.fd)):
                selector.unregister(key.fileobj)
                cast("IO[bytes]", key.fileobj).close()
    return kept


def _give(left: bytearray, pipe: int) -> bool:
    """Write what a pipe takes of a text, remove it from the text, and return whether the pipe is to get more."""
    try:
        del left[: os.write(pipe, left)]
    except BlockingIOError:
        return True
    except BrokenPipeError:
        return False
    return bool(left)


def _read(kept: bytearray, pipe: int) -> bool:
    """Read what a pipe has, keep it up to `LARGEST`, and return whether more may follow."""
    chunk = os.read(pipe, CHUNK)
    kept += chunk[: LARGEST - len(kept)]
    return bool(chunk)
