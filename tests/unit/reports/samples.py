"""Recorded jobs for reports: outcome files of a chain of refinements, without a database."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from uuid import uuid5

from unit.samples import make_project

from ccp4hooks import GleanedFile, ImportedFile, Job, JobStatus, Kpi, Outcome, Problem, Severity
from ccp4hooks.outcomes import outcome_file
from ccp4hooks.store import FileUse, JobNumber

AT = datetime(2026, 1, 2, 3, 4, tzinfo=timezone.utc)


def recorded(folder, number, *, reads=(), imports=(), kpis=None, **fields):
    """Write the outcome file of a job, which has made the file XYZOUT.pdb.

    `reads` are numbers of jobs whose XYZOUT.pdb it has read, `imports` names of files that it has imported.
    """
    project, number = make_project(folder), JobNumber(number)
    job = Job(
        uuid=uuid5(project.uuid, number),
        number=number,
        task="refine",
        title=fields.pop("title", "refine"),
        project=project,
        directory=project.job_directory(number),
    )
    job.directory.mkdir(parents=True, exist_ok=True)
    at = AT + timedelta(minutes=number.parts[0])
    made = {"created_at": at, "started_at": at, "finished_at": at + timedelta(seconds=2), "status": JobStatus.FINISHED}
    outcome = Outcome(
        **{
            "job": job,
            "files": (made_file(job),),
            "uses": tuple(used(project, other) for other in reads),
            "imported": tuple(imported(job, name) for name in imports),
            "kpis": tuple(Kpi(key=key, value=value) for key, value in (kpis or {}).items()),
            **made,
            **fields,
        }
    )
    outcome_file.write(outcome)
    return outcome


def made_file(job, **fields):
    path = job.directory / "XYZOUT.pdb"
    uuid = job.file_uuid("out", "outputData.XYZOUT")
    known = {
        "uuid": uuid,
        "parameter": "outputData.XYZOUT",
        "path": path,
        "size_bytes": 7,
        "file_type": "chemical/x-pdb",
    }
    return GleanedFile(**known | fields)


def used(project, number):
    path = project.job_directory(number) / "XYZOUT.pdb"
    return FileUse(
        file_uuid=uuid5(uuid5(project.uuid, number), "out:outputData.XYZOUT"), parameter="inputData.XYZIN", path=path
    )


def imported(job, name):
    return ImportedFile(
        uuid=uuid5(job.project.uuid, ascii(name)),
        parameter="inputData.HKLIN",
        path=job.project.imports_directory / name,
        source=job.project.directory.parent / name,
        md5="0" * 32,
        sha256="0" * 64,
        size_bytes=3,
        modified_at=AT,
        file_type="application/CCP4-mtz-observed",
    )


def failed(reason):
    return {"status": JobStatus.FAILED, "problems": (Problem(severity=Severity.BLOCK, message=reason),), "files": ()}


def chain(folder, values=(0.3, 0.28, 0.29)):
    """Refinements, each of the result of the one before, with a sub-job each; the last one has failed."""
    recorded(folder, "1", imports=["native.mtz"])
    for at, value in enumerate(values):
        number = str(at + 2)
        kpis = {"RFactor": value - 0.05, "RFree": value, "note": "P 1"}
        recorded(folder, number, reads=[str(at + 1)], imports=["native.mtz"], kpis=kpis)
        recorded(folder, f"{number}.1", reads=[number], kpis=kpis)
    last = str(len(values) + 2)
    recorded(folder, last, reads=["2"], **failed("the program has no licence"))
    return make_project(folder)


def rewrite(outcome, **fields):
    """Write the outcome file of a job again, with other values."""
    changed = replace(outcome, **fields)
    outcome_file.write(changed)
    return changed


def with_inputs(folder, number, **checksums):
    """Record a job that has imported a file for HKLIN; by name the checksum of its content."""
    job = recorded(folder, number).job
    files = tuple(replace(imported(job, f"{name}.mtz"), md5=md5 * 32) for name, md5 in checksums.items())
    return recorded(folder, number, imported=files)


def with_job(outcome, **fields):
    return replace(outcome, job=replace(outcome.job, **fields))
