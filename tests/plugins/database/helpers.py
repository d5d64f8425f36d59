"""Jobs, files and KPIs to record."""

import hashlib
from datetime import datetime, timezone
from pathlib import Path
from uuid import uuid4

from ccp4hooks import GleanedFile, ImportedFile, JobStatus, Kpi, Outcome, Settings
from ccp4hooks.outcomes import outcome_file
from ccp4hooks.store import FileUse, JobRequest, Origin
from ccp4hooks_database import DatabasePlugin

CORE, KPI, IMPORTER = (Origin(plugin=name, version="1.2") for name in ("core", "kpi", "file-import"))
MOMENT = datetime(2026, 2, 3, 4, 5, 6, 789000, tzinfo=timezone.utc)


def use(url, tmp_path, **own):
    """Return the plugin, configured for a database."""
    plugin = DatabasePlugin(DatabasePlugin.ccp4hooks_settings(**own))
    plugin.configure(Settings(projects_dir=tmp_path, database=url))
    return plugin


def request_for(project, **values):
    return JobRequest(
        **{"uuid": uuid4(), "task": "freerflag", "title": "Free R", "project": project, "owned": True, **values}
    )


def opened(plugin, project, **values):
    """Open a job and make its directory, as the core does."""
    job = plugin.open_job(request_for(project, **values))
    job.directory.mkdir(parents=True)
    return job


def gleaned(job, name="HKLOUT.mtz", parameter="outputData.FREEROUT", **values):
    """Write an output file and return its description."""
    path = job.directory / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"content of " + name.encode())
    return GleanedFile(
        **{
            "uuid": job.file_uuid("out", parameter),
            "parameter": parameter,
            "path": path,
            "size_bytes": path.stat().st_size,
            "file_type": "application/CCP4-mtz-freerflag",
            "class_name": "CFreeRDataFile",
            "content_flag": 1,
            "annotation": "Free R flags",
            "origins": {"file": CORE},
            **values,
        }
    )


def imported(job, name="native.mtz", parameter="inputData.F_SIGF", **values):
    """Write an imported copy and return its description."""
    folder = job.project.imports_directory
    folder.mkdir(parents=True, exist_ok=True)
    data = b"reflections of " + name.encode()
    (folder / name).write_bytes(data)
    return ImportedFile(
        **{
            "uuid": job.file_uuid("in", parameter),
            "parameter": parameter,
            "path": folder / name,
            "source": Path("/data") / name,
            "md5": hashlib.md5(data).hexdigest(),  # noqa: S324 - the schema's
            "sha256": hashlib.sha256(data).hexdigest(),
            "size_bytes": len(data),
            "modified_at": MOMENT,
            "file_type": "application/CCP4-mtz-observed",
            "class_name": "CObsDataFile",
            "content_flag": 4,
            "sub_type": 1,
            "annotation": "Observed data",
            "origin": IMPORTER,
            **values,
        }
    )


def kpi(key, value, **values):
    return Kpi(key=key, value=value, origin=KPI, **values)


def outcome_of(job, **values):
    return Outcome(**{"job": job, "status": JobStatus.FINISHED, "created_at": MOMENT, "finished_at": MOMENT, **values})


def recorded(plugin, job, **values):
    """Record an outcome, and write its file, as a job does that ends."""
    outcome = outcome_of(job, started_at=MOMENT, **values)
    plugin.job_status(job, JobStatus.RUNNING, tuple(outcome.uses), ())
    outcome_file.write(outcome)
    plugin.job_finished(job, outcome)
    return outcome


def use_of(file, parameter="inputData.XYZIN"):
    return FileUse(file_uuid=file.uuid, parameter=parameter, path=file.path)


WRONG = (None, -1, 10**400, 2**63, 1e308, 1.5, "", "x", "\0", "\ud800", [], [[1]], {}, {"a": 1}, "9999-12-31T23:59:59Z")
"""Values of all types, each of which most columns cannot have."""
