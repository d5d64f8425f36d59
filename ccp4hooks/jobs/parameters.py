"""Record the parameters of a job: those with which it began, and what its script has changed.

Whatever a script has among its parameters, its job runs and is recorded. What cannot be read becomes a problem.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ccp4hooks.failures import Failure, attempt
from ccp4hooks.i2.recorded_values import Reading, read_parameters, set_flags
from ccp4hooks.jobs.outputs import limited, note_faults
from ccp4hooks.model import ParameterSource, ParameterValue
from ccp4hooks.model.parameters import job_of_path

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccp4hooks.jobs.active_job import ActiveJob

NOTHING = Reading(parameters={}, secrets=frozenset(), faults=())


def note_start(active: ActiveJob) -> None:
    """Note the parameters with which the script of a job begins to run."""
    if active.has_script:
        active.at_start = _read(active, files=True)


def _read(active: ActiveJob, *, files: bool) -> Reading:
    # Nobody has asked ccp4hooks for a job that CCP4i2 or a script of one's own runs.
    given = attempt(set_flags, active.script) if active.given is None else active.given
    read = given if isinstance(given, Failure) else attempt(read_parameters, active.script, given=given, files=files)
    if isinstance(read, Failure):
        return replace(NOTHING, faults=(f"its parameters could not be read: {read.reason}",))
    return read


def recorded(active: ActiveJob) -> tuple[tuple[ParameterValue, ...], frozenset[str]]:
    """Return the parameters of a job as they are recorded, and the names of those whose values are secret."""
    if not active.has_script:
        return (), frozenset()
    # A job that never began to run has parameters, too.
    begun = _read(active, files=True) if active.at_start is None else active.at_start
    now = begun if active.at_start is None else _read(active, files=False)
    values = {path: _with_source(active, path, value) for path, value in begun.parameters.items()}
    for path, value in now.parameters.items():
        before = begun.parameters.get(path)
        if before is None or _content(before) != _content(value):
            known = None if before is None else before.value
            values[path] = replace(value, source=ParameterSource.TASK, replaced=known)
    ordered = [values[path] for path in merged(begun.parameters, now.parameters)]
    note_faults(active, [*begun.faults, *(fault for fault in now.faults if fault not in begun.faults)])
    # The first of two parameters with the same name is the one that the name finds.
    kept = {value.name: value for value in reversed(ordered) if _is_recorded(value)}
    return tuple(limited(active, list(reversed(kept.values())), "parameters")), begun.secrets | now.secrets


def merged(before: Iterable[str], after: Iterable[str]) -> list[str]:
    """Return the paths of two readings of the same parameters, each in the order of declaration, in this order.

    >>> merged(["FILE", "A", "C"], ["A", "B", "C", "D"])
    ['FILE', 'A', 'B', 'C', 'D']
    """
    rest = list(reversed(dict.fromkeys(before)))
    known = set(rest)
    found: dict[str, None] = {}
    for path in after:
        while path in known and path not in found:
            found[rest.pop()] = None
        found[path] = None
    return [*found, *reversed(rest)]


def _content(value: ParameterValue) -> tuple[object, ...]:
    # In Python, True equals 1. As values of a parameter they differ.
    return type(value.value), value.value, value.size, value.sha256


def _is_recorded(value: ParameterValue) -> bool:
    """Return whether a value is recorded: one that was requested, or that is not the default."""
    return value.source is not ParameterSource.TASK or value.value != value.default or value.replaced is not None


def _with_source(active: ActiveJob, path: str, value: ParameterValue) -> ParameterValue:
    """Return a parameter with which a script begins, with the source of its value."""
    parent = active.job.number.parent
    if parent is not None:
        return replace(value, source=ParameterSource.JOB, job=str(parent))
    given = active.given
    # An item of a list inside a list is given by the path of its list.
    if given is not None and path not in given and path.rpartition("[")[0] not in given:
        return replace(value, source=ParameterSource.TASK)
    number = (given or {}).get(path) or (job_of_path(str(value.value)) if value.is_file else "")
    if number and number != active.job.number:
        return replace(value, source=ParameterSource.JOB, job=number)
    return replace(value, source=ParameterSource.USER)
