"""Guess which file of an earlier job a text was to refer to that is neither a reference nor the path of a file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from ccp4hooks.errors import nearest
from ccp4hooks.texts import LONGEST_NAME

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_COLUMNS = r"(?P<columns>\[[^\[\]]*[^\[\]\d\s][^\[\]]*\])?"
_JOB = r"(?P<job>\d+(?:\.\d+)*|(?:\w[\w-]*:)?last)"
_FORMS = tuple(
    re.compile(form)
    for form in (
        rf"@?#?(?:job[_ ]?)?{_JOB}(?:[./:](?P<name>[^/\s]*?){_COLUMNS})?",
        rf"@?(?:.*?/)??(?P<folders>job_\d+(?:/job_\d+)*)/(?P<name>[^/]*?){_COLUMNS}",
        rf"@(?P<name>[A-Za-z_][\w.]*(?:\[\d+\])?){_COLUMNS}",
    )
)
"""What people write in the place of ``@JOB.PARAMETER``: the job with another mark, a path, or the parameter alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NearReference:
    """What a text seems to refer to.

    Attributes:
        job: Number of the job, or ``"last"`` or ``"TASK:last"``.
        name: Name of a parameter or of a file; empty if none was given.
        columns: The columns of the file in brackets, or an empty text.
    """

    job: str
    name: str
    columns: str = ""


def near_reference(text: str) -> NearReference | None:
    """Return what a text seems to refer to, or None if it does not look like a reference.

    >>> [(one.job, one.name) for one in map(near_reference, ("2.XYZOUT", "@2/XYZOUT", "job_2/job_1/a.pdb", "@XYZOUT"))]
    [('2', 'XYZOUT'), ('2', 'XYZOUT'), ('2.1', 'a.pdb'), ('last', 'XYZOUT')]
    >>> near_reference("model.pdb")
    """
    for form in _FORMS if len(text) <= LONGEST_NAME else ():
        match = form.fullmatch(text)
        if match is not None:
            parts = match.groupdict()
            folders = parts.get("folders")
            job = folders.replace("job_", "").replace("/", ".") if folders else parts.get("job")
            return NearReference(job=job or "last", name=parts["name"] or "", columns=parts["columns"] or "")
    return None


def named_file(name: str, files: Mapping[str, Path]) -> str | None:
    """Return the parameter of the file that a name means: by its parameter, the name of the file, or a similar one.

    >>> from pathlib import PurePosixPath as Path
    >>> files = {"XYZOUT": Path("job_2/2_model.pdb"), "MAPOUT": Path("job_2/MAPOUT.map")}
    >>> [named_file(name, files) for name in ("xyzout", "2_model.pdb", "MAPOUT.mtz", "XYZOT", "pdb")]
    ['XYZOUT', 'XYZOUT', 'MAPOUT', 'XYZOUT', None]

    Args:
        name: The name.
        files: The files of a job by their parameters, without ``outputData.``; the first of several that fit is taken.
    """
    wanted, stem = name.casefold(), PurePath(name).stem.casefold()
    folded = {parameter: parameter.casefold() for parameter in files}
    same = [one for text in (wanted, stem) for one in files if folded[one] == text]
    same += [one for one, path in files.items() if wanted in (path.name.casefold(), path.stem.casefold())]
    return next(iter((*same, *nearest(name, files))), None)
