"""The values of a comparison in words, for its page and for the terminal."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from ccp4hooks.model import ParameterSource
from ccp4hooks.model.queries import FACTS
from ccp4hooks.reports.pages.contents import status_of
from ccp4hooks.texts import csv_text, kpi_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ccp4hooks.model import ComparedFile, ComparedInput, ComparedKpi, ComparedValue, Comparison, JobSummary

MOST_COLUMNS = 8
"""Largest number of jobs that are columns. More jobs are rows."""

ROUNDING = 1e-12
"""Size of a difference, relative to the value, that is due to the rounding of floating-point numbers."""

CHECKSUM_LENGTH = 8
"""Number of digits of a checksum that are shown."""


def status_name(job: JobSummary, comparison: Comparison) -> str:
    """Return the status of a job in words."""
    return str(status_of(job.status, has_died=job.job.number in comparison.dead)["text"])


def heading(kpi: ComparedKpi) -> str:
    """Return the title of a KPI, followed by its unit if all values have the same one."""
    return f"{kpi.title} [{kpi.unit}]" if kpi.unit else kpi.title


def kpi_value(kpi: ComparedKpi, at: int) -> str:
    """Return a value as one line, with its unit if the values have different ones; empty if the job has none."""
    value = kpi.values[at]
    if value is None:
        return ""
    return one_line(" ".join(filter(None, (kpi_text(value, kpi.decimals), "" if kpi.unit else kpi.units[at]))))


def difference(kpi: ComparedKpi, at: int) -> str:
    """Return the difference to the reference with its sign, ``"="`` if there is none; empty if it is not known.

    It is the difference of the two values as they are shown, or the exact one if these are shown alike.
    """
    found, value, reference = kpi.differences[at], kpi.values[at], kpi.values[0]
    if found is None or not isinstance(value, (int, float)) or not isinstance(reference, (int, float)):
        return ""
    if abs(found) <= ROUNDING * abs(value):
        return "="
    shown = Decimal(kpi_text(value, kpi.decimals)) - Decimal(kpi_text(reference, kpi.decimals))
    found = type(found)(shown) or found
    text = kpi_text(found, kpi.decimals)
    return text if found < 0 else f"+{text}"


def verdict(kpi: ComparedKpi, at: int) -> str:
    """Return whether a value is better or worse than that of the reference; empty if neither, or nobody knows."""
    is_better = kpi.is_better(at)
    return "" if is_better is None or difference(kpi, at) == "=" else "better" if is_better else "worse"


def set_by(value: ComparedValue) -> str:
    """Return where the value of a parameter comes from, in words; empty if there is no value."""
    if value.source is None:
        return "" if value.value is None else "default"
    return f"job {value.job}" if value.source is ParameterSource.JOB else value.source.value


def one_line(value: object) -> str:
    r"""Return a value as a text in one line.

    >>> one_line("a\n b"), one_line(""), one_line(0.1 + 0.2)
    ('a b', "''", '0.3')
    """
    text = kpi_text(value) if isinstance(value, (float, str)) else str(value)
    return " ".join(text.split()) or repr(value)


def by_content(one: ComparedInput, comparison: Comparison) -> list[tuple[str, str]]:
    """Return the files of an input in words, each with the numbers of the jobs that have read this content."""
    groups: dict[str, tuple[list[ComparedFile | None], list[str]]] = {}
    for file, job in zip(one.files, comparison.jobs, strict=True):
        files, numbers = groups.setdefault(file.content if file else "", ([], []))
        files.append(file)
        numbers.append(str(job.job.number))
    return [(_content(files), counted_jobs(numbers)) for files, numbers in groups.values()]


def _content(files: Iterable[ComparedFile | None]) -> str:
    """Return files of the same content in words."""
    known = [file for file in files if file]
    if not known:
        return "no file"
    names = ", ".join(dict.fromkeys(file_name(file) for file in known))
    return f"{names} ({checksum(known[0])})"


def file_name(file: ComparedFile) -> str:
    """Return the name of a file, with the job that has made it."""
    return f"{file.path.name} of job {file.made_by}" if file.made_by else file.path.name


def checksum(file: ComparedFile) -> str:
    """Return the beginning of the checksum of a file in words."""
    return f"MD5 {file.md5[:CHECKSUM_LENGTH]}" if file.md5 else "no checksum recorded"


def counted_jobs(numbers: Sequence[str]) -> str:
    """Return numbers of jobs in words.

    >>> counted_jobs(["3"]), counted_jobs(["3", "5"])
    ('job 3', 'jobs 3, 5')
    """
    return f"job{'s' if len(numbers) > 1 else ''} {', '.join(numbers)}"


def csv_table(comparison: Comparison) -> str:
    """Return a comparison as comma-separated values with a line for each job, numbers with all digits."""
    columns = dict(_columns(comparison))
    return csv_text(columns, zip(*columns.values(), strict=True))


def _columns(comparison: Comparison) -> Iterator[tuple[str, list[object]]]:
    """Yield the columns of the table, with the value of each job."""
    for name, fact in FACTS.items():
        yield name, [fact(job) for job in comparison.jobs]
    for kpi in comparison.kpis:
        yield f"kpi.{kpi.key}", [*kpi.values]
        if any(one is not None for one in kpi.differences):
            yield f"difference.{kpi.key}", [*kpi.differences]
    for row in comparison.differing_parameters:
        yield f"parameter.{row.name}", [one.value for one in row.values]
    for one in comparison.differing_inputs:
        yield f"input.{one.parameter}", [str(file.path) if file else None for file in one.files]
        yield f"md5.{one.parameter}", [file.md5 if file else None for file in one.files]
