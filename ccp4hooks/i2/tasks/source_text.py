"""The source text of a task and of the tasks that it starts."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING

from ccp4hooks.failures import Failure, attempt
from ccp4hooks.i2 import scripts

if TYPE_CHECKING:
    from collections.abc import Iterator

_MADE = re.compile(r"""makePluginObject\(\s*(?:\w+\s*=\s*)?["'](\w+)["']""")


def source_texts(task: str) -> dict[str, list[str]]:
    """Return the source texts of a task and of the tasks that it starts by a literal name, by the name of the task.

    The modules of the tasks are imported. A module that cannot be imported or read has no text.
    """
    found: dict[str, list[str]] = {}
    pending = [task]
    while pending:
        name = pending.pop()
        if name in found or name not in scripts.task_table():
            continue
        found[name] = list(_sources(name))
        pending += _MADE.findall("".join(found[name]))
    return found


def _sources(task: str) -> Iterator[str]:
    """Yield the source text of each module of a task's script class and its bases, except those of CCP4i2's core."""
    found = attempt(scripts.script_class, task)
    for kind in () if isinstance(found, Failure) else found.__mro__:
        if not kind.__module__.startswith(("ccp4i2.core.", "builtins")):
            text = attempt(inspect.getsource, inspect.getmodule(kind))
            yield "" if isinstance(text, Failure) else text
