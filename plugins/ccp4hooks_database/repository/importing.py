"""Import the record of a project in one transaction: our rows, or else CCP4i2's XML and the outcome files."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any
from uuid import UUID
from xml.etree import ElementTree as ET

from ccp4i2.db import ccp4i2_static_data as static
from ccp4i2.db import import_i2xml as ccp4i2_import
from ccp4i2.db.models import File, FileType, JobValueKey
from ccp4i2.db.models import Job as JobRow
from ccp4i2.db.models import Project as ProjectRow
from django.db.models import Q

from ccp4hooks import BadInputError, JobStatus, Outcome, Project
from ccp4hooks.store import JobNumber, ProjectRecord
from ccp4hooks_database import versions
from ccp4hooks_database.connection import processes
from ccp4hooks_database.models import JobOwner
from ccp4hooks_database.repository import columns, fitting, labels, opening, record, transfer
from ccp4hooks_database.repository.read import file_path
from ccp4hooks_database.sql.bulk_insert import upsert
from ccp4hooks_database.sql.sync_rows import add_missing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

BODY = "ccp4i2_body"

LONGEST_PART = 255
"""Length of the longest name of a file or directory that file systems accept [bytes]."""

CAMPAIGNS = (b"campaignTable", b"campaignmembershipTable", b"siteevaluationTable")
"""The tables of campaigns, which only CCP4i2 3.1 has. They are not among our rows."""


def import_record(project: Project, given: ProjectRecord, outcomes: Sequence[Outcome]) -> list[str]:
    """Record a project with all its jobs, and return what could not be recorded as it was.

    Must be called in a transaction.

    Args:
        project: The project, with its new name and directory.
        given: Its record.
        outcomes: The outcomes in its outcome files, which count if the record has no rows of ours.

    Raises:
        BadInputError: The project, its directory, or one of its jobs or files is recorded already, or the record is not
            consistent.
    """
    _refuse_known(project)
    if given.rows is None:
        with fitting.refusing("DATABASE.db.xml is not complete"):
            problems = _import_xml(project, ET.fromstring(given.xml))  # noqa: S314 - checked by the caller
        _record(outcomes)
    else:
        problems = _import_rows(project, given.rows)
        if any(table in given.xml for table in CAMPAIGNS):
            problems += versions.import_campaigns(ET.fromstring(given.xml))  # noqa: S314 - as above
    _check(project)
    return problems


def _refuse_known(project: Project) -> None:
    places = {str(project.directory), str(project.directory.resolve())}
    known = ProjectRow.objects.filter(Q(uuid=project.uuid) | Q(name=project.name) | Q(directory__in=places))
    row = known.values_list("uuid", "name", "directory").first()
    if row is None:
        return
    if row[0] == project.uuid:
        raise BadInputError(
            f"The database has this project already: {row[1]!r} in {row[2]} has the same UUID, {project.uuid}."
        )
    raise BadInputError(f"The database has another project {row[1]!r} in {row[2]} already.")


# --- our rows ---------------------------------------------------------------------------------------------------


def _import_rows(project: Project, rows: Mapping[str, Any]) -> list[str]:
    with fitting.refusing("the record has values that do not fit"):
        return _inserted(project, rows)


def _inserted(project: Project, rows: Mapping[str, Any]) -> list[str]:
    _require_shape(rows)
    _refuse_known_rows(JobRow, "job", [row.get("uuid") for row in rows["Job"]])
    _refuse_known_rows(File, "file", [row.get("uuid") for row in rows["File"]])
    pk = _new_row(project, transfer.project_values(rows))
    transfer.write(pk, rows)
    labels.add_tags(pk, rows.get("tags", ()))
    return []


def _require_shape(rows: Mapping[str, Any]) -> None:
    """Refuse rows that are not what `transfer.read` returns.

    Raises:
        BadInputError: A table is missing, or is no list of rows.
    """
    for table in transfer.TABLES:
        given = rows.get(table.name, [])
        if not isinstance(given, list) or not all(isinstance(row, dict) for row in given):
            raise BadInputError(f"the table {table.name} is not a list of rows")
    missing = [name for name in ("Job", "File") if name not in rows]
    named = all(isinstance(rows.get(name, {}), dict) for name in ("Project", "FileType", "JobValueKey"))
    tags = rows.get("tags", [])
    texts = isinstance(tags, list) and all(isinstance(one, list) and all(map(_is_text, one)) for one in tags)
    if missing or not named or "Project" not in rows or not texts:
        raise BadInputError("a table is missing or has no rows")


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _refuse_known_rows(model: Any, what: str, uuids: Sequence[Any]) -> None:
    """Refuse UUIDs that the database has already: rows of another project must not change.

    Raises:
        BadInputError: A UUID is recorded, or is none.
    """
    for batch in labels.batches([_uuid(one) for one in uuids]):
        found = (
            model.objects.filter(uuid__in=batch)
            .values_list("uuid", "job__project__name" if model is File else "project__name")
            .first()
        )
        if found is not None:
            raise BadInputError(f"The database has the {what} {found[0]} already, in the project {found[1]!r}.")


def _uuid(value: Any) -> UUID:
    try:
        return UUID(str(value))
    except ValueError as error:
        raise BadInputError(f"{str(value)[:100]!r} is not a UUID") from error


def _new_row(project: Project, values: Mapping[str, Any]) -> int:
    own = {"uuid": project.uuid, "name": project.name, "directory": str(project.directory)}
    upsert(ProjectRow, ["uuid"], [{**values, **own}], changes=False)
    return int(ProjectRow.objects.values_list("pk", flat=True).get(uuid=project.uuid))


# --- CCP4i2's XML -----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Xml:
    """The tables of ``DATABASE.db.xml``.

    Attributes:
        root: Its root element.
        problems: What was changed in it, one line each.
    """

    root: ET.Element
    problems: list[str] = field(default_factory=list)

    def rows(self, path: str) -> list[ET.Element]:
        return self.root.findall(f"{BODY}/{path}")

    def remove(self, path: str, row: ET.Element) -> None:
        table = self.root.find(f"{BODY}/{path.partition('/')[0]}")
        if table is not None:
            table.remove(row)


def _import_xml(project: Project, root: ET.Element) -> list[str]:
    """Record a project by CCP4i2's own import, as far as that is right.

    Its import would create the directories, write over rows of other projects with the same UUIDs, refuse names of
    projects that CCP4i2 before 3.0 has allowed, take times for those of the local time zone, and leave jobs RUNNING.
    What it cannot read it only logs.
    """
    xml = _Xml(root)
    row, *_ = xml.rows("projectTable/project")
    times = _times(xml)
    _prepare(xml, project)
    created = float(row.get("projectcreated") or 0)
    pk = _new_row(
        project,
        {
            "creation_time": _time(created) or datetime.now(timezone.utc),
            "creation_user": processes.user_name(),
            "description": row.get("projectdescription", ""),
            "last_job_number": int(row.get("lastjobnumber") or 0),
        },
    )
    xml.remove("projectTable/project", row)
    add_missing(JobValueKey, {name: text for _, name, text in static.KEYTYPELIST})
    add_missing(FileType, {name: text for _, name, text in static.FILETYPELIST})
    with versions.import_errors() as errors:
        ccp4i2_import.import_i2xml(root, relocate_path=None)
    if errors:
        raise BadInputError(f"CCP4i2 cannot read DATABASE.db.xml: {errors[0][:500]}")
    for uuid, values in times.items():
        JobRow.objects.filter(uuid=uuid).update(**values)
    labels.add_tags(pk, [[tag] for tag in _tags(xml)])
    for table in root.findall(f"{BODY}/projectTable"):
        table.append(row)
    return xml.problems + versions.import_campaigns(root)


def _tags(xml: _Xml) -> list[str]:
    texts = {row.get("tagid"): row.get("text", "") for row in xml.rows("tagTable/tag")}
    used = [texts.get(row.get("tagid"), "") for row in xml.rows("projecttagTable/projecttag")]
    return [text for text in used if text]


def _time(seconds: float) -> datetime | None:
    return datetime.fromtimestamp(seconds, tz=timezone.utc) if seconds else None


def _times(xml: _Xml) -> dict[UUID, dict[str, Any]]:
    """Return the times of the jobs: CCP4i2 writes them as seconds since 1970, and reads them as local times."""
    found = {}
    for row in xml.rows("jobTable/job"):
        values = {
            "creation_time": _time(float(row.get("creationtime") or 0)),
            "finish_time": _time(float(row.get("finishtime") or 0)),
        }
        found[_uuid(row.get("jobid"))] = {name: value for name, value in values.items() if value is not None}
    return found


def _prepare(xml: _Xml, project: Project) -> None:
    """Correct what CCP4i2's import would read wrongly, and note it."""
    jobs = {_uuid(row.get("jobid")) for row in xml.rows("jobTable/job")}
    files = {_uuid(row.get("fileid")) for row in xml.rows("fileTable/file")}
    _refuse_known_rows(JobRow, "job", sorted(jobs))
    _refuse_known_rows(File, "file", sorted(files))
    for row in xml.rows("jobTable/job"):
        _prepare_job(xml, row, project)
    for row in xml.rows("fileTable/file"):
        _prepare_file(xml, row, jobs)
    for path in ("fileuseTable/fileuse", "importfileTable/importfile"):
        for row in xml.rows(path):
            missing = _uuid(row.get("fileid")) not in files or (
                "jobid" in row.attrib and _uuid(row.get("jobid")) not in jobs
            )
            if missing:
                xml.problems.append(f"{row.tag}: the archive lacks the file {row.get('fileid')}")
                xml.remove(path, row)
            elif "jobparamname" in row.attrib:
                row.set("jobparamname", columns.column_name(row.get("jobparamname", "")))
    for path in ("jobkeyvalueTable/jobkeyvalue", "jobkeyvalueTable/jobkeycharvalue"):
        for row in xml.rows(path):
            _prepare_value(xml, path, row)


