"""Values of rows, computed from an outcome without the database."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any
from uuid import UUID

from ccp4hooks import (
    GleanedFile,
    ImportedFile,
    Job,
    Kpi,
    KpiValue,
    Outcome,
    ParameterSource,
    ParameterValue,
    ResultValue,
    StoreError,
)
from ccp4hooks.store import Origin
from ccp4hooks_database import versions
from ccp4hooks_database.repository import columns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Source: File.Directory and FileUse.Role in ccp4i2.db.models, ccp4i2 3.0.1.
JOB_DIR, IMPORT_DIR = 1, 2
OUT, IN = 0, 1


NO_ORIGIN = Origin(plugin="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One use of a file by the job.

    Attributes:
        file_uuid: The file.
        role: IN or OUT.
        parameter: Parameter with its container.
        source: Source of an import that was not copied again; else empty.
        modified_at: Modification time of that source.
    """

    file_uuid: UUID
    role: int
    parameter: str
    source: str = ""
    modified_at: datetime | None = None

    @property
    def needs_origin(self) -> bool:
        """Whether ccp4i2's own row cannot store all of these values."""
        return bool(self.source) or not columns.is_lossless(self.parameter, ("outputData", "inputData")[self.role])


def written_files(outcome: Outcome) -> list[tuple[GleanedFile | ImportedFile, dict[str, Any]]]:
    """Return a job's own files, each with the values of its row.

    Files outside the project are left out, since ccp4i2's tables cannot store them.
    """
    own: list[GleanedFile | ImportedFile] = [file for file in outcome.imported if not file.reused]
    own += outcome.files
    rows = [(file, _file_values(file, outcome)) for file in own]
    return [(file, values) for file, values in rows if values["name"] is not None]


def _file_values(file: GleanedFile | ImportedFile, outcome: Outcome) -> dict[str, Any]:
    directory, name = _place(file, outcome.job)
    return {
        "uuid": file.uuid,
        "name": name,
        "directory": directory,
        "type_id": columns.shortened(file.file_type, columns.FILE_TYPE_LIMIT),
        "sub_type": file.sub_type,
        "content": file.content_flag,
        "annotation": columns.printable(file.annotation),
        "job_param_name": columns.column_name(file.parameter),
    }


def _place(file: GleanedFile | ImportedFile, job: Job) -> tuple[int, str | None]:
    """Return the columns ``directory`` and ``name``, from which CCP4i2 makes the path of a file.

    CCP4i2 has two directories only. The name of an output that is in neither contains ``..``.
    """
    project = job.project
    if isinstance(file, ImportedFile):
        return IMPORT_DIR, columns.relative_name(file.path, project.imports_directory, project.directory)
    name = columns.relative_name(file.path, job.directory, project.directory)
    if name is not None and name.startswith("../"):
        imported = columns.relative_name(file.path, project.imports_directory, project.directory)
        if imported is not None and not imported.startswith("../"):
            return IMPORT_DIR, imported
    return JOB_DIR, name


def import_values(file: ImportedFile) -> dict[str, Any]:
    """Return the values of an import's row except its key and time."""
    values = {"name": columns.printable(str(file.source)), "checksum": file.md5, "last_modified": file.modified_at}
    return {**values, "source_checksum": file.source_md5 or file.md5} if versions.has_source_checksum() else values


def file_origin(file: GleanedFile | ImportedFile, *, manual: bool) -> dict[str, Any]:
    """Return the values of a file's row in the side table, except its key and time."""
    origin = (file.origin if isinstance(file, ImportedFile) else file.origins.get("file")) or NO_ORIGIN
    return {
        "parameter": file.parameter,
        "class_name": file.class_name,
        "plugin": origin.plugin,
        "version": origin.version,
        "sha256": file.sha256 if isinstance(file, ImportedFile) else "",
        "size_bytes": file.size_bytes,
        "by_hand": manual,
    }


def file_uses(outcome: Outcome, recorded: Sequence[GleanedFile | ImportedFile]) -> list[Use]:
    """Return all uses of files by a job: its own files, recorded files, and imports that were not copied again."""
    own = [
        Use(file_uuid=file.uuid, role=IN if isinstance(file, ImportedFile) else OUT, parameter=file.parameter)
        for file in recorded
    ]
    shared = [
        Use(
            file_uuid=file.uuid,
            role=IN,
            parameter=file.parameter,
            source=columns.printable(str(file.source)),
            modified_at=file.modified_at,
        )
        for file in outcome.imported
        if file.reused
    ]
    return own + shared + [Use(file_uuid=use.file_uuid, role=IN, parameter=use.parameter) for use in outcome.uses]


