"""Write into outcome files which job has an import, after it was given to another job or back.

The database decides who gets it. Without one, it is the first of the jobs whose outcome files say that they read it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ccp4hooks.failures import Failure, attempt
from ccp4hooks.model import FileUse, ImportedFile, Outcome, Problem, Severity
from ccp4hooks.outcomes import checks, outcome_file, trash
from ccp4hooks.outcomes.trash import State
from ccp4hooks.runtime import os_errors

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path
    from uuid import UUID

    from ccp4hooks.maintenance.context import SessionContext
    from ccp4hooks.outcomes.trash import Entry


def write_owners(session: SessionContext, entry: Entry, directory: Path) -> None:
    """Make the outcome files of the jobs that read kept imports say who has them now; again changes nothing.

    A file that cannot be written becomes a problem: the deletion or restoration goes on.

    Args:
        session: The session.
        entry: The job that was deleted or restored.
        directory: The present directory of this job, whose outcome files describe the imports.
    """
    if not entry.trashed.shared:
        return
    needs = {*entry.trashed.needs}
    every = session.queries.recorded_outcomes(entry.project)
    details = {file.uuid: file for one in _outcomes(directory) for file in one.imported if not file.reused}
    if every is None:
        _write_owners_on_disk(session, entry, {uuid: file for uuid, file in details.items() if uuid in needs})
        return
    changed: list[tuple[Outcome, Outcome, set[UUID]]] = []
    for recorded in every:
        written = checks.valid_outcome(recorded.job)
        is_back = entry.state is State.RESTORING and recorded.job.number.top == entry.trashed.number
        # The file of a restored job goes on naming an import that was lost in the trash, and is not recorded any more.
        files = needs & {*_owned(recorded, needs)} if is_back else needs
        if written is not None and _owned(written, files) != _owned(recorded, files):
            changed.append((written, recorded, files))
    before = trash.read_inputs(entry)
    if changed and entry.state is State.DELETING:
        # What a process has noted that died comes first: it may have changed the files already.
        trash.write_inputs(entry, {str(one.job.uuid): _inputs(one, files) for one, _, files in changed} | before)
    for written, recorded, files in changed:
        was = before.get(str(written.job.uuid)) if entry.state is State.RESTORING else None
        new = _as_before(written, was, files) or _with_imports(written, recorded, files, details)
        _write(session, new)


def _write_owners_on_disk(session: SessionContext, entry: Entry, details: Mapping[UUID, ImportedFile]) -> None:
    """Write the same without a database.

    Args:
        session: The session.
        entry: The job that was deleted or restored.
        details: What the outcome file of this job says of the imports that other jobs keep.
    """
    others, _ = session.queries.read_on_disk(entry.project)
    before = trash.read_inputs(entry)
    if entry.state is State.RESTORING:
        for written in others:
            was = _as_before(written, before.get(str(written.job.uuid)), {*details})
            if was is not None and was != written:
                _write(session, was)
        return
    given: dict[UUID, list[ImportedFile]] = {}
    for uuid, file in details.items():
        if not any(_owned(one, {uuid}).get(uuid) is False for one in others):
            readers = (one for one in others if uuid in _owned(one, {uuid}) or any(_uses_of(one, {uuid})))
            for one in list(readers)[:1]:
                given.setdefault(one.job.uuid, []).append(file)
    keepers = [(one, given[one.job.uuid]) for one in others if one.job.uuid in given]
    if keepers:
        new = {str(one.job.uuid): _inputs(one, {*details}) for one, _ in keepers}
        trash.write_inputs(entry, new | before)
    for one, files in keepers:
        _write(session, _with_own(one, files))


def _uses_of(outcome: Outcome, files: Collection[UUID]) -> Iterator[FileUse]:
    return (use for use in outcome.uses if use.file_uuid in files)


def _with_own(outcome: Outcome, files: Sequence[ImportedFile]) -> Outcome:
    """Return the outcome of a job that reads some imports of another job as that of the job that has imported them."""
    known = {file.uuid: file for file in outcome.imported}
    own = []
    for file in files:
        use = next(_uses_of(outcome, {file.uuid}), None)
        mine = known.get(file.uuid) or (file if use is None else replace(file, parameter=use.parameter))
        own.append(replace(mine, reused=False))
    return _replaced(outcome, {file.uuid for file in files}, own, ())


def _write(session: SessionContext, outcome: Outcome) -> None:
    """Write an outcome file. One that cannot be written becomes a problem."""
    done = attempt(outcome_file.write, outcome)
    if isinstance(done, Failure):
        why = os_errors.explained(done.error) if isinstance(done.error, OSError) else done.reason
        message = (
            f"Job {outcome.job.number}: its outcome file cannot be written, and names the wrong job as the one "
            f"that has an imported file: {why}"
        )
        session.queries.journal.add(Problem(severity=Severity.WARNING, message=message))


def _outcomes(directory: Path) -> Iterator[Outcome]:
    for path in (directory / outcome_file.FILE_NAME, *outcome_file.below(directory)):
        read = attempt(outcome_file.read, path, directory)
        if isinstance(read, Outcome):
            yield read


def _owned(outcome: Outcome, files: Collection[UUID]) -> dict[UUID, bool]:
    """Return which of some files a job has imported, and whether each was imported by another job before."""
    return {file.uuid: file.reused for file in outcome.imported if file.uuid in files}


def _inputs(outcome: Outcome, files: Collection[UUID]) -> Any:
    """Return what an outcome says of some files, as plain JSON data."""
    imported = [file for file in outcome.imported if file.uuid in files]
    return outcome_file.to_json({"imported": imported, "uses": [use for use in outcome.uses if use.file_uuid in files]})


def _as_before(written: Outcome, was: Any, files: Collection[UUID]) -> Outcome | None:
    """Return an outcome with what it said of some files before; None if that is not known, or was damaged."""
    if not isinstance(was, dict) or not all(isinstance(was.get(name), list) for name in ("imported", "uses")):
        return None
    imported = [outcome_file.from_json(one, ImportedFile) for one in was["imported"]]
    uses = [outcome_file.from_json(one, FileUse) for one in was["uses"]]
    places = {file.uuid: file.path.name for file in written.imported if file.uuid in files}
    if any(file is None or file.path.name != places.get(file.uuid) for file in imported):
        return None
    if any(use is None or use.path.name != places.get(use.file_uuid) for use in uses):
        return None
    new = _replaced(written, files, [one for one in imported if one], [one for one in uses if one])
    return new if checks.is_consistent(new) else None


def _replaced(
    outcome: Outcome, files: Collection[UUID], imported: Sequence[ImportedFile], uses: Sequence[FileUse]
) -> Outcome:
    """Return an outcome with other imports and uses of some files."""
    paths = {file.uuid: file.path for file in outcome.imported} | {use.file_uuid: use.path for use in outcome.uses}
    mine = [replace(file, path=paths.get(file.uuid, file.path)) for file in imported]
    used = [replace(use, path=paths.get(use.file_uuid, use.path)) for use in uses]
    return replace(
        outcome,
        imported=(*(file for file in outcome.imported if file.uuid not in files), *mine),
        uses=(*(use for use in outcome.uses if use.file_uuid not in files), *used),
    )


def _with_imports(
    written: Outcome, recorded: Outcome, files: Collection[UUID], details: Mapping[UUID, ImportedFile]
) -> Outcome:
    """Return an outcome with the recorded imports and uses of some files.

    Args:
        written: The outcome, as its file contains it.
        recorded: What the database has recorded.
        files: UUIDs of the files.
        details: What the outcome file of the deleted or restored job says of its imports.
    """
    known = {**details, **{file.uuid: file for file in written.imported}}
    imported = [
        replace(known.get(file.uuid, file), parameter=file.parameter, reused=file.reused)
        for file in recorded.imported
        if file.uuid in files
    ]
    return _replaced(written, files, imported, [use for use in recorded.uses if use.file_uuid in files])
