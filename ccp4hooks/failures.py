"""The failure boundary: the only place of the package that catches every exception.

Code that ccp4hooks does not control (plugins, task scripts, libraries that read files) is called through `attempt`, so
that an exception becomes a value that the caller has to look at.
"""

from __future__ import annotations

import pickle
import signal
import threading
import traceback
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from ccp4hooks.errors import Ccp4HooksError
from ccp4hooks.model.plain import plain_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

Value = TypeVar("Value")

LONGEST_REASON = 2_000
"""Length of the longest message of an exception that is kept in one line [characters]. The traceback has all of it."""

CLASS_NAME = vars(type)["__name__"]
"""Reads the name of a class without its metaclass, which may raise."""


class UserInterrupt(KeyboardInterrupt):
    """Ctrl-C, a termination signal, or the cancellation of a job, as ccp4hooks raises it.

    Code that raises a `KeyboardInterrupt` itself raises another class, so that its exception can be told apart.
    """


class InterruptHandler:
    """A handler of SIGINT that tells Ctrl-C apart from an exception of the interrupted code.

    Args:
        react: Called with the number of the signal; it raises `UserInterrupt`, or notes the signal.
    """

    def __init__(self, react: Callable[[int], None]) -> None:
        self._react = react

    def __call__(self, number: int, _: FrameType | None) -> None:
        """Handle the signal."""
        self._react(number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """The result of a call that raised.

    Attributes:
        error: The exception. Its chain of causes is finite.
        text: The traceback.
        reason: The exception in one line.
    """

    error: BaseException
    text: str
    reason: str

    @classmethod
    def of(cls, error: BaseException) -> Failure:
        """Return the result of a call that raised `error`, even if the exception itself raises when it is printed."""
        _tried(_untangle, (error,), {})
        reason, text = _text_of(_in_one_line, error), _text_of(_with_traceback, error)
        return cls(error=error, text=text, reason=reason)


def portable(failure: Failure) -> Failure:
    """Return a failure that can be passed to another process, with an error of the same message if need be."""
    data = attempt(pickle.dumps, failure.error)
    # Data that cannot be read again would be an error in the other process.
    if isinstance(data, Failure) or isinstance(attempt(pickle.loads, data), Failure):  # noqa: S301 - our own data
        return replace(failure, error=Ccp4HooksError(failure.reason))
    return failure


def attempt(function: Callable[..., Value], *arguments: Any, **options: Any) -> Value | Failure:
    """Call a function and return its value, or a `Failure` if it raised.

    Every exception counts: also ``sys.exit()``, the cancellation of an asyncio task and a `KeyboardInterrupt` that the
    function raises itself. Only an interrupt by the user passes; see `is_interrupt`.
    """
    value, error = _tried(function, arguments, options)
    return Failure.of(error) if error is not None else value


def is_interrupt(error: BaseException) -> bool:
    """Return whether an exception is an interrupt by the user, rather than one that the code raised itself.

    Python raises the same exception for both. The code itself has raised a plain `KeyboardInterrupt` in a thread other
    than the main one, where no signal is handled, and while a handler of ccp4hooks is in place, which would have raised
    a `UserInterrupt`. Otherwise the exception counts as an interrupt by the user.
    """
    if isinstance(error, UserInterrupt) or not isinstance(error, KeyboardInterrupt):
        return isinstance(error, UserInterrupt)
    in_main_thread = threading.current_thread() is threading.main_thread()
    return in_main_thread and not isinstance(signal.getsignal(signal.SIGINT), InterruptHandler)


def _tried(function: Callable[..., Value], arguments: Any, options: Any) -> tuple[Any, BaseException | None]:
    try:
        return function(*arguments, **options), None
    except BaseException as error:  # the failure boundary of the whole package
        if is_interrupt(error):
            raise
        return None, error


def _text_of(describe: Callable[[BaseException], str], error: BaseException) -> str:
    text, fault = _tried(describe, (error,), {})
    return f"{CLASS_NAME.__get__(type(error))} (it cannot be printed)" if fault else text


def _in_one_line(error: BaseException) -> str:
    words = plain_text(" ".join(str(error).split()), LONGEST_REASON)
    if isinstance(error, Ccp4HooksError):
        return words
    kind = plain_text(type(error).__name__)
    return f"{kind}: {words}" if words else kind


def _with_traceback(error: BaseException) -> str:
    return plain_text("".join(traceback.format_exception(error)))


def _untangle(error: BaseException) -> None:
    """Cut a chain of causes where it returns to an earlier exception, because whoever follows it would never end."""
    seen, waiting = {id(error)}, [error]
    while waiting:
        one = waiting.pop()
        cause, context = one.__cause__, one.__context__
        if id(cause) in seen:
            one.__cause__ = None
        if id(context) in seen:
            one.__context__ = None
        later = {id(other): other for other in (cause, context) if other is not None and id(other) not in seen}
        seen.update(later)
        waiting.extend(later.values())
