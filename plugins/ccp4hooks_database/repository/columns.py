"""Names between our values and ccp4i2's columns: parameters, job numbers, paths relative to where ccp4i2 looks."""

from __future__ import annotations

import os
from hashlib import blake2s
from pathlib import Path

PARAMETER_LIMIT = 32
"""Source: ``File.job_param_name``, ``FileUse.job_param_name`` in ``ccp4i2.db.models``, ccp4i2 3.0.1."""

FILE_TYPE_LIMIT = 50
"""Source: ``FileType.name`` in ``ccp4i2.db.models``, ccp4i2 3.0.1."""

CONTAINERS = ("inputData", "outputData")


def without_container(parameter: str) -> str:
    """Return a parameter without a leading ``inputData.`` or ``outputData.``.

    >>> without_container("outputData.LIST[0]"), without_container("prosmartProtein.REFERENCE")
    ('LIST[0]', 'prosmartProtein.REFERENCE')
    """
    first, dot, rest = parameter.partition(".")
    return rest if dot and first in CONTAINERS else parameter


def shortened(text: str, limit: int) -> str:
    """Return a text that fits its column; one that is too long keeps both ends and gets a digest in its middle.

    >>> shortened("A_PARAMETER_WITH_A_VERY_LONG_NAME[12]", 32)
    'A_PARAMETER_~489700~ONG_NAME[12]'
    """
    if len(text) <= limit:
        return text
    digest = blake2s(text.encode(), digest_size=3).hexdigest()
    tail = (limit - len(digest) - 2) // 2
    head = limit - len(digest) - 2 - tail
    return f"{text[:head]}~{digest}~{text[-tail:]}"


def column_name(parameter: str) -> str:
    """Return what ccp4i2's ``job_param_name`` holds for a parameter."""
    return shortened(without_container(parameter), PARAMETER_LIMIT)


def is_lossless(parameter: str, container: str) -> bool:
    """Return whether a parameter can be told from its column and the container it is expected in.

    >>> is_lossless("inputData.XYZIN", "inputData"), is_lossless("prosmartProtein.REFERENCE", "inputData")
    (True, False)
    """
    return f"{container}.{column_name(parameter)}" == parameter


def relative_name(path: Path, folder: Path, project: Path) -> str | None:
    """Return a path relative to a folder, with ``..`` where needed; None if it lies outside the project.

    >>> relative_name(Path("/p/CCP4_JOBS/job_1/a/b.pdb"), Path("/p/CCP4_JOBS/job_1"), Path("/p"))
    'a/b.pdb'
    >>> relative_name(Path("/p/CCP4_JOBS/job_2/b.pdb"), Path("/p/CCP4_JOBS/job_1"), Path("/p"))
    '../job_2/b.pdb'
    >>> relative_name(Path("/q/b.pdb"), Path("/p/CCP4_JOBS/job_1"), Path("/p")) is None
    True
    """
    path = Path(os.path.normpath(path))
    if not path.is_relative_to(project):
        # The same place may have been reached through a symbolic link.
        path, folder, project = path.resolve(), folder.resolve(), project.resolve()
    return Path(os.path.relpath(path, folder)).as_posix() if path.is_relative_to(project) else None


def placed(folder: Path, name: str) -> Path:
    """Return where a recorded name lies, without ``..``."""
    return Path(os.path.normpath(folder / name))


def printable(text: str, limit: int | None = None) -> str:
    r"""Return a text as databases take it, cut to `limit` characters; bytes of a name that are no UTF-8 are escaped.

    >>> printable("a\x00bc", 2), printable("caf\udce9.pdb")
    ('ab', 'caf\\udce9.pdb')
    """
    return text.replace("\x00", "").encode(errors="backslashreplace").decode()[:limit]