def _prepare_job(xml: _Xml, row: ET.Element, project: Project) -> None:
    row.set("projectid", str(project.uuid))
    number, status = row.get("jobnumber", ""), int(row.get("status", ""))
    if status in (JobStatus.RUNNING, JobStatus.RUNNING_REMOTELY):
        row.set("status", str(int(JobStatus.INTERRUPTED)))
        xml.problems.append(f"job {number} was {JobStatus(status).name} and is INTERRUPTED now")
    # CCP4i2 writes the creation of an old job as a number with a fraction.
    row.set("title", columns.printable(row.get("title") or row.get("taskname") or "", opening.TITLE_LIMIT))


def _prepare_file(xml: _Xml, row: ET.Element, jobs: set[UUID]) -> None:
    row.set("jobparamname", columns.column_name(row.get("jobparamname", "")))
    if int(row.get("filetypeid", "")) not in {number for number, *_ in static.FILETYPELIST}:
        xml.problems.append(f"the type {row.get('filetypeid')} of the file {row.get('filename')} is unknown")
        row.set("filetypeid", "0")
    if _uuid(row.get("jobid")) not in jobs:
        raise ValueError(f"the file {row.get('filename')} has no job")


def _prepare_value(xml: _Xml, path: str, row: ET.Element) -> None:
    number = int(row.get("keytypeid", ""))
    if number == 0 or number not in {one for one, *_ in static.KEYTYPELIST}:
        xml.problems.append(f"a KPI without a known key was left out: {row.get('value')}")
        xml.remove(path, row)


