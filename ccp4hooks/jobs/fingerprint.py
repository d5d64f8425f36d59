"""The fingerprint of a request: whether two jobs were asked the same."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from ccp4hooks.failures import Failure, attempt
from ccp4hooks.i2 import scripts, versions
from ccp4hooks.i2.request_values import RequestValue, StoredFile, request_values
from ccp4hooks.runtime import paths
from ccp4hooks.runtime.checksums import listing_of, md5_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    from ccp4hooks.i2.protocols import Script
    from ccp4hooks.jobs.active_job import ActiveJob
    from ccp4hooks.jobs.run_context import RunContext
    from ccp4hooks.model import KnownFile
    from ccp4hooks.model.plain import PlainValue


def of_request(run: RunContext, script: Script, given: Collection[str]) -> str:
    """Return the fingerprint of what a script is to do, or an empty text if a secret is part of it.

    It covers the task with the versions of the task, of CCP4i2 and of the distribution that provides the task; all
    parameters, the defaults among them; and the content and the role of the input files, with the content flags that
    the request gives. It does not cover their names and annotations, the versions of programs, which are not known
    before they run, nor the plugins in use.

    Args:
        run: Knows the distribution of the task.
        script: The script, its parameters set.
        given: Full paths of the parameters that the request has given.

    Raises:
        OSError: An input file cannot be read.
    """
    values = _values(script, given)
    if _has_secret(values):
        return ""
    return _fingerprint(run, script, values, {path: md5_of(path) for path, _ in _input_files(values)})


def _values(script: Script, given: Iterable[str]) -> list[RequestValue]:
    """Return what a script is to do. The text that describes a file for people changes nothing."""
    codes = {path for path in given if not path.endswith(".annotation")}
    return list(request_values(script, given=codes, resolve=True))


def _has_secret(values: Iterable[RequestValue]) -> bool:
    return any(one.is_secret and one.is_set for one in values)


def _input_files(values: Iterable[RequestValue]) -> Iterator[tuple[Path, RequestValue]]:
    """Yield the input files that exist, once each, with the value of a parameter that reads the file."""
    found = [(one.value.present, one) for one in values if isinstance(one.value, StoredFile)]
    yield from {path: one for path, one in reversed(found) if path is not None and not path.is_dir()}.items()


def _fingerprint(run: RunContext, script: Script, values: Iterable[RequestValue], checksums: Mapping[Path, str]) -> str:
    task = scripts.task_name(script)
    distribution = run.distribution_of(task)
    every = [(one.path, _comparable(one.value, checksums)) for one in values]
    request = {
        "task": task,
        "task version": scripts.task_version(script),
        "distribution": [distribution, run.software.get(distribution, "")],
        "ccp4i2": versions.installed(),
        "values": sorted(every, key=lambda pair: pair[0]),
    }
    return hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()


def _comparable(value: PlainValue | StoredFile, checksums: Mapping[Path, str]) -> Any:
    """Return a value as it is; of a file the role and a checksum, of a directory what its files look like."""
    if not isinstance(value, StoredFile):
        return value
    path = value.present
    if path is None:
        return [value.sub_type, value.uuid]
    return [value.sub_type, checksums[path] if path in checksums else listing_of(path)]


def note_request(active: ActiveJob) -> None:
    """Note the fingerprint of a top-level job whose input files were imported, and which of its files have changed.

    A job without a fingerprint runs as well.
    """
    if active.has_script and active.job.parent_uuid is None:
        with paths.resolution_cache():
            found = attempt(_noted, active)
        active.fingerprint = "" if isinstance(found, Failure) else found


def _noted(active: ActiveJob) -> str:
    """Warn of recorded imports that have changed since, and return the fingerprint."""
    values = _values(active.script, active.given or ())
    checksums = {file.path: file.md5 for file in active.imported}
    is_secret = _has_secret(values)
    for path, one in _input_files(values):
        known = active.context.remembered(path)
        if path in checksums or (is_secret and (known is None or not known.md5)):
            continue
        checksums[path] = md5_of(path)
        if known is not None and known.md5 not in ("", checksums[path]):
            _warn(active, one, path, known)
    return "" if is_secret else _fingerprint(active.context, active.script, values, checksums)


def _warn(active: ActiveJob, value: RequestValue, path: Path, known: KnownFile) -> None:
    project = active.context.project
    place = path.relative_to(project.directory) if path.is_relative_to(project.directory) else path
    verify = f"`ccp4hooks verify {project.name}` lists what has changed."
    since = f"since job {known.job_number} imported it" if known.job_number else "since it was imported"
    active.note(
        f"{place} has changed {since}: its MD5 checksum is not the recorded one. This job reads it as it is now.",
        parameter=value.path,
        path=path,
        cure=f"Give {value.name}=FILE to import the file again. {verify}",
    )
