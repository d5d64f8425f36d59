"""How a job was started, with what software, and what it has used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """How a job was started, with what software, and what it has used. What is unknown is empty or None.

    Attributes:
        command: The command line, or the call of the Python API and the command line of its process. Secrets are
            ``"***"``.
        user: Name of the user.
        host: Name of the machine.
        distribution: The distribution that provides the task; ``Outcome.software`` has its version.
        task_version: Version that the task itself declares.
        programs: Versions of the programs that the task has run, by name, as their logs declare them.
        cpu_s: CPU time of the job and of the programs that it has started, in all threads [s]. None if another job ran
            in the same process at the same time.
        peak_memory_bytes: Largest resident memory of the process of the job, or of a program that it has started, if
            that is larger [byte]. None if another job ran in the same process at the same time.
        variation_of: Number of the job whose parameters the job has begun with; empty if it is no variation.
        variation_uuid: UUID of that job; None if the job is no variation.
        fingerprint: SHA-256 checksum of the task, its versions, its parameters and the content of its input files. Jobs
            with the same fingerprint were asked the same. Empty for a sub-job, and for a job with a secret.
    """

    command: str = ""
    user: str = ""
    host: str = ""
    distribution: str = ""
    task_version: str = ""
    programs: Mapping[str, str] = field(default_factory=dict)
    cpu_s: float | None = None
    peak_memory_bytes: int | None = None
    variation_of: str = ""
    variation_uuid: UUID | None = None
    fingerprint: str = ""
