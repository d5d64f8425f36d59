"""Import a project: from a zip file that ccp4hooks or CCP4i2 has made, or from a directory with its content."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from ccp4hooks import hookspecs
from ccp4hooks.errors import BadInputError
from ccp4hooks.exchange import archive_source, unfinished
from ccp4hooks.exchange.archive_names import DATABASE, FORMAT, RECORD
from ccp4hooks.failures import Failure, attempt
from ccp4hooks.i2 import safe_xml
from ccp4hooks.maintenance.labels import require_possible_name, taken_by
from ccp4hooks.model import ImportedProject, Project, ProjectRecord
from ccp4hooks.outcomes import relocation
from ccp4hooks.runtime import os_errors
from ccp4hooks.runtime.zip_source import read_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ccp4hooks.maintenance.context import SessionContext
    from ccp4hooks.queries.recorded import Queries
    from ccp4hooks.runtime.zip_source import Source

LARGEST_RECORD = 2**30
"""Size of the largest record in an archive [bytes]. That of 100,000 jobs has about a half of it."""


@dataclass(frozen=True, slots=True)
class _Manifest:
    """What an archive says about its project.

    Attributes:
        name: Its name.
        uuid: Its UUID.
        record: Its record.
    """

    name: str
    uuid: UUID
    record: ProjectRecord


def import_project(
    session: SessionContext, path: Path, name: str | None, projects_dir: Path, database: str
) -> ImportedProject:
    """Import a project; see `Session.import_project`.

    Args:
        session: The session.
        path: The archive.
        name: Name of the new project; None for the name in the archive.
        projects_dir: The directory in which the new project gets its directory.
        database: What the settings name as the database.
    """
    queries = session.queries
    queries.require_database()
    unfinished.clean_up(queries, projects_dir, database)
    with archive_source.opened(path) as source:
        entries = source.entries()
        found = _manifest(source, {entry.name for entry in entries})
        project = _project(queries, found, name, projects_dir)
        with unfinished.begun(queries, project, database) as place:
            files = archive_source.unpack(source, entries, place.directory)
            _relocate_outcomes(place.directory, project)
            place.arrive()
            problems = _record(session, project, found.record)
            place.is_recorded = True
    jobs = queries.recorded_outcomes(project) or ()
    below = sum(one.job.parent_uuid is not None for one in jobs)
    return ImportedProject(project=project, jobs=len(jobs), sub_jobs=below, files=files, problems=tuple(problems))


def _relocate_outcomes(directory: Path, project: Project) -> None:
    """Make the outcome files of a project name its new directory and name. An invalid file stays as it is.

    Args:
        directory: The directory into which the files were unpacked.
        project: The project, with its final directory.

    Raises:
        BadInputError: A file cannot be written.
    """
    for number, error in relocation.relocate(project, directory, directory):
        raise BadInputError(
            f"The outcome file of job {number} cannot be written: {os_errors.explained(error)}"
        ) from error


def _record(session: SessionContext, project: Project, record: ProjectRecord) -> list[str]:
    queries = session.queries
    outcomes, faults = queries.read_on_disk(project) if record.rows is None else ((), ())
    call = session.dispatcher.call
    try:
        done = call(hookspecs.import_project, queries.journal, project=project, record=record, outcomes=outcomes).value
    except BadInputError as error:
        raise BadInputError(f"The project cannot be imported. {_sentence(str(error))} Nothing was imported.") from error
    if done is None:
        raise BadInputError(
            "No plugin in use can record an imported project. `ccp4hooks plugins --hook import_project` lists the "
            "plugins that can."
        )
    return [*done, *faults]


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}" if text.endswith(".") else f"The record is wrong: {text}."


def _project(queries: Queries, found: _Manifest, name: str | None, projects_dir: Path) -> Project:
    """Return the new project, and refuse one that exists.

    Raises:
        BadInputError: The name cannot be used, or the project exists.
    """
    wanted = found.name if name is None else name
    try:
        require_possible_name(wanted)
    except BadInputError as error:
        raise error if name is not None else BadInputError(f"{error} Give it one with `--name NEW`.") from error
    same = queries.recorded_project(found.uuid)
    if same is not None:
        raise BadInputError(
            f"The database has this project already, as {same.name!r} in {same.directory}: it has the same UUID. To "
            "have its jobs once more, unpack the archive and run `ccp4hooks replay --from DIR --project NEW`."
        )
    known = taken_by(queries, wanted)
    if known is not None:
        raise BadInputError(
            f"There is another project {known.name!r} in {known.directory} already. Give the imported one another "
            "name with `--name NEW`."
        )
    project = Project(name=wanted, directory=projects_dir / wanted, uuid=found.uuid)
    if project.directory.exists() or project.directory.is_symlink():
        raise unfinished.taken(project)
    return project


# --- the record -------------------------------------------------------------------------------------------------


def _manifest(source: Source, names: set[str]) -> _Manifest:
    """Read what an archive says about its project.

    Raises:
        BadInputError: The archive has no project, or was made by a later version.
    """
    if DATABASE not in names:
        raise BadInputError(
            f"{source.path} has no project: it lacks {DATABASE}. Give a zip file that ccp4hooks or CCP4i2 has made. "
            "`ccp4hooks replay --from DIR` adopts the jobs of a directory that was not exported."
        )
    xml = read_bytes(source, DATABASE, LARGEST_RECORD)
    nodes = safe_xml.plain_elements(xml, "project", f"{DATABASE} in {source.path}", "Export the project again.")
    if len(nodes) != 1:
        raise BadInputError(f"{DATABASE} in {source.path} has {len(nodes)} projects instead of one.")
    uuid = attempt(UUID, nodes[0].get("projectid", ""))
    if isinstance(uuid, Failure):
        raise BadInputError(f"{DATABASE} in {source.path} gives no UUID of the project.")
    record = _own_record(source, uuid) if RECORD in names else None
    return _Manifest(nodes[0].get("projectname", ""), uuid, ProjectRecord(xml=xml, rows=record))


def _own_record(source: Source, uuid: UUID) -> Mapping[str, Any]:
    where = f"{RECORD} in {source.path}"
    content = attempt(json.loads, read_bytes(source, RECORD, LARGEST_RECORD))
    if not isinstance(content, dict):
        raise BadInputError(f"{where} is not JSON. Export the project again.")
    found = content.get("format")
    if isinstance(found, int) and found > FORMAT:
        raise BadInputError(
            f"{where} was written by ccp4hooks {str(content.get('ccp4hooks'))[:20]}, in the format {found}. This "
            f"version reads formats up to {FORMAT}. Install that version of ccp4hooks."
        )
    rows = content.get("rows")
    if found != FORMAT or not isinstance(rows, dict) or content.get("project") != str(uuid):
        raise BadInputError(f"{where} is not the record of the project in {DATABASE}. Export the project again.")
    return rows
