"""Tasks to run, as jobs or as sub-jobs, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict
from uuid import UUID

from ccp4hooks.errors import Ccp4HooksError
from ccp4hooks.model import RunResult, SavedParameters
from ccp4hooks.tasks.given_values import Pairs, value_pairs

if TYPE_CHECKING:
    from ccp4hooks.tasks.given_values import GivenValues


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """A task to run, with the arguments of `Session.run`.

    Attributes:
        task: TASKNAME.
        values: (parameter, value) pairs. They may be given as a mapping, too; see `Session.run`.
        project: Name or UUID of the project.
        title: Title for users.
        saved: Parameters with which to begin, or None.
        if_changed: Whether an earlier job with the same input is the answer.
    """

    task: str
    values: Pairs = ()
    project: str | UUID
    title: str = ""
    saved: SavedParameters | None = None
    if_changed: bool = False

    def __post_init__(self) -> None:
        """Keep the values as pairs.

        Raises:
            BadInputError: The values are neither a mapping nor pairs.
        """
        object.__setattr__(self, "values", value_pairs(self.values))

    if TYPE_CHECKING:  # The values are given in more forms than they are kept in.

        def __init__(
            self,
            *,
            task: str,
            values: GivenValues = (),
            project: str | UUID,
            title: str = "",
            saved: SavedParameters | None = None,
            if_changed: bool = False,
        ) -> None: ...


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
        input_data: Values by parameter, or (parameter, value) pairs, as on the command line.
    """

    title: str
    input_data: GivenValues
