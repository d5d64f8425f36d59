"""The fingerprint of a request: whether two jobs were asked the same."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from ccp4hooks.failures import Failure, attempt
from ccp4hooks.i2 import scripts, versions
from ccp4hooks.i2.request_values import StoredFile, request_values
from ccp4hooks.runtime.checksums import listing_of, md5_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ccp4hooks.i2.protocols import Script
    from ccp4hooks.jobs.active_job import ActiveJob
    from ccp4hooks.jobs.run_context import RunContext


def of_request(run: RunContext, script: Script, known: Mapping[Path, str] | None = None) -> str:
    """Return the fingerprint of what a script is to do, or an empty text if a secret is part of it.

    It covers the task with the versions of the task, of CCP4i2 and of the distribution that provides the task; all
    parameters, the defaults among them; and the content and the role of the input files. It does not cover their names,
    the versions of programs, which are not known before they run, nor the plugins in use.

    Args:
        run: Knows the distribution of the task.
        script: The script, its parameters set.
        known: MD5 checksums of files that need not be read.

    Raises:
        OSError: An input file cannot be read.
    """
    values: list[tuple[str, Any]] = []
    for one in request_values(script, resolve=True):
        if one.is_secret and one.is_set:
            return ""
        value = _of_file(one.value, known or {}) if isinstance(one.value, StoredFile) else one.value
        values.append((one.path, value))
    task = scripts.task_name(script)
    distribution = run.distribution_of(task)
    request = {
        "task": task,
        "task version": scripts.task_version(script),
        "distribution": [distribution, run.software.get(distribution, "")],
        "ccp4i2": versions.installed(),
        "values": sorted(values, key=lambda pair: pair[0]),
    }
    return hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()


def _of_file(file: StoredFile, known: Mapping[Path, str]) -> list[Any]:
    """Return the role of a file, and a checksum of its content; of a directory, what its files look like."""
    path = file.present
    if path is None:
        return [file.sub_type, file.uuid]
    if path.is_dir():
        return [file.sub_type, listing_of(path)]
    return [file.sub_type, known.get(path) or md5_of(path)]


def note_fingerprint(active: ActiveJob) -> None:
    """Note the fingerprint of a top-level job whose input files were imported. A job without one runs as well."""
    if active.has_script and active.job.parent_uuid is None:
        imported = {file.path: file.md5 for file in active.imported}
        found = attempt(of_request, active.context, active.script, imported)
        active.fingerprint = "" if isinstance(found, Failure) else found
