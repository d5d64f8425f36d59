"""Export a project: as a zip file that CCP4i2 imports, as an RO-Crate, or as tables."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from functools import partial
from importlib import metadata
from typing import TYPE_CHECKING

from ccp4hooks import hookspecs
from ccp4hooks.errors import BadInputError
from ccp4hooks.exchange import project_files, ro_crate, tables
from ccp4hooks.exchange.archive_names import DATABASE, FORMAT, RECORD
from ccp4hooks.exchange.selection import select
from ccp4hooks.model import ExportedProject, ExportFormat, JobQuery, Labels, ProjectRecord
from ccp4hooks.outcomes.project_members import FOLDERS
from ccp4hooks.runtime import archive_target, disk_use
from ccp4hooks.runtime.paths import require_directory
from ccp4hooks.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from ccp4hooks.exchange.selection import Selection
    from ccp4hooks.maintenance.context import SessionContext
    from ccp4hooks.model import Project
    from ccp4hooks.outcomes.project_members import Member
    from ccp4hooks.runtime.archive_target import Target

ZIP = ".zip"


def export_project(
    session: SessionContext,
    project: Project,
    numbers: Sequence[str],
    path: Path,
    kind: ExportFormat,
    licence: str,
) -> ExportedProject:
    """Export a project, or some of its jobs; see `Session.export_project`."""
    path = path.expanduser().absolute()
    if kind is ExportFormat.CCP4I2 and path.suffix != ZIP:
        raise BadInputError(f"{path} is not the name of a zip file. Give a name that ends in {ZIP}.")
    if kind is ExportFormat.RO_CRATE:
        ro_crate.require_library()
    chosen = select(session.queries, project, numbers)
    _refuse_inside(path, project)
    archive_target.require_new(path)
    left_out = [*chosen.foreign]
    if kind is not ExportFormat.CSV:
        require_directory(project)
        left_out += project_files.other_entries(chosen)
    make = archive_target.zip_file if path.suffix == ZIP else archive_target.directory
    with make(path) as target:
        if kind is ExportFormat.CSV:
            jobs = session.queries.query(JobQuery(project=project, sub_jobs=True))
            files = _write_all(target, tables.tables(chosen, jobs))
        elif kind is ExportFormat.RO_CRATE:
            files = _write_archive(session, chosen, target, left_out, partial(_description, session, licence))
        else:
            files = _write_archive(session, chosen, target, left_out)
    return ExportedProject(
        path=path,
        project=project,
        jobs=chosen.tops,
        added=chosen.added,
        sub_jobs=len(chosen.outcomes) - len(chosen.tops),
        files=files,
        size_bytes=path.stat().st_size if path.is_file() else disk_use.disk_use(path).size_bytes,
        left_out=tuple(left_out),
    )


def _refuse_inside(path: Path, project: Project) -> None:
    """Refuse an archive that would contain itself.

    Raises:
        BadInputError: The path is in an exported directory of the project.
    """
    for folder in FOLDERS:
        if path.resolve().is_relative_to((project.directory / folder).resolve()):
            raise BadInputError(f"{path} is in a directory that is exported. Give a path outside of the project.")


def _write_archive(
    session: SessionContext,
    chosen: Selection,
    target: Target,
    left_out: list[str],
    describe: Callable[[Selection, Sequence[Member]], Mapping[str, bytes]] = lambda *_: {},
) -> int:
    """Write the record and the files of a project, and return the number of the files.

    Args:
        session: The session.
        chosen: What is exported.
        target: The archive.
        left_out: Gets a line for what is not exported.
        describe: Returns further files by their names.
    """
    record = _record(session, chosen)
    files = list(project_files.members(chosen, left_out))
    _write_all(target, {DATABASE: record.xml, RECORD: _own(chosen, record), **describe(chosen, files)}.items())
    return sum(_is_written(target, one, left_out) for one in files)


def _description(
    session: SessionContext, licence: str, chosen: Selection, files: Sequence[Member]
) -> Mapping[str, bytes]:
    project, queries = chosen.project, session.queries
    # The record of a single job says more than that of all.
    details = {one.job.uuid: one for number in chosen.tops for one in queries.outcomes(project, number)}
    whole = replace(chosen, outcomes=tuple(details.get(one.job.uuid, one) for one in chosen.outcomes))
    labels = queries.labels([project.uuid]).get(project.uuid, Labels(uuid=project.uuid, title=project.name))
    titles = {task.name: task.title for task in session.catalog.tasks()}
    return ro_crate.description(whole, files, labels, licence, titles)


def _record(session: SessionContext, chosen: Selection) -> ProjectRecord:
    numbers = None if chosen.is_whole else chosen.tops
    answer = session.dispatcher.call(
        hookspecs.export_project, session.queries.journal, project=chosen.project, numbers=numbers
    ).value
    if not isinstance(answer, ProjectRecord):
        raise BadInputError(
            "No plugin in use can export a project. `ccp4hooks plugins --hook export_project` lists the plugins that "
            "can."
        )
    return answer


def _own(chosen: Selection, record: ProjectRecord) -> bytes:
    content = {
        "format": FORMAT,
        "ccp4hooks": __version__,
        "ccp4i2": metadata.version("ccp4i2"),
        "project": str(chosen.project.uuid),
        "name": chosen.project.name,
        "rows": record.rows,
    }
    return json.dumps(content, indent=1, allow_nan=False).encode()


def _write_all(target: Target, texts: Iterable[tuple[str, bytes]]) -> int:
    count = 0
    for name, content in texts:
        target.add(name, io.BytesIO(content))
        count += 1
    return count


def _is_written(target: Target, member: Member, left_out: list[str]) -> bool:
    """Add a file, and return whether it was there and could be read."""
    try:
        stream = member.open()
    except OSError as error:
        left_out.append(f"{member.name} cannot be read: {error.strerror}")
        return False
    with stream:
        target.add(member.name, stream, member.path.stat().st_mtime)
    return True
