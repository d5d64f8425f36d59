"""The rules of CCP4i2 and its tasks for files that are not needed: ``CPurgeProject`` and ``PURGESEARCHLIST``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccp4hooks.i2.scripts import script_class

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

RETAINED = 0
"""The category with which a task keeps files that another rule removes."""


@dataclass(frozen=True, slots=True)
class PurgeRule:
    """A rule for files in the directory of a job.

    Attributes:
        pattern: Names relative to the directory, with wildcards. A part such as ``refmac%*`` stands for the directories
            of the sub-jobs of that task.
        category: What CCP4i2 calls the category of these files.
    """

    pattern: str
    category: str


def contexts() -> dict[str, tuple[str, ...]]:
    """Return the occasions for which CCP4i2 names the categories of files to remove, each with these categories."""
    from ccp4i2.core.CPurgeProject import CPurgeProject  # noqa: PLC0415 - start-up time

    codes = CPurgeProject.PURGECODES
    return {name: tuple(codes[code] for code in found) for name, found in CPurgeProject.CONTEXTLOOKUP.items()}


def purge_rules(task: str, context: str) -> list[PurgeRule]:
    """Return the rules for the files of a job that are removed on an occasion.

    A file that the task keeps is kept, also where another rule of the same task would remove it; CCP4i2 3.0 forgets
    the latter.

    Args:
        task: TASKNAME.
        context: One of `contexts`.

    Raises:
        UnknownTaskError: The task does not exist.
        BadInputError: The task cannot be imported, so that nobody knows what it keeps.
    """
    from ccp4i2.core.CPurgeProject import CPurgeProject  # noqa: PLC0415 - start-up time

    own = _entries(getattr(script_class(task), "PURGESEARCHLIST", ()))
    kept = {pattern for pattern, code in own if code == RETAINED}
    codes = CPurgeProject.CONTEXTLOOKUP[context]
    every = [*_entries(CPurgeProject.SEARCHLIST), *own]
    return [
        PurgeRule(pattern, CPurgeProject.PURGECODES[code])
        for pattern, code in dict.fromkeys(every)
        if code in codes and pattern not in kept
    ]


def _entries(listed: Iterable[Sequence[object]]) -> list[tuple[str, int]]:
    """Return pattern and code of each entry; some tasks add the name of a parameter."""
    return [(str(one[0]), int(str(one[1]))) for one in listed]
