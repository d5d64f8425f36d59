"""Interrupt a plugin in the middle of a call: let another thread go on, or end the call as a killed process would."""

from __future__ import annotations

import os
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from types import BuiltinFunctionType, MethodDescriptorType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType, ModuleType

PAUSES = 100
"""Maximum number of lines of a call after which another thread may go on."""

PAUSE_S = 1e-5
"""Duration of such a pause [s]."""

SWITCH_S = 1e-6
"""How long a thread runs at least before another one may go on [s]."""

STEPS = frozenset({"commit", "execute", "executemany", "rename", "replace", "send", "sendall", "truncate", "write"})
"""Names of the functions in C before which a call may be ended."""


_installing = threading.Lock()
"""Held while a trace function is installed: Python 3.11 installs one at a time, and refuses others."""

_IN_C = (BuiltinFunctionType, MethodDescriptorType)


class KilledError(BaseException):
    """Ends a call where a process may be killed. No handler of a plugin may catch it."""


@contextmanager
def often_switched() -> Iterator[None]:
    """Switch between threads as often as Python can, inside the block."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


@contextmanager
def giving_way(module: ModuleType) -> Iterator[None]:
    """Let other threads go on after each of the first lines of code of a package, inside the block, in this thread.

    A tool that traces this thread already is left alone.
    """
    place = _place(module)
    left = PAUSES

    def trace(frame: FrameType, event: str, _argument: object) -> Any:
        nonlocal left
        if not place or not left or not frame.f_code.co_filename.startswith(place):
            return None
        if event == "line":
            left -= 1
            time.sleep(PAUSE_S)
        return trace

    if sys.gettrace() is not None:
        yield
        return
    with _installing:
        sys.settrace(trace)
    try:
        yield
    finally:
        with _installing:
            sys.settrace(None)


def _place(module: ModuleType) -> str:
    """Return the directory of the package of a module, or the file of a module without one; empty if it has no file."""
    package = sys.modules.get((module.__package__ or "").partition(".")[0])
    root = vars(package).get("__file__") if package is not None else None
    return f"{Path(root).parent}{os.sep}" if root else str(vars(module).get("__file__") or "")


def killed_at(step: int, work: Callable[[], object]) -> bool:
    """Call a function until it is about to call one of `STEPS`, and return whether it was ended there.

    Args:
        step: How many of these calls take place before the end, from 0.
        work: The function.
    """
    left, before = step, sys.getprofile()

    def count(_frame: object, event: str, argument: object) -> None:
        nonlocal left
        if event == "c_call" and isinstance(argument, _IN_C) and argument.__name__ in STEPS:
            left -= 1
            if left < 0:
                raise KilledError

    sys.setprofile(count)
    try:
        work()
    except KilledError:
        return True
    finally:
        sys.setprofile(before)
    return False
