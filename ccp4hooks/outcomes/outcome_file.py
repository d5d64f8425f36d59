"""The outcome file: the record of a job as JSON in the job directory, written before any sink is called.

The file is written as a whole or not at all.
"""

from __future__ import annotations

import errno
import json
import os
import re
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from enum import Enum, IntEnum
from functools import cache, partial
from operator import attrgetter
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID, uuid4

from ccp4hooks.errors import BadInputError
from ccp4hooks.failures import Failure, attempt
from ccp4hooks.model import JobNumber, Origin, Outcome, Problem, Severity
from ccp4hooks.model.kpis import KEY_LENGTH
from ccp4hooks.model.numbers import JOB_PREFIX, folder_index
from ccp4hooks.model.plain import LARGEST_WHOLE, plain_text
from ccp4hooks.outcomes import strict_json
from ccp4hooks.runtime import copies, paths
from ccp4hooks.runtime.sharing import is_shared

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ccp4hooks.model import GleanedFile, Job, Project

Value = TypeVar("Value")

FILE_NAME = "ccp4hooks_outcome.json"

RESERVE_NAME = ".ccp4hooks_reserve"
"""Name of the file in the directory of a running job that keeps space for its outcome file."""

RESERVE = 2**15
"""Size of that file [byte]. The outcome file of a job with 10 files, 20 KPIs and 50 parameters needs it."""

SCHEMA_VERSION = 2
"""Version of the format. It increases whenever a reader of the old version could misread a new file."""

READ_VERSIONS = (1, 2)
"""The versions that are read. Version 1 has no parameters, results and provenance."""

LARGEST_FILE = 2**28
"""Size of the largest outcome file that is read [byte]. A job with 100,000 files needs a quarter of it."""

LARGEST_OF_OLD = 1000
"""Size of the largest whole number that an earlier version has written as a KPI [bit]."""

MOST_CONTAINERS = 2_000_000
"""Largest number of objects and lists in an outcome file. A job with 100,000 files needs a half of it."""

MOST_VALUES = 8_000_000
"""Largest number of values in an outcome file. In memory, each takes at least 60 bytes."""


def to_json(value: Any) -> Any:
    """Return a value, or a container of values, as plain JSON data.

    Dataclasses become objects. Paths, UUIDs and times (ISO 8601) become text. Statuses become their names, members of
    other enumerations their values.
    """
    kind: Any = type(value)
    return _encoder(kind)(value)


PLAIN = frozenset((str, int, float, bool, type(None)))


def _encoded(value: Any) -> Any:
    # Most values are plain, and to look up their encoder takes longer than to find that out.
    return value if type(value) in PLAIN else to_json(value)


@cache
def _encoder(kind: type) -> Callable[[Any], Any]:
    """Return the function that encodes the values of a type."""
    if is_dataclass(kind):
        names = [item.name for item in fields(kind)]
        get = [attrgetter(name) for name in names]
        return lambda value: {name: _encoded(one(value)) for name, one in zip(names, get, strict=True)}
    if issubclass(kind, Mapping):
        return lambda table: {to_json(key): to_json(value) for key, value in table.items()}
    if issubclass(kind, (list, tuple)):
        return lambda items: [to_json(item) for item in items]
    if issubclass(kind, Enum):
        return attrgetter("name" if issubclass(kind, IntEnum) else "value")
    if issubclass(kind, datetime):
        return datetime.isoformat
    return str if issubclass(kind, (PurePath, UUID, JobNumber)) else lambda value: value


def from_json(data: Any, kind: type[Value]) -> Value | None:
    """Return the value that `to_json` encoded, or None if the data do not represent a value of this kind.

    Args:
        data: The result of `json.loads`.
        kind: A dataclass of the model.
    """
    value = attempt(_decoded, data, kind)
    return None if isinstance(value, Failure) else value


def _decoded(data: Any, kind: type[Value]) -> Value:
    from ccp4hooks.outcomes import json_types  # noqa: PLC0415 - start-up time: it imports msgspec

    return json_types.decoded(data, kind)


def type_fault(value: Any) -> str:
    """Return which field of a dataclass of the model has a value of another type than it declares, or an empty text.

    A plugin that reads values from a place that anybody may have changed uses it.
    """
    done = attempt(lambda: _decoded(to_json(value), type(value)))
    return plain_text(str(done.error), 300) if isinstance(done, Failure) else ""


