"""Probe an engine: submit a small job to it, which says what it finds on its machine. No job is recorded.

The side that submits makes an empty file, which the job fills. A file that exists is looked at anew by the file systems
of networks whenever it is opened, so that the answer is seen at once.
"""

from __future__ import annotations

import os
import platform
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from uuid import uuid4

import msgspec
import psutil  # type: ignore[import-untyped]

from ccp4hooks.engines.node_command import probe_command, require_usable
from ccp4hooks.engines.transport import Transport, require_plain
from ccp4hooks.errors import BadInputError
from ccp4hooks.failures import Failure, attempt
from ccp4hooks.model import Engine, Fate, Job, JobNumber, Project
from ccp4hooks.runtime.watchdog import scratch_directory
from ccp4hooks.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

    from ccp4hooks.maintenance.engine_calls import EngineCalls
    from ccp4hooks.model import Handle, Transfer
    from ccp4hooks.settings import Settings

PREFIX = ".ccp4hooks_probe_"
"""Beginning of the name of the directory of a probe, in the directory of projects."""

ANSWER_NAME = "answer.json"
"""The file in it that the job fills."""

PROGRAM = "refmac5"
"""A program that every installation of CCP4 has."""

POLL_S = 0.1
"""Interval at which the answer is looked for [s]."""

ASK_S = 3.0
"""Interval at which the engine is asked for the job [s]."""

LATE_S = 5.0
"""Time for which the answer of a job that has ended is still looked for [s]."""

MOST_PRINTED = 2000
"""Number of characters that are kept of what the job has printed; the last ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeAnswer:
    """What the job of a probe has found on its machine.

    Attributes:
        host: Name of the machine.
        python: Version of Python.
        executable: Path of the Python interpreter.
        versions: Versions of ccp4hooks and ccp4i2.
        ccp4: ``$CCP4``, if it is a directory.
        program: Path of `PROGRAM`; empty if it is not on the PATH.
        database_fault: Why the database cannot be used; empty if it can, or if the machine does without it.
        time_s: Time at which this was written, by the clock of the machine [s since 1970].
        took_s: Time since the process of the job has begun [s].
    """

    host: str = ""
    python: str = ""
    executable: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    ccp4: str = ""
    program: str = ""
    database_fault: str = ""
    time_s: float = 0.0
    took_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What became of a probe.

    Attributes:
        engine: The engine.
        key: The identifier that the engine has given to the job.
        waited_s: Time between the submission and the answer, or the end of the waiting [s].
        answer: What the job has found; None if it has not answered.
        ahead_s: How far the clock of the machine is ahead of the one here, at least and at most [s].
        fate: What the engine has said of a job without an answer.
        was_stopped: Whether a job without an answer has ended, or was ended.
        printed: What a job without an answer has printed.
    """

    engine: Engine
    key: str
    waited_s: float
    answer: ProbeAnswer | None = None
    ahead_s: tuple[float, float] = (0.0, 0.0)
    fate: Fate = Fate.UNKNOWN
    was_stopped: bool = False
    printed: str = ""


def find_versions() -> dict[str, str]:
    """Return the versions of ccp4hooks and ccp4i2 in this environment; an empty one of what is not installed."""
    try:
        ccp4i2 = version("ccp4i2")
    except PackageNotFoundError:
        ccp4i2 = ""
    return {"ccp4hooks": __version__, "ccp4i2": ccp4i2}


def find_ccp4() -> str:
    """Return ``$CCP4``, or an empty text if that is no directory."""
    ccp4 = os.environ.get("CCP4", "")
    return ccp4 if ccp4 and Path(ccp4).is_dir() else ""


def answer_probe(path: Path, require_store: Callable[[], None], transfer: Transfer | None = None) -> None:
    """Write what is found on this machine into the file of a probe.

    Args:
        path: The file. It exists.
        require_store: Raises an exception if the database cannot be used, unless this machine does without it.
        transfer: How files are fetched and sent, if this machine shares none with the side that has submitted the
            probe. The file is fetched first, to try both.

    Raises:
        BadInputError: The file is not there, or cannot be written.
        Ccp4HooksError: The file could not be fetched or sent.
    """
    if transfer is None:
        _write_answer(path, require_store)
        return
    transport = Transport(transfer=transfer, directory=PurePosixPath(path.parent))
    with scratch_directory() as scratch:
        transport.fetch(path.name, scratch / path.name)
        _write_answer(scratch / path.name, require_store)
        transport.send(scratch / path.name, path.name)


