"""Read the progress of a running program from ``program.xml``, which CCP4i2 writes for its reports.

Source of the names of the elements: ``refmacLogScraper.py`` and ``servalcat.py`` in ``wrappers/``, ccp4i2 3.0.1 and
3.1.0a105. The pipelines ``prosmart_refmac`` and ``servalcat_pipe`` copy these elements into their own file.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from ccp4hooks.failures import Failure, attempt
from ccp4hooks.i2.safe_xml import require_plain_xml
from ccp4hooks.model import ProgramProgress

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

FILE_NAME = "program.xml"

LARGEST_BYTES = 2**24
"""Size of the largest file that is read while the program runs [byte]."""

CYCLES = {"Cycle": "number", "cycle": "Ncyc"}
"""Names of the element of a refinement cycle, each with the name of the element in it that has the number."""

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

_NUMBER = re.compile(r"\s*[0-9]{1,9}\s*")


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
        if since is not None and found.st_mtime < since.timestamp():
            return None
        seen = (found.st_ino, found.st_size, found.st_mtime_ns)
        if seen != self._seen and found.st_size <= LARGEST_BYTES:
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
        cycle=int(number) if _NUMBER.fullmatch(number) else None,
        values={key: value for key, value in found.items() if isinstance(value, float) and math.isfinite(value)},
    )
