"""Copy files between a machine that shares none with the side that submits, and that side, by commands of the site."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from contextvars import Context
from dataclasses import dataclass
from functools import partial
from pathlib import PurePath
from typing import IO, TYPE_CHECKING

from ccp4hooks.errors import BadInputError, Ccp4HooksError
from ccp4hooks.model import Transfer
from ccp4hooks.texts import printable, without_secrets

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

AGAIN_S = (1.0, 5.0, 15.0, 60.0, 120.0)
"""Times after which a command that has failed is run again [s]: networks come back."""

TIMEOUT_S = 3600.0
"""Longest time that a command may take [s]."""

LONGEST_WORDS = 500
"""How much of what a command said is shown [characters]."""

LARGEST = 20_000
"""How much of the end of what a command said is read for this [bytes]."""

PLAIN = re.compile(r"[A-Za-z0-9_./+@=,%~-]+")
"""A path that no command takes for something else: the shell of another machine may read it."""


def require_plain(directory: PurePath) -> None:
    """Refuse a directory whose path a command may take for something else.

    Raises:
        BadInputError: It has spaces or special characters.
    """
    if not PLAIN.fullmatch(str(directory)):
        raise BadInputError(
            f"Files cannot be carried from and to {printable(directory)}: a path with spaces, colons or other special "
            "characters may mean something else to the commands that copy them. Use a project in another directory."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Transport:
    """Copies files from and to one directory of the side that submits.

    Attributes:
        transfer: The commands.
        directory: The directory, as that side sees it.
    """

    transfer: Transfer
    directory: PurePath

    def fetch(self, name: str, target: Path) -> None:
        """Copy a file from that directory.

        Raises:
            Ccp4HooksError: The command has failed, also when it was tried again.
        """
        self._repeated(partial(self._fetched, name, target), f"{name} could not be fetched")

    def has(self, name: str, target: Path) -> bool:
        """Copy a file from that directory if there is one, and return whether there is."""
        return not self._fetched(name, target)

    def send(self, source: Path, name: str) -> None:
        """Copy a file to that directory.

        Raises:
            Ccp4HooksError: The command has failed, also when it was tried again.
        """
        words = filled(self.transfer.send, source, self.directory / name)
        self._repeated(partial(failure_of, words), f"{name} could not be sent")

    def _fetched(self, name: str, target: Path) -> str:
        failure = failure_of(filled(self.transfer.fetch, self.directory / name, target))
        return failure or ("" if target.is_file() else "the command has made no file")

    def _repeated(self, copy: partial[str], what: str) -> None:
        failure = copy()
        for pause_s in AGAIN_S:
            if not failure:
                return
            time.sleep(pause_s)
            failure = copy()
        if failure:
            raise Ccp4HooksError(f"{what}: {failure}. Correct the commands `fetch` and `send` of the engine.")


def filled(words: Sequence[str], source: PurePath, target: PurePath) -> list[str]:
    """Return the words of a command with paths in place of ``{from}`` and ``{to}``.

    >>> from pathlib import PurePosixPath
    >>> filled(("scp", "login:{from}", "{to}"), PurePosixPath("/p/a"), PurePosixPath("/tmp/a"))
    ['scp', 'login:/p/a', '/tmp/a']
    """
    paths = {"{from}": str(source), "{to}": str(target)}
    return [re.sub(r"\{(?:from|to)\}", lambda found: paths[found[0]], word) for word in words]


def failure_of(words: Sequence[str]) -> str:
    """Run a command, and return why it has failed; an empty text if it has not."""
    named = f"`{printable(without_secrets(shlex.join(words)))}`"
    with tempfile.TemporaryFile() as said:
        try:
            # An empty context, so that it is not tracked as a program of a job.
            process = Context().run(_started, words, said)
        except OSError as error:
            return f"{named} cannot be run: {error.strerror}"
        try:
            code = process.wait(TIMEOUT_S)
        except subprocess.TimeoutExpired:
            return f"{named} did not end within {TIMEOUT_S:g} s"
        finally:
            _end(process)
        if not code:
            return ""
        said.seek(max(0, said.seek(0, os.SEEK_END) - LARGEST))
        text = said.read(LARGEST).decode(errors="replace")
    lines = without_secrets("; ".join(filter(None, map(str.strip, text.splitlines()))))
    return f"{named} said {printable(lines[-LONGEST_WORDS:])[-LONGEST_WORDS:] or 'nothing'} (exit code {code})"


def _started(words: Sequence[str], said: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - the commands of the site, from a trusted file
        list(words), stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT, start_new_session=True
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill a command that has not ended, with the programs that it has started."""
    if process.poll() is None:
        with suppress(OSError):
            if sys.platform == "win32":
                process.kill()
            else:
                os.killpg(process.pid, signal.SIGKILL)
        process.wait()
