"""Make Python's garbage collector fit a command: importing and ending then take less time.

By default, Python looks for cycles of objects each time that there are 700 more objects than before. A command creates
hundreds of thousands of objects in its imports, nearly all of which live until it ends, and Python then searches all of
them three times more.
"""

from __future__ import annotations

import atexit
import gc

NEW_OBJECTS = 50_000
"""Number of new objects after which the youngest objects are searched. They take about 10 MB."""

OLDER = 20
"""Number of searches of one generation of objects after which the next older generation is searched as well."""


def collect_less_often() -> None:
    """Search for cycles of objects less often in this process, and once at its end."""
    gc.set_threshold(NEW_OBJECTS, OLDER, OLDER)
    atexit.register(_collect_finally)


def exempt_what_exists() -> None:
    """Exempt all objects that exist from further searches: what has been imported lives until the end.

    Only the first call has an effect, so that what a job has left in cycles is found after it.
    """
    if not gc.get_freeze_count():
        gc.freeze()


def _collect_finally() -> None:
    """Finalize what is left in cycles, such as open files, and exempt all other objects from further searches."""
    gc.collect()
    gc.freeze()
