"""Find out which tasks must run in a process of their own."""

from __future__ import annotations

import inspect
import re
from functools import cache
from typing import TYPE_CHECKING

from ccp4hooks.failures import Failure, attempt
from ccp4hooks.i2 import scripts

if TYPE_CHECKING:
    from collections.abc import Iterator


@cache
def changes_process(task: str) -> bool:
    """Return whether a task, or a task that it starts, changes the directory or the environment of its process.

    Such a task must not share its process with other tasks. The source text of the task decides.
    """
    seen: set[str] = set()
    pending = [task]
    while pending:
        name = pending.pop()
        if name in seen or name not in scripts.task_table():
            continue
        seen.add(name)
        text = "".join(_sources(name))
        if _CHANGES.search(text):
            return True
        pending += _MADE.findall(text)
    return False


_CHANGES = re.compile(
    r"\bos\.(f?chdir|putenv|unsetenv)\(|\bos\.environ\.(update|setdefault|pop|clear)\(|\bos\.environ\[[^]]*\]\s*=[^=]"
)
_MADE = re.compile(r"""makePluginObject\(\s*(?:\w+\s*=\s*)?["'](\w+)["']""")


def _sources(task: str) -> Iterator[str]:
    """Yield the source text of each module of a task's script class and its bases, except those of CCP4i2's core."""
    found = attempt(scripts.script_class, task)
    for kind in () if isinstance(found, Failure) else found.__mro__:
        if not kind.__module__.startswith(("ccp4i2.core.", "builtins")):
            text = attempt(inspect.getsource, inspect.getmodule(kind))
            yield "" if isinstance(text, Failure) else text
