"""Tasks to run, as jobs or as sub-jobs, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict
from uuid import UUID

from ccp4hooks.errors import Ccp4HooksError
from ccp4hooks.model import RunResult, SavedParameters

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """A task to run, with the arguments of `Session.run`.

    Attributes:
        task: TASKNAME.
        values: (parameter, value) pairs.
        project: Name or UUID of the project.
        title: Title for users.
        saved: Parameters with which to begin, or None.
        if_changed: Whether an earlier job with the same input is the answer.
    """

    task: str
    values: tuple[tuple[str, object], ...] = ()
    project: str | UUID
    title: str = ""
    saved: SavedParameters | None = None
    if_changed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RunAnswer:
    """What became of a `RunRequest`.

    Attributes:
        request: The request.
        result: The outcomes, also those of a task that failed; None if no job ran.
        error: Why no job ran, or what of it could not be recorded; None if there was no error.
    """

    request: RunRequest
    result: RunResult | None = None
    error: Ccp4HooksError | None = None


class _Required(TypedDict):
    task_name: str


class NestedJob(_Required, total=False):
    """The description of a sub-job to run.

    Attributes:
        task_name: TASKNAME.
        title: Title of the sub-job. Default: the name of the task.
        input_data: Values by parameter, as on the command line.
    """

    title: str
    input_data: Mapping[str, object]
