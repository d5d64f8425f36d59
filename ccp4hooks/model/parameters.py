"""The parameters with which a job ran, and its results that are neither files nor KPIs.

Both are recorded within limits: a long text is cut, and of a long list the first items are recorded. A checksum of the
whole then tells two of them apart.
"""

from __future__ import annotations

import enum
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccp4hooks.model.numbers import JOBS_FOLDER, folder_index
from ccp4hooks.model.plain import NotPlainError, PlainValue, plain_text, plain_value

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_VALUE = 1_000
"""Length of the longest text that is recorded as a value [characters]. A longer text is cut."""

EXAMINED = 4_000
"""Length of the part of a text that is searched for secrets; no more than its beginning is recorded [characters]."""

MOST_ITEMS = 100
"""Number of items of a list that are recorded."""

MOST_VALUES = 1_000
"""Number of parameters of a job that are recorded, and of its results."""

LONGEST_NAME = 255
"""Length of the longest name of a value [characters]."""

PLACES = ("outputData", "program.xml")
"""Where results are found."""

HIDDEN = "***"
"""What is recorded in place of a secret value."""


class ParameterSource(enum.Enum):
    """Where the value of a parameter comes from.

    Attributes:
        USER: The request: the command line, the call, or the parameters that were saved with a job opened earlier.
        JOB: Another job: the script of the parent job has set it, or it is a file of that job.
        TASK: The script of the job itself, when it was made or while it ran.
    """

    USER = "user"
    JOB = "job"
    TASK = "task"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterValue:
    """The value of a parameter with which a job ran, if it was set or differs from the default.

    Attributes:
        name: Name as it is typed on the command line, for instance ``"NCYCLES"`` or ``"prosmartProtein.TOGGLE"``.
        value: A finite number, a bool, or a text. The value of a file is its path, relative to the directory of the
            project if it is inside. A secret is ``"***"``. A list of more than 100 items has, beside its first items, a
            value of its own: the text ``"10000 items"``.
        class_name: CData class, for instance ``"CFloat"``.
        default: Default of the task; None if it has none, or if the script was made before ccp4hooks could read it.
        source: Where the value comes from.
        job: Number of the other job from which the value comes; empty if it comes from no other job.
        replaced: The value that the script of the job has replaced while it ran; None if it has replaced none.
        is_file: Whether the parameter is a file.
        size: Length of a text that was cut [characters], or number of items of a list of which only the first are
            recorded; None if nothing was cut.
        sha256: SHA-256 checksum of what was cut, as a whole; empty if nothing was cut.
    """

    name: str
    value: PlainValue
    class_name: str = ""
    default: PlainValue | None = None
    source: ParameterSource = ParameterSource.USER
    job: str = ""
    replaced: PlainValue | None = None
    is_file: bool = False
    size: int | None = None
    sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultValue:
    """A result of a job that is neither a file nor a KPI.

    Attributes:
        name: Name of the value, unique for its place: ``"SPACEGROUPCELL.cell.a"`` or ``"summary.solventContent"``.
        value: A finite number, a bool, or a text.
        place: Where it was found, one of `PLACES`: ``"outputData"`` or ``"program.xml"``.
        size: See `ParameterValue`.
        sha256: See `ParameterValue`.
    """

    name: str
    value: PlainValue
    place: str = "outputData"
    size: int | None = None
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Bounded:
    """A value as it is recorded: of an exact type, and not too long.

    Attributes:
        value: The value.
        size: See `ParameterValue`.
        sha256: See `ParameterValue`.
    """

    value: PlainValue
    size: int | None = None
    sha256: str = ""


def bounded(value: object, clean: Callable[[str], str] = str) -> Bounded:
    """Return a value as it is recorded. A value that is no number, bool or text becomes its text.

    >>> bounded(0.5).value, bounded(float("nan")).value, bounded(2**60).value, bounded("a" * 2000).size
    (0.5, 'nan', '1152921504606846976', 2000)

    Args:
        value: The value.
        clean: Removes secrets from a text.
    """
    try:
        plain = plain_value(value)
    except NotPlainError:
        plain = plain_text(str(value))
    if not isinstance(plain, str):
        return Bounded(plain)
    shown = clean(plain[:EXAMINED])
    if len(plain) <= EXAMINED and len(shown) <= LONGEST_VALUE:
        return Bounded(shown)
    digest = hashlib.sha256(plain.encode()).hexdigest()
    return Bounded(plain_text(shown, LONGEST_VALUE), len(plain), digest)


def bounded_name(name: str) -> str:
    """Return a name that is not too long; a longer one ends in a checksum."""
    name = plain_text(name)
    if len(name) <= LONGEST_NAME:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:16]
    return f"{name[: LONGEST_NAME - len(digest) - 1]}~{digest}"


def job_of_path(path: str) -> str:
    """Return the number of the job in whose directory a file is, or an empty text if it is in none.

    >>> job_of_path("CCP4_JOBS/job_12/job_1/XYZOUT.pdb"), job_of_path("CCP4_IMPORTED_FILES/a.pdb")
    ('12.1', '')

    Args:
        path: Path of the file, relative to the directory of the project.
    """
    first, *folders = path.split("/")[:-1] or [""]
    indices: list[int] = []
    for folder in folders if first == JOBS_FOLDER else ():
        index = folder_index(folder)
        if index is None:
            break
        indices.append(index)
    return ".".join(map(str, indices))
