"""What the fixtures of `testing` are made of, for those who want it without them."""

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

from ccp4hooks.errors import BadInputError
from ccp4hooks.hookspecs import HOOKS, hookimpl
from ccp4hooks.model import GleanedFile, Job, JobNumber, Project, project_uuid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ccp4hooks.hookspecs import Hook

SAMPLES = {
    "mtz": "wrappers/freerflag/test_data/rnase25_fsigf.mtz",
    "pdb": "wrappers/chainsaw/test_data/1a80_A.pdb",
}
"""Real data inside the package ccp4i2, by kind.

Source: ccp4i2 3.0.1; RNase at 2.5 A, and chain A of PDB entry 1A80.
"""

FILE_TYPES = {"mtz": "application/CCP4-mtz-observed", "pdb": "chemical/x-pdb"}
"""MIME type by the ending of a file's name.

Source: ``mimeTypeName`` of ``CObsDataFile`` and ``CPdbDataFile``, ccp4i2 3.0.1.
"""


def sample(kind: str) -> Path:
    """Return a real file that the installed CCP4i2 carries, without importing it.

    Args:
        kind: ``"mtz"`` or ``"pdb"``.

    Raises:
        BadInputError: CCP4i2 is not installed.
    """
    spec = find_spec("ccp4i2")
    if spec is None or spec.origin is None:
        raise BadInputError("CCP4i2 is not installed here: pip install ccp4i2")
    return Path(spec.origin).parent / SAMPLES[kind]


def make_job(directory: Path, *, number: str = "1", task: str = "coordinate_selector", title: str = "") -> Job:
    """Return a job whose directory exists; nothing ran in it.

    Args:
        directory: The project's directory; its name is the project's.
        number: ``"12"``, or ``"12.1"`` for a sub-job.
        task: TASKNAME.
        title: For people; empty for the task's name.
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
    """Return an output file of a job as the core gleans it, and write it.

    Args:
        job: The job.
        name: File name in the job's directory.
        content: What it is to hold; None for a file that is not there.
        parameter: Empty for ``"outputData."`` and the name in capital letters.
        file_type: MIME type; empty for what the name's ending says.
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
    """Return time of change [ns] and content of everything below a directory, by path."""
    found = {}
    for folder, _, names in os.walk(directory):
        here = Path(folder)
        found[f"{here.relative_to(directory)}/"] = (here.stat().st_mtime_ns, b"")
        for path in map(here.joinpath, names):
            found[str(path.relative_to(directory))] = (path.lstat().st_mtime_ns, path.read_bytes())
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class HookCall:
    """One call of a hook.

    Attributes:
        hook: Its name.
        arguments: By name, all that the hook offers.
    """

    hook: str
    arguments: Mapping[str, Any]


class HookRecorder:
    """A plugin that implements every hook, notes each call and answers none.

    Attributes:
        calls: In the order in which they came.
    """

    def __init__(self) -> None:
        self.calls: list[HookCall] = []
        vars(self).update({hook.name: self._implementation(hook) for hook in HOOKS.values()})

    def _implementation(self, hook: Hook) -> Callable[..., None]:

        # Wrapped, it is taken to have the arguments of the specification; its marks are none of ours.
        @wraps(hook.specification, updated=())
        def noted(*given: Any) -> None:
            self.calls.append(HookCall(hook=hook.name, arguments=dict(zip(hook.arguments, given, strict=True))))

        # First, so that it also sees the hooks in which the first answer ends the asking.
        return hookimpl(tryfirst=True)(noted)

    def hooks(self, *wanted: str) -> tuple[str, ...]:
        """Return the names of the hooks called, in order; of those `wanted` only, if any are named."""
        return tuple(call.hook for call in self.calls if not wanted or call.hook in wanted)

    def of(self, hook: str) -> tuple[Mapping[str, Any], ...]:
        """Return the arguments of each call of one hook."""
        return tuple(call.arguments for call in self.calls if call.hook == hook)


def named(plugins: Iterable[Any]) -> dict[str, Any]:
    """Return plugins by a name made of the module's, the class's or the object's class's.

    >>> list(named([HookRecorder, HookRecorder()]))
    ['HookRecorder', 'HookRecorder-2']
    """
    found: dict[str, Any] = {}
    for plugin in plugins:
        known = inspect.ismodule(plugin) or inspect.isclass(plugin)
        name = (plugin if known else type(plugin)).__name__.rpartition(".")[2]
        taken = sum(one == name or one.startswith(f"{name}-") for one in found)
        found[f"{name}-{taken + 1}" if taken else name] = plugin
    return found


__all__ = ["HookCall", "HookRecorder", "make_file", "make_job", "named", "sample", "snapshot"]
