"""Call a function for a limited time, so that code that never ends does not hold whoever waits for it."""

from __future__ import annotations

import ctypes
import threading
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, TypeVar

from ccp4hooks.failures import Failure, attempt

if TYPE_CHECKING:
    from collections.abc import Callable

Value = TypeVar("Value")

GRACE_S = 0.05
"""How long a thread has to end after it was asked to [s], before it is asked again."""

REQUESTS = 20
"""How often a thread is asked to end, because code may catch the exception."""


def within(limit_s: float, function: Callable[..., Value], *arguments: Any) -> Value | Failure:
    """Call a function in a thread of its own and return its value, or a `Failure` if it raised, as `attempt` does.

    If the function does not return in time, the failure is a `TimeoutError`, and `SystemExit` is raised in the
    function, which ends all Python code that does not wait for the operating system. What goes on nevertheless does so
    in the background, until the process ends.

    Args:
        limit_s: The longest time [s].
        function: The function. It has the context variables of the caller.
        *arguments: Its arguments.
    """
    answers: list[Value | Failure] = []
    context = copy_context()
    thread = threading.Thread(
        target=lambda: answers.append(context.run(attempt, function, *arguments)), name="ccp4hooks-limited", daemon=True
    )
    thread.start()
    thread.join(limit_s)
    if thread.is_alive():
        _stop(thread)
        return Failure.of(TimeoutError(f"it took longer than {limit_s:g} s"))
    return answers[0]


def _stop(thread: threading.Thread) -> None:
    for _ in range(REQUESTS):
        if thread.ident is not None:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(SystemExit))
        thread.join(GRACE_S)
        if not thread.is_alive():
            return
