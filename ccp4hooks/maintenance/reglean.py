"""Re-extract files and KPIs from a job that has ended, with the present plugins. Recorded values are kept."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ccp4hooks import hookspecs
from ccp4hooks.errors import BadInputError
from ccp4hooks.failures import Failure, attempt
from ccp4hooks.jobs import outputs, parameters
from ccp4hooks.jobs.active_job import ActiveJob
from ccp4hooks.maintenance.recording import record
from ccp4hooks.maintenance.resumption import load_script
from ccp4hooks.model import JobStatus, MaintenanceResult, Problem, Severity
from ccp4hooks.outcomes import checks, outcome_file
from ccp4hooks.queries.recorded import fault_with_cure
from ccp4hooks.runtime import paths, stdio

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ccp4hooks.jobs.job_tree import JobTree
    from ccp4hooks.maintenance.context import SessionContext
    from ccp4hooks.model import GleanedFile, ImportedFile, Kpi, Origin, Outcome, Project

    Values = Mapping[str, Any]
    Origins = Mapping[str, Origin]


def reglean(session: SessionContext, project: Project, number: str) -> MaintenanceResult:
    """Re-extract files and KPIs from a job and its sub-jobs; see `Session.reglean`."""
    paths.require_directory(project)
    recorded, problems = [], []
    known = [_ended(one) for one in session.queries.summaries(project, number)]
    tree = session.new_tree(project)
    with stdio.output_dropped():
        pairs = [(one, _reextracted(tree, one)) for one in known]
    for earlier, new in pairs:
        _warn_of_missing(session, new)
        # A file that CCP4i2 has recorded without ccp4hooks has a UUID of its own, which no outcome file has.
        if new != earlier and checks.is_consistent(new):
            outcome_file.write(new)
        faults = record(session.dispatcher, new) if session.queries.has_database() else []
        problems.extend(faults)
        recorded.extend([] if faults else [new])
    return MaintenanceResult(outcomes=tuple(recorded), problems=tuple(problems))


def _warn_of_missing(session: SessionContext, outcome: Outcome) -> None:
    """Add a problem to the session for each recorded file of a job that does not exist."""
    recorded: tuple[ImportedFile | GleanedFile, ...] = (*outcome.imported, *outcome.files)
    for file in recorded:
        if not file.path.is_file():
            message = (
                f"Job {outcome.job.number} of {outcome.job.project.name}: the recorded file {file.path} "
                f"({file.parameter}) does not exist. Its record was kept. Restore the file from a backup, or run the "
                "job again."
            )
            session.queries.journal.add(Problem(severity=Severity.WARNING, message=message, path=file.path))


def _ended(known: Outcome) -> Outcome:
    """Return the outcome in the outcome file of a job that has ended, or the record of one that CCP4i2 has run.

    Raises:
        BadInputError: The job has not ended, or has no valid outcome file.
    """
    job = f"Job {known.job.number} of the project {known.job.project.name!r}"
    if not known.status.is_over:
        raise BadInputError(f"{job} has not ended ({known.status.name}). Its files are extracted when it ends.")
    written = checks.valid_outcome(known.job)
    if written is None and not _ran_without_us(known):
        raise BadInputError(_fault(known, job))
    return written or known


def _ran_without_us(known: Outcome) -> bool:
    """Return whether CCP4i2 has run and recorded a job without ccp4hooks, so that it cannot have an outcome file."""
    directory = known.job.directory
    has_file = (directory / outcome_file.FILE_NAME).is_file()
    return directory.is_dir() and not has_file and not checks.is_rewritable(known)


def _fault(known: Outcome, job: str) -> str:
    """Return why a job has no valid outcome file, and what to do."""
    path = known.job.directory / outcome_file.FILE_NAME
    rewritable = checks.is_rewritable(known)
    if path.is_file():
        read = attempt(checks.read_in_project, path, known.job.project)
        fault = read.reason if isinstance(read, Failure) else f"{path} belongs to another job."
        return fault_with_cure(fault, known if rewritable else None)
    if rewritable:
        cure = f"Run `ccp4hooks recover {known.job.project.name}`, which writes the file from the database."
    else:
        cure = f"Its directory {known.job.directory} does not exist. Restore it from a backup, or run the job again."
    return f"{job} has no valid outcome file, so its files and KPIs cannot be extracted again. {cure}"


def _reextracted(tree: JobTree, earlier: Outcome) -> Outcome:
    """Return an outcome with the files and KPIs that the present plugins extract. Write nothing.

    A recorded value keeps its origin unless a plugin returns a different value. A value that no plugin returns any more
    is kept. Metadata that the core reads again are used only where none were recorded, because the first reading saw
    the script in the state after its run. Parameters are read if an earlier version has recorded none. A job that is
    marked for deletion stays without files and KPIs.

    Raises:
        BadInputError: The task does not exist, or the parameters in the job directory cannot be read.
    """
    if earlier.status is JobStatus.TO_DELETE:
        return earlier
    active = ActiveJob(tree.context, earlier.job)
    load_script(tree, active)
    files, kpis = outputs.extract_files(active), outputs.extract_kpis(active)
    for file in files:
        active.check(hookspecs.check_file, file=file)
    return replace(
        earlier,
        results=outputs.extract_results(active) or earlier.results,
        # Whoever has set a parameter is known only while the job runs.
        parameters=earlier.parameters or parameters.recorded(active)[0],
        files=merged_files(earlier.files, files),
        kpis=merged_kpis(earlier.kpis, kpis),
        problems=_with_new(earlier.problems, active.journal.problems),
    )


def merged_kpis(earlier: Iterable[Kpi], found: Iterable[Kpi]) -> tuple[Kpi, ...]:
    """Return all KPIs. Of two KPIs with the same key, return the new one if it differs."""
    merged = {kpi.key: kpi for kpi in earlier}
    for kpi in found:
        known = merged.get(kpi.key)
        # In Python, True equals 1. As values of a KPI they differ.
        same = known is not None and type(known.value) is type(kpi.value)
        if not same or known != replace(kpi, origin=known.origin if known else None):
            merged[kpi.key] = kpi
    return tuple(merged.values())


def merged_files(earlier: Iterable[GleanedFile], found: Iterable[GleanedFile]) -> tuple[GleanedFile, ...]:
    """Return all files, each with its recorded and its new metadata, also those that do not exist any more."""
    merged = {file.parameter: file for file in earlier}
    for file in found:
        known = merged.get(file.parameter)
        merged[file.parameter] = _merged_file(known, file) if known else file
    return tuple(merged.values())


def _merged_file(known: GleanedFile, found: GleanedFile) -> GleanedFile:
    origins = {"file": known.origins["file"]} if "file" in known.origins else dict(found.origins)
    fields = _chosen(_fields(known), _fields(found), known.origins, found.origins, origins)
    extra = _chosen(known.extra, found.extra, known.origins, found.origins, origins)
    columns = found.columns or known.columns
    return replace(found, uuid=known.uuid, **fields, extra=extra, columns=columns, origins=origins)


def _fields(file: GleanedFile) -> dict[str, Any]:
    return {
        "file_type": file.file_type,
        "content_flag": file.content_flag,
        "sub_type": file.sub_type,
        "annotation": file.annotation,
    }


def _chosen(
    known: Values, found: Values, known_origins: Origins, found_origins: Origins, origins: dict[str, Origin]
) -> dict[str, Any]:
    """Return values by name, and note the origin of each in `origins`."""
    values: dict[str, Any] = {}
    for name in (*known, *(name for name in found if name not in known)):
        origin = found_origins.get(name)
        given = name in found and found[name] not in (None, "") and origin is not None
        another = given and (type(found[name]), found[name]) != (type(known.get(name)), known.get(name))
        new = another and (known.get(name) in (None, "") or (origin is not None and origin.plugin != "core"))
        values[name] = found[name] if new else known[name]
        chosen = origin if new else known_origins.get(name)
        if chosen is not None:
            origins[name] = chosen
    return values


def _with_new(earlier: tuple[Problem, ...], found: Iterable[Problem]) -> tuple[Problem, ...]:
    known = {(one.message, one.parameter, one.path) for one in earlier}
    return (*earlier, *(one for one in found if (one.message, one.parameter, one.path) not in known))
