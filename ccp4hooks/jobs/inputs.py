"""Import the input files of a job: note recorded files, and copy outside files into the project."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ccp4hooks import hookspecs
from ccp4hooks.errors import BadInputError, PluginError
from ccp4hooks.i2 import containers, file_objects
from ccp4hooks.model import FileQuery, FileUse, InputFile, KnownFile, Problem, Project
from ccp4hooks.outcomes import trash
from ccp4hooks.runtime import paths
from ccp4hooks.runtime.checksums import md5_of
from ccp4hooks.tasks import input_rules

if TYPE_CHECKING:
    from ccp4hooks.i2.protocols import DataFile, Script
    from ccp4hooks.jobs.active_job import ActiveJob


def require_own_files(script: Script, project: Project) -> None:
    """Refuse a script with an input file in a job directory of another project.

    Raises:
        BadInputError: An input file is in a job directory of another project.
    """
    for file, _ in file_objects.input_objects(script):
        input_rules.require_outside_other_projects(file.path, project, file.parameter)


def import_files(active: ActiveJob) -> list[Problem]:
    """Note the recorded files that the script reads, import the outside files, and return the blocking problems.

    If a mini-MTZ was made for this run and no plugin imported it, it is moved into the job directory.

    Raises:
        PluginError: The plugin that imports files failed.
        BadInputError: A file that the task requires does not exist, or a file could not be imported or must not be
            read.
    """
    active.report("importing")
    _require_known(active)
    blocking: list[Problem] = []
    extracts = active.context.extracts
    with paths.resolution_cache():
        for file, obj in file_objects.input_objects(active.script):
            if not input_rules.require_usable(file, must_exist=bool(containers.qualifier(obj, "mustExist"))):
                note = "does not exist, and the task does not require it."
                active.note(note, parameter=file.parameter, path=file.path)
                continue
            made_here = file.path in extracts
            # Also if the directory of temporary files is in the project: the file is removed at the end of the run.
            if not made_here and (_note_recorded(active, file, obj) or file.in_place):
                trash.require_kept(file.path, active.job.project)
                continue
            problems = _import(active, file, obj)
            if problems is None and made_here:
                _keep_extract(active, file, obj)
            blocking.extend(problems or ())
    # This includes reused imports: the job that copied them may not have flushed their names yet.
    paths.sync_names(file.path for file in active.imported)
    return blocking


def _require_known(active: ActiveJob) -> None:
    """Refuse a script with an input file that has an identity only, and that no longer exists.

    Raises:
        BadInputError: The task requires the file.
    """
    for parameter, obj in file_objects.lost_inputs(active.script):
        lost = (
            f"the file with the UUID {containers.value_of(obj, 'dbFileId')} is not recorded, or does not exist any more"
        )
        if containers.qualifier(obj, "mustExist"):
            raise BadInputError(f"{parameter}: {lost}. Choose another file.")
        active.note(f"{lost}, and the task does not require it.", parameter=parameter)


def note_uses(active: ActiveJob) -> None:
    """Note the recorded files that the script reads. Files from outside are ignored."""
    for file, obj in file_objects.input_objects(active.script):
        _note_recorded(active, file, obj)


def _note_recorded(active: ActiveJob, file: InputFile, obj: DataFile) -> bool:
    """Note the use of a file that is recorded or in the project, and return whether it is."""
    recorded = _by_identity(active, file, obj)
    if recorded is not None:
        # CCP4i2 knows the file, possibly from another project. The script reads it at its path.
        active.note_use(FileUse(file_uuid=recorded.uuid, parameter=file.parameter, path=file.path))
        return True
    # A dry run has two projects.
    if any(paths.inside(file.path, project) for project in {active.job.project, active.context.project}):
        _note_by_path(active, file, obj)
        return True
    return False


def _by_identity(active: ActiveJob, file: InputFile, obj: DataFile) -> KnownFile | None:
    """Return the recorded file that `dbFileId` refers to.

    Returns:
        None if `dbFileId` is not set or refers to a file at another path.
    """
    uuid = containers.file_uuid(obj)
    query = FileQuery(project=active.context.project, uuid=uuid)
    known = active.context.known_file(query, active.journal) if uuid else None
    return known if known is not None and known.path.resolve() == file.path.resolve() else None


def _note_by_path(active: ActiveJob, file: InputFile, obj: DataFile) -> None:
    query = FileQuery(project=active.context.project, path=file.path)
    known = active.context.known_file(query, active.journal)
    if known is not None:
        active.note_use(FileUse(file_uuid=known.uuid, parameter=file.parameter, path=file.path))
    active.point(obj, file.path, known.uuid if known else None)


def _import(active: ActiveJob, file: InputFile, obj: DataFile) -> list[Problem] | None:
    """Import an outside file and return the blocking problems, or None if no plugin imports files."""
    context, job = active.context, active.job
    active.log("import_begun", source=file.path)
    find = partial(context.known_import, job, active.journal)
    result = context.dispatcher.call(hookspecs.import_file, active.journal, job=job, file=file, find=find)
    if not result.answers:
        return None
    (answer,) = result.answers
    imported = replace(answer.value, origin=answer.origin)
    # A dry run has two projects, and may find an import of the real one.
    if not any(_is_in(imported.path, project) for project in {job.project, context.project}):
        plugin = answer.origin.plugin
        raise PluginError(
            f"The plugin {plugin!r} failed in import_file: its copy {imported.path} is outside the project "
            f"{job.project.directory}. Report it to the author of the plugin, or disable it with `-p no:{plugin}`.",
            plugin=plugin,
            hook="import_file",
        )
    made_from = context.extracts.get(file.path)
    if made_from is not None:
        modified_at = datetime.fromtimestamp(made_from.stat().st_mtime, timezone.utc)
        imported = replace(imported, source=made_from, modified_at=modified_at, source_md5=md5_of(made_from))
    active.note_import(imported)
    context.remember_import(imported)
    active.point(obj, imported.path, imported.uuid)
    file_objects.set_missing_annotation(obj, imported.annotation)
    return active.check(hookspecs.check_file, file=imported)


def _is_in(path: Path, project: Project) -> bool:
    """Return whether a path is inside a project, also where its directory of imports is a link to another disk."""
    return Path(os.path.normpath(path)).is_relative_to(project.directory) or paths.inside(path, project)


def _keep_extract(active: ActiveJob, file: InputFile, obj: DataFile) -> None:
    kept = active.job.directory / file.path.name
    shutil.move(file.path, kept)
    active.point(obj, kept, None)
