"""Every error that ccp4hooks raises on purpose.

```
Ccp4HooksError
    BadInputError           the user's request cannot be run as it stands        exit code 4
        UnknownTaskError
        UnknownNameError    a parameter, plugin, setting or job that is not there
    RefusedError            a plugin vetoed the job (a Problem of severity block) exit code 3
    NotRecordedError        the task ran, its outcome file stands, a sink failed  exit code 5
    PluginError             a plugin failed where its answer was needed           exit code 6
    StoreError              the database cannot be used                           exit code 7
        StoreUnavailableError      at present: it may answer later
```

A task that ran and failed is no error: its outcome says so, and the command line exits with 1.

Every message is one that a user can act on: what is wrong, where, and what to do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ccp4hooks.model import Problem, RunResult


class Ccp4HooksError(Exception):
    """Base of every error raised on purpose; the command line prints its text and exits with `exit_code`."""

    exit_code = 6

    def __reduce__(self) -> tuple[Any, ...]:
        """Let it pass from one process to another, whatever its constructor asks for."""
        return _rebuilt, (type(self), self.args, vars(self))


def _rebuilt(kind: type[Ccp4HooksError], arguments: tuple[Any, ...], state: dict[str, Any]) -> Ccp4HooksError:
    error = kind.__new__(kind, *arguments)
    vars(error).update(state)
    return error


class BadInputError(Ccp4HooksError):
    """The request cannot be run as it stands; correct the input that the text names.

    Attributes:
        problems: All that is wrong, so that one correction round is enough.
    """

    exit_code = 4

    def __init__(self, message: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__("\n".join([message, *(f"  - {problem}" for problem in problems)]))
        self.problems = tuple(problems)


class UnknownNameError(BadInputError):
    """A name that is not there; the text gives the nearest ones that are.

    Attributes:
        kind: What was looked for, for instance ``"parameter"``.
        name: The name as it was given.
        near: The most similar known names, best first, at most three.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str], hint: str = "") -> None:
        self.kind = kind
        self.name = name
        self.near = nearest(name, known)
        meant = f"; did you mean {' or '.join(self.near)}?" if self.near else "."
        super().__init__(f"There is no {kind} {name!r}{meant}{' ' + hint if hint else ''}")


class UnknownTaskError(UnknownNameError):
    """A task that neither CCP4i2 nor any plugin knows; ``ccp4hooks tasks`` lists them."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__("task", name, known, "`ccp4hooks tasks` lists them all.")


class RefusedError(Ccp4HooksError):
    """A plugin refused the job; nothing was run.

    Attributes:
        problems: What the plugins reported, with the plugin that reported it.
    """

    exit_code = 3

    def __init__(self, message: str, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join([message, *(f"  - {problem}" for problem in problems)]))
        self.problems = tuple(problems)


class NotRecordedError(Ccp4HooksError):
    """The task ran and its outcome file stands, but a sink failed, so not everything is recorded.

    Attributes:
        result: All that is known about the job and its sub-jobs, as the outcome files hold it.
    """

    exit_code = 5

    def __init__(self, message: str, result: RunResult) -> None:
        super().__init__(message)
        self.result = result


class PluginError(Ccp4HooksError):
    """A plugin failed where its answer was needed, or cannot be used at all.

    Attributes:
        plugin: Name of the plugin.
        hook: Name of the hook that failed, empty where no hook was called.
    """

    exit_code = 6

    def __init__(self, message: str, *, plugin: str, hook: str = "") -> None:
        super().__init__(message)
        self.plugin = plugin
        self.hook = hook


class StoreError(Ccp4HooksError):
    """The database cannot be used: missing, locked, read-only, or of another schema version."""

    exit_code = 7


class StoreUnavailableError(StoreError):
    """The database cannot be reached or written at present, by whatever job; later it may be."""


def nearest(name: str, known: Iterable[str], *, cutoff: float = 0.5) -> tuple[str, ...]:
    """Return the at most three known names most similar to `name`, best first, letter case ignored.

    Args:
        name: What was given.
        known: What there is.
        cutoff: How similar they must be, 0 to 1.

    >>> nearest("freerflga", ["splitMtz", "freerflag"])
    ('freerflag',)
    """
    import difflib  # noqa: PLC0415 - start-up time

    folded = {candidate.casefold(): candidate for candidate in known}
    return tuple(folded[match] for match in difflib.get_close_matches(name.casefold(), folded, cutoff=cutoff))
