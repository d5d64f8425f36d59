"""The outcome file: the truth of a job, on disk before any sink is told.

It is JSON in the job directory, written whole or not at all.
"""

from __future__ import annotations

import json
import math
import os
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID, uuid4

from ccp4hooks.errors import BadInputError
from ccp4hooks.model import FinishStatus, GleanedFile, JobNumber, JobStatus, KpiValue, Outcome, Severity
from ccp4hooks.model.numbers import JOB_PREFIX, folder_index
from ccp4hooks.plugins.failures import Failure, attempt
from ccp4hooks.runtime import paths

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccp4hooks.model import Project

Value = TypeVar("Value")

FILE_NAME = "ccp4hooks_outcome.json"

SCHEMA_VERSION = 1
"""Raised whenever a reader of the old version could misread a file of the new one."""

LARGEST_FILE = 2**28
"""Largest outcome file that is read [byte]; one of a job with 100,000 files has a quarter of it."""


def to_json(value: Any) -> Any:
    """Return a value, or a container of values, as plain JSON data.

    Paths, UUIDs and times become text (ISO 8601), statuses and severities their names.
    """
    return _converter().unstructure(value)


def from_json(data: Any, kind: type[Value]) -> Value | None:
    """Return the value that `to_json` made the data of, None if they are none of that kind."""
    value = attempt(_converter().structure, data, kind)
    return None if isinstance(value, Failure) else value


def write(outcome: Outcome, folder: Path | None = None) -> Path:
    """Write the outcome file of a job, whole or not at all; return where it is.

    Temporary file, flush, fsync, rename, fsync of the directory.

    Args:
        outcome: What to write.
        folder: Where to write it; None for the job directory.

    Raises:
        OSError: The job directory is gone, full, or cannot be written to.
    """
    directory = folder or outcome.job.directory
    text = json.dumps({"schema_version": SCHEMA_VERSION, **to_json(outcome)}, indent=1, allow_nan=False)
    # Not tempfile's: its files are for their owner only, and a project may be shared.
    temporary = directory / f".{FILE_NAME}.{uuid4().hex}"
    try:
        with temporary.open("x", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(directory / FILE_NAME)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    paths.sync_directory(directory)
    return directory / FILE_NAME


def read(path: Path) -> Outcome:
    """Read an outcome file.

    Raises:
        BadInputError: It is not there, not JSON, of another schema version, or lacks something.
    """
    loaded = attempt(_loaded, path)
    if isinstance(loaded, Failure):
        raise BadInputError(f"The outcome file {path} cannot be read: {loaded.reason}.") from loaded.error
    version = loaded.pop("schema_version", None) if isinstance(loaded, dict) else None
    if version != SCHEMA_VERSION:
        raise BadInputError(
            f"The outcome file {path} is of schema version {version}; this ccp4hooks reads {SCHEMA_VERSION}."
        )
    outcome: Outcome | Failure = attempt(_converter().structure, loaded, Outcome)
    if isinstance(outcome, Failure):
        raise BadInputError(f"The outcome file {path} is not a valid one: {_where(outcome)}.") from outcome.error
    # The converter turns "1" into 1 and a text into a list of letters; what was written is never turned.
    wrong = _difference(loaded, to_json(outcome), "outcome")
    if wrong:
        raise BadInputError(f"The outcome file {path} is not a valid one: {wrong}.")
    return outcome


def _loaded(path: Path) -> Any:
    size = path.stat().st_size
    if size > LARGEST_FILE:
        raise ValueError(f"it has {size} bytes, of {LARGEST_FILE} allowed")
    return json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse_number, parse_float=_finite)


def _refuse_number(text: str) -> None:
    raise ValueError(f"{text} is not a finite number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:40]} is not a finite number")
    return number


def _where(failure: Failure) -> str:
    """Return which field does not fit, and why."""
    from cattrs import transform_error  # noqa: PLC0415 - start-up time

    lines = attempt(transform_error, failure.error, "outcome")
    return failure.reason if isinstance(lines, Failure) or not lines else str(lines[0])


