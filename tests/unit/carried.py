"""A job that was submitted, as it is here, and as it has run on a machine that shares no files."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

from unit.samples import make_job, make_outcome

from ccp4hooks import GleanedFile, JobStatus
from ccp4hooks.outcomes import carried_files, outcome_file
from ccp4hooks.outcomes.attempt_files import directory_of
from ccp4hooks.outcomes.job_traces import SubmittedRequest

FILES = {"XYZOUT.pdb": "atoms", "pictures/one.txt": "picture", "ccp4hooks_output.txt": "said"}
"""The files that the job has made there, with their content."""


def submitted_job(project, attempt=1):
    """A job that was submitted as an attempt, with its log and its parameters."""
    job = make_job(project)
    request = outcome_file.to_json(SubmittedRequest(attempt=attempt))
    lines = [
        {"event": "ccp4hooks.job_opened", "record": outcome_file.to_json(job)},
        {"event": "ccp4hooks.job_submitted", "record": request},
    ]
    with (job.directory / "ccp4hooks_log.jsonl").open("a") as log:
        log.writelines(f"{json.dumps(one)}\n" for one in lines)
    (job.directory / "input_params.xml").write_text("parameters")
    directory_of(job, attempt).mkdir(parents=True, exist_ok=True)
    return job


def run_there(job, scratch, **fields):
    """Fetch the job into a directory of its own, run it, and return it as it is there."""
    carried_files.write_input(job, 1, [])
    there = scratch / "project"
    there.mkdir(parents=True)
    mine = carried_files.read_input(directory_of(job, 1) / carried_files.INPUT, job.uuid, 1, there)
    for name, content in FILES.items():
        (mine.directory / name).parent.mkdir(exist_ok=True)
        (mine.directory / name).write_text(content)
    made = GleanedFile(
        uuid=mine.file_uuid("out", "outputData.XYZOUT"),
        parameter="outputData.XYZOUT",
        path=mine.directory / "XYZOUT.pdb",
        size_bytes=5,
        file_type="chemical/x-pdb",
    )
    outcome = replace(make_outcome(there), job=mine, status=JobStatus.FINISHED, files=(made,))
    outcome_file.write(replace(outcome, **fields))
    return mine


def send_back(mine, job, scratch):
    """Send the result of a job, and return where it has arrived."""
    carried_files.write_result(mine, scratch / carried_files.RESULT)
    return arrived(job, scratch / carried_files.RESULT)


def arrived(job, archive):
    """Let an archive arrive, with the note about it."""
    folder = directory_of(job, 1)
    shutil.copy(archive, folder / carried_files.RESULT)
    carried_files.write_note(folder / carried_files.NOTE, carried_files.note_about(Path(archive)))
    return folder
