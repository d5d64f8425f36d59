"""Read ``program.xml``, which a script of CCP4i2 writes for its report: its results, and its progress while it runs.

Source of the names of the elements of the progress: ``refmacLogScraper.py`` and ``servalcat.py`` in ``wrappers/``,
ccp4i2 3.0.1 and 3.1.0a105. The pipelines ``prosmart_refmac`` and ``servalcat_pipe`` copy these elements into their own
file.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from ccp4hooks.failures import Failure, attempt
from ccp4hooks.i2.safe_xml import require_plain_xml
from ccp4hooks.model import ProgramProgress, ResultValue
from ccp4hooks.model.parameters import HIDDEN, bounded_name
from ccp4hooks.model.plain import NotPlainError, PlainValue, plain_text, plain_value
from ccp4hooks.texts import names_a_secret, without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

FILE_NAME = "program.xml"

LARGEST_FILE = 2**24
"""Size of the largest file that is read [byte]. A refinement of many cycles writes several megabytes."""

CLOCK_STEP_S = 0.02
"""How long before the time of the clock the time of a new file may lie [s]: Linux notes the last tick."""

LONGEST_TEXT = 100
"""Length of the longest text that counts as a result [characters]. A longer one is a table or a part of a log."""

MOST_REPEATED = 10
"""How often an element may occur beside others of its name. More make a table, which is left out.

Of refinement cycles, however many there are, the last and the first are read.
"""

MOST_RESULTS = 200
"""Number of results that are read."""

CYCLES = {"Cycle": "number", "cycle": "Ncyc"}
"""Names of the element of a refinement cycle, each with the name of the element in it that has the number."""

_NUMBER = re.compile(r"[+-]?(?:0|[1-9]\d*|(?=\.\d))(?P<real>\.\d*)?(?P<power>[eE][+-]?\d+)?")


def read_results(path: Path) -> list[ResultValue]:
    """Return the numbers and short texts in a ``program.xml``, by the names of their elements.

    The name of the outermost element is left out. If an element occurs several times, its name has an index:
    ``"compositions.composition[0].matthewsCoeff"``. Values that occur once or in the last refinement cycle come first,
    then those of the first cycle, then those in lists.

    Args:
        path: The file.

    Raises:
        BadInputError: The file is not XML, or declares a document type.
        OSError: The file cannot be read.
    """
    if path.stat().st_size > LARGEST_FILE:
        return []
    require_plain_xml(path)
    root = ET.parse(path).getroot()  # noqa: S314 - it declares nothing, see above
    # Sorting keeps the order of the file among leaves that are alike.
    found = sorted(_leaves(root, _Place()), key=lambda leaf: (leaf[0].lists, leaf[0].is_early))
    named: dict[str, ResultValue] = {}
    for place, text in found[:MOST_RESULTS]:
        short = bounded_name(place.name)
        value = HIDDEN if names_a_secret(place.name) else _value(text)
        named.setdefault(short, ResultValue(name=short, value=value, place=FILE_NAME))
    return list(named.values())


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an element is.

    Attributes:
        name: The names of the elements around it, and its own.
        lists: In how many lists it is. The cycles of a refinement are none.
        is_early: Whether it belongs to a cycle before the last one.
    """

    name: str = ""
    lists: int = 0
    is_early: bool = False

    def within(self, tag: str, index: int, count: int) -> _Place:
        """Return the place of an element in this one: that at an index among so many of the same tag."""
        is_cycle = tag in CYCLES
        return _Place(
            name=".".join(filter(None, (self.name, tag.rpartition("}")[2]))) + (f"[{index}]" if count > 1 else ""),
            lists=self.lists + (count > 1 and not is_cycle),
            is_early=self.is_early or (is_cycle and index < count - 1),
        )


def _leaves(element: ET.Element, place: _Place) -> Iterator[tuple[_Place, str]]:
    counts = Counter(str(child.tag) for child in element)
    seen: Counter[str] = Counter()
    for child in element:
        tag = str(child.tag)
        index, count = seen[tag], counts[tag]
        seen[tag] += 1
        if 0 < index < count - 1 if tag in CYCLES else count > MOST_REPEATED:
            continue
        found = place.within(tag, index, count)
        text = (child.text or "").strip()
        if len(child):
            yield from _leaves(child, found)
        elif text and len(text) <= LONGEST_TEXT and "\n" not in text:
            yield found, text


def _value(text: str) -> PlainValue:
    """Return a number if a text is one, or else the text. A text such as ``007`` is a name.

    >>> _value("2.37"), _value("7"), _value("1e400"), _value("007"), _value("P 21")
    (2.37, 7, '1e400', '007', 'P 21')
    """
    number = _NUMBER.fullmatch(text)
    if number is not None:
        try:
            return plain_value(float(text) if number["real"] or number["power"] else int(text))
        except NotPlainError:
            pass
    return plain_text(without_secrets(text))


# --- progress ------------------------------------------------------------------------------------------------------

VALUES = {
    "r_factor": "RFactor",
    "r_free": "RFree",
    "data/summary/Rwork": "RFactor",
    "data/summary/Rfree": "RFree",
    "data/summary/R1work": "R1Factor",
    "data/summary/R1free": "R1Free",
    "data/summary/R": "R",
    "data/summary/R1": "R1",
    "data/summary/FSCaverage": "FSCaverage",
}
"""Paths of the values of a cycle, each with the key of the KPI under which CCP4i2 records the last one."""

_INTEGER = re.compile(r"\s*[0-9]{1,9}\s*")


class ProgramXml:
    """The file ``program.xml`` of one job, which may be missing, unfinished, or replaced at any time.

    Args:
        directory: The job directory.
    """

    def __init__(self, directory: Path) -> None:
        self._path = directory / FILE_NAME
        self._seen: tuple[int, ...] | None = None
        self._progress: ProgramProgress | None = None

    def progress(self, since: datetime | None) -> ProgramProgress | None:
        """Return the present progress, or None if the file has none. A file that has not changed is not read again.

        Args:
            since: Time at which the script began to run; an older file is that of an earlier run. None if unknown.
        """
        found = attempt(self._path.stat)
        if isinstance(found, Failure):
            return self._progress
        if since is not None and found.st_mtime < since.timestamp() - CLOCK_STEP_S:
            return None
        seen = (found.st_ino, found.st_size, found.st_mtime_ns)
        if seen != self._seen and found.st_size <= LARGEST_FILE:
            read = attempt(read_progress, self._path)
            # A file that is being written at present is read the next time.
            if not isinstance(read, Failure):
                self._seen, self._progress = seen, read or self._progress
        return self._progress


def read_progress(path: Path) -> ProgramProgress | None:
    """Return the last cycle with values in a file, or the last cycle if none has any; None if there is no cycle.

    Raises:
        BadInputError: The file cannot be read, or is not plain XML.
        OSError: The file cannot be read.
    """
    require_plain_xml(path)
    cycles = [one for one in ET.parse(path).iter() if one.tag in CYCLES]  # noqa: S314 - it declares nothing, see above
    read = [_cycle(one) for one in reversed(cycles)]
    return next((one for one in read if one.values), read[0] if read else None)


def _cycle(element: ET.Element) -> ProgramProgress:
    number = element.findtext(CYCLES[element.tag], "")
    found = {key: attempt(float, text) for path, key in VALUES.items() if (text := element.findtext(path))}
    return ProgramProgress(
        cycle=int(number) if _INTEGER.fullmatch(number) else None,
        values={key: value for key, value in found.items() if isinstance(value, float) and math.isfinite(value)},
    )
