"""Tables of the jobs of a project, their files and their KPIs, as comma-separated values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ccp4hooks.model.queries import facts
from ccp4hooks.texts import csv_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ccp4hooks.exchange.selection import Selection
    from ccp4hooks.model import JobSummary, Outcome, Project

JOB_COLUMNS = (
    "number",
    "task",
    "title",
    "status",
    "created_at",
    "started_at",
    "finished_at",
    "duration_s",
    "note",
    "tags",
)

FILE_COLUMNS = (
    "job",
    "role",
    "parameter",
    "path",
    "file_type",
    "size_bytes",
    "md5",
    "sha256",
    "source",
    "description",
    "plugin",
)

KPI_COLUMNS = ("job", "task", "key", "value", "unit", "description", "plugin", "version")


def tables(chosen: Selection, jobs: Iterable[JobSummary]) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the content of each table. Control characters are escaped.

    Args:
        chosen: What is exported.
        jobs: The jobs of the project, with their notes and tags.
    """
    numbers = {one.job.number for one in chosen.outcomes}
    rows = sorted((one for one in jobs if one.job.number in numbers), key=lambda one: one.job.number.parts)
    yield "jobs.csv", _table(JOB_COLUMNS, ([facts(one)[name] for name in JOB_COLUMNS] for one in rows))
    yield "files.csv", _table(FILE_COLUMNS, (row for one in chosen.outcomes for row in _files(one)))
    yield "kpis.csv", _table(KPI_COLUMNS, (row for one in chosen.outcomes for row in _kpis(one)))


def _table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    return csv_text(columns, rows).encode()


def _files(outcome: Outcome) -> Iterator[Sequence[Any]]:
    job, project = outcome.job, outcome.job.project
    for one in outcome.imported:
        plugin = one.origin.plugin if one.origin else ""
        path, known = relative(one.path, project), (one.file_type, one.size_bytes, one.md5, one.sha256)
        yield job.number, "import", one.parameter, path, *known, one.source, one.annotation, plugin
    for use in outcome.uses:
        yield job.number, "in", use.parameter, relative(use.path, project), *[""] * 7
    for file in outcome.files:
        origin = file.origins.get("file")
        plugin = origin.plugin if origin else ""
        path, of_file = relative(file.path, project), (file.file_type, file.size_bytes, "", "", "")
        yield job.number, "out", file.parameter, path, *of_file, file.annotation, plugin


def _kpis(outcome: Outcome) -> Iterator[Sequence[Any]]:
    for kpi in outcome.kpis:
        by = (kpi.origin.plugin, kpi.origin.version) if kpi.origin else ("", "")
        yield outcome.job.number, outcome.job.task, kpi.key, kpi.value, kpi.unit, kpi.description, *by


def relative(path: Any, project: Project) -> str:
    """Return a path relative to the directory of a project, or as it is if it is elsewhere."""
    return str(path.relative_to(project.directory).as_posix() if path.is_relative_to(project.directory) else path)
