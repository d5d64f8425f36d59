"""The functions and classes behind the fixtures of the test kit, for use without fixtures."""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import wraps
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid5

from ccp4hooks.errors import BadInputError, UnknownNameError
from ccp4hooks.hookspecs import HOOKS
from ccp4hooks.model import GleanedFile, Job, JobNumber, Project, project_uuid
from ccp4hooks.plugins.markers import hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ccp4hooks.hookspecs import Hook

SAMPLES = {
    "mtz": "wrappers/freerflag/test_data/rnase25_fsigf.mtz",
    "pdb": "wrappers/chainsaw/test_data/1a80_A.pdb",
}
"""Data files inside the package ccp4i2, by kind.

Source: ccp4i2 3.0.1. RNase at 2.5 A, and chain A of PDB entry 1A80.
"""

FILE_TYPES = {"mtz": "application/CCP4-mtz-observed", "pdb": "chemical/x-pdb"}
"""MIME type by file extension.

Source: ``mimeTypeName`` of ``CObsDataFile`` and ``CPdbDataFile``, ccp4i2 3.0.1.
"""


def sample(kind: str) -> Path:
    """Return the path of a real data file in the installed CCP4i2, without importing it.

    Args:
        kind: ``"mtz"`` or ``"pdb"``.

    Raises:
        UnknownNameError: There is no such kind.
        BadInputError: CCP4i2 is not installed.
    """
    if kind not in SAMPLES:
        raise UnknownNameError("kind of sample", kind, SAMPLES, f"There are {' and '.join(SAMPLES)}.")
    spec = find_spec("ccp4i2")
    if spec is None or spec.origin is None:
        raise BadInputError("CCP4i2 is not installed. Install it with `pip install ccp4i2`.")
    return Path(spec.origin).parent / SAMPLES[kind]


def make_job(directory: Path, *, number: str = "1", task: str = "coordinate_selector", title: str = "") -> Job:
    """Return a job that has not run, and create its directory.

    Args:
        directory: The project directory. Its name is the name of the project.
        number: Job number, for example ``"12"``, or ``"12.1"`` for a sub-job.
        task: TASKNAME.
        title: Title of the job; empty for the name of the task.
    """
    project = Project(name=directory.name, directory=directory, uuid=project_uuid(directory))
    folder = project.job_directory(number)
    folder.mkdir(parents=True, exist_ok=True)
    return Job(
        uuid=uuid5(project.uuid, number),
        number=JobNumber(number),
        task=task,
        title=title or task,
        project=project,
        directory=folder,
    )


def make_file(
    job: Job, name: str, content: bytes | None = b"", *, parameter: str = "", file_type: str = ""
) -> GleanedFile:
    """Write an output file of a job and return it as the core extracts it.

    Args:
        job: The job.
        name: File name in the job directory.
        content: Content of the file; None for a missing file.
        parameter: Output parameter; empty for ``"outputData."`` and the name in capital letters.
        file_type: MIME type; empty for the type that belongs to the file extension.
    """
    path = job.directory / name
    if content is not None:
        path.write_bytes(content)
    asked = parameter or f"outputData.{re.sub(r'[^A-Z0-9]', '_', path.stem.upper())}"
    return GleanedFile(
        uuid=job.file_uuid("out", asked),
        parameter=asked,
        path=path,
        size_bytes=len(content or b""),
        file_type=file_type or FILE_TYPES.get(path.suffix[1:], "Unknown"),
    )


def snapshot(directory: Path) -> Mapping[str, tuple[int, bytes]]:
    """Return the modification time [ns] and the content of all files and directories in a directory, by path."""
    found = {}
    for folder, _, names in os.walk(directory):
        here = Path(folder)
        found[f"{here.relative_to(directory)}/"] = (here.stat().st_mtime_ns, b"")
        for path in map(here.joinpath, names):
            found[str(path.relative_to(directory))] = (path.lstat().st_mtime_ns, path.read_bytes())
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class HookCall:
    """One hook call.

    Attributes:
        hook: Name of the hook.
        arguments: All arguments of the hook, by name.
    """

    hook: str
    arguments: Mapping[str, Any]


class HookRecorder:
    """A plugin that implements every hook, records each call and returns None.

    Attributes:
        calls: The calls, in order.
    """

    def __init__(self) -> None:
        self.calls: list[HookCall] = []
        vars(self).update({hook.name: self._implementation(hook) for hook in HOOKS.values()})

    def _implementation(self, hook: Hook) -> Callable[..., None]:

        # `wraps` gives the function the signature of the specification, without the attributes that mark it as one.
        @wraps(hook.specification, updated=())
        def record(*given: Any) -> None:
            self.calls.append(HookCall(hook=hook.name, arguments=dict(zip(hook.arguments, given, strict=True))))

        # First, because a hook may stop at the first result of another plugin.
        return hookimpl(tryfirst=True)(record)

    def hooks(self, *wanted: str) -> tuple[str, ...]:
        """Return the names of the hooks called, in order.

        Args:
            *wanted: Names of hooks to include; none for all hooks.
        """
        return tuple(call.hook for call in self.calls if not wanted or call.hook in wanted)

    def of(self, hook: str) -> tuple[Mapping[str, Any], ...]:
        """Return the arguments of each call of one hook."""
        return tuple(call.arguments for call in self.calls if call.hook == hook)


def named(plugins: Iterable[Any]) -> dict[str, Any]:
    """Return plugins by name: the name of the module or class, or of the object's class, with a number if not unique.

    >>> list(named([HookRecorder, HookRecorder()]))
    ['HookRecorder', 'HookRecorder-2']
    """
    found: dict[str, Any] = {}
    for plugin in plugins:
        known = inspect.ismodule(plugin) or inspect.isclass(plugin)
        name = (plugin if known else type(plugin)).__name__.rpartition(".")[2]
        same = sum(one == name or one.startswith(f"{name}-") for one in found)
        found[f"{name}-{same + 1}" if same else name] = plugin
    return found


__all__ = ["HookCall", "HookRecorder", "make_file", "make_job", "named", "sample", "snapshot"]