def _write_answer(path: Path, require_store: Callable[[], None]) -> None:
    checked = attempt(require_store)
    answer = ProbeAnswer(
        host=socket.gethostname(),
        python=platform.python_version(),
        executable=sys.executable,
        versions=find_versions(),
        ccp4=find_ccp4(),
        program=shutil.which(PROGRAM) or "",
        database_fault=checked.reason if isinstance(checked, Failure) else "",
        time_s=time.time(),
        took_s=time.time() - psutil.Process().create_time(),
    )
    try:
        with path.open("r+b") as file:
            file.write(msgspec.json.encode(asdict(answer)))
    except OSError as error:
        raise BadInputError(
            f"{path} cannot be written on {answer.host}: {error.strerror}. The machine needs the directory of projects "
            "under the same path as the one that submits."
        ) from error


def probe(settings: Settings, calls: EngineCalls, engine: Engine, timeout_s: float, *, portable: bool) -> Probe:
    """Submit a job that says what it finds on its machine, and wait for its answer. Nothing is left of it.

    Args:
        settings: The settings of the session.
        calls: The engines.
        engine: The engine.
        timeout_s: Longest time to wait [s]. Then the job is stopped.
        portable: Whether the settings alone make the same session in another process.

    Raises:
        BadInputError: The engine refuses the job, or its machines could not record jobs.
        Ccp4HooksError: The engine has not accepted the job.
    """
    require_usable(settings, engine, portable=portable, waits=True)
    if engine.transfer is not None:
        require_plain(settings.projects_dir.absolute())
    try:
        settings.projects_dir.mkdir(parents=True, exist_ok=True)
        directory = Path(tempfile.mkdtemp(prefix=PREFIX, dir=settings.projects_dir.absolute()))
    except OSError as error:
        raise BadInputError(f"Cannot write into {settings.projects_dir}: {error.strerror}.") from error
    try:
        path = directory / ANSWER_NAME
        path.touch()
        project = Project(name="ccp4hooks", directory=directory, uuid=uuid4())
        job = Job(uuid=uuid4(), number=JobNumber("1"), task="doctor", title="", project=project, directory=directory)
        handle = calls.submit(engine, job, probe_command(settings, engine, path), engine.needs)
        return _Wait(calls, engine, handle, path, timeout_s).run()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


class _Wait:
    """Waits for the answer of the job of a probe."""

    def __init__(self, calls: EngineCalls, engine: Engine, handle: Handle, path: Path, timeout_s: float) -> None:
        self._calls, self._engine, self._handle, self._path = calls, engine, handle, path
        self._begun_s = time.monotonic()
        self._end_s = self._begun_s + timeout_s

    def run(self) -> Probe:
        """Return what became of the probe. The job is stopped if it has not answered."""
        try:
            found = self._answered()
        except BaseException:
            attempt(self._calls.stop, self._handle)
            raise
        if found is not None:
            return found
        fate = self._fate()
        was_stopped = fate is Fate.GONE or attempt(self._calls.stop, self._handle) is True
        return Probe(
            engine=self._engine,
            key=self._handle.key,
            waited_s=time.monotonic() - self._begun_s,
            fate=fate,
            was_stopped=was_stopped,
            printed=self._printed(),
        )

    def _answered(self) -> Probe | None:
        """Return the probe with its answer; None if there is none in time."""
        asked_s, unseen_s = time.monotonic(), time.time()
        while True:
            answer, now_s = self._read(), time.time()
            if answer is not None:
                return Probe(
                    engine=self._engine,
                    key=self._handle.key,
                    waited_s=time.monotonic() - self._begun_s,
                    answer=answer,
                    ahead_s=(answer.time_s - now_s, answer.time_s - unseen_s),
                )
            if time.monotonic() > self._end_s:
                return None
            if time.monotonic() - asked_s > ASK_S:
                if self._fate() is Fate.GONE:
                    self._end_s = min(self._end_s, time.monotonic() + LATE_S)
                asked_s = time.monotonic()
            unseen_s = now_s
            time.sleep(POLL_S)

    def _read(self) -> ProbeAnswer | None:
        """Return the answer; None if it is not there, or not all of it."""
        read = attempt(self._path.read_bytes)
        answer = attempt(msgspec.json.decode, read, type=ProbeAnswer) if isinstance(read, bytes) else None
        return answer if isinstance(answer, ProbeAnswer) else None

    def _fate(self) -> Fate:
        return self._calls.ask([self._handle], None).fates[self._handle]

    def _printed(self) -> str:
        read = [attempt(path.read_text, errors="replace") for path in sorted(self._path.parent.rglob("output*.txt"))]
        return "\n".join(text.strip() for text in read if isinstance(text, str))[-MOST_PRINTED:]