def value_kind(value: object) -> str:
    """Return the name of a KPI's type: ``bool``, ``int``, ``float`` or ``str``."""
    return type(value).__name__


def value_origin(kpi: Kpi, *, manual: bool) -> dict[str, Any]:
    """Return the values of a KPI's row in the side table, except its job and time."""
    origin = kpi.origin or NO_ORIGIN
    return {
        "key": kpi.key,
        "kind": value_kind(kpi.value),
        "unit": kpi.unit,
        "indicator": kpi.indicator,
        "by_hand": manual,
        "plugin": origin.plugin,
        "version": origin.version,
    }


PARAMETER = "parameter"
"""The role of a parameter in the side table; that of a result is its place."""

OWN_COLUMNS = frozenset({"name", "value", "place"})
AS_JSON = ("default", "replaced")
"""Values whose type a JSON column does not keep on PostgreSQL: 1e22 would become a whole number."""


def recorded_values(outcome: Outcome) -> list[dict[str, Any]]:
    """Return the values of the rows of a job's parameters and results, except the job."""
    pairs = [(PARAMETER, one) for one in outcome.parameters] + [(one.place, one) for one in outcome.results]
    return [_recorded_value(role, one) for role, one in pairs]


def _recorded_value(role: str, one: ParameterValue | ResultValue) -> dict[str, Any]:
    return {
        "role": role,
        "name": one.name,
        "kind": value_kind(one.value),
        "text": columns.printable(str(one.value)),
        "number": None if isinstance(one.value, str) else float(one.value),
        "details": details(one),
    }


def details(one: ParameterValue | ResultValue) -> dict[str, Any]:
    """Return the fields that have no column of their own and differ from their defaults; most do not."""
    given = {item.name: attrgetter(item.name)(one) for item in fields(one) if item.name not in OWN_COLUMNS}
    defaults = {item.name: item.default for item in fields(one)}
    found = {name: value for name, value in given.items() if value != defaults[name]}
    return {name: _plain(name, value) for name, value in found.items()}


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, ParameterSource):
        return value.value
    return json.dumps(value) if name in AS_JSON else value


def recorded_value(row: Mapping[str, Any]) -> ParameterValue | ResultValue:
    """Return a parameter or result from its row in the side table."""
    found = {name: json.loads(value) if name in AS_JSON else value for name, value in row["details"].items()}
    value = _read_value(row["kind"], row["text"])
    if row["role"] != PARAMETER:
        return ResultValue(name=row["name"], value=value, place=row["role"], **found)
    if "source" in found:
        found["source"] = ParameterSource(found["source"])
    return ParameterValue(name=row["name"], value=value, **found)


def _read_value(kind: str, text: str) -> KpiValue:
    if kind == "bool":
        return text == "True"
    readers: dict[str, Any] = {"int": int, "float": float}
    return readers.get(kind, str)(text)  # type: ignore[no-any-return]


def provenance_values(outcome: Outcome) -> dict[str, Any]:
    """Return the values of the row of a job's provenance, except the job."""
    how = outcome.provenance
    return {
        "command": how.command,
        "user": how.user,
        "host": how.host,
        "distribution": how.distribution,
        "task_version": how.task_version,
        "programs": dict(how.programs),
        "software": dict(outcome.software),
        "cpu_s": how.cpu_s,
        "peak_memory_bytes": how.peak_memory_bytes,
        "variation_of": how.variation_of,
        "variation_uuid": how.variation_uuid,
        "fingerprint": how.fingerprint,
    }


def recordable_kpis(outcome: Outcome) -> list[Kpi]:
    """Return the KPIs of an outcome as they are recorded; see `Kpi.plain`.

    Raises:
        StoreError: A KPI is invalid.
    """
    for kpi in outcome.kpis:
        fault = kpi.fault()
        if fault:
            key = columns.printable(str(kpi.key), 80)
            raise StoreError(f"The KPI {key!r} of job {outcome.job.number} cannot be recorded: {fault}.")
    # An escaped key may be that of another KPI.
    return list({plain.key: plain for plain in (kpi.plain() for kpi in outcome.kpis)}.values())
