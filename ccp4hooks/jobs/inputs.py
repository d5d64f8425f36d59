"""Bring a job's input files in: note those recorded before, import those from outside."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from ccp4hooks.i2 import containers, file_objects
from ccp4hooks.i2.safe_xml import READ_BY_HOST, require_plain_xml
from ccp4hooks.model import FileQuery, FileUse, InputFile, KnownFile, Problem
from ccp4hooks.runtime import paths

if TYPE_CHECKING:
    from ccp4hooks.jobs.active_job import Life


def bring_in(life: Life) -> list[Problem]:
    """Note which recorded files the script reads, import the outside ones; return what speaks against running.

    Raises:
        PluginError: The plugin that imports failed.
        BadInputError: A file could not be imported, or must not be read.
    """
    life.run.tell(life, "importing")
    refusals: list[Problem] = []
    with paths.standing():
        for file, obj in file_objects.input_objects(life.script):
            if file.file_type in READ_BY_HOST and file.path.is_file():
                require_plain_xml(file.path)
            if not _noted(life, file, obj) and not file.in_place and file.path.exists():
                refusals.extend(_import(life, file, obj))
    # Reused ones, too: the job that copied them may not have come to this yet.
    paths.sync_names(file.path for file in life.imported)
    return refusals


def note_uses(life: Life) -> None:
    """Note which recorded files the script reads; those from outside are left alone."""
    for file, obj in file_objects.input_objects(life.script):
        _noted(life, file, obj)


def _noted(life: Life, file: InputFile, obj: Any) -> bool:
    """Note the use of a file that is in the project or recorded; return whether it is."""
    recorded = _recorded(life, file, obj)
    if recorded is not None:
        # CCP4i2 knows the file, maybe of another project: it is used where it is.
        life.note_use(FileUse(file_uuid=recorded.uuid, parameter=file.parameter, path=file.path))
        return True
    # In a dry run there are two.
    if any(paths.inside(file.path, project) for project in {life.job.project, life.run.project}):
        _use(life, file, obj)
        return True
    return False


def _recorded(life: Life, file: InputFile, obj: Any) -> KnownFile | None:
    """Return the file that its identity in the script stands for, None if it has none or means another file."""
    uuid = containers.file_uuid(obj)
    known = life.run.known_file(FileQuery(project=life.run.project, uuid=uuid), life.journal) if uuid else None
    return known if known is not None and known.path.resolve() == file.path.resolve() else None


def _use(life: Life, file: InputFile, obj: Any) -> None:
    known = life.run.known_file(FileQuery(project=life.run.project, path=file.path), life.journal)
    if known is not None:
        life.note_use(FileUse(file_uuid=known.uuid, parameter=file.parameter, path=file.path))
    life.point(obj, file.path, known.uuid if known else None)


def _import(life: Life, file: InputFile, obj: Any) -> list[Problem]:
    def find(md5: str, file_type: str) -> KnownFile | None:
        job = replace(life.job, project=life.run.project)
        return life.run.imports.get((md5, file_type)) or life.run.dispatcher.ask(
            "find_import", life.journal, job=job, md5=md5, file_type=file_type
        )

    life.log("import_begun", source=file.path)
    answer = life.run.dispatcher.first("import_file", life.journal, job=life.job, file=file, find=find)
    if answer is None:
        return []
    imported = replace(answer.value, origin=answer.origin)
    made_from = life.run.extracts.get(file.path)
    if made_from is not None:
        modified_at = datetime.fromtimestamp(made_from.stat().st_mtime, timezone.utc)
        imported = replace(imported, source=made_from, modified_at=modified_at)
    life.note_import(imported)
    life.run.remember_import(imported)
    life.point(obj, imported.path, imported.uuid)
    if containers.value_of(obj, "annotation") is None:
        containers.set_value(obj, "annotation", imported.annotation)
    return life.judge("check_file", file=imported)
