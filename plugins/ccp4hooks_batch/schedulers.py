"""The schedulers: how a job is submitted, what its script asks for, and how a scheduler is asked for states of jobs.

Source: the manuals of the commands, of SLURM 24.11, PBS Professional 2022.1, Torque 6.1, LSF 10.1, Grid Engine 8.1 and
HTCondor 23.
"""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from ccp4hooks import BadInputError, Fate, Needs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ccp4hooks_batch.commands import Answer

NUMBER = r"[1-9][0-9]{0,17}"
"""A pattern of a job number without the name of its server."""

KEY = re.compile(NUMBER + r"(?:\.[A-Za-z0-9_.-]{1,255})?")
"""A job number of a scheduler."""

PLAIN_PATH = re.compile(r"[\w/.,+=@~-]+")
"""A path that every scheduler takes as it is."""

FORGOTTEN = re.compile(
    r"^(?:qstat: )?Unknown Job Id(?: Error)? (?P<pbs>[\w.\[\]-]+)\s*$"
    r"|^qstat: (?P<history>[\w.\[\]-]+) Job has finished"
    r"|^Job <(?P<lsf>\d+)> is not found\.?\s*$",
    re.IGNORECASE | re.MULTILINE | re.ASCII,
)
"""A message of PBS or LSF that names a job that it does not know any more."""

ENDED = re.compile(
    r"invalid job id|already complet|unknown job id|has finished|already finished|job \S+ not found|no matching job"
    r"|job \S+ does not exist|couldn't find",
    re.IGNORECASE,
)
"""A message of a scheduler that was asked to end a job, and whose job has ended."""

HARMLESS = re.compile(r"\b(?:warning|info|debug\d*)\b", re.IGNORECASE | re.ASCII)
"""A line of the errors of a command that has answered nevertheless."""

IS_UNSURE = re.compile(r"timed? ?out|zero bytes|connection reset|end of file|broken pipe", re.IGNORECASE)
"""A message of a command that lost its connection, so that the scheduler may have accepted the job nevertheless."""

IS_AWAY = re.compile(
    r"unable to contact|connect(?:ion)? (?:failure|refused)|cannot connect|can't connect|failed to connect"
    r"|cannot contact|is down|not respond",
    re.IGNORECASE,
)
"""A message of a command that could not reach its scheduler, so that nothing was submitted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a script asks for.

    Attributes:
        name: Name of the job for the scheduler.
        output: The file for what the job prints.
        script: The file for a script that the scheduler reads when the job begins, see `Scheduler.keeps_script`.
        needs: What the job needs.
        account: The account that is charged; empty for the default.
        parallel_environment: See `BatchOptions`.
        grace_s: Time before the end of the time limit at which the job is asked to end [s]; None if it is not.
        is_carried: Whether the machine that runs the job shares no files with this one.
    """

    name: str
    output: Path
    script: Path
    needs: Needs
    account: str = ""
    parallel_environment: str = ""
    grace_s: int | None = None
    is_carried: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduler(ABC):
    """A scheduler.

    Attributes:
        title: Name for users.
        prefix: How a directive begins; empty for HTCondor.
        submits: The command that submits a job. It reads the script, or a submit description, from standard input.
        number: What it answers, a line with the job number as the group ``key``.
        stops: The program that ends a job.
        states: What the states mean, as the scheduler writes them. All others are `UNKNOWN`.
        longest_name: Number of characters that the name of a job may have.
        keeps_script: Whether the scheduler is given a submit description, and reads the script when the job begins.
        shows_script: Whether the scheduler shows the script to other users.
        signals: Whether the scheduler itself asks a job to end before its time limit.
        lists_all: Whether a job that is missing in an answer is `GONE`; else the scheduler names it in a message.
    """

    title: str
    prefix: str
    submits: tuple[str, ...]
    number: re.Pattern[str]
    stops: str
    states: Mapping[str, Fate] = field(default_factory=dict)
    longest_name: int = 64
    keeps_script: bool = False
    shows_script: bool = False
    signals: bool = False
    lists_all: bool = True

    line: ClassVar[re.Pattern[str]]
    """A line of the list of jobs, with the groups ``key`` and ``state``."""

    @abstractmethod
    def directives(self, request: Request) -> Iterator[str]:
        """Yield the lines that ask for what a job needs, without `prefix`."""

    @abstractmethod
    def question(self, keys: Sequence[str]) -> list[str]:
        """Return the command that lists jobs."""

    def lines(self, output: str) -> Iterator[str]:
        """Yield the lines of the output of `question` that describe jobs."""
        return (line for line in output.splitlines() if line.strip())

    def fates(self, keys: Sequence[str], answer: Answer) -> dict[str, Fate]:
        """Return what an answer to `question` says of jobs."""
        found = [self.line.match(line) for line in self.lines(answer.output)]
        listed = {one["key"]: self.fate(one["state"]) for one in found if one}
        if not self.lists_all:
            named = {name for one in FORGOTTEN.finditer(answer.errors) for name in one.groups() if name}
        else:
            named = set(keys) if self._is_whole(answer, found) else set()
        return {key: listed.get(key, Fate.GONE if key in named else Fate.UNKNOWN) for key in keys}

    @staticmethod
    def _is_whole(answer: Answer, found: Sequence[re.Match[str] | None]) -> bool:
        """Return whether an answer lists all jobs. An empty list with an error is none."""
        problems = [line for line in answer.errors.splitlines() if line.strip() and not HARMLESS.search(line)]
        return answer.code == 0 and all(found) and bool(found or not problems)

    def submitted(self, output: str) -> str:
        """Return the number of the job in what `submits` has printed, or an empty text; other lines come before it."""
        *_, last = ["", *(one["key"] for one in self.number.finditer(output))]
        return last

    def fate(self, state: str) -> Fate:
        """Return what a state means."""
        return self.states.get(state, Fate.UNKNOWN)

    def path(self, path: Path) -> str:
        """Return a path as a directive takes it.

        Raises:
            BadInputError: It cannot take it.
        """
        if not PLAIN_PATH.fullmatch(str(path)):
            raise BadInputError(
                f"{self.title} cannot write into {path}, because of a space or a special character in this path. "
                "Move the project to a directory without them."
            )
        return str(path)


