"""Compare jobs: their KPIs, and the parameters and the inputs in which they differ."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime, timezone
from functools import cache
from typing import TYPE_CHECKING

from ccp4hooks.errors import BadInputError, UnknownNameError
from ccp4hooks.model import (
    Better,
    ComparedFile,
    ComparedInput,
    ComparedKpi,
    ComparedRow,
    ComparedValue,
    Comparison,
    FileQuery,
    JobQuery,
    JobSummary,
)
from ccp4hooks.model.parameters import job_of_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path
    from uuid import UUID

    from ccp4hooks.model import JobNumber, Kpi, KpiValue, Outcome, Project
    from ccp4hooks.model.plain import PlainValue
    from ccp4hooks.queries.kpi_descriptions import KpiDescriptions
    from ccp4hooks.queries.recorded import Queries

FEWEST = 2
"""Number of jobs from which on they can be compared."""


def compare(
    queries: Queries,
    names: KpiDescriptions,
    project: Project,
    numbers: Sequence[str],
    *,
    task: str = "",
    kpis: Sequence[str] = (),
    sort: str = "",
) -> Comparison:
    """Return a comparison of jobs; see `Session.compare`.

    Args:
        queries: Reads what is recorded.
        names: How KPIs are shown.
        project: The project.
        numbers: Numbers of the jobs.
        task: The task whose jobs are compared.
        kpis: Keys or titles of the KPIs; none for all.
        sort: Key or title of a KPI by which the jobs are sorted; empty to keep their order.

    Raises:
        UnknownNameError: A job, the task or a KPI does not exist.
        BadInputError: There are fewer than two jobs, or both jobs and a task are given.
    """
    outcomes = [*queries.outcomes_of(project, _numbers(queries, project, numbers, task))]
    every = {kpi.key: kpi for one in outcomes for kpi in one.kpis}
    known = [kpi.key for kpi in names.in_groups(list(every.values()))]
    keys = dict.fromkeys(_key(word, known, names) for word in kpis) or known
    order = ""
    if sort:
        descends = sort.startswith("-") and sort not in known
        order = _key(sort[1:] if descends else sort, known, names)
        outcomes = _ordered(outcomes, order, names, reverse=descends)
    jobs = [one.job for one in outcomes]
    labels = queries.labels([job.uuid for job in jobs])
    dead = {one.job.uuid for one in queries.owned_jobs(project) if not one.alive}
    return Comparison(
        project=project,
        made_at=datetime.now(timezone.utc),
        jobs=tuple(
            JobSummary(
                job=replace(one.job, title=labels[one.job.uuid].title) if one.job.uuid in labels else one.job,
                status=one.status,
                created_at=one.created_at,
                started_at=one.started_at,
                finished_at=one.finished_at,
                note=labels[one.job.uuid].note if one.job.uuid in labels else "",
                tags=labels[one.job.uuid].tags if one.job.uuid in labels else (),
            )
            for one in outcomes
        ),
        dead=tuple(one.job.number for one in outcomes if one.job.uuid in dead and not one.status.is_over),
        kpis=tuple(_kpis(outcomes, keys, names)),
        parameters=tuple(_parameters(outcomes)),
        inputs=tuple(_inputs(queries, project, outcomes)),
        results=tuple(_results(outcomes)),
        sorted_by=order,
        problems=tuple(queries.unreadable),
    )


# --- which jobs ---------------------------------------------------------------------------------------------------


def _numbers(queries: Queries, project: Project, numbers: Sequence[str], task: str) -> Sequence[str]:
    """Return the numbers of the jobs to compare, each once."""
    if numbers and task:
        raise BadInputError("Either jobs or a task can be compared, not both. Give only one of them.")
    found: Sequence[str] = _of_task(queries, project, task) if task else list(dict.fromkeys(numbers))
    if len(found) < FEWEST:
        which = f"job {found[0]}" if found else "no job"
        given = f"The project {project.name!r} has only {which} of the task {task!r}" if task else f"This is {which}"
        raise BadInputError(f"{given}. A comparison needs at least two different jobs.")
    return found


def _of_task(queries: Queries, project: Project, task: str) -> list[JobNumber]:
    """Return the numbers of the top-level jobs of a task, or of its sub-jobs if it has no others."""
    found = [row.job.number for row in queries.query(JobQuery(project=project, tasks=(task,), keys=()))]
    if not found:
        tasks = {row.job.task for row in queries.query(JobQuery(project=project, keys=()))}
        fault = f"The project {project.name!r} has no job of the task {task!r}"
        hint = f"`ccp4hooks jobs {project.name}` lists the jobs."
        raise UnknownNameError("task", task, sorted(tasks), hint, fault=fault)
    tops = [number for number in found if number.parent is None]
    return sorted(tops or found, key=lambda number: number.parts)


def _key(word: str, known: Sequence[str], names: KpiDescriptions) -> str:
    """Return the key of a KPI of the jobs that a word denotes: a key, or a title in any case.

    Raises:
        UnknownNameError: None of the jobs has such a KPI.
    """
    if word in known:
        return word
    titles = names.titles(known)
    wanted = word.strip().casefold()
    found = next((key for key, title in titles.items() if title.casefold() == wanted), None) or names.key(word)
    if found not in known:
        hint = f"Their KPIs are {', '.join(known)}." if known else "They have no KPIs at all."
        fault = f"None of the jobs has the KPI {word!r}"
        raise UnknownNameError("KPI", word, dict.fromkeys([*known, *titles.values()]), hint, fault=fault)
    return found


def _ordered(outcomes: Iterable[Outcome], key: str, names: KpiDescriptions, *, reverse: bool) -> list[Outcome]:
    """Return jobs in the order of a KPI, the best first, or if nobody knows which are better, the smallest first.

    Jobs that have not ended with a result follow, then those with texts, then those without a value.
    """
    described = names.of(key)
    greatest_first = (described is not None and described.better is Better.HIGHER) is not reverse

    def place(outcome: Outcome) -> tuple[int, float, str]:
        value = next((kpi.value for kpi in outcome.kpis if kpi.key == key), None)
        if value is None:
            return 3, 0, ""
        if isinstance(value, (str, bool)):
            return 2, 0, str(value)
        return 0 if outcome.status.is_success else 1, -value if greatest_first else value, ""

    return sorted(outcomes, key=place)


# --- KPIs ---------------------------------------------------------------------------------------------------------


def _kpis(outcomes: Sequence[Outcome], keys: Iterable[str], names: KpiDescriptions) -> Iterator[ComparedKpi]:
    tables = [{kpi.key: kpi for kpi in one.kpis} for one in outcomes]
    for key, title in names.titles(keys).items():
        found = [table.get(key) for table in tables]
        units = tuple(names.unit(kpi) if kpi else "" for kpi in found)
        values = tuple(kpi.value if kpi else None for kpi in found)
        different = {names.unit(kpi) for kpi in found if kpi}
        described = names.of(key)
        candidates = [value if one.status.is_success else None for one, value in zip(outcomes, values, strict=True)]
        best = names.best(key, candidates) if len(different) == 1 else set()
        yield ComparedKpi(
            key=key,
            title=title,
            unit=next(iter(different)) if len(different) == 1 else "",
            better=described.better if described else None,
            decimals=names.decimals(key),
            group=described.group if described else "",
            best=tuple(one.job.number for at, one in enumerate(outcomes) if at in best),
            values=values,
            units=units,
            differences=tuple(_differences(found, units)),
        )


def _differences(kpis: Sequence[Kpi | None], units: Sequence[str]) -> Iterator[float | None]:
    first = kpis[0]
    yield None
    for kpi, unit in zip(kpis[1:], units[1:], strict=True):
        same = kpi is not None and first is not None and unit == units[0]
        yield _difference(kpi.value, first.value) if same and kpi and first else None


def _difference(value: KpiValue, reference: KpiValue) -> float | None:
    if not isinstance(value, (int, float)) or not isinstance(reference, (int, float)):
        return None
    if isinstance(value, bool) or isinstance(reference, bool):
        return None
    difference = value - reference
    # Of two very large numbers it can be infinite.
    return difference if math.isfinite(difference) else None


# --- parameters and results ---------------------------------------------------------------------------------------


def _parameters(outcomes: Sequence[Outcome]) -> Iterator[ComparedRow]:
    defaults = {
        (outcome.job.task, one.name): one.default
        for outcome in outcomes
        for one in outcome.parameters
        if one.default is not None
    }
    tables = [
        {
            one.name: ComparedValue(value=one.value, source=one.source, job=one.job, sha256=one.sha256)
            for one in outcome.parameters
            if not one.is_file
        }
        for outcome in outcomes
    ]
    return _rows(tables, lambda at, name: defaults.get((outcomes[at].job.task, name)))


def _results(outcomes: Sequence[Outcome]) -> Iterator[ComparedRow]:
    tables = [
        {one.name: ComparedValue(value=one.value, sha256=one.sha256) for one in outcome.results} for outcome in outcomes
    ]
    return _rows(tables, lambda *_: None)


def _rows(
    tables: Sequence[dict[str, ComparedValue]], otherwise: Callable[[int, str], PlainValue | None]
) -> Iterator[ComparedRow]:
    """Yield a row for each name, with the value of each job.

    Args:
        tables: The values of each job by their names.
        otherwise: Returns the value that the job at a position has under a name, if its table has none.
    """
    for name in dict.fromkeys(name for table in tables for name in table):
        values = [table.get(name) or ComparedValue(value=otherwise(at, name)) for at, table in enumerate(tables)]
        # In Python, True equals 1.
        different = {(isinstance(one.value, bool), one.value, one.sha256) for one in values}
        yield ComparedRow(name=name, values=tuple(values), differs=len(different) > 1)


# --- inputs -------------------------------------------------------------------------------------------------------


def _inputs(queries: Queries, project: Project, outcomes: Sequence[Outcome]) -> Iterator[ComparedInput]:
    checksums = {file.uuid: file.md5 for one in outcomes for file in one.imported}

    @cache
    def recorded(uuid: UUID) -> str:
        known = queries.find_file(FileQuery(project=project, uuid=uuid))
        return known.md5 if known else ""

    def file_at(path: Path, uuid: UUID | None = None) -> ComparedFile:
        folder = project.directory
        made_by = job_of_path(path.relative_to(folder).as_posix()) if path.is_relative_to(folder) else ""
        # Nobody records the checksum of an output.
        md5 = "" if made_by or uuid is None else checksums.get(uuid) or recorded(uuid)
        return ComparedFile(path=path, md5=md5, made_by=made_by)

    tables = []
    for one in outcomes:
        files = {
            parameter.name: file_at(project.directory / str(parameter.value))
            for parameter in one.parameters
            if parameter.is_file
        }
        files |= {_name(use.parameter): file_at(use.path, use.file_uuid) for use in one.uses}
        files |= {_name(file.parameter): ComparedFile(path=file.path, md5=file.md5) for file in one.imported}
        tables.append(files)
    for name in dict.fromkeys(name for table in tables for name in table):
        found = tuple(table.get(name) for table in tables)
        yield ComparedInput(parameter=name, files=found, same=_are_same(found))


def _name(parameter: str) -> str:
    """Return the name of an input as it is typed on the command line."""
    return parameter.removeprefix("inputData.")


def _are_same(files: Sequence[ComparedFile | None]) -> bool | None:
    contents = {file.content if file else "" for file in files}
    if len(contents) == 1:
        return True
    checksums = {file.md5 for file in files if file and file.md5}
    return False if None in files or len(checksums) > 1 else None