def _record(outcomes: Sequence[Outcome]) -> None:
    """Record the outcome files of jobs that are recorded now, parents last, as in a run."""
    for outcome in sorted(outcomes, key=lambda one: one.job.number.parts, reverse=True):
        row = JobRow.objects.filter(uuid=outcome.job.uuid, number=outcome.job.number).values_list("pk").first()
        if row is None:
            continue
        record.record(outcome.job, outcome)
        JobRow.objects.filter(pk=row[0]).update(creation_time=outcome.created_at)
        if outcome.started_at is not None and not JobOwner.objects.filter(job_id=row[0]).exists():
            opening.own(row[0], started_at=outcome.started_at)


# --- checks -----------------------------------------------------------------------------------------------------


def _check(project: Project) -> None:
    """Refuse what no database would have: the record may have been edited.

    Raises:
        BadInputError: A number, a status or the path of a file is wrong.
    """
    for fault in _faults(project):
        raise BadInputError(fault)


def _faults(project: Project) -> Iterator[str]:
    jobs = JobRow.objects.filter(project__uuid=project.uuid)
    for number, status, above in jobs.values_list("number", "status", "parent__number"):
        job = JobNumber(number)
        if not job.is_valid or (job.parent or None) != above:
            yield f"{number!r} is not the number of a job below {above or 'the project'}"
        elif status in (JobStatus.RUNNING, JobStatus.RUNNING_REMOTELY) or status not in {*JobStatus}:
            yield f"the status of job {number} is {status}"
    columns_of_path = {"number": "job__number", "project_directory": "job__project__directory"}
    files = File.objects.filter(job__project__uuid=project.uuid).values_list(
        "name", "directory", *columns_of_path.values()
    )
    for name, directory, number, folder in files:
        path = file_path({"name": name, "directory": directory, "number": number, "project_directory": folder})
        if not path.is_relative_to(project.directory) or max(map(len, map(os.fsencode, path.parts))) > LONGEST_PART:
            yield f"the file {name[:200]!r} of job {number} is not in the project"
