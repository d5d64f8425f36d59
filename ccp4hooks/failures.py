"""The failure boundary: the only place of the package that catches every exception.

Code that ccp4hooks does not control (plugins, task scripts, libraries that read files) is called through `attempt`, so
that an exception becomes a value that the caller has to look at.
"""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from ccp4hooks.errors import Ccp4HooksError

if TYPE_CHECKING:
    from collections.abc import Callable

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """The result of a call that raised.

    Attributes:
        error: The exception.
        text: The traceback.
    """

    error: BaseException
    text: str

    @classmethod
    def of(cls, error: BaseException) -> Failure:
        """Return the result of a call that raised `error`."""
        return cls(error=error, text="".join(traceback.format_exception(error)))

    @property
    def reason(self) -> str:
        """The exception in one line."""
        kind = type(self.error).__name__
        words = " ".join(str(self.error).split())
        if isinstance(self.error, Ccp4HooksError):
            return words
        return f"{kind}: {words}" if words else kind


def attempt(function: Callable[..., Value], *arguments: Any, **options: Any) -> Value | Failure:
    """Call a function and return its value, or a `Failure` if it raised.

    ``sys.exit()`` counts as an exception. ``KeyboardInterrupt`` and the cancellation of an asyncio task pass.
    """
    try:
        return function(*arguments, **options)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the failure boundary of the whole package
        return Failure.of(error)