def _whole_line(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"^{pattern}[ \t]*$", re.MULTILINE | re.ASCII)


def _fates(*, queued: str, running: str, gone: str) -> dict[str, Fate]:
    given = ((queued, Fate.QUEUED), (running, Fate.RUNNING), (gone, Fate.GONE))
    return {state: fate for states, fate in given for state in states.split()}


def clock(time_s: int) -> str:
    """Return a time as schedulers take it, in hours, minutes and seconds.

    >>> clock(93_784)
    '26:03:04'
    """
    minutes, seconds = divmod(time_s, 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"


class Slurm(Scheduler):
    """SLURM. It can take a job away from a machine and begin it again; what the job prints is then appended."""

    line = re.compile(r"(?P<key>\d+)\S* (?P<state>[A-Z_]+)\s*$", re.ASCII)

    def directives(self, request: Request) -> Iterator[str]:
        """See `Scheduler.directives`."""
        needs = request.needs
        yield f"--job-name={request.name}"
        yield "--nodes=1"
        yield "--ntasks-per-node=1"
        yield f"--output={self.path(request.output)}"
        yield "--open-mode=append"
        if needs.cores:
            yield f"--cpus-per-task={needs.cores}"
        if needs.memory_mb:
            yield f"--mem={needs.memory_mb}M"
        if needs.time_s:
            yield f"--time={clock(needs.time_s)}"
        if request.grace_s:
            yield f"--signal=B:TERM@{request.grace_s}"
        if needs.gpus:
            yield f"--gpus-per-node={needs.gpus}"
        if needs.queue:
            yield f"--partition={needs.queue}"
        if request.account:
            yield f"--account={request.account}"

    def question(self, keys: Sequence[str]) -> list[str]:
        """See `Scheduler.question`. For a single number, ``squeue`` would fail if it has forgotten the job."""
        wanted = ",".join([*keys, keys[0]])
        return ["squeue", "--noheader", "--format=%i %T", "--states=all", f"--jobs={wanted}"]

    def path(self, path: Path) -> str:
        """See `Scheduler.path`. SLURM takes all but a few characters."""
        text = str(path)
        if not text.isprintable() or '"' in text or "\\" in text:
            return super().path(path)
        return '"' + text.replace("%", "%%") + '"'


class Pbs(Scheduler):
    """PBS Professional and OpenPBS. ``qstat -f``, also of Torque, prints a block for each job."""

    line = re.compile(r"(?P<key>\S+) (?P<state>[A-Z])$")

    def directives(self, request: Request) -> Iterator[str]:
        """See `Scheduler.directives`."""
        needs = request.needs
        yield "-S /bin/bash"
        yield f"-N {request.name}"
        yield f"-o {self.path(request.output)}"
        yield "-j oe"
        yield "-m n"
        yield from self.resources(needs)
        if needs.time_s:
            yield f"-l walltime={clock(needs.time_s)}"
        if needs.queue:
            yield f"-q {needs.queue}"
        if request.account:
            yield f"-A {request.account}"

    def resources(self, needs: Needs) -> Iterator[str]:
        """Yield the lines that ask for cores, memory and graphics processors."""
        asked = {"ncpus": needs.cores or 1, "mem": needs.memory_mb and f"{needs.memory_mb}mb", "ngpus": needs.gpus}
        yield ":".join(["-l select=1", *(f"{name}={value}" for name, value in asked.items() if value)])

    def question(self, keys: Sequence[str]) -> list[str]:
        """See `Scheduler.question`."""
        return ["qstat", "-f", *keys]

    def lines(self, output: str) -> Iterator[str]:
        """See `Scheduler.lines`."""
        key = ""
        for line in output.splitlines():
            name, _, value = line.partition(":" if line.startswith("Job Id:") else "=")
            if name == "Job Id":
                key = value.strip()
            elif name.strip() == "job_state":
                yield f"{key} {value.strip()}"


class Torque(Pbs):
    """Torque, which has no ``select``."""

    def resources(self, needs: Needs) -> Iterator[str]:
        """See `Pbs.resources`."""
        yield f"-l nodes=1:ppn={needs.cores or 1}{f':gpus={needs.gpus}' if needs.gpus else ''}"
        if needs.memory_mb:
            yield f"-l mem={needs.memory_mb}mb"


class Lsf(Scheduler):
    """LSF. ``bjobs -l`` shows the script to all users."""

    line = re.compile(r"(?P<key>\d+)\s+(?P<state>[A-Z]+)\s*$", re.ASCII)

    def directives(self, request: Request) -> Iterator[str]:
        """See `Scheduler.directives`."""
        needs = request.needs
        cores = needs.cores or 1
        yield f"-J {request.name}"
        yield f"-o {self.path(request.output)}"
        yield f"-n {cores}"
        yield f'-R "span[ptile={cores}]"'
        if needs.memory_mb:
            yield f'-M {needs.memory_mb}MB -R "rusage[mem={needs.memory_mb}MB]"'
        if needs.time_s:
            hours, minutes = divmod(math.ceil(needs.time_s / 60), 60)
            yield f"-W {hours}:{minutes:02}"
        if needs.gpus:
            yield f"-gpu num={needs.gpus}"
        if needs.queue:
            yield f"-q {needs.queue}"
        if request.account:
            yield f"-P {request.account}"

    def question(self, keys: Sequence[str]) -> list[str]:
        """See `Scheduler.question`."""
        return ["bjobs", "-noheader", "-o", "jobid stat", *keys]


class GridEngine(Scheduler):
    """Grid Engine. Its memory is that of one core, and it lists jobs of all users at once."""

    line = re.compile(r"\s*(?P<key>\d+)\s+\S+\s+\S.*?\s(?P<state>[a-zA-Z]+)\s+\d\d/\d\d/\d{4}\s", re.ASCII)

    def directives(self, request: Request) -> Iterator[str]:
        """See `Scheduler.directives`."""
        needs = request.needs
        yield "-S /bin/bash"
        yield "-cwd"
        yield f"-N {request.name}"
        yield f"-o {self.path(request.output)}"
        yield "-j y"
        if needs.cores:
            yield f"-pe {request.parallel_environment} {needs.cores}"
        if needs.memory_mb:
            yield f"-l h_vmem={math.ceil(needs.memory_mb / (needs.cores or 1))}M"
        if needs.time_s:
            yield f"-l h_rt={clock(needs.time_s)}"
        if needs.gpus:
            yield f"-l gpu={needs.gpus}"
        if needs.queue:
            yield f"-q {needs.queue}"
        if request.account:
            yield f"-P {request.account}"

    def question(self, keys: Sequence[str]) -> list[str]:  # noqa: ARG002 - it lists all jobs
        """See `Scheduler.question`."""
        return ["qstat", "-u", "*"]

    def lines(self, output: str) -> Iterator[str]:
        """See `Scheduler.lines`. The list begins with two lines of titles."""
        lines = [line for line in output.splitlines() if line.strip()]
        return iter(lines[2:] if lines and lines[0].split()[0] == "job-ID" else lines)

    def fate(self, state: str) -> Fate:
        """See `Scheduler.fate`. A state is a set of letters, such as ``hqw`` or ``Rr``."""
        return Fate.QUEUED if "w" in state else Fate.RUNNING


class Condor(Scheduler):
    """HTCondor, which has no queues."""

    line = re.compile(r"(?P<key>\d+\.\d+)\s+(?P<state>\d)\s*$", re.ASCII)

    def directives(self, request: Request) -> Iterator[str]:
        """See `Scheduler.directives`."""
        needs = request.needs
        if needs.queue:
            raise BadInputError(f"HTCondor has no queues, so there is none named {needs.queue!r}. Leave out the queue.")
        yield "universe = vanilla"
        yield "executable = /bin/bash"
        if request.is_carried:
            yield f"arguments = {request.script.name}"
            yield f"transfer_input_files = {self.path(request.script)}"
            yield 'transfer_output_files = ""'
        else:
            yield f"arguments = {self.path(request.script)}"
        yield "transfer_executable = false"
        yield "should_transfer_files = YES"
        yield "when_to_transfer_output = ON_EXIT_OR_EVICT"
        yield f'+JobBatchName = "{request.name}"'
        yield f"output = {self.path(request.output)}"
        yield f"error = {self.path(request.output.with_suffix('.errors.txt'))}"
        if needs.cores:
            yield f"request_cpus = {needs.cores}"
        if needs.memory_mb:
            yield f"request_memory = {needs.memory_mb}"
        if needs.time_s:
            yield f"periodic_remove = (JobStatus == 2) && (time() - EnteredCurrentStatus > {needs.time_s})"
        if needs.gpus:
            yield f"request_gpus = {needs.gpus}"
        if request.account:
            yield f"accounting_group = {request.account}"

    def question(self, keys: Sequence[str]) -> list[str]:
        """See `Scheduler.question`."""
        return ["condor_q", *keys, "-af:jr", "JobStatus"]


SCHEDULERS: Mapping[str, Scheduler] = {
    "slurm": Slurm(
        title="SLURM",
        prefix="#SBATCH",
        submits=("sbatch", "--parsable"),
        number=_whole_line(rf"(?P<key>{NUMBER})(;\S+)?"),
        stops="scancel",
        states=_fates(
            queued="PENDING CONFIGURING REQUEUED REQUEUE_FED REQUEUE_HOLD RESV_DEL_HOLD SPECIAL_EXIT",
            running="RUNNING COMPLETING SUSPENDED STOPPED SIGNALING STAGE_OUT RESIZING",
            gone="BOOT_FAIL CANCELLED COMPLETED DEADLINE FAILED NODE_FAIL OUT_OF_MEMORY PREEMPTED REVOKED TIMEOUT",
        ),
        signals=True,
    ),
    "pbspro": Pbs(
        title="PBS",
        prefix="#PBS",
        submits=("qsub",),
        number=_whole_line(f"(?P<key>{KEY.pattern})"),
        stops="qdel",
        states=_fates(queued="Q H W T M", running="R S U B E", gone="F X"),
        lists_all=False,
    ),
    "torque": Torque(
        title="Torque",
        prefix="#PBS",
        submits=("qsub",),
        number=_whole_line(f"(?P<key>{KEY.pattern})"),
        stops="qdel",
        states=_fates(queued="Q H W T", running="R S E", gone="C"),
        longest_name=15,
        lists_all=False,
    ),
    "lsf": Lsf(
        title="LSF",
        prefix="#BSUB",
        submits=("bsub",),
        number=_whole_line(rf"Job <(?P<key>{NUMBER})> is submitted to .*"),
        stops="bkill",
        states=_fates(queued="PEND PSUSP WAIT", running="RUN USUSP SSUSP PROV", gone="DONE EXIT"),
        shows_script=True,
        lists_all=False,
    ),
    "grid-engine": GridEngine(
        title="Grid Engine",
        prefix="#$",
        submits=("qsub", "-terse"),
        number=_whole_line(rf"(?P<key>{NUMBER})"),
        stops="qdel",
    ),
    "condor": Condor(
        title="HTCondor",
        prefix="",
        submits=("condor_submit", "-terse", "-"),
        number=_whole_line(rf"(?P<key>{NUMBER}\.0) - {NUMBER}\.0"),
        stops="condor_rm",
        states=_fates(queued="1 5", running="2 6 7", gone="3 4"),
        keeps_script=True,
    ),
}
"""The schedulers by their name in settings."""
