"""The files of an attempt to run a job on an engine, in a directory of its own in the job directory.

A machine without the database says by the file `BEGAN` that it runs the attempt. Only one process makes that file: the
one that runs the attempt, or the one that cancels it before it begins. While the attempt runs, the file is touched.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import TYPE_CHECKING
from uuid import uuid4

from ccp4hooks.failures import Failure, attempt
from ccp4hooks.outcomes import outcome_file
from ccp4hooks.outcomes.job_log import OUTPUT_FILE
from ccp4hooks.outcomes.output_reader import PROGRAM_LOG

if TYPE_CHECKING:
    from pathlib import Path

    from ccp4hooks.model import Job

FOLDER = "ccp4hooks_attempts"
"""Name of the directory of a job that has a directory for each attempt."""

BEGAN = "began.json"
"""Name of the file that says which process runs an attempt."""

LARGEST = 10_000
"""Size of the largest such file that is read [byte]."""

LONGEST_HOST = 255
"""Length of the longest name of a machine [characters]."""

LARGEST_PID = 2**31

PERIOD_S = 20.0
"""Time between two touches of the file [s]."""

MISSED = 2
"""Number of touches that a process has missed which is dead if its engine has ended it."""

KEPT = (outcome_file.FILE_NAME, OUTPUT_FILE, PROGRAM_LOG, "diagnostic.xml", "program.xml")
"""Files in a job directory that a further attempt replaces."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Began:
    """Which process runs an attempt.

    Attributes:
        host: Name of the machine; empty if the attempt was cancelled before it began.
        pid: Number of the process there.
        began_at: When it began (UTC).
        silent_s: Time since its last sign of life, by the clock of the file system [s].
    """

    host: str
    pid: int
    began_at: datetime
    silent_s: float


def directory_of(job: Job, number: int) -> Path:
    """Return the directory for the files of an attempt."""
    return job.directory / FOLDER / str(number)


def begin(job: Job, number: int, host: str) -> bool:
    """Say that the calling process runs an attempt, or, without a host, that nobody will; return False if it began.

    Raises:
        OSError: The file cannot be written. Nobody has begun.
    """
    path = directory_of(job, number) / BEGAN
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        write_began(path, host, os.getpid())
    except FileExistsError:
        return False
    return True


def write_began(path: Path, host: str, pid: int) -> None:
    """Write the file that says which process runs an attempt, whole or not at all.

    Raises:
        FileExistsError: It exists.
        OSError: It cannot be written.
    """
    content = {"host": host, "pid": pid, "began_at": datetime.now(timezone.utc).isoformat()}
    whole = path.with_name(f".{uuid4().hex}")
    try:
        with whole.open("x", encoding="utf-8") as stream:
            json.dump(content, stream)
            stream.flush()
            os.fsync(stream.fileno())
        # A link appears with its whole content, and in one of two processes only.
        path.hardlink_to(whole)
    finally:
        with suppress(OSError):
            whole.unlink()


def withdraw(job: Job, number: int) -> bool:
    """Say that nobody will run an attempt; return False if a process has begun it, or may just be doing so.

    A file that cannot be read, and is not new, is left of a process that has begun nothing: its disk was full, or it
    was killed.

    Raises:
        OSError: The file cannot be written.
    """
    if begin(job, number, host=""):
        return True
    began = read(job, number)
    if began is not None:
        return not began.host
    return age_s(directory_of(job, number) / BEGAN) > MISSED * PERIOD_S


def read(job: Job, number: int) -> Began | None:
    """Return which process runs an attempt, or None if it has not begun, or the file cannot be read yet."""
    path = directory_of(job, number) / BEGAN
    read = attempt(_read, path)
    return None if isinstance(read, Failure) else read


def _read(path: Path) -> Began:
    """Read the file of a process that may be anybody's.

    Raises:
        OSError: It cannot be read.
        ValueError: It is not a file, or has another content.
    """
    # A named pipe would wait for a writer, and a link may lead anywhere.
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW), encoding="utf-8") as stream:
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise ValueError(f"{path} is not a file.")
        content = json.loads(stream.read(LARGEST))
    began_at = datetime.fromisoformat(content["began_at"])
    host, pid = content["host"], content["pid"]
    is_valid = isinstance(host, str) and len(host) <= LONGEST_HOST and (not host or host.isprintable())
    if not is_valid or type(pid) is not int or not 0 < pid < LARGEST_PID or began_at.utcoffset() != timedelta(0):
        raise ValueError(f"{path} has another content.")
    return Began(host=host, pid=pid, began_at=began_at, silent_s=age_s(path))


def age_s(path: Path) -> float:
    """Return the time since a file was touched, by the clock of its file system [s]; links are not followed.

    A time in the future says nothing of the present, and is as far away as one in the past.

    Raises:
        OSError: The file does not exist, or its directory cannot be written.
    """
    touched_s = path.lstat().st_mtime
    return abs(_now_s(path.parent) - touched_s)


def _now_s(folder: Path) -> float:
    """Return the present time by the clock of a file system [s since 1970]."""
    probe = folder / f".{uuid4().hex}"
    try:
        probe.touch()
        return probe.stat().st_mtime
    finally:
        with suppress(OSError):
            probe.unlink()


def keep_files(job: Job, number: int) -> None:
    """Move the outcome file and the logs of an attempt into its directory, before a further attempt replaces them.

    A file that cannot be moved stays, and will be replaced.

    Args:
        job: The job.
        number: Number of the attempt; 0 for a run on the side that now submits the job.
    """
    folder = directory_of(job, number)
    found = [path for path in (job.directory / name for name in KEPT) if path.is_file()]
    if found and not isinstance(attempt(partial(folder.mkdir, parents=True, exist_ok=True)), Failure):
        for path in found:
            attempt(shutil.move, path, folder / path.name)
