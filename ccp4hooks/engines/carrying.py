"""Run an attempt of a job on a machine that shares no files with the side that has submitted it.

That side has packed what the job needs. The machine fetches the archive, says that it begins, runs the job in a
directory of its own without the database, and sends the job directory back, whatever became of the job.
"""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from ccp4hooks.engines.transport import Transport, require_plain
from ccp4hooks.errors import BadInputError, Ccp4HooksError
from ccp4hooks.failures import Failure
from ccp4hooks.failures import attempt as attempted
from ccp4hooks.i2 import file_objects
from ccp4hooks.jobs.runner import run_claimed
from ccp4hooks.outcomes import attempt_files, carried_files, outcome_file
from ccp4hooks.outcomes.carried_files import INPUT, NOTE, RESULT, Note
from ccp4hooks.runtime import signals
from ccp4hooks.runtime.watchdog import scratch_directory

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from ccp4hooks.i2.protocols import Script
    from ccp4hooks.maintenance.context import SessionContext
    from ccp4hooks.model import Job, RunResult, Transfer


def pack(job: Job, number: int, script: Script) -> None:
    """Pack what a machine needs that shares no files, before the job is submitted.

    Args:
        job: The job. Its files are imported, and its parameters written.
        number: Number of the attempt.
        script: Its script.

    Raises:
        BadInputError: The job reads a file that is not in the project, or the archive cannot be written.
    """
    require_plain(job.directory)
    inputs = [one.path for one in file_objects.input_files(script) if not one.in_place and one.path.exists()]
    left_out = carried_files.write_input(job, number, inputs)
    if left_out:
        raise BadInputError(f"Job {job.number} cannot be carried to another machine: {left_out[0]}.")


def execute_carried(session: SessionContext, directory: Path, uuid: UUID, number: int, transfer: Transfer) -> RunResult:
    """Run an attempt of a job on such a machine; see `Session.execute`.

    Args:
        session: The session, in which no plugin records jobs.
        directory: The job directory on the side that has submitted the job.
        uuid: The job.
        number: Number of the attempt.
        transfer: How files are fetched and sent.

    Raises:
        BadInputError: Nothing is to run, or the job cannot be unpacked.
        Ccp4HooksError: A file could not be fetched or sent.
    """
    place = PurePosixPath(directory) / attempt_files.FOLDER / str(number)
    transport = Transport(transfer=transfer, directory=place)
    with scratch_directory() as scratch:
        job = _begun(transport, scratch, uuid, number)
        try:
            return run_claimed(session.new_tree(job.project), job)
        finally:
            with signals.deferred():
                _send_back(transport, scratch, job)


def _begun(transport: Transport, scratch: Path, uuid: UUID, number: int) -> Job:
    """Fetch and unpack a job, and say that this process runs it.

    Raises:
        BadInputError: The attempt has begun before, or was cancelled, or the job cannot be unpacked.
        Ccp4HooksError: A file could not be fetched or sent.
    """
    # Before and after the archive: a network that is away looks as if there were no such file.
    _require_new(transport, scratch, number)
    transport.fetch(INPUT, scratch / INPUT)
    _require_new(transport, scratch, number)
    directory = scratch / "project"
    directory.mkdir()
    unpacked = attempted(carried_files.read_input, scratch / INPUT, uuid, number, directory)
    if isinstance(unpacked, Failure):
        shutil.rmtree(directory, ignore_errors=True)
        failure = f"Attempt {number} could not begin on {socket.gethostname()}: {unpacked.reason}"
        _say(transport, scratch, Note(failure=failure))
        raise BadInputError(failure) from unpacked.error
    (scratch / INPUT).unlink()
    began = scratch / attempt_files.BEGAN
    attempt_files.write_began(began, socket.gethostname(), os.getpid())
    transport.send(began, attempt_files.BEGAN)
    return unpacked


def _require_new(transport: Transport, scratch: Path, number: int) -> None:
    if transport.has(attempt_files.BEGAN, scratch / "earlier.json"):
        raise BadInputError(f"Attempt {number} has begun before, or was cancelled. Nothing was run.")


def _send_back(transport: Transport, scratch: Path, job: Job) -> None:
    """Send the directory of a job that has ended, and then the note that tells whether all of it has arrived.

    Raises:
        Ccp4HooksError: A file could not be sent.
    """
    archive = scratch / RESULT
    packed = attempted(_packed, job, archive)
    if isinstance(packed, Failure):
        # The note needs space, too.
        shutil.rmtree(job.project.directory, ignore_errors=True)
        _say(
            transport, scratch, Note(failure=f"Its files could not be sent by {socket.gethostname()}: {packed.reason}")
        )
        raise Ccp4HooksError(f"Job {job.number} could not be packed: {packed.reason}") from packed.error
    transport.send(archive, RESULT)
    _say(transport, scratch, packed)


def _packed(job: Job, archive: Path) -> Note:
    if not (job.directory / outcome_file.FILE_NAME).is_file():
        raise BadInputError("It has no outcome file. The disk may be full.")
    carried_files.write_result(job, archive)
    return carried_files.note_about(archive)


def _say(transport: Transport, scratch: Path, note: Note) -> None:
    path = scratch / NOTE
    carried_files.write_note(path, note)
    transport.send(path, NOTE)
