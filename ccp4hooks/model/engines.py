"""Engines, which run jobs on other machines: what a job needs, how it was submitted, and what became of it."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from ccp4hooks.model.jobs import Job, JobStatus
from ccp4hooks.model.outcomes import RunResult


class Fate(enum.Enum):
    """What an engine says of a job that was submitted to it.

    `GONE` means that the engine has ended the job, or does not know it any more. `UNKNOWN` means that the engine has
    not answered, or has answered something else.
    """

    QUEUED = "queued"
    RUNNING = "running"
    GONE = "gone"
    UNKNOWN = "unknown"


class RecordsBy(enum.Enum):
    """How the record of a job that an engine runs gets into the database.

    `DIRECT`: the machine that runs the job writes into the database. `BY_FILE`: it writes files into the job directory
    only, and the side that has submitted the job records them.
    """

    DIRECT = "direct"
    BY_FILE = "by-file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What a job needs of the machine that runs it. None, or an empty queue, leaves the choice to the engine.

    Attributes:
        cores: Number of processor cores.
        memory_mb: Memory [MiB].
        time_s: Time after which the engine may end the job [s].
        gpus: Number of graphics processors.
        queue: Name of the queue or partition.
    """

    cores: int | None = None
    memory_mb: int | None = None
    time_s: int | None = None
    gpus: int | None = None
    queue: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTarget:
    """Where a job is to run, and what it needs there.

    Attributes:
        engine: Name of the engine in the settings.
        needs: What the job needs; the settings of the engine say what is not given.
        retries: How often the job is submitted again if it is interrupted; None for what the settings say.
    """

    engine: str
    needs: Needs = Needs()
    retries: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """The commands with which a machine that shares no files gets and sends files. It runs them, and no shell.

    In each word, ``{from}`` and ``{to}`` stand for the path of a file here and there.

    Attributes:
        fetch: The words of the command that copies a file from the side that submits to that machine.
        send: The words of the command that copies a file from that machine to the side that submits.
    """

    fetch: tuple[str, ...]
    send: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """An engine that the settings describe: ``[engines.NAME]``.

    Attributes:
        name: Name of the engine.
        plugin: Name of the plugin that submits to it.
        records: How a job gets into the database.
        at_most: The largest number of jobs of one sweep that wait or run there at once.
        retries: How often a job that was interrupted there is submitted again.
        needs: What a job needs that asks for nothing else.
        python: The Python interpreter on the machines of the engine; empty for that of this process.
        is_local: Whether it runs jobs on this machine only, in processes of its own.
        outlives: Whether it goes on when the process that has submitted to it has ended.
        transfer: How its machines get and send files, if they share none with the side that submits; None if they do.
        options: The other settings, which the plugin reads by `Settings.engine_options`.
    """

    name: str
    plugin: str
    records: RecordsBy = RecordsBy.DIRECT
    at_most: int = 100
    retries: int = 0
    needs: Needs = Needs()
    python: str = ""
    is_local: bool = False
    outlives: bool = True
    transfer: Transfer | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handle:
    """By what an engine knows a job.

    Attributes:
        engine: Name of the engine.
        key: The identifier that the engine has given, such as ``"4711"``.
    """

    engine: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeCommand:
    """The command by which another machine runs a job. It contains nothing of the job but its identity.

    It may instead be that of a probe, which runs no job and says what it finds on the machine. An engine that runs
    `arguments` need not tell the two apart.

    Attributes:
        attempt: Number of the attempt.
        arguments: The program and its arguments.
        environment: Environment variables that it needs. A value may be secret, such as the URL of a database: it must
            not be shown to other users, so neither on a command line nor in a file that others can read.
        directory: A new directory for the files of the engine. It belongs to the attempt. All machines reach it, unless
            the files are carried.
        probe: The file into which a probe writes by `Session.answer_probe`; None for a job.
        is_carried: Whether the other machine shares no files with this one, so that it has no directory of the job.
    """

    attempt: int
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    directory: Path
    probe: Path | None = None
    is_carried: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt to run a job on an engine.

    Attributes:
        job: The job.
        number: Number of the attempt, from 1.
        engine: Name of the engine.
        key: See `Handle`; empty as long as the engine has not accepted the job.
        retries: How many further attempts may follow if this one is interrupted.
        fingerprint: See `Provenance`.
        host: The machine that runs it; empty before it began.
        submitted_at: Time at which it was submitted (UTC).
        began_at: Time at which it began to run (UTC), or None.
        ended_at: Time at which it ended (UTC), or None.
        end: The status with which it ended, or None.
    """

    job: Job
    number: int
    engine: str
    submitted_at: datetime
    key: str = ""
    retries: int = 0
    fingerprint: str = ""
    host: str = ""
    began_at: datetime | None = None
    ended_at: datetime | None = None
    end: JobStatus | None = None

    @property
    def handle(self) -> Handle | None:
        """The handle, or None if the engine has not accepted the job."""
        return Handle(engine=self.engine, key=self.key) if self.key else None

    @property
    def state(self) -> str:
        """The name of the status with which it ended; before that, ``"waiting"`` or ``"running"``."""
        return self.end.name if self.end else "running" if self.began_at else "waiting"

    def waited_s(self, now: datetime) -> float:
        """Return the time from its submission until it began, ended or now [s], not below 0 if clocks differ.

        Args:
            now: The present time.
        """
        return max(0.0, ((self.began_at or self.ended_at or now) - self.submitted_at).total_seconds())

    def ran_s(self, now: datetime) -> float | None:
        """Return the time from its begin until it ended or now [s], not below 0; None if it did not begin.

        Args:
            now: The present time.
        """
        return max(0.0, ((self.ended_at or now) - self.began_at).total_seconds()) if self.began_at else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """The answer to the request to submit a task.

    Attributes:
        job: The job.
        attempt: The attempt that was submitted, or an earlier one that waits or runs; None if nothing needs to run.
        result: The result of a FINISHED job with the same input, instead of which nothing runs; None for no such job.
    """

    job: Job
    attempt: Attempt | None = None
    result: RunResult | None = None