def _difference(loaded: Any, understood: Any, field: str) -> str:
    """Return where a field was not understood as it stands, empty if none was."""
    if isinstance(loaded, dict) and isinstance(understood, dict):
        parts = [(value, understood.get(key), f"{field}.{key}") for key, value in loaded.items()]
    elif isinstance(loaded, list) and isinstance(understood, (list, tuple)):
        parts = [(*both, f"{field}[{n}]") for n, both in enumerate(zip(loaded, understood, strict=False))]
    else:
        whole = type(loaded) is int and isinstance(understood, float)
        same = loaded == understood and (type(loaded) is type(understood) or whole)
        return "" if same else _misread(loaded, field)
    return next((wrong for part in parts if (wrong := _difference(*part))), "")


def _misread(loaded: Any, field: str) -> str:
    return f"{str(loaded)[:80]!r} is no value of its kind @ {field}"


def moved(outcome: Outcome, old: Project, new: Project) -> Outcome:
    """Return an outcome as if its job had run in another project of the same layout."""
    text = json.dumps(to_json(outcome))
    for before, after in ((old.directory, new.directory), (old.uuid, new.uuid)):
        text = text.replace(json.dumps(str(before))[1:-1], json.dumps(str(after))[1:-1])
    told: Outcome = _converter().structure(json.loads(text), Outcome)
    return told


def completed(recorded: Outcome) -> Outcome:
    """Return a job as recorded, with what only its outcome file has.

    That is problems, cost, versions; of its files columns, extra values, and who gave which field.
    """
    path = recorded.job.directory / FILE_NAME
    held = attempt(read, path) if path.is_file() else None
    if not isinstance(held, Outcome) or held.job.uuid != recorded.job.uuid:
        return recorded
    told = {file.uuid: file for file in held.files}
    return replace(
        recorded,
        files=tuple(_completed_file(file, told.get(file.uuid)) for file in recorded.files),
        problems=held.problems,
        timings=held.timings,
        software=held.software,
    )


def _completed_file(file: GleanedFile, told: GleanedFile | None) -> GleanedFile:
    if told is None:
        return file
    return replace(file, columns=told.columns, extra=told.extra, origins={**told.origins, **file.origins})


def below(jobs_directory: Path) -> Iterator[Path]:
    """Yield the outcome files of a project's jobs and sub-jobs, in the order of their numbers."""
    for folder in job_directories(jobs_directory):
        if (folder / FILE_NAME).is_file():
            yield folder / FILE_NAME
        yield from below(folder)


def job_directories(directory: Path) -> list[Path]:
    """Return the directories ``job_1``, ``job_2``, ... in a directory, by number; none if it does not exist."""
    found = {index: path for path in directory.glob(f"{JOB_PREFIX}*") if (index := folder_index(path.name)) is not None}
    return [found[index] for index in sorted(found)]


@cache
def _converter() -> Any:
    from cattrs import Converter  # noqa: PLC0415 - start-up time

    converter = Converter(forbid_extra_keys=True)
    converter.register_unstructure_hook(UUID, str)
    converter.register_structure_hook(UUID, lambda value, _: UUID(value))
    converter.register_unstructure_hook_func(lambda kind: isinstance(kind, type) and issubclass(kind, Path), str)
    converter.register_structure_hook(Path, lambda value, _: Path(value))
    converter.register_unstructure_hook(JobNumber, str)
    converter.register_structure_hook(JobNumber, lambda value, _: JobNumber(value))
    converter.register_unstructure_hook(datetime, datetime.isoformat)
    converter.register_structure_hook(datetime, lambda value, _: datetime.fromisoformat(value))
    converter.register_unstructure_hook(JobStatus, lambda status: status.name)
    converter.register_structure_hook(JobStatus, lambda value, _: JobStatus[value])
    converter.register_unstructure_hook(FinishStatus, lambda finish: finish.name)
    converter.register_structure_hook(FinishStatus, lambda value, _: FinishStatus[value])
    converter.register_unstructure_hook(Severity, lambda severity: severity.value)
    converter.register_structure_hook(KpiValue, _structure_kpi_value)
    return converter


def _structure_kpi_value(value: Any, _: Any) -> KpiValue:
    if not isinstance(value, (bool, int, float, str)):
        raise TypeError(f"a KPI's value must be a number, a truth value or a text, not {type(value).__name__}")
    return value
