"""Trace each call of a hook: the plugin, the arguments, the answer and the duration."""

from __future__ import annotations

import enum
import time
from collections.abc import Callable, Collection, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import singledispatch
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from ccp4hooks.failures import Failure, attempt
from ccp4hooks.model import (
    FileMetadata,
    FileQuery,
    GleanedFile,
    ImportedFile,
    InputFile,
    Job,
    JobRequest,
    KnownFile,
    Kpi,
    Outcome,
    OwnedJob,
    Problem,
    Project,
    TaskDescription,
)
from ccp4hooks.plugins.dispatcher import Implementation
from ccp4hooks.runtime import stdio

if TYPE_CHECKING:
    from ccp4hooks.plugins.hook_results import Remarks

LENGTH = 80
"""Maximum number of characters shown of a text; of a path, the last ones are shown."""

ITEMS = 3
"""Maximum number of items shown of a collection."""

LARGEST = 10**20
"""Integers of this size and above are not written out."""

_depth: ContextVar[int] = ContextVar("ccp4hooks_trace_depth", default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced(Implementation):
    """An implementation that writes one line before and one line after each call.

    Attributes:
        write: Receives a line. Its output to the standard streams is shown even while a task runs.
    """

    write: Callable[[str], None]

    def __call__(self, arguments: Mapping[str, Any], remarks: Remarks) -> Any:
        """Call the implementation; see `Implementation`."""
        indent = "  " * _depth.get()
        given = ", ".join(f"{name}={summary(arguments[name])}" for name in self.argnames)
        self._write_line(f"{indent}{self.hook} -> {self.origin.plugin}({given})")
        token = _depth.set(_depth.get() + 1)
        started_s = time.perf_counter()
        try:
            result = attempt(Implementation.__call__, self, arguments, remarks)
        finally:
            duration_s = time.perf_counter() - started_s
            _depth.reset(token)
        came = f"raised {_cut(result.reason)}" if isinstance(result, Failure) else _answer(result)
        self._write_line(f"{indent}{self.hook} <- {self.origin.plugin}: {came}, {1e3 * duration_s:.2f} ms")
        if isinstance(result, Failure):
            raise result.error
        return result

    def _write_line(self, line: str) -> None:
        with stdio.output_shown():
            # A trace that cannot be shown must not become the failure of the plugin.
            attempt(self.write, f"trace: {line}")


def tracer(write: Callable[[str], None]) -> Callable[[Implementation], Implementation]:
    """Return a function that replaces an implementation by one that traces its calls.

    Args:
        write: See `Traced`.
    """

    def traced(plain: Implementation) -> Implementation:
        return Traced(
            hook=plain.hook, origin=plain.origin, function=plain.function, argnames=plain.argnames, write=write
        )

    return traced


@singledispatch
def summary(value: Any) -> str:
    """Return a short description of a value, of limited length; for an unknown class, only the name of the class.

    >>> summary(list(range(1000)))
    '1000 int: 0, 1, 2, ...'
    """
    return type(value).__name__


@summary.register(type(None))
@summary.register(bool)
@summary.register(float)
@summary.register(UUID)
def _(value: object) -> str:
    return str(value)


@summary.register(int)
def _(value: int) -> str:
    return str(value) if abs(value) < LARGEST else "a large int"


@summary.register(enum.IntEnum)
@summary.register(enum.Enum)
def _(value: enum.Enum) -> str:
    return value.name


@summary.register(str)
def _(value: str) -> str:
    return repr(_cut(value))


@summary.register(Path)
def _(value: Path) -> str:
    text = str(value)
    return text if len(text) <= LENGTH else f"...{text[-LENGTH:]}"


# Only these collections: to iterate over an unknown one may take any amount of time.
@summary.register(dict)
@summary.register(frozenset)
@summary.register(list)
@summary.register(set)
@summary.register(tuple)
def _(value: Collection[Any]) -> str:
    first = list(islice(value, ITEMS))
    kinds = {type(item).__name__ for item in first}
    shown = [summary(item) for item in first] + ["..."] * (len(value) > ITEMS)
    return f"{len(value)} {kinds.pop() if len(kinds) == 1 else 'items'}{': ' if shown else ''}{', '.join(shown)}"


@summary.register(Project)
def _(value: Project) -> str:
    return f"Project {value.name}"


@summary.register(Job)
@summary.register(JobRequest)
def _(value: Job | JobRequest) -> str:
    number = f"{value.number} " if value.number else ""
    return f"{type(value).__name__} {number}{value.task}"


@summary.register(OwnedJob)
def _(value: OwnedJob) -> str:
    return f"OwnedJob {value.job.number} {value.status.name} of process {value.pid}"


@summary.register(TaskDescription)
def _(value: TaskDescription) -> str:
    return f"TaskDescription {value.name}"


@summary.register(InputFile)
@summary.register(ImportedFile)
@summary.register(GleanedFile)
@summary.register(KnownFile)
def _(value: InputFile | ImportedFile | GleanedFile | KnownFile) -> str:
    return " ".join(part for part in (type(value).__name__, value.parameter, summary(value.path)) if part)


@summary.register(FileQuery)
def _(value: FileQuery) -> str:
    by_job = f"{value.parameter} of job {value.job_number}" if value.job_number else ""
    return f"FileQuery {summary(value.uuid) if value.uuid else summary(value.path) if value.path else by_job}"


@summary.register(FileMetadata)
def _(value: FileMetadata) -> str:
    parts = [
        f"{name}={summary(field)}"
        for name, field in (
            ("file_type", value.file_type),
            ("content_flag", value.content_flag),
            ("sub_type", value.sub_type),
            ("annotation", value.annotation),
        )
        if field is not None
    ]
    extra = [f"extra={len(value.extra)} values"] if value.extra else []
    return f"FileMetadata {', '.join(parts + extra)}"


@summary.register(Kpi)
def _(value: Kpi) -> str:
    return f"{_cut(value.key)}={summary(value.value)}"


@summary.register(Problem)
def _(value: Problem) -> str:
    return f"{value.severity.value} {_cut(value.message)!r}"


@summary.register(Outcome)
def _(value: Outcome) -> str:
    counts = f"{len(value.files)} files, {len(value.kpis)} KPIs, {len(value.problems)} problems"
    return f"Outcome {value.job.number} {value.status.name} with {counts}"


def _cut(text: str) -> str:
    return text if len(text) <= LENGTH else f"{text[:LENGTH]}..."


def _answer(value: Any) -> str:
    return "nothing" if value is None else summary(value)
