"""Recorded files: find them by UUID, by path, as a job's output, or as an earlier import. Reads only."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ccp4i2.db.models import File, FileImport, FileType
from ccp4i2.db.models import Project as ProjectRow
from django.db.models import Q

from ccp4hooks import Job, KnownFile, Project
from ccp4hooks.store import FileQuery, JobNumber
from ccp4hooks_database.repository import columns
from ccp4hooks_database.repository.labels import batches
from ccp4hooks_database.repository.read import FILE_COLUMNS, OWN_FILE_COLUMNS, file_path
from ccp4hooks_database.repository.row_values import IMPORT_DIR, JOB_DIR
from ccp4hooks_database.sql.prepared import Prepared, slot

if TYPE_CHECKING:
    from collections.abc import Iterator


IMPORTS = Prepared(
    lambda: FileImport.objects.filter(checksum=slot("md5", FileImport, "checksum")).values_list("pk")[:1]
)
"""Whether any project has an import of that content."""

COLUMNS = (*OWN_FILE_COLUMNS, *FILE_COLUMNS)
SAME = Prepared(
    lambda: (
        File.objects.filter(
            Q(job__project__uuid=slot("uuid", ProjectRow, "uuid"))
            | Q(job__project__directory=slot("directory", ProjectRow, "directory")),
            directory=IMPORT_DIR,
            fileimport__checksum=slot("md5", FileImport, "checksum"),
            type_id=slot("kind", FileType, "name"),
        )
        .order_by("-pk")
        .values_list(*OWN_FILE_COLUMNS, *FILE_COLUMNS.values())
    )
)
"""A project's imports of that content and type, the latest first."""


MOST_UPS = 26
"""Largest number of ``..`` in a recorded name: a job number has 50 characters, so 25 levels (ccp4i2 3.0.1)."""


def find_file(query: FileQuery) -> KnownFile | None:
    """Return the file that matches a query, the latest one if several match; None if no file matches.

    A UUID matches files of all projects, as in CCP4i2; a path or an output matches files of the project only.
    """
    if query.uuid is not None:
        return next(_known(Q(uuid=query.uuid)), None)
    if query.path is not None:
        return _by_path(query.project, query.path)
    if query.job_number is None or query.parameter is None:
        return None
    parameter = columns.without_container(query.parameter)
    names = columns.column_names(parameter)
    output = Q(job__number=query.job_number, fileimport__isnull=True, job_param_name__in=names)
    return next(_known(_within(query.project) & output), None)


def find_import(job: Job, md5: str, file_type: str) -> KnownFile | None:
    """Return the project's latest import of the same content and type whose copy exists; None without one."""
    if IMPORTS.first(md5=md5) is None:
        # The usual answer. The full query takes ten times as long.
        return None
    found = SAME.rows(
        md5=md5,
        kind=columns.shortened(file_type, columns.FILE_TYPE_LIMIT),
        uuid=job.project.uuid,
        directory=str(job.project.directory),
    )
    known = (_value(dict(zip(COLUMNS, row, strict=True))) for row in found)
    return next((file for file in known if file.path.is_file()), None)


def _within(project: Project) -> Q:
    return Q(job__project__uuid=project.uuid) | Q(job__project__directory=str(project.directory))


def _known(condition: Q) -> Iterator[KnownFile]:
    rows = File.objects.filter(condition, job__isnull=False).order_by("-pk")
    return (_value(row) for row in rows.values(*OWN_FILE_COLUMNS, **FILE_COLUMNS))


def _value(row: dict[str, Any]) -> KnownFile:
    return KnownFile(
        uuid=row["uuid"],
        path=file_path(row),
        file_type=row["type_id"],
        parameter=columns.without_container(row["parameter"] or row["job_param_name"]),
        content_flag=row["content"],
        sub_type=row["sub_type"],
        annotation=row["annotation"],
        md5=row["md5"] or "",
        job_number=row["number"],
    )


def _by_path(project: Project, path: Path) -> KnownFile | None:
    """Return the file at a path; of several rows, the latest one that a job has recorded in its own directory."""
    name = columns.relative_name(path, project.directory, project.directory)
    if name is None:
        return None
    place = project.directory / name
    within = _within(project)
    # No database uses the indexes of all conditions for one query with all of them.
    for condition in (*_in_jobs(Path(name)), *_elsewhere(Path(name), place, project)):
        for file in _known(within & condition):
            if _is_at(file.path, path, place):
                return file
    return None


def _in_jobs(name: Path) -> Iterator[Q]:
    """Yield the condition that a file in the directory of a job was recorded by that job or by one above."""
    above = list(_jobs_above(name))
    if above:
        condition = Q()
        for number, rest in above:
            condition |= Q(job__number=number, name=rest)
        yield Q(directory=JOB_DIR, job__number__in=[number for number, _ in above]) & condition


def _elsewhere(name: Path, place: Path, project: Project) -> Iterator[Q]:
    """Yield the conditions for the files that jobs recorded outside of their own directories under possible names."""
    ends = [Path(*name.parts[start:]).as_posix() for start in range(len(name.parts))]
    names = [f"{'../' * ups}{end}" for ups in range(1, MOST_UPS + 1) for end in ends]
    imported = [*names]
    if place.is_relative_to(project.imports_directory):
        imported.append(place.relative_to(project.imports_directory).as_posix())
    for directory, possible in ((JOB_DIR, names), (IMPORT_DIR, imported)):
        # With a join, PostgreSQL may read the other tables first.
        keys = File.objects.filter(directory=directory, name__in=possible).values_list("pk", flat=True)
        for batch in batches(list(keys)):
            yield Q(pk__in=batch)


def _is_at(recorded: Path, *wanted: Path) -> bool:
    return recorded in wanted or recorded.resolve() in {path.resolve() for path in wanted}


def _jobs_above(name: Path) -> Iterator[tuple[str, str]]:
    """Yield (job number, path in the job's directory) for every job whose directory may contain a path.

    >>> list(_jobs_above(Path("CCP4_JOBS/job_1/job_2/x.pdb")))
    [('1', 'job_2/x.pdb'), ('1.2', 'x.pdb')]
    """
    *folders, _ = name.parts
    for depth in range(1, len(folders)):
        number = JobNumber.of_directory(Path(*folders[: depth + 1]))
        if number is None:
            return
        yield number, name.relative_to(Path(*folders[: depth + 1])).as_posix()
