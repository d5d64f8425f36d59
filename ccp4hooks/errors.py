"""The exceptions that ccp4hooks raises deliberately.

```
Ccp4HooksError
    BadInputError              the request is invalid                                 exit code 4
        UnknownNameError       a parameter, plugin, setting or job does not exist
            UnknownTaskError   a task does not exist
    RefusedError               a plugin refused the job (a Problem of severity block) exit code 3
    NotRecordedError           the task ran, but a sink failed to record it           exit code 5
    PluginError                a plugin failed and its result was required            exit code 6
    StoreError                 the database cannot be used                            exit code 7
        StoreUnavailableError  the database is temporarily unavailable
    WaitTimeoutError           a job has not ended within the time given               exit code 9
```

A task that ran and failed raises no exception: its outcome has the status FAILED, and the command line exits with 1.

Each message tells the user what is wrong, where, and what to do.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ccp4hooks.texts import job_command, shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ccp4hooks.model import JobState, Problem, RunResult


class Ccp4HooksError(Exception):
    """Base class of these exceptions. The command line prints the message and exits with `exit_code`.

    Attributes:
        exit_code: Exit code of the command line.
        cure: What the user can do: what the message says after its first sentence, or else a sentence for the class.
    """

    exit_code = 6
    cure = "Do what the message says."

    def __init__(self, message: str = "") -> None:
        super().__init__(message)
        advice = _advice(message)
        if advice and "cure" not in vars(self):
            self.cure = advice

    def __str__(self) -> str:
        """Return the message, without characters that a terminal or a file may refuse, and with long names cut."""
        from ccp4hooks.model.plain import plain_text  # noqa: PLC0415 - start-up time

        return shortened(plain_text(super().__str__()))

    def __reduce__(self) -> tuple[Any, ...]:
        """Support pickling, so that a child process can pass the exception to its parent.

        The exception is rebuilt without a call of the constructor, whose signature differs between the classes.
        """
        return _rebuild, (type(self), self.args, vars(self))


def _advice(message: str) -> str:
    """Return what a message of one line says after its first sentence.

    >>> _advice("/a/b.pdb is empty. Give the complete file.")
    'Give the complete file.'
    """
    sentences = [] if "\n" in message else re.split(r"(?<=[.?])\s+(?=[A-Z`])", message, maxsplit=1)
    return sentences[1] if len(sentences) > 1 else ""


def _rebuild(kind: type[Ccp4HooksError], arguments: tuple[Any, ...], state: dict[str, Any]) -> Ccp4HooksError:
    error = kind.__new__(kind, *arguments)
    vars(error).update(state)
    return error


SHOWN_PROBLEMS = 20
"""Number of problems that the message of an exception lists."""


def _listed(message: str, problems: Sequence[Problem]) -> str:
    """Return a message that is followed by the first problems, and by the number of the others."""
    more = len(problems) - SHOWN_PROBLEMS
    lines = [f"  - {problem}" for problem in problems[:SHOWN_PROBLEMS]]
    cut = f"  {more} more problems are not shown. Correct these first; the next run shows the others."
    return "\n".join([message, *lines, *([cut] if more > 0 else [])])


class BadInputError(Ccp4HooksError):
    """The request is invalid. Correct the input that the message names.

    Attributes:
        problems: All problems of the request, so that they can be corrected in one go.
    """

    exit_code = 4
    cure = "Correct the input that the message names."

    def __init__(self, message: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(_listed(message, problems))
        self.problems = tuple(problems)


class UnknownNameError(BadInputError):
    """A name does not exist. The message suggests similar names.

    Args:
        kind: See below.
        name: See below.
        known: The known names.
        hint: Where the name comes from, or how to list the known names; in sentences.
        fault: Beginning of the message without a full stop; empty for ``Unknown KIND 'NAME'``.

    Attributes:
        kind: The kind of object, for example ``"parameter"``.
        name: The unknown name.
        near: The most similar known names, best first, at most three.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str], hint: str = "", *, fault: str = "") -> None:
        self.kind = kind
        self.name = name
        self.near = nearest(name, known)
        self.cure = hint or self.cure
        meant = f"; did you mean {' or '.join(self.near)}?" if self.near else "."
        super().__init__(f"{fault or f'Unknown {kind} {name!r}'}{meant}{' ' + hint if hint else ''}")


