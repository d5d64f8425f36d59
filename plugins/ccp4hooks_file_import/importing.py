"""Import a file: read and copy it, look for a recorded copy, and publish the new copy."""

from __future__ import annotations

import itertools
import os
import stat
from contextlib import closing, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from ccp4hooks import ImportedFile
from ccp4hooks_file_import import system
from ccp4hooks_file_import.content import Content, Reader
from ccp4hooks_file_import.messages import reading, writing
from ccp4hooks_file_import.naming import PART_PREFIX, PART_SUFFIX, candidates, legal_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

    from ccp4hooks import InputFile, Job, KnownFile


opened_to_group: set[Path] = set()
"""Copies that the group of the project can read although it could not read the source, until `check_file` says so."""


def import_outside_file(job: Job, file: InputFile, find: Callable[[str, str], KnownFile | None]) -> ImportedFile:
    """Copy a file into the project, or find its copy there; see `ccp4hooks_file_import.import_file`.

    Raises:
        BadInputError: The source cannot be read, or the project's directory cannot be written.
    """
    with reading(file.path, file.parameter):
        source, folder = _resolved(file.path, job.uuid)
    directory = job.project.imports_directory
    reader = Reader(source, file.parameter)
    if _is_directory(folder, directory):
        for _ in reader.chunks():
            pass  # The file is where it belongs, so only its checksums are needed.
        known = _known(find, reader.content, file, source)
        return _imported(job, file, source, reader.content, known, source)
    with _copied(reader, directory, source) as (part, descriptor):
        known = _known(find, reader.content, file, part)
        with writing(directory, source):
            path = known.path if known else _place(part, descriptor, file.path.name, reader.content, job)
    return _imported(job, file, source, reader.content, known, path)


def _resolved(path: Path, job: UUID) -> tuple[Path, os.stat_result]:
    """Return a path with all links resolved, and the status of its directory.

    Raises:
        OSError: The file does not exist, or links lead in a circle.
    """
    folder = path.parent.stat()
    if stat.S_ISLNK(path.lstat().st_mode) or os.pardir in path.parts or not path.is_absolute():
        real = Path(
            os.path.realpath(path, strict=True)
        )  # Path.resolve raises no OSError for a loop before Python 3.13.
        return real, real.parent.stat()
    return Path(_real_directory(job, str(path.parent), folder.st_dev, folder.st_ino), path.name), folder


@lru_cache(maxsize=16)
def _real_directory(job: UUID, directory: str, device: int, inode: int) -> str:  # noqa: ARG001 - what makes it anew
    """Return the path of a directory with all links resolved, once for the files of a job that come from it."""
    return os.path.realpath(directory, strict=True)


def _is_directory(folder: os.stat_result, directory: Path) -> bool:
    try:
        return os.path.samestat(folder, directory.stat())
    except OSError:
        return False  # The directory does not exist, because nothing was imported yet.


def _known(
    find: Callable[[str, str], KnownFile | None], content: Content, file: InputFile, same: Path
) -> KnownFile | None:
    """Return the project's record of this content if its copy still has the content.

    A copy that has the size and the time of the source, as each new copy has, is not read.

    Args:
        find: Returns the record.
        content: The content.
        file: The input file.
        same: A file with the content.
    """
    known = find(content.md5, file.file_type)
    if known is None or not system.is_regular(known.path, content.size_bytes):
        return None
    try:
        is_whole = known.path.lstat().st_mtime_ns == content.modified_ns or _equal(same, known.path)
    except OSError:
        return None
    return known if is_whole else None


@contextmanager
def _copied(reader: Reader, directory: Path, source: Path) -> Iterator[tuple[Path, int]]:
    """Provide a copy under a temporary name and its descriptor. Remove and close them at the end."""
    part = directory / f"{PART_PREFIX}{uuid4()}{PART_SUFFIX}"
    with closing(reader.chunks()) as chunks:
        first = next(chunks, memoryview(b""))  # An unreadable source must leave nothing, not even the directory.
        with writing(directory, source):
            folder = system.make_directory(directory)
            descriptor = system.create(part, system.mode_of_copy(reader.status))
        try:
            with writing(directory, source):
                opened_to_group.update([part] * system.limit_access(descriptor, reader.status, folder))
                _write(descriptor, first, chunks)
            yield part, descriptor
        finally:
            opened_to_group.discard(part)
            os.close(descriptor)
            part.unlink(missing_ok=True)


def _write(descriptor: int, first: memoryview, others: Iterator[memoryview]) -> None:
    for chunk in itertools.chain([first], others):
        system.write_all(descriptor, chunk)


def _place(part: Path, descriptor: int, name: str, content: Content, job: Job) -> Path:
    """Publish the finished copy under the first free name and return its path."""
    os.fsync(descriptor)
    os.utime(part, ns=(content.modified_ns, content.modified_ns))
    for candidate in _names(part.parent, legal_name(name), all_of_them=job.opened_by is None):
        path = part.parent / candidate
        if system.publish(part, path):
            if part in opened_to_group:
                opened_to_group.add(path)
            return path
        # With a database, a copy that it does not know may belong to a record of another type.
        if job.opened_by is None and system.is_regular(path, content.size_bytes) and _equal(part, path):
            return path
    raise AssertionError  # `_names` never ends.


FEW = 16
"""Number of names that are tried one after the other."""


def _names(directory: Path, name: str, *, all_of_them: bool) -> Iterator[str]:
    """Yield the names to try in a directory, without end: some of those that are taken, or all of them."""
    yield from candidates(name) if all_of_them else itertools.islice(candidates(name), FEW)
    yield from candidates(name, _free_number(directory, name))


def _free_number(directory: Path, name: str) -> int:
    """Return a number whose name is free. The numbers below are usually taken, by the imports of earlier jobs."""

    def is_taken(number: int) -> bool:
        return os.path.lexists(directory / next(candidates(name, number)))

    taken, free = FEW - 1, FEW
    while is_taken(free):
        taken, free = free, 2 * free
    while free - taken > 1:
        between = (taken + free) // 2
        taken, free = (between, free) if is_taken(between) else (taken, between)
    return free


def _equal(one: Path, other: Path) -> bool:
    size = 1024 * 1024
    with one.open("rb") as first, other.open("rb") as second:
        while chunk := first.read(size):
            if chunk != second.read(size):
                return False
    return True


def _imported(
    job: Job, file: InputFile, source: Path, content: Content, known: KnownFile | None, path: Path
) -> ImportedFile:
    return ImportedFile(
        uuid=known.uuid if known else job.file_uuid("in", file.parameter),
        parameter=file.parameter,
        path=known.path if known else path,
        source=source,
        md5=content.md5,
        sha256=content.sha256,
        size_bytes=content.size_bytes,
        modified_at=content.modified_at,
        file_type=file.file_type,
        class_name=file.class_name,
        content_flag=known.content_flag if known and file.content_flag is None else file.content_flag,
        sub_type=known.sub_type if known and file.sub_type is None else file.sub_type,
        annotation=file.annotation or (known.annotation if known else "") or f"Imported from {source.name}",
        reused=known is not None,
        columns=file.columns,
    )