def reserve(job: Job) -> None:
    """Reserve space for the outcome file of a job that begins, so that a full disk does not lose its outcome.

    Raises:
        OSError: The job directory is missing, full or not writable.
    """
    path = job.directory / RESERVE_NAME
    try:
        path.write_bytes(bytes(RESERVE))
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def release(job: Job) -> None:
    """Give up the space that `reserve` has reserved, because the job has not ended and is left to another machine."""
    (job.directory / RESERVE_NAME).unlink(missing_ok=True)


def write(outcome: Outcome, folder: Path | None = None, *, overwrite: bool = True) -> Path:
    """Write the outcome file of a job as a whole or not at all, and return its path.

    Write a temporary file, or the file with the reserved space, flush it, call fsync, rename it, and call fsync for the
    directory.

    Args:
        outcome: The outcome.
        folder: The directory to write to; None for the job directory.
        overwrite: Whether to replace an outcome file that exists.

    Raises:
        FileExistsError: The file exists and must not be replaced.
        OSError: The directory is missing, full or not writable.
    """
    directory = folder or outcome.job.directory
    text = _text({"schema_version": SCHEMA_VERSION, **to_json(outcome)})
    reserved = directory / RESERVE_NAME
    if not overwrite:
        # Another process may still be about to write into it.
        reserved.unlink(missing_ok=True)
    is_reserved = reserved.is_file()
    # Not a file of `tempfile`: only its owner could read it, and several users may share a project.
    temporary = reserved if is_reserved else directory / f".{FILE_NAME}.{uuid4().hex}"
    try:
        with open(temporary, "r+" if is_reserved else "x", encoding="utf-8", opener=_opener(directory)) as stream:
            stream.write(text)
            stream.truncate()
            stream.flush()
            os.fsync(stream.fileno())
        if overwrite:
            temporary.replace(directory / FILE_NAME)
        else:
            _name_once(temporary, directory / FILE_NAME)
    except BaseException as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            error.filename, error.filename2 = str(directory / FILE_NAME), None
        raise
    paths.sync_directory(directory)
    return directory / FILE_NAME


_ENCODER = json.JSONEncoder(allow_nan=False)


def _text(content: Mapping[str, Any]) -> str:
    """Return an outcome as JSON with a line for each field, and for each file, KPI and other item.

    Python indents in Python, which takes several times as long as to encode.
    """
    fields_text = ",\n".join(f" {_ENCODER.encode(name)}: {_field_text(value)}" for name, value in content.items())
    return f"{{\n{fields_text}\n}}"


def _field_text(value: Any) -> str:
    if not isinstance(value, list) or not value:
        return _ENCODER.encode(value)
    items = ",\n".join(f"  {_ENCODER.encode(item)}" for item in value)
    return f"[\n{items}\n ]"


def _opener(directory: Path) -> Callable[[str, int], int]:
    """Return an opener that gives a new outcome file no more access than the one that it replaces.

    A group that shares the project can always read it.
    """
    try:
        mode = stat.S_IMODE((directory / FILE_NAME).stat().st_mode) | (stat.S_IRGRP if is_shared(directory) else 0)
    except OSError:
        mode = 0o666
    return lambda path, flags: os.open(path, flags, mode | stat.S_IRUSR | stat.S_IWUSR)


def _name_once(temporary: Path, path: Path) -> None:
    """Give a file its final name unless that name is taken, in one step where the file system has hard links.

    Raises:
        FileExistsError: The name is taken.
    """
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError as error:
        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from error
        temporary.replace(path)
    else:
        temporary.unlink()


