"""Find out which tasks must run in a process of their own."""

from __future__ import annotations

import re
from functools import cache

from ccp4hooks.i2.tasks.source_text import source_texts


@cache
def changes_process(task: str) -> bool:
    """Return whether a task, or a task that it starts, changes the directory or the environment of its process.

    Such a task must not share its process with other tasks. The source text of the task decides.
    """
    return any(_CHANGES.search(text) for texts in source_texts(task).values() for text in texts)


_CHANGES = re.compile(
    r"\bos\.(f?chdir|putenv|unsetenv)\(|\bos\.environ\.(update|setdefault|pop|clear)\(|\bos\.environ\[[^]]*\]\s*=[^=]"
)
