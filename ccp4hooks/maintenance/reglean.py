"""Glean a job that has ended once more, with the plugins that are there now; what is known of it stays known."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ccp4hooks.errors import BadInputError
from ccp4hooks.jobs import outputs
from ccp4hooks.jobs.active_job import Life
from ccp4hooks.maintenance import recovery

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccp4hooks.jobs.run_context import Run
    from ccp4hooks.model import GleanedFile, Kpi, Origin, Outcome, Problem


def ended(known: Outcome) -> Outcome:
    """Return what the outcome file of a job says that has ended.

    Raises:
        BadInputError: It has not ended, or has no outcome file.
    """
    which = f"Job {known.job.number} of the project {known.job.project.name!r}"
    if not known.status.is_over:
        raise BadInputError(f"{which} has not ended ({known.status.name}); it is gleaned when it has.")
    told = recovery.written_outcome(known.job)
    if told is None:
        raise BadInputError(f"{which} has no outcome file that can be believed, so it cannot be gleaned again.")
    return told


def regleaned(run: Run, earlier: Outcome) -> Outcome:
    """Return an outcome with what the present plugins read off the job; nothing is written.

    A value that was known stays with who gave it, unless a plugin gives another one now. What no plugin gives any more
    is kept. The core's own reading only fills gaps: its earlier one had the script as it ran.

    Args:
        run: Calls the hooks.
        earlier: What is known of the job.

    Raises:
        BadInputError: The task is not there, or the parameters in the job directory cannot be read.
    """
    life = Life(run, None, earlier.job)
    recovery.load_script(run, life)
    files, kpis = outputs.files(life), outputs.kpis(life)
    for file in files:
        life.judge("check_file", file=file)
    return replace(
        earlier,
        files=merged_files(earlier.files, files),
        kpis=merged_kpis(earlier.kpis, kpis),
        problems=_with_new(earlier.problems, life.journal.problems),
    )


def merged_kpis(earlier: Iterable[Kpi], found: Iterable[Kpi]) -> tuple[Kpi, ...]:
    """Return the values of both, of two with one key the new one if it says something else."""
    merged = {kpi.key: kpi for kpi in earlier}
    for kpi in found:
        known = merged.get(kpi.key)
        # True is 1 to Python, and a KPI of another kind.
        same = known is not None and type(known.value) is type(kpi.value)
        if not same or known != replace(kpi, origin=known.origin if known else None):
            merged[kpi.key] = kpi
    return tuple(merged.values())


def merged_files(earlier: Iterable[GleanedFile], found: Iterable[GleanedFile]) -> tuple[GleanedFile, ...]:
    """Return the files of both that are there, each with what was known and what is new."""
    merged = {file.parameter: file for file in earlier if file.path.is_file()}
    for file in found:
        known = merged.get(file.parameter)
        merged[file.parameter] = _merged_file(known, file) if known else file
    return tuple(merged.values())


def _merged_file(known: GleanedFile, found: GleanedFile) -> GleanedFile:
    origins = {"file": known.origins["file"]} if "file" in known.origins else dict(found.origins)
    fields = _chosen(_fields(known), _fields(found), known.origins, found.origins, origins)
    extra = _chosen(known.extra, found.extra, known.origins, found.origins, origins)
    return replace(found, **fields, extra=extra, columns=found.columns or known.columns, origins=origins)


def _fields(file: GleanedFile) -> dict[str, Any]:
    return {
        "file_type": file.file_type,
        "content_flag": file.content_flag,
        "sub_type": file.sub_type,
        "annotation": file.annotation,
    }


def _chosen(known: Any, found: Any, theirs: Any, ours: Any, origins: dict[str, Origin]) -> dict[str, Any]:
    """Return values by name, and note in `origins` who gave each."""
    values: dict[str, Any] = {}
    for name in (*known, *(name for name in found if name not in known)):
        giver = ours.get(name)
        says = name in found and found[name] not in (None, "") and giver is not None
        another = says and (type(found[name]), found[name]) != (type(known.get(name)), known.get(name))
        new = another and (known.get(name) in (None, "") or giver.plugin != "core")
        values[name] = found[name] if new else known[name]
        origin = giver if new else theirs.get(name)
        if origin is not None:
            origins[name] = origin
    return values


def _with_new(earlier: tuple[Problem, ...], found: Iterable[Problem]) -> tuple[Problem, ...]:
    known = {(one.message, one.parameter, one.path) for one in earlier}
    return (*earlier, *(one for one in found if (one.message, one.parameter, one.path) not in known))