class UnknownTaskError(UnknownNameError):
    """A task that neither CCP4i2 nor a plugin provides. ``ccp4hooks tasks`` lists all tasks."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__("task", name, known, "`ccp4hooks tasks` lists all tasks.")


class EngineUnavailableError(BadInputError):
    """An engine cannot be reached at present, so that the job was not submitted. Try again later."""

    cure = "Try again later."


class RefusedError(Ccp4HooksError):
    """A plugin refused the job, so the task did not run. Correct the problems that the message lists.

    Attributes:
        problems: The problems that the plugins reported, each with its origin.
    """

    exit_code = 3
    cure = "Correct the problems that the message lists."

    def __init__(self, message: str, problems: Sequence[Problem]) -> None:
        super().__init__(_listed(message, problems))
        self.problems = tuple(problems)


class NotRecordedError(Ccp4HooksError):
    """The task ran, but a sink failed, or its outcome file could not be written.

    Args:
        result: See below.
        failures: What could not be recorded, and why.
        has_files: Whether each job has its outcome file.

    Attributes:
        result: The outcomes of the job and its sub-jobs, as in the outcome files.
    """

    exit_code = 5

    def __init__(self, result: RunResult, failures: Iterable[str], *, has_files: bool = True) -> None:
        job, status = result.outcome.job, result.outcome.status
        if has_files:
            where = f"Its outcome file is in {job.directory}. "
            self.cure = f"Run {job_command('replay', job.number, project=job.project.name)} to record it."
        else:
            where = ""
            self.cure = (
                f"When the disk has free space, run `ccp4hooks recover {job.project.name}`, which records the job and "
                "writes the outcome files that are missing."
            )
        super().__init__(
            f"Job {job.number} ran ({status.name}), but not everything was recorded: {'; '.join(failures)}. "
            f"{where}{self.cure}"
        )
        self.result = result


class PluginError(Ccp4HooksError):
    """A plugin failed and its result was required, or the plugin cannot be used.

    Fix the plugin, or disable it with ``-p no:NAME``.

    Attributes:
        plugin: Name of the plugin.
        hook: Name of the hook that failed; empty if no hook was called.
    """

    exit_code = 6

    def __init__(self, message: str, *, plugin: str, hook: str = "") -> None:
        super().__init__(message)
        self.plugin = plugin
        self.hook = hook
        self.cure = f"Fix the plugin, or disable it with `-p no:{plugin}`."


class StoreError(Ccp4HooksError):
    """The database cannot be used: missing, locked, read-only, or of another schema version."""

    exit_code = 7
    cure = "`ccp4hooks doctor` checks the database."


class StoreUnavailableError(StoreError):
    """The database is temporarily unavailable to all jobs. Try again later."""

    cure = "Try again later."


class WaitTimeoutError(Ccp4HooksError):
    """A job has not ended within the time that the caller wanted to wait. The job is not affected.

    Args:
        state: See below.
        timeout_s: The time [s].

    Attributes:
        state: The state of the job at the end of that time.
    """

    exit_code = 9
    cure = "Wait again, or longer. The job is not affected."

    def __init__(self, state: JobState, timeout_s: float) -> None:
        job, status = state.outcome.job, state.outcome.status
        super().__init__(f"Job {job.number} is still {status.name} after {timeout_s:g} s. {self.cure}")
        self.state = state


def nearest(name: str, known: Iterable[str], *, cutoff: float = 0.65) -> tuple[str, ...]:
    """Return the known names most similar to `name`, best first, at most three, ignoring case.

    Args:
        name: The unknown name.
        known: The known names.
        cutoff: Minimum similarity, 0 to 1.

    >>> nearest("freerflga", ["splitMtz", "freerflag"])
    ('freerflag',)
    >>> nearest("XYZIN", ["XYZOUT", "HKLIN"])
    ()
    """
    import difflib  # noqa: PLC0415 - start-up time

    folded = {candidate.casefold(): candidate for candidate in known}
    return tuple(folded[match] for match in difflib.get_close_matches(name.casefold(), folded, cutoff=cutoff))
