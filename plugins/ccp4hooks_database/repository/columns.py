"""Conversions to the values of ccp4i2's columns: parameters, long texts, relative paths."""

from __future__ import annotations

import os
from hashlib import blake2s
from pathlib import Path

from ccp4hooks.store import plain_text
from ccp4hooks_database import versions

SHORT_PARAMETER_LIMIT = 32
"""Length of ``File.job_param_name`` in databases of ccp4i2 3.0.1. Rows keep their names when the column grows."""

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
    """Return a text that fits its column; a longer text keeps both ends, with a digest between them.

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
    """Return the value of ccp4i2's ``job_param_name`` for a parameter."""
    return shortened(without_container(parameter), versions.parameter_limit())


def column_names(parameter: str) -> tuple[str, ...]:
    """Return the values that ccp4i2's ``job_param_name`` may have for a parameter, in an old row, too."""
    return column_name(parameter), shortened(without_container(parameter), SHORT_PARAMETER_LIMIT)


def is_lossless(parameter: str, container: str) -> bool:
    """Return whether a parameter can be restored from its column and the container of its role.

    >>> is_lossless("inputData.XYZIN", "inputData"), is_lossless("prosmartProtein.REFERENCE", "inputData")
    (True, False)
    """
    return f"{container}.{column_name(parameter)}" == parameter


def relative_name(path: Path, folder: Path, project: Path) -> str | None:
    """Return a path relative to a folder, with ``..`` if needed; None if the path is outside the project.

    >>> relative_name(Path("/p/CCP4_JOBS/job_1/a/b.pdb"), Path("/p/CCP4_JOBS/job_1"), Path("/p"))
    'a/b.pdb'
    >>> relative_name(Path("/p/CCP4_JOBS/job_2/b.pdb"), Path("/p/CCP4_JOBS/job_1"), Path("/p"))
    '../job_2/b.pdb'
    >>> relative_name(Path("/q/b.pdb"), Path("/p/CCP4_JOBS/job_1"), Path("/p")) is None
    True
    """
    path = Path(os.path.normpath(path))
    if not path.is_relative_to(project):
        # The same directory may have another name, through a symbolic link.
        path, folder, project = path.resolve(), folder.resolve(), project.resolve()
    return Path(os.path.relpath(path, folder)).as_posix() if path.is_relative_to(project) else None


def path_of(folder: Path | str, name: str) -> Path:
    """Return the path of a recorded name, without ``..``."""
    return Path(os.path.normpath(os.path.join(folder, name)))  # noqa: PTH118 - it takes half the time of a `Path`


def printable(text: str, limit: int | None = None) -> str:
    r"""Return a text that databases accept, at most `limit` characters; see `ccp4hooks.store.plain_text`.

    >>> printable("a\x00bc", 2), printable("caf\udce9.pdb")
    ('ab', 'caf\\udce9.pdb')
    """
    return plain_text(text)[:limit]