def read(path: Path, root: Path | None = None) -> Outcome:
    """Read an outcome file. `ccp4hooks.outcomes.checks` reads one that may come from elsewhere.

    Args:
        path: The outcome file.
        root: A directory above the file, below which no link is followed; None if links may be followed.

    Raises:
        BadInputError: The file is missing, is not JSON, has another schema version, or does not fit the schema.
    """
    loaded = attempt(_loaded, path, root)
    if isinstance(loaded, Failure) and isinstance(loaded.error, OSError):
        why = loaded.error.strerror or loaded.reason
        raise BadInputError(
            f"Cannot read the outcome file {path}: {why}. Check its permissions and the disk."
        ) from loaded.error
    if isinstance(loaded, Failure):
        raise BadInputError(
            f"Cannot read the outcome file {path}: {loaded.reason}. Restore it from a backup."
        ) from loaded.error
    data, has_escapes = loaded
    version = data.pop("schema_version", None) if isinstance(data, dict) else None
    if type(version) is not int:
        raise BadInputError(
            f"Invalid outcome file {path}: schema_version: Expected the number {SCHEMA_VERSION}, "
            f"got {_json_text(version)}. Restore it from a backup."
        )
    if version not in READ_VERSIONS:
        raise BadInputError(
            f"The outcome file {path} has schema version {version}, but this ccp4hooks reads the versions "
            f"{' and '.join(map(str, READ_VERSIONS))} only. "
            f"{'Upgrade ccp4hooks.' if version > SCHEMA_VERSION else 'Restore it from a backup.'}"
        )
    outcome: Outcome | Failure = attempt(_decoded, data, Outcome)
    if isinstance(outcome, Failure):
        why = str(outcome.error).rstrip(".")
        raise BadInputError(f"Invalid outcome file {path}: {why}. Restore it from a backup.") from outcome.error
    large = any(_is_large(kpi.value) for kpi in outcome.kpis)
    return _recordable(outcome) if has_escapes or large else outcome


def _json_text(value: Any) -> str:
    """Return a value of a JSON file as the file has it, at most 80 characters."""
    return "nothing" if value is None else plain_text(json.dumps(value, default=str), 80)


def _recordable(outcome: Outcome) -> Outcome:
    """Return an outcome as a database can hold it; a problem names what was left out or changed.

    Earlier versions wrote texts and whole numbers that no database holds, and their jobs were never recorded.
    """
    plain: Outcome = _with_texts(outcome, _plain_if_text)
    problems = [] if plain == outcome else [f"{CHANGED}."]
    kpis = []
    for kpi, given in zip(plain.kpis, outcome.kpis, strict=True):
        fault = kpi.fault() if kpi != given or _is_large(kpi.value) else ""
        if fault:
            problems.append(f"the KPI {kpi.key[:KEY_LENGTH]!r} was left out: {fault}.")
        else:
            kpis.append(kpi)
    if not problems:
        return outcome
    notes = [Problem(severity=Severity.WARNING, message=one, origin=Origin(plugin="core")) for one in problems]
    return replace(plain, kpis=tuple(kpis), problems=(*plain.problems, *notes))


CHANGED = "the outcome file had characters that cannot be recorded; they were removed or escaped"


def _plain_if_text(value: Any) -> Any:
    # Not a path or a job number, which are no display texts.
    return plain_text(value) if type(value) is str else value


def _is_large(value: object) -> bool:
    return isinstance(value, int) and abs(value) > LARGEST_WHOLE and value.bit_length() <= LARGEST_OF_OLD


def _loaded(path: Path, root: Path | None) -> tuple[Any, bool]:
    """Return the JSON data of a file, and whether it may have characters that cannot be recorded."""
    with path.open("rb") if root is None else copies.open_file(root, path.relative_to(root)) as stream:
        size = os.fstat(stream.fileno()).st_size
        if size > LARGEST_FILE:
            raise ValueError(f"it has {size} bytes; at most {LARGEST_FILE} are allowed")
        content = stream.read()
    containers = content.count(b"[") + content.count(b"{")
    if containers > MOST_CONTAINERS:
        raise ValueError(f"it has {containers} objects and lists; at most {MOST_CONTAINERS} are allowed")
    values = containers + content.count(b",")
    if values > MOST_VALUES:
        raise ValueError(f"it has {values} values; at most {MOST_VALUES} are allowed")
    # Such characters are escaped in a JSON file, or the file is not valid.
    has_escapes = re.search(rb"\\u0000|\\u[dD]", content) is not None
    return strict_json.loads(content.decode("utf-8")), has_escapes


def relocated(outcome: Outcome, old: Project, new: Project) -> Outcome:
    """Return an outcome as if its job had run in another project of the same layout.

    Args:
        outcome: The outcome.
        old: The project in which the job ran.
        new: The project whose directory and UUID replace those of the old one, in texts, too.
    """
    texts = ((str(old.directory), str(new.directory)), (str(old.uuid), str(new.uuid)))
    moved: Outcome = _with_texts(outcome, partial(_replaced, texts=texts))
    return moved


def _replaced(value: Any, texts: tuple[tuple[str, str], ...]) -> Any:
    """Return a value with texts replaced in a text, path or UUID."""
    if not isinstance(value, (str, PurePath, UUID)):
        return value
    text = str(value)
    for before, after in texts:
        text = text.replace(before, after)
    return type(value)(text)


def in_directory(outcome: Outcome, directory: Path) -> Outcome:
    """Return the outcome of a job whose project directory was moved, with the present paths.

    Args:
        outcome: The outcome, as its outcome file contains it.
        directory: The present directory of its project.
    """
    was = outcome.job.project.directory
    if was == directory:
        return outcome
    moved: Outcome = _with_texts(outcome, partial(_below, was=was, now=directory))
    return moved


def in_project_named(outcome: Outcome, name: str) -> Outcome:
    """Return the outcome of a job whose project was renamed, with the present name."""
    project = outcome.job.project
    if project.name == name:
        return outcome
    return replace(outcome, job=replace(outcome.job, project=replace(project, name=name)))


def _below(value: Any, was: Path, now: Path) -> Any:
    """Return a path with the directory `was` replaced by `now` if it is below it, and any other value unchanged."""
    return now / value.relative_to(was) if isinstance(value, PurePath) and value.is_relative_to(was) else value


def _with_texts(value: Any, change: Callable[[Any], Any]) -> Any:
    """Return a value with everything in it changed by a function that is called with each text, path and number."""
    if is_dataclass(value) and not isinstance(value, type):
        given = {item.name: _with_texts(attrgetter(item.name)(value), change) for item in fields(value)}
        return replace(value, **given)
    if isinstance(value, tuple):
        return tuple(_with_texts(item, change) for item in value)
    if isinstance(value, Mapping):
        return {_with_texts(key, change): _with_texts(item, change) for key, item in value.items()}
    return change(value)


def completed(recorded: Outcome) -> Outcome:
    """Return a recorded outcome with the details that only its outcome file contains.

    These are problems and timings, and for each file its columns, extra values and origins. Parameters, results and
    provenance, which the database may not return, are taken from the file, too.

    Raises:
        BadInputError: The outcome file cannot be read.
    """
    path = recorded.job.directory / FILE_NAME
    written = read(path) if _is_there(path) else None
    if written is None or written.job.uuid != recorded.job.uuid:
        return recorded
    written = in_directory(written, recorded.job.project.directory)
    files = {file.uuid: file for file in written.files}
    return replace(
        recorded,
        files=tuple(_completed_file(file, files.get(file.uuid)) for file in recorded.files),
        problems=written.problems,
        timings=written.timings,
        software=written.software,
        parameters=written.parameters,
        results=written.results,
        provenance=written.provenance,
    )


def _is_there(path: Path) -> bool:
    """Return whether there is a file, which possibly cannot be read."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True


def _completed_file(file: GleanedFile, written: GleanedFile | None) -> GleanedFile:
    if written is None:
        return file
    return replace(file, columns=written.columns, extra=written.extra, origins={**written.origins, **file.origins})


def below(jobs_directory: Path) -> Iterator[Path]:
    """Yield the outcome files of the jobs and sub-jobs in a directory, in the order of their numbers."""
    for folder in job_directories(jobs_directory):
        if (folder / FILE_NAME).is_file():
            yield folder / FILE_NAME
        yield from below(folder)


def remove(job: Job) -> None:
    """Remove the outcome files of a job that has ended, and of its sub-jobs, before the job runs again.

    Raises:
        OSError: A file could not be removed.
    """
    path = job.directory / FILE_NAME
    if path.is_file():
        for one in (*below(job.directory), path):
            one.unlink(missing_ok=True)


def job_directories(directory: Path) -> list[Path]:
    """Return the directories ``job_1``, ``job_2``, ... in a directory, by number; none if it does not exist."""
    found = {index: path for path in directory.glob(f"{JOB_PREFIX}*") if (index := folder_index(path.name)) is not None}
    return [found[index] for index in sorted(found)]
