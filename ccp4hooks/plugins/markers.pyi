"""Types of the decorators of `hookimpl`, written by tests/architecture/test_marker_types.py.

A function implements a hook if it takes some of the arguments of the hook by their names, in their order, and returns
what the hook returns, or an awaitable of it. There is a protocol for each choice of arguments, and for functions and
methods.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeAlias, TypeVar, overload
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID
from ccp4hooks.errors import Ccp4HooksError
from ccp4hooks.i2.protocols import Script
from ccp4hooks.model import Attempt, DataType, Engine, Fate, FileMetadata, FileQuery, FileReader, FileUse, FinishStatus, GleanedFile, Handle, ImportedFile, InputFile, Job, JobQuery, JobRequest, JobStatus, JobSummary, KnownFile, Kpi, KpiDescription, LabelChange, Labels, Needs, NodeCommand, Outcome, OwnedJob, Plot, Problem, ProgramProgress, Project, ProjectRecord, Section, TaskDescription, Text
from ccp4hooks.settings import Settings

_F = TypeVar("_F", bound=Callable[..., object])
_R = TypeVar("_R")
_Answer: TypeAlias = _R | Awaitable[_R]


class _ConfigureSettingsFunction(Protocol):
    def __call__(_, settings: Settings) -> _Answer[None]: ...

class _ConfigureSettingsMethod(Protocol):
    def __call__(_, self: Any, settings: Settings) -> _Answer[None]: ...

class _ConfigureFunction(Protocol):
    def __call__(_) -> _Answer[None]: ...

class _ConfigureMethod(Protocol):
    def __call__(_, self: Any) -> _Answer[None]: ...

_Configure = TypeVar(
    '_Configure',
    bound=_ConfigureSettingsFunction
    | _ConfigureSettingsMethod
    | _ConfigureFunction
    | _ConfigureMethod,
)


class _InitStoreFunction(Protocol):
    def __call__(_) -> _Answer[Iterable[str]]: ...

class _InitStoreMethod(Protocol):
    def __call__(_, self: Any) -> _Answer[Iterable[str]]: ...

_InitStore = TypeVar(
    '_InitStore',
    bound=_InitStoreFunction
    | _InitStoreMethod,
)


class _RequireStoreFunction(Protocol):
    def __call__(_) -> _Answer[None]: ...

class _RequireStoreMethod(Protocol):
    def __call__(_, self: Any) -> _Answer[None]: ...

_RequireStore = TypeVar(
    '_RequireStore',
    bound=_RequireStoreFunction
    | _RequireStoreMethod,
)


class _ExamineFunction(Protocol):
    def __call__(_) -> _Answer[Iterable[str | Ccp4HooksError]]: ...

class _ExamineMethod(Protocol):
    def __call__(_, self: Any) -> _Answer[Iterable[str | Ccp4HooksError]]: ...

_Examine = TypeVar(
    '_Examine',
    bound=_ExamineFunction
    | _ExamineMethod,
)


class _Ccp4i2ServerFunction(Protocol):
    def __call__(_) -> _Answer[Callable[..., Awaitable[None]] | None]: ...

class _Ccp4i2ServerMethod(Protocol):
    def __call__(_, self: Any) -> _Answer[Callable[..., Awaitable[None]] | None]: ...

_Ccp4i2Server = TypeVar(
    '_Ccp4i2Server',
    bound=_Ccp4i2ServerFunction
    | _Ccp4i2ServerMethod,
)


class _ListProjectsFunction(Protocol):
    def __call__(_) -> _Answer[Sequence[Project] | None]: ...

class _ListProjectsMethod(Protocol):
    def __call__(_, self: Any) -> _Answer[Sequence[Project] | None]: ...

_ListProjects = TypeVar(
    '_ListProjects',
    bound=_ListProjectsFunction
    | _ListProjectsMethod,
)


class _FindProjectNameUuidFunction(Protocol):
    def __call__(_, name: str | None, uuid: UUID | None) -> _Answer[Project | None]: ...

class _FindProjectNameUuidMethod(Protocol):
    def __call__(_, self: Any, name: str | None, uuid: UUID | None) -> _Answer[Project | None]: ...

class _FindProjectNameFunction(Protocol):
    def __call__(_, name: str | None) -> _Answer[Project | None]: ...

class _FindProjectNameMethod(Protocol):
    def __call__(_, self: Any, name: str | None) -> _Answer[Project | None]: ...

class _FindProjectUuidFunction(Protocol):
    def __call__(_, uuid: UUID | None) -> _Answer[Project | None]: ...

class _FindProjectUuidMethod(Protocol):
    def __call__(_, self: Any, uuid: UUID | None) -> _Answer[Project | None]: ...

class _FindProjectFunction(Protocol):
    def __call__(_) -> _Answer[Project | None]: ...

class _FindProjectMethod(Protocol):
    def __call__(_, self: Any) -> _Answer[Project | None]: ...

_FindProject = TypeVar(
    '_FindProject',
    bound=_FindProjectNameUuidFunction
    | _FindProjectNameUuidMethod
    | _FindProjectNameFunction
    | _FindProjectNameMethod
    | _FindProjectUuidFunction
    | _FindProjectUuidMethod
    | _FindProjectFunction
    | _FindProjectMethod,
)


class _MoveProjectProjectDirectoryFunction(Protocol):
    def __call__(_, project: Project, directory: Path) -> _Answer[Project | None]: ...

class _MoveProjectProjectDirectoryMethod(Protocol):
    def __call__(_, self: Any, project: Project, directory: Path) -> _Answer[Project | None]: ...

class _MoveProjectProjectFunction(Protocol):
    def __call__(_, project: Project) -> _Answer[Project | None]: ...

class _MoveProjectProjectMethod(Protocol):
    def __call__(_, self: Any, project: Project) -> _Answer[Project | None]: ...

class _MoveProjectDirectoryFunction(Protocol):
    def __call__(_, directory: Path) -> _Answer[Project | None]: ...

class _MoveProjectDirectoryMethod(Protocol):
    def __call__(_, self: Any, directory: Path) -> _Answer[Project | None]: ...

class _MoveProjectFunction(Protocol):
    def __call__(_) -> _Answer[Project | None]: ...

class _MoveProjectMethod(Protocol):
    def __call__(_, self: Any) -> _Answer[Project | None]: ...

_MoveProject = TypeVar(
    '_MoveProject',
    bound=_MoveProjectProjectDirectoryFunction
    | _MoveProjectProjectDirectoryMethod
    | _MoveProjectProjectFunction
    | _MoveProjectProjectMethod
    | _MoveProjectDirectoryFunction
    | _MoveProjectDirectoryMethod
    | _MoveProjectFunction
    | _MoveProjectMethod,
)


class _CreateProjectProjectFunction(Protocol):
    def __call__(_, project: Project) -> _Answer[Project | None]: ...

class _CreateProjectProjectMethod(Protocol):
    def __call__(_, self: Any, project: Project) -> _Answer[Project | None]: ...

class _CreateProjectFunction(Protocol):
    def __call__(_) -> _Answer[Project | None]: ...

class _CreateProjectMethod(Protocol):
    def __call__(_, self: Any) -> _Answer[Project | None]: ...

_CreateProject = TypeVar(
    '_CreateProject',
    bound=_CreateProjectProjectFunction
    | _CreateProjectProjectMethod
    | _CreateProjectFunction
    | _CreateProjectMethod,
)


class _ExportProjectProjectNumbersFunction(Protocol):
    def __call__(_, project: Project, numbers: Sequence[str] | None) -> _Answer[ProjectRecord | None]: ...

class _ExportProjectProjectNumbersMethod(Protocol):
    def __call__(_, self: Any, project: Project, numbers: Sequence[str] | None) -> _Answer[ProjectRecord | None]: ...

class _ExportProjectProjectFunction(Protocol):
    def __call__(_, project: Project) -> _Answer[ProjectRecord | None]: ...

class _ExportProjectProjectMethod(Protocol):
    def __call__(_, self: Any, project: Project) -> _Answer[ProjectRecord | None]: ...

class _ExportProjectNumbersFunction(Protocol):
    def __call__(_, numbers: Sequence[str] | None) -> _Answer[ProjectRecord | None]: ...

class _ExportProjectNumbersMethod(Protocol):
    def __call__(_, self: Any, numbers: Sequence[str] | None) -> _Answer[ProjectRecord | None]: ...

class _ExportProjectFunction(Protocol):
    def __call__(_) -> _Answer[ProjectRecord | None]: ...

class _ExportProjectMethod(Protocol):
    def __call__(_, self: Any) -> _Answer[ProjectRecord | None]: ...

_ExportProject = TypeVar(
    '_ExportProject',
    bound=_ExportProjectProjectNumbersFunction
    | _ExportProjectProjectNumbersMethod
    | _ExportProjectProjectFunction
    | _ExportProjectProjectMethod
    | _ExportProjectNumbersFunction
    | _ExportProjectNumbersMethod
    | _ExportProjectFunction
    | _ExportProjectMethod,
)


class _ImportProjectProjectRecordOutcomesFunction(Protocol):
    def __call__(_, project: Project, record: ProjectRecord, outcomes: Sequence[Outcome]) -> _Answer[Sequence[str] | None]: ...

class _ImportProjectProjectRecordOutcomesMethod(Protocol):
    def __call__(_, self: Any, project: Project, record: ProjectRecord, outcomes: Sequence[Outcome]) -> _Answer[Sequence[str] | None]: ...

class _ImportProjectProjectRecordFunction(Protocol):
    def __call__(_, project: Project, record: ProjectRecord) -> _Answer[Sequence[str] | None]: ...

class _ImportProjectProjectRecordMethod(Protocol):
    def __call__(_, self: Any, project: Project, record: ProjectRecord) -> _Answer[Sequence[str] | None]: ...

class _ImportProjectProjectOutcomesFunction(Protocol):
    def __call__(_, project: Project, outcomes: Sequence[Outcome]) -> _Answer[Sequence[str] | None]: ...

class _ImportProjectProjectOutcomesMethod(Protocol):
    def __call__(_, self: Any, project: Project, outcomes: Sequence[Outcome]) -> _Answer[Sequence[str] | None]: ...

class _ImportProjectRecordOutcomesFunction(Protocol):
    def __call__(_, record: ProjectRecord, outcomes: Sequence[Outcome]) -> _Answer[Sequence[str] | None]: ...

class _ImportProjectRecordOutcomesMethod(Protocol):
    def __call__(_, self: Any, record: ProjectRecord, outcomes: Sequence[Outcome]) -> _Answer[Sequence[str] | None]: ...

class _ImportProjectProjectFunction(Protocol):
    def __call__(_, project: Project) -> _Answer[Sequence[str] | None]: ...

class _ImportProjectProjectMethod(Protocol):
    def __call__(_, self: Any, project: Project) -> _Answer[Sequence[str] | None]: ...

class _ImportProjectRecordFunction(Protocol):
    def __call__(_, record: ProjectRecord) -> _Answer[Sequence[str] | None]: ...

class _ImportProjectRecordMethod(Protocol):
    def __call__(_, self: Any, record: ProjectRecord) -> _Answer[Sequence[str] | None]: ...

class _ImportProjectOutcomesFunction(Protocol):
    def __call__(_, outcomes: Sequence[Outcome]) -> _Answer[Sequence[str] | None]: ...

class _ImportProjectOutcomesMethod(Protocol):
    def __call__(_, self: Any, outcomes: Sequence[Outcome]) -> _Answer[Sequence[str] | None]: ...

class _ImportProjectFunction(Protocol):
    def __call__(_) -> _Answer[Sequence[str] | None]: ...

class _ImportProjectMethod(Protocol):
    def __call__(_, self: Any) -> _Answer[Sequence[str] | None]: ...

_ImportProject = TypeVar(
    '_ImportProject',
    bound=_ImportProjectProjectRecordOutcomesFunction
    | _ImportProjectProjectRecordOutcomesMethod
    | _ImportProjectProjectRecordFunction
    | _ImportProjectProjectRecordMethod
    | _ImportProjectProjectOutcomesFunction
    | _ImportProjectProjectOutcomesMethod
    | _ImportProjectRecordOutcomesFunction
    | _ImportProjectRecordOutcomesMethod
    | _ImportProjectProjectFunction
    | _ImportProjectProjectMethod
    | _ImportProjectRecordFunction
    | _ImportProjectRecordMethod
    | _ImportProjectOutcomesFunction
    | _ImportProjectOutcomesMethod
    | _ImportProjectFunction
    | _ImportProjectMethod,
)


class _ChangeLabelsSubjectChangeFunction(Protocol):
    def __call__(_, subject: Job | Project, change: LabelChange) -> _Answer[Labels | None]: ...

class _ChangeLabelsSubjectChangeMethod(Protocol):
    def __call__(_, self: Any, subject: Job | Project, change: LabelChange) -> _Answer[Labels | None]: ...

class _ChangeLabelsSubjectFunction(Protocol):
    def __call__(_, subject: Job | Project) -> _Answer[Labels | None]: ...

class _ChangeLabelsSubjectMethod(Protocol):
    def __call__(_, self: Any, subject: Job | Project) -> _Answer[Labels | None]: ...

class _ChangeLabelsChangeFunction(Protocol):
    def __call__(_, change: LabelChange) -> _Answer[Labels | None]: ...

class _ChangeLabelsChangeMethod(Protocol):
    def __call__(_, self: Any, change: LabelChange) -> _Answer[Labels | None]: ...

class _ChangeLabelsFunction(Protocol):
    def __call__(_) -> _Answer[Labels | None]: ...

class _ChangeLabelsMethod(Protocol):
    def __call__(_, self: Any) -> _Answer[Labels | None]: ...

_ChangeLabels = TypeVar(
    '_ChangeLabels',
    bound=_ChangeLabelsSubjectChangeFunction
    | _ChangeLabelsSubjectChangeMethod
    | _ChangeLabelsSubjectFunction
    | _ChangeLabelsSubjectMethod
    | _ChangeLabelsChangeFunction
    | _ChangeLabelsChangeMethod
    | _ChangeLabelsFunction
    | _ChangeLabelsMethod,
)


class _ReadLabelsUuidsFunction(Protocol):
    def __call__(_, uuids: Sequence[UUID]) -> _Answer[Sequence[Labels] | None]: ...

class _ReadLabelsUuidsMethod(Protocol):
    def __call__(_, self: Any, uuids: Sequence[UUID]) -> _Answer[Sequence[Labels] | None]: ...

class _ReadLabelsFunction(Protocol):
    def __call__(_) -> _Answer[Sequence[Labels] | None]: ...

class _ReadLabelsMethod(Protocol):
    def __call__(_, self: Any) -> _Answer[Sequence[Labels] | None]: ...

_ReadLabels = TypeVar(
    '_ReadLabels',
    bound=_ReadLabelsUuidsFunction
    | _ReadLabelsUuidsMethod
    | _ReadLabelsFunction
    | _ReadLabelsMethod,
)


class _ReadOutcomesProjectNumberFunction(Protocol):
    def __call__(_, project: Project, number: str | None) -> _Answer[Sequence[Outcome] | None]: ...

class _ReadOutcomesProjectNumberMethod(Protocol):
    def __call__(_, self: Any, project: Project, number: str | None) -> _Answer[Sequence[Outcome] | None]: ...

class _ReadOutcomesProjectFunction(Protocol):
    def __call__(_, project: Project) -> _Answer[Sequence[Outcome] | None]: ...

class _ReadOutcomesProjectMethod(Protocol):
    def __call__(_, self: Any, project: Project) -> _Answer[Sequence[Outcome] | None]: ...

class _ReadOutcomesNumberFunction(Protocol):
    def __call__(_, number: str | None) -> _Answer[Sequence[Outcome] | None]: ...

class _ReadOutcomesNumberMethod(Protocol):
    def __call__(_, self: Any, number: str | None) -> _Answer[Sequence[Outcome] | None]: ...

class _ReadOutcomesFunction(Protocol):
    def __call__(_) -> _Answer[Sequence[Outcome] | None]: ...

class _ReadOutcomesMethod(Protocol):
    def __call__(_, self: Any) -> _Answer[Sequence[Outcome] | None]: ...

_ReadOutcomes = TypeVar(
    '_ReadOutcomes',
    bound=_ReadOutcomesProjectNumberFunction
    | _ReadOutcomesProjectNumberMethod
    | _ReadOutcomesProjectFunction
    | _ReadOutcomesProjectMethod
    | _ReadOutcomesNumberFunction
    | _ReadOutcomesNumberMethod
    | _ReadOutcomesFunction
    | _ReadOutcomesMethod,
)


class _ReadActiveProjectSinceFunction(Protocol):
    def __call__(_, project: Project, since: datetime) -> _Answer[Sequence[Outcome] | None]: ...

class _ReadActiveProjectSinceMethod(Protocol):
    def __call__(_, self: Any, project: Project, since: datetime) -> _Answer[Sequence[Outcome] | None]: ...

class _ReadActiveProjectFunction(Protocol):
    def __call__(_, project: Project) -> _Answer[Sequence[Outcome] | None]: ...

class _ReadActiveProjectMethod(Protocol):
    def __call__(_, self: Any, project: Project) -> _Answer[Sequence[Outcome] | None]: ...

class _ReadActiveSinceFunction(Protocol):
    def __call__(_, since: datetime) -> _Answer[Sequence[Outcome] | None]: ...

class _ReadActiveSinceMethod(Protocol):
    def __call__(_, self: Any, since: datetime) -> _Answer[Sequence[Outcome] | None]: ...

class _ReadActiveFunction(Protocol):
    def __call__(_) -> _Answer[Sequence[Outcome] | None]: ...

class _ReadActiveMethod(Protocol):
    def __call__(_, self: Any) -> _Answer[Sequence[Outcome] | None]: ...

_ReadActive = TypeVar(
    '_ReadActive',
    bound=_ReadActiveProjectSinceFunction
    | _ReadActiveProjectSinceMethod
    | _ReadActiveProjectFunction
    | _ReadActiveProjectMethod
    | _ReadActiveSinceFunction
    | _ReadActiveSinceMethod
    | _ReadActiveFunction
    | _ReadActiveMethod,
)


class _QueryJobsQueryFunction(Protocol):
    def __call__(_, query: JobQuery) -> _Answer[Sequence[JobSummary] | None]: ...

class _QueryJobsQueryMethod(Protocol):
    def __call__(_, self: Any, query: JobQuery) -> _Answer[Sequence[JobSummary] | None]: ...

class _QueryJobsFunction(Protocol):
    def __call__(_) -> _Answer[Sequence[JobSummary] | None]: ...

class _QueryJobsMethod(Protocol):
    def __call__(_, self: Any) -> _Answer[Sequence[JobSummary] | None]: ...

_QueryJobs = TypeVar(
    '_QueryJobs',
    bound=_QueryJobsQueryFunction
    | _QueryJobsQueryMethod
    | _QueryJobsFunction
    | _QueryJobsMethod,
)


class _DescribeKpisFunction(Protocol):
    def __call__(_) -> _Answer[Iterable[KpiDescription]]: ...

class _DescribeKpisMethod(Protocol):
    def __call__(_, self: Any) -> _Answer[Iterable[KpiDescription]]: ...

_DescribeKpis = TypeVar(
    '_DescribeKpis',
    bound=_DescribeKpisFunction
    | _DescribeKpisMethod,
)


class _ReportSectionProjectOutcomesFunction(Protocol):
    def __call__(_, project: Project, outcomes: Sequence[Outcome]) -> _Answer[Iterable[Section | Plot | Text]]: ...

class _ReportSectionProjectOutcomesMethod(Protocol):
    def __call__(_, self: Any, project: Project, outcomes: Sequence[Outcome]) -> _Answer[Iterable[Section | Plot | Text]]: ...

class _ReportSectionProjectFunction(Protocol):
    def __call__(_, project: Project) -> _Answer[Iterable[Section | Plot | Text]]: ...

class _ReportSectionProjectMethod(Protocol):
    def __call__(_, self: Any, project: Project) -> _Answer[Iterable[Section | Plot | Text]]: ...

class _ReportSectionOutcomesFunction(Protocol):
    def __call__(_, outcomes: Sequence[Outcome]) -> _Answer[Iterable[Section | Plot | Text]]: ...

class _ReportSectionOutcomesMethod(Protocol):
    def __call__(_, self: Any, outcomes: Sequence[Outcome]) -> _Answer[Iterable[Section | Plot | Text]]: ...

class _ReportSectionFunction(Protocol):
    def __call__(_) -> _Answer[Iterable[Section | Plot | Text]]: ...

class _ReportSectionMethod(Protocol):
    def __call__(_, self: Any) -> _Answer[Iterable[Section | Plot | Text]]: ...

_ReportSection = TypeVar(
    '_ReportSection',
    bound=_ReportSectionProjectOutcomesFunction
    | _ReportSectionProjectOutcomesMethod
    | _ReportSectionProjectFunction
    | _ReportSectionProjectMethod
    | _ReportSectionOutcomesFunction
    | _ReportSectionOutcomesMethod
    | _ReportSectionFunction
    | _ReportSectionMethod,
)


class _FindUnchangedProjectFingerprintFunction(Protocol):
    def __call__(_, project: Project, fingerprint: str) -> _Answer[Sequence[Job] | None]: ...

class _FindUnchangedProjectFingerprintMethod(Protocol):
    def __call__(_, self: Any, project: Project, fingerprint: str) -> _Answer[Sequence[Job] | None]: ...

class _FindUnchangedProjectFunction(Protocol):
    def __call__(_, project: Project) -> _Answer[Sequence[Job] | None]: ...

class _FindUnchangedProjectMethod(Protocol):
    def __call__(_, self: Any, project: Project) -> _Answer[Sequence[Job] | None]: ...

class _FindUnchangedFingerprintFunction(Protocol):
    def __call__(_, fingerprint: str) -> _Answer[Sequence[Job] | None]: ...

class _FindUnchangedFingerprintMethod(Protocol):
    def __call__(_, self: Any, fingerprint: str) -> _Answer[Sequence[Job] | None]: ...

class _FindUnchangedFunction(Protocol):
    def __call__(_) -> _Answer[Sequence[Job] | None]: ...

class _FindUnchangedMethod(Protocol):
    def __call__(_, self: Any) -> _Answer[Sequence[Job] | None]: ...

_FindUnchanged = TypeVar(
    '_FindUnchanged',
    bound=_FindUnchangedProjectFingerprintFunction
    | _FindUnchangedProjectFingerprintMethod
    | _FindUnchangedProjectFunction
    | _FindUnchangedProjectMethod
    | _FindUnchangedFingerprintFunction
    | _FindUnchangedFingerprintMethod
    | _FindUnchangedFunction
    | _FindUnchangedMethod,
)


class _FindFileQueryFunction(Protocol):
    def __call__(_, query: FileQuery) -> _Answer[KnownFile | None]: ...

class _FindFileQueryMethod(Protocol):
    def __call__(_, self: Any, query: FileQuery) -> _Answer[KnownFile | None]: ...

class _FindFileFunction(Protocol):
    def __call__(_) -> _Answer[KnownFile | None]: ...

class _FindFileMethod(Protocol):
    def __call__(_, self: Any) -> _Answer[KnownFile | None]: ...

_FindFile = TypeVar(
    '_FindFile',
    bound=_FindFileQueryFunction
    | _FindFileQueryMethod
    | _FindFileFunction
    | _FindFileMethod,
)


class _RegisterTypesFunction(Protocol):
    def __call__(_) -> _Answer[Iterable[DataType]]: ...

class _RegisterTypesMethod(Protocol):
    def __call__(_, self: Any) -> _Answer[Iterable[DataType]]: ...

_RegisterTypes = TypeVar(
    '_RegisterTypes',
    bound=_RegisterTypesFunction
    | _RegisterTypesMethod,
)


class _RegisterTasksFunction(Protocol):
    def __call__(_) -> _Answer[Iterable[TaskDescription]]: ...

class _RegisterTasksMethod(Protocol):
    def __call__(_, self: Any) -> _Answer[Iterable[TaskDescription]]: ...

_RegisterTasks = TypeVar(
    '_RegisterTasks',
    bound=_RegisterTasksFunction
    | _RegisterTasksMethod,
)


class _PreImportJobScriptFunction(Protocol):
    def __call__(_, job: Job, script: Script) -> _Answer[Iterable[Problem]]: ...

class _PreImportJobScriptMethod(Protocol):
    def __call__(_, self: Any, job: Job, script: Script) -> _Answer[Iterable[Problem]]: ...

class _PreImportJobFunction(Protocol):
    def __call__(_, job: Job) -> _Answer[Iterable[Problem]]: ...

class _PreImportJobMethod(Protocol):
    def __call__(_, self: Any, job: Job) -> _Answer[Iterable[Problem]]: ...

class _PreImportScriptFunction(Protocol):
    def __call__(_, script: Script) -> _Answer[Iterable[Problem]]: ...

class _PreImportScriptMethod(Protocol):
    def __call__(_, self: Any, script: Script) -> _Answer[Iterable[Problem]]: ...

class _PreImportFunction(Protocol):
    def __call__(_) -> _Answer[Iterable[Problem]]: ...

class _PreImportMethod(Protocol):
    def __call__(_, self: Any) -> _Answer[Iterable[Problem]]: ...

_PreImport = TypeVar(
    '_PreImport',
    bound=_PreImportJobScriptFunction
    | _PreImportJobScriptMethod
    | _PreImportJobFunction
    | _PreImportJobMethod
    | _PreImportScriptFunction
    | _PreImportScriptMethod
    | _PreImportFunction
    | _PreImportMethod,
)


class _OpenJobRequestFunction(Protocol):
    def __call__(_, request: JobRequest) -> _Answer[Job | None]: ...

class _OpenJobRequestMethod(Protocol):
    def __call__(_, self: Any, request: JobRequest) -> _Answer[Job | None]: ...

class _OpenJobFunction(Protocol):
    def __call__(_) -> _Answer[Job | None]: ...

class _OpenJobMethod(Protocol):
    def __call__(_, self: Any) -> _Answer[Job | None]: ...

_OpenJob = TypeVar(
    '_OpenJob',
    bound=_OpenJobRequestFunction
    | _OpenJobRequestMethod
    | _OpenJobFunction
    | _OpenJobMethod,
)


class _ClaimJobUuidAgainAttemptFunction(Protocol):
    def __call__(_, uuid: UUID, again: bool, attempt: int | None) -> _Answer[Job | None]: ...

class _ClaimJobUuidAgainAttemptMethod(Protocol):
    def __call__(_, self: Any, uuid: UUID, again: bool, attempt: int | None) -> _Answer[Job | None]: ...

class _ClaimJobUuidAgainFunction(Protocol):
    def __call__(_, uuid: UUID, again: bool) -> _Answer[Job | None]: ...

class _ClaimJobUuidAgainMethod(Protocol):
    def __call__(_, self: Any, uuid: UUID, again: bool) -> _Answer[Job | None]: ...

class _ClaimJobUuidAttemptFunction(Protocol):
    def __call__(_, uuid: UUID, attempt: int | None) -> _Answer[Job | None]: ...

class _ClaimJobUuidAttemptMethod(Protocol):
    def __call__(_, self: Any, uuid: UUID, attempt: int | None) -> _Answer[Job | None]: ...

class _ClaimJobAgainAttemptFunction(Protocol):
    def __call__(_, again: bool, attempt: int | None) -> _Answer[Job | None]: ...

class _ClaimJobAgainAttemptMethod(Protocol):
    def __call__(_, self: Any, again: bool, attempt: int | None) -> _Answer[Job | None]: ...

class _ClaimJobUuidFunction(Protocol):
    def __call__(_, uuid: UUID) -> _Answer[Job | None]: ...

class _ClaimJobUuidMethod(Protocol):
    def __call__(_, self: Any, uuid: UUID) -> _Answer[Job | None]: ...

class _ClaimJobAgainFunction(Protocol):
    def __call__(_, again: bool) -> _Answer[Job | None]: ...

class _ClaimJobAgainMethod(Protocol):
    def __call__(_, self: Any, again: bool) -> _Answer[Job | None]: ...

class _ClaimJobAttemptFunction(Protocol):
    def __call__(_, attempt: int | None) -> _Answer[Job | None]: ...

class _ClaimJobAttemptMethod(Protocol):
    def __call__(_, self: Any, attempt: int | None) -> _Answer[Job | None]: ...

class _ClaimJobFunction(Protocol):
    def __call__(_) -> _Answer[Job | None]: ...

class _ClaimJobMethod(Protocol):
    def __call__(_, self: Any) -> _Answer[Job | None]: ...

_ClaimJob = TypeVar(
    '_ClaimJob',
    bound=_ClaimJobUuidAgainAttemptFunction
    | _ClaimJobUuidAgainAttemptMethod
    | _ClaimJobUuidAgainFunction
    | _ClaimJobUuidAgainMethod
    | _ClaimJobUuidAttemptFunction
    | _ClaimJobUuidAttemptMethod
    | _ClaimJobAgainAttemptFunction
    | _ClaimJobAgainAttemptMethod
    | _ClaimJobUuidFunction
    | _ClaimJobUuidMethod
    | _ClaimJobAgainFunction
    | _ClaimJobAgainMethod
    | _ClaimJobAttemptFunction
    | _ClaimJobAttemptMethod
    | _ClaimJobFunction
    | _ClaimJobMethod,
)


class _ReopenJobUuidFunction(Protocol):
    def __call__(_, uuid: UUID) -> _Answer[Job | None]: ...

class _ReopenJobUuidMethod(Protocol):
    def __call__(_, self: Any, uuid: UUID) -> _Answer[Job | None]: ...

class _ReopenJobFunction(Protocol):
    def __call__(_) -> _Answer[Job | None]: ...

class _ReopenJobMethod(Protocol):
    def __call__(_, self: Any) -> _Answer[Job | None]: ...

_ReopenJob = TypeVar(
    '_ReopenJob',
    bound=_ReopenJobUuidFunction
    | _ReopenJobUuidMethod
    | _ReopenJobFunction
    | _ReopenJobMethod,
)


class _SaveAttemptAttemptFunction(Protocol):
    def __call__(_, attempt: Attempt) -> _Answer[bool | None]: ...

class _SaveAttemptAttemptMethod(Protocol):
    def __call__(_, self: Any, attempt: Attempt) -> _Answer[bool | None]: ...

class _SaveAttemptFunction(Protocol):
    def __call__(_) -> _Answer[bool | None]: ...

class _SaveAttemptMethod(Protocol):
    def __call__(_, self: Any) -> _Answer[bool | None]: ...

_SaveAttempt = TypeVar(
    '_SaveAttempt',
    bound=_SaveAttemptAttemptFunction
    | _SaveAttemptAttemptMethod
    | _SaveAttemptFunction
    | _SaveAttemptMethod,
)


class _NoteRunningAttemptPidSilentSFunction(Protocol):
    def __call__(_, attempt: Attempt, pid: int, silent_s: float) -> _Answer[bool | None]: ...

class _NoteRunningAttemptPidSilentSMethod(Protocol):
    def __call__(_, self: Any, attempt: Attempt, pid: int, silent_s: float) -> _Answer[bool | None]: ...

class _NoteRunningAttemptPidFunction(Protocol):
    def __call__(_, attempt: Attempt, pid: int) -> _Answer[bool | None]: ...

class _NoteRunningAttemptPidMethod(Protocol):
    def __call__(_, self: Any, attempt: Attempt, pid: int) -> _Answer[bool | None]: ...

class _NoteRunningAttemptSilentSFunction(Protocol):
    def __call__(_, attempt: Attempt, silent_s: float) -> _Answer[bool | None]: ...

class _NoteRunningAttemptSilentSMethod(Protocol):
    def __call__(_, self: Any, attempt: Attempt, silent_s: float) -> _Answer[bool | None]: ...

class _NoteRunningPidSilentSFunction(Protocol):
    def __call__(_, pid: int, silent_s: float) -> _Answer[bool | None]: ...

class _NoteRunningPidSilentSMethod(Protocol):
    def __call__(_, self: Any, pid: int, silent_s: float) -> _Answer[bool | None]: ...

class _NoteRunningAttemptFunction(Protocol):
    def __call__(_, attempt: Attempt) -> _Answer[bool | None]: ...

class _NoteRunningAttemptMethod(Protocol):
    def __call__(_, self: Any, attempt: Attempt) -> _Answer[bool | None]: ...

class _NoteRunningPidFunction(Protocol):
    def __call__(_, pid: int) -> _Answer[bool | None]: ...

class _NoteRunningPidMethod(Protocol):
    def __call__(_, self: Any, pid: int) -> _Answer[bool | None]: ...

class _NoteRunningSilentSFunction(Protocol):
    def __call__(_, silent_s: float) -> _Answer[bool | None]: ...

class _NoteRunningSilentSMethod(Protocol):
    def __call__(_, self: Any, silent_s: float) -> _Answer[bool | None]: ...

class _NoteRunningFunction(Protocol):
    def __call__(_) -> _Answer[bool | None]: ...

class _NoteRunningMethod(Protocol):
    def __call__(_, self: Any) -> _Answer[bool | None]: ...

_NoteRunning = TypeVar(
    '_NoteRunning',
    bound=_NoteRunningAttemptPidSilentSFunction
    | _NoteRunningAttemptPidSilentSMethod
    | _NoteRunningAttemptPidFunction
    | _NoteRunningAttemptPidMethod
    | _NoteRunningAttemptSilentSFunction
    | _NoteRunningAttemptSilentSMethod
    | _NoteRunningPidSilentSFunction
    | _NoteRunningPidSilentSMethod
    | _NoteRunningAttemptFunction
    | _NoteRunningAttemptMethod
    | _NoteRunningPidFunction
    | _NoteRunningPidMethod
    | _NoteRunningSilentSFunction
    | _NoteRunningSilentSMethod
    | _NoteRunningFunction
    | _NoteRunningMethod,
)


class _ReadAttemptsUuidsFunction(Protocol):
    def __call__(_, uuids: Sequence[UUID]) -> _Answer[Sequence[Attempt] | None]: ...

class _ReadAttemptsUuidsMethod(Protocol):
    def __call__(_, self: Any, uuids: Sequence[UUID]) -> _Answer[Sequence[Attempt] | None]: ...

class _ReadAttemptsFunction(Protocol):
    def __call__(_) -> _Answer[Sequence[Attempt] | None]: ...

class _ReadAttemptsMethod(Protocol):
    def __call__(_, self: Any) -> _Answer[Sequence[Attempt] | None]: ...

_ReadAttempts = TypeVar(
    '_ReadAttempts',
    bound=_ReadAttemptsUuidsFunction
    | _ReadAttemptsUuidsMethod
    | _ReadAttemptsFunction
    | _ReadAttemptsMethod,
)


class _FindAttemptsProjectFingerprintFunction(Protocol):
    def __call__(_, project: Project | None, fingerprint: str) -> _Answer[Sequence[Attempt] | None]: ...

class _FindAttemptsProjectFingerprintMethod(Protocol):
    def __call__(_, self: Any, project: Project | None, fingerprint: str) -> _Answer[Sequence[Attempt] | None]: ...

class _FindAttemptsProjectFunction(Protocol):
    def __call__(_, project: Project | None) -> _Answer[Sequence[Attempt] | None]: ...

class _FindAttemptsProjectMethod(Protocol):
    def __call__(_, self: Any, project: Project | None) -> _Answer[Sequence[Attempt] | None]: ...

class _FindAttemptsFingerprintFunction(Protocol):
    def __call__(_, fingerprint: str) -> _Answer[Sequence[Attempt] | None]: ...

class _FindAttemptsFingerprintMethod(Protocol):
    def __call__(_, self: Any, fingerprint: str) -> _Answer[Sequence[Attempt] | None]: ...

class _FindAttemptsFunction(Protocol):
    def __call__(_) -> _Answer[Sequence[Attempt] | None]: ...

class _FindAttemptsMethod(Protocol):
    def __call__(_, self: Any) -> _Answer[Sequence[Attempt] | None]: ...

_FindAttempts = TypeVar(
    '_FindAttempts',
    bound=_FindAttemptsProjectFingerprintFunction
    | _FindAttemptsProjectFingerprintMethod
    | _FindAttemptsProjectFunction
    | _FindAttemptsProjectMethod
    | _FindAttemptsFingerprintFunction
    | _FindAttemptsFingerprintMethod
    | _FindAttemptsFunction
    | _FindAttemptsMethod,
)


class _SubmitJobEngineJobCommandNeedsFunction(Protocol):
    def __call__(_, engine: Engine, job: Job, command: NodeCommand, needs: Needs) -> _Answer[Handle | None]: ...

class _SubmitJobEngineJobCommandNeedsMethod(Protocol):
    def __call__(_, self: Any, engine: Engine, job: Job, command: NodeCommand, needs: Needs) -> _Answer[Handle | None]: ...

class _SubmitJobEngineJobCommandFunction(Protocol):
    def __call__(_, engine: Engine, job: Job, command: NodeCommand) -> _Answer[Handle | None]: ...

class _SubmitJobEngineJobCommandMethod(Protocol):
    def __call__(_, self: Any, engine: Engine, job: Job, command: NodeCommand) -> _Answer[Handle | None]: ...

class _SubmitJobEngineJobNeedsFunction(Protocol):
    def __call__(_, engine: Engine, job: Job, needs: Needs) -> _Answer[Handle | None]: ...

class _SubmitJobEngineJobNeedsMethod(Protocol):
    def __call__(_, self: Any, engine: Engine, job: Job, needs: Needs) -> _Answer[Handle | None]: ...

class _SubmitJobEngineCommandNeedsFunction(Protocol):
    def __call__(_, engine: Engine, command: NodeCommand, needs: Needs) -> _Answer[Handle | None]: ...

class _SubmitJobEngineCommandNeedsMethod(Protocol):
    def __call__(_, self: Any, engine: Engine, command: NodeCommand, needs: Needs) -> _Answer[Handle | None]: ...

class _SubmitJobJobCommandNeedsFunction(Protocol):
    def __call__(_, job: Job, command: NodeCommand, needs: Needs) -> _Answer[Handle | None]: ...

class _SubmitJobJobCommandNeedsMethod(Protocol):
    def __call__(_, self: Any, job: Job, command: NodeCommand, needs: Needs) -> _Answer[Handle | None]: ...

class _SubmitJobEngineJobFunction(Protocol):
    def __call__(_, engine: Engine, job: Job) -> _Answer[Handle | None]: ...

class _SubmitJobEngineJobMethod(Protocol):
    def __call__(_, self: Any, engine: Engine, job: Job) -> _Answer[Handle | None]: ...

class _SubmitJobEngineCommandFunction(Protocol):
    def __call__(_, engine: Engine, command: NodeCommand) -> _Answer[Handle | None]: ...

class _SubmitJobEngineCommandMethod(Protocol):
    def __call__(_, self: Any, engine: Engine, command: NodeCommand) -> _Answer[Handle | None]: ...

class _SubmitJobEngineNeedsFunction(Protocol):
    def __call__(_, engine: Engine, needs: Needs) -> _Answer[Handle | None]: ...

class _SubmitJobEngineNeedsMethod(Protocol):
    def __call__(_, self: Any, engine: Engine, needs: Needs) -> _Answer[Handle | None]: ...

class _SubmitJobJobCommandFunction(Protocol):
    def __call__(_, job: Job, command: NodeCommand) -> _Answer[Handle | None]: ...

class _SubmitJobJobCommandMethod(Protocol):
    def __call__(_, self: Any, job: Job, command: NodeCommand) -> _Answer[Handle | None]: ...

class _SubmitJobJobNeedsFunction(Protocol):
    def __call__(_, job: Job, needs: Needs) -> _Answer[Handle | None]: ...

class _SubmitJobJobNeedsMethod(Protocol):
    def __call__(_, self: Any, job: Job, needs: Needs) -> _Answer[Handle | None]: ...

class _SubmitJobCommandNeedsFunction(Protocol):
    def __call__(_, command: NodeCommand, needs: Needs) -> _Answer[Handle | None]: ...

class _SubmitJobCommandNeedsMethod(Protocol):
    def __call__(_, self: Any, command: NodeCommand, needs: Needs) -> _Answer[Handle | None]: ...

class _SubmitJobEngineFunction(Protocol):
    def __call__(_, engine: Engine) -> _Answer[Handle | None]: ...

class _SubmitJobEngineMethod(Protocol):
    def __call__(_, self: Any, engine: Engine) -> _Answer[Handle | None]: ...

class _SubmitJobJobFunction(Protocol):
    def __call__(_, job: Job) -> _Answer[Handle | None]: ...

class _SubmitJobJobMethod(Protocol):
    def __call__(_, self: Any, job: Job) -> _Answer[Handle | None]: ...

class _SubmitJobCommandFunction(Protocol):
    def __call__(_, command: NodeCommand) -> _Answer[Handle | None]: ...

class _SubmitJobCommandMethod(Protocol):
    def __call__(_, self: Any, command: NodeCommand) -> _Answer[Handle | None]: ...

class _SubmitJobNeedsFunction(Protocol):
    def __call__(_, needs: Needs) -> _Answer[Handle | None]: ...

class _SubmitJobNeedsMethod(Protocol):
    def __call__(_, self: Any, needs: Needs) -> _Answer[Handle | None]: ...

class _SubmitJobFunction(Protocol):
    def __call__(_) -> _Answer[Handle | None]: ...

class _SubmitJobMethod(Protocol):
    def __call__(_, self: Any) -> _Answer[Handle | None]: ...

_SubmitJob = TypeVar(
    '_SubmitJob',
    bound=_SubmitJobEngineJobCommandNeedsFunction
    | _SubmitJobEngineJobCommandNeedsMethod
    | _SubmitJobEngineJobCommandFunction
    | _SubmitJobEngineJobCommandMethod
    | _SubmitJobEngineJobNeedsFunction
    | _SubmitJobEngineJobNeedsMethod
    | _SubmitJobEngineCommandNeedsFunction
    | _SubmitJobEngineCommandNeedsMethod
    | _SubmitJobJobCommandNeedsFunction
    | _SubmitJobJobCommandNeedsMethod
    | _SubmitJobEngineJobFunction
    | _SubmitJobEngineJobMethod
    | _SubmitJobEngineCommandFunction
    | _SubmitJobEngineCommandMethod
    | _SubmitJobEngineNeedsFunction
    | _SubmitJobEngineNeedsMethod
    | _SubmitJobJobCommandFunction
    | _SubmitJobJobCommandMethod
    | _SubmitJobJobNeedsFunction
    | _SubmitJobJobNeedsMethod
    | _SubmitJobCommandNeedsFunction
    | _SubmitJobCommandNeedsMethod
    | _SubmitJobEngineFunction
    | _SubmitJobEngineMethod
    | _SubmitJobJobFunction
    | _SubmitJobJobMethod
    | _SubmitJobCommandFunction
    | _SubmitJobCommandMethod
    | _SubmitJobNeedsFunction
    | _SubmitJobNeedsMethod
    | _SubmitJobFunction
    | _SubmitJobMethod,
)


class _AskEngineEngineHandlesLimitSFunction(Protocol):
    def __call__(_, engine: Engine, handles: Sequence[Handle], limit_s: float | None) -> _Answer[Mapping[Handle, Fate] | None]: ...

class _AskEngineEngineHandlesLimitSMethod(Protocol):
    def __call__(_, self: Any, engine: Engine, handles: Sequence[Handle], limit_s: float | None) -> _Answer[Mapping[Handle, Fate] | None]: ...

class _AskEngineEngineHandlesFunction(Protocol):
    def __call__(_, engine: Engine, handles: Sequence[Handle]) -> _Answer[Mapping[Handle, Fate] | None]: ...

class _AskEngineEngineHandlesMethod(Protocol):
    def __call__(_, self: Any, engine: Engine, handles: Sequence[Handle]) -> _Answer[Mapping[Handle, Fate] | None]: ...

class _AskEngineEngineLimitSFunction(Protocol):
    def __call__(_, engine: Engine, limit_s: float | None) -> _Answer[Mapping[Handle, Fate] | None]: ...

class _AskEngineEngineLimitSMethod(Protocol):
    def __call__(_, self: Any, engine: Engine, limit_s: float | None) -> _Answer[Mapping[Handle, Fate] | None]: ...

class _AskEngineHandlesLimitSFunction(Protocol):
    def __call__(_, handles: Sequence[Handle], limit_s: float | None) -> _Answer[Mapping[Handle, Fate] | None]: ...

class _AskEngineHandlesLimitSMethod(Protocol):
    def __call__(_, self: Any, handles: Sequence[Handle], limit_s: float | None) -> _Answer[Mapping[Handle, Fate] | None]: ...

class _AskEngineEngineFunction(Protocol):
    def __call__(_, engine: Engine) -> _Answer[Mapping[Handle, Fate] | None]: ...

class _AskEngineEngineMethod(Protocol):
    def __call__(_, self: Any, engine: Engine) -> _Answer[Mapping[Handle, Fate] | None]: ...

class _AskEngineHandlesFunction(Protocol):
    def __call__(_, handles: Sequence[Handle]) -> _Answer[Mapping[Handle, Fate] | None]: ...

class _AskEngineHandlesMethod(Protocol):
    def __call__(_, self: Any, handles: Sequence[Handle]) -> _Answer[Mapping[Handle, Fate] | None]: ...

class _AskEngineLimitSFunction(Protocol):
    def __call__(_, limit_s: float | None) -> _Answer[Mapping[Handle, Fate] | None]: ...

class _AskEngineLimitSMethod(Protocol):
    def __call__(_, self: Any, limit_s: float | None) -> _Answer[Mapping[Handle, Fate] | None]: ...

class _AskEngineFunction(Protocol):
    def __call__(_) -> _Answer[Mapping[Handle, Fate] | None]: ...

class _AskEngineMethod(Protocol):
    def __call__(_, self: Any) -> _Answer[Mapping[Handle, Fate] | None]: ...

_AskEngine = TypeVar(
    '_AskEngine',
    bound=_AskEngineEngineHandlesLimitSFunction
    | _AskEngineEngineHandlesLimitSMethod
    | _AskEngineEngineHandlesFunction
    | _AskEngineEngineHandlesMethod
    | _AskEngineEngineLimitSFunction
    | _AskEngineEngineLimitSMethod
    | _AskEngineHandlesLimitSFunction
    | _AskEngineHandlesLimitSMethod
    | _AskEngineEngineFunction
    | _AskEngineEngineMethod
    | _AskEngineHandlesFunction
    | _AskEngineHandlesMethod
    | _AskEngineLimitSFunction
    | _AskEngineLimitSMethod
    | _AskEngineFunction
    | _AskEngineMethod,
)


class _StopJobEngineHandleFunction(Protocol):
    def __call__(_, engine: Engine, handle: Handle) -> _Answer[bool | None]: ...

class _StopJobEngineHandleMethod(Protocol):
    def __call__(_, self: Any, engine: Engine, handle: Handle) -> _Answer[bool | None]: ...

class _StopJobEngineFunction(Protocol):
    def __call__(_, engine: Engine) -> _Answer[bool | None]: ...

class _StopJobEngineMethod(Protocol):
    def __call__(_, self: Any, engine: Engine) -> _Answer[bool | None]: ...

class _StopJobHandleFunction(Protocol):
    def __call__(_, handle: Handle) -> _Answer[bool | None]: ...

class _StopJobHandleMethod(Protocol):
    def __call__(_, self: Any, handle: Handle) -> _Answer[bool | None]: ...

class _StopJobFunction(Protocol):
    def __call__(_) -> _Answer[bool | None]: ...

class _StopJobMethod(Protocol):
    def __call__(_, self: Any) -> _Answer[bool | None]: ...

_StopJob = TypeVar(
    '_StopJob',
    bound=_StopJobEngineHandleFunction
    | _StopJobEngineHandleMethod
    | _StopJobEngineFunction
    | _StopJobEngineMethod
    | _StopJobHandleFunction
    | _StopJobHandleMethod
    | _StopJobFunction
    | _StopJobMethod,
)


class _CancelJobUuidFunction(Protocol):
    def __call__(_, uuid: UUID) -> _Answer[Job | None]: ...

class _CancelJobUuidMethod(Protocol):
    def __call__(_, self: Any, uuid: UUID) -> _Answer[Job | None]: ...

class _CancelJobFunction(Protocol):
    def __call__(_) -> _Answer[Job | None]: ...

class _CancelJobMethod(Protocol):
    def __call__(_, self: Any) -> _Answer[Job | None]: ...

_CancelJob = TypeVar(
    '_CancelJob',
    bound=_CancelJobUuidFunction
    | _CancelJobUuidMethod
    | _CancelJobFunction
    | _CancelJobMethod,
)


class _FindReadersProjectFilesFunction(Protocol):
    def __call__(_, project: Project, files: Sequence[UUID]) -> _Answer[Sequence[FileReader] | None]: ...

class _FindReadersProjectFilesMethod(Protocol):
    def __call__(_, self: Any, project: Project, files: Sequence[UUID]) -> _Answer[Sequence[FileReader] | None]: ...

class _FindReadersProjectFunction(Protocol):
    def __call__(_, project: Project) -> _Answer[Sequence[FileReader] | None]: ...

class _FindReadersProjectMethod(Protocol):
    def __call__(_, self: Any, project: Project) -> _Answer[Sequence[FileReader] | None]: ...

class _FindReadersFilesFunction(Protocol):
    def __call__(_, files: Sequence[UUID]) -> _Answer[Sequence[FileReader] | None]: ...

class _FindReadersFilesMethod(Protocol):
    def __call__(_, self: Any, files: Sequence[UUID]) -> _Answer[Sequence[FileReader] | None]: ...

class _FindReadersFunction(Protocol):
    def __call__(_) -> _Answer[Sequence[FileReader] | None]: ...

class _FindReadersMethod(Protocol):
    def __call__(_, self: Any) -> _Answer[Sequence[FileReader] | None]: ...

_FindReaders = TypeVar(
    '_FindReaders',
    bound=_FindReadersProjectFilesFunction
    | _FindReadersProjectFilesMethod
    | _FindReadersProjectFunction
    | _FindReadersProjectMethod
    | _FindReadersFilesFunction
    | _FindReadersFilesMethod
    | _FindReadersFunction
    | _FindReadersMethod,
)


class _SaveJobJobFunction(Protocol):
    def __call__(_, job: Job) -> _Answer[bytes | None]: ...

class _SaveJobJobMethod(Protocol):
    def __call__(_, self: Any, job: Job) -> _Answer[bytes | None]: ...

class _SaveJobFunction(Protocol):
    def __call__(_) -> _Answer[bytes | None]: ...

class _SaveJobMethod(Protocol):
    def __call__(_, self: Any) -> _Answer[bytes | None]: ...

_SaveJob = TypeVar(
    '_SaveJob',
    bound=_SaveJobJobFunction
    | _SaveJobJobMethod
    | _SaveJobFunction
    | _SaveJobMethod,
)


class _DeleteJobJobSavedFunction(Protocol):
    def __call__(_, job: Job, saved: bytes) -> _Answer[bool | None]: ...

class _DeleteJobJobSavedMethod(Protocol):
    def __call__(_, self: Any, job: Job, saved: bytes) -> _Answer[bool | None]: ...

class _DeleteJobJobFunction(Protocol):
    def __call__(_, job: Job) -> _Answer[bool | None]: ...

class _DeleteJobJobMethod(Protocol):
    def __call__(_, self: Any, job: Job) -> _Answer[bool | None]: ...

class _DeleteJobSavedFunction(Protocol):
    def __call__(_, saved: bytes) -> _Answer[bool | None]: ...

class _DeleteJobSavedMethod(Protocol):
    def __call__(_, self: Any, saved: bytes) -> _Answer[bool | None]: ...

class _DeleteJobFunction(Protocol):
    def __call__(_) -> _Answer[bool | None]: ...

class _DeleteJobMethod(Protocol):
    def __call__(_, self: Any) -> _Answer[bool | None]: ...

_DeleteJob = TypeVar(
    '_DeleteJob',
    bound=_DeleteJobJobSavedFunction
    | _DeleteJobJobSavedMethod
    | _DeleteJobJobFunction
    | _DeleteJobJobMethod
    | _DeleteJobSavedFunction
    | _DeleteJobSavedMethod
    | _DeleteJobFunction
    | _DeleteJobMethod,
)


class _RestoreJobJobSavedFunction(Protocol):
    def __call__(_, job: Job, saved: bytes) -> _Answer[bool | None]: ...

class _RestoreJobJobSavedMethod(Protocol):
    def __call__(_, self: Any, job: Job, saved: bytes) -> _Answer[bool | None]: ...

class _RestoreJobJobFunction(Protocol):
    def __call__(_, job: Job) -> _Answer[bool | None]: ...

class _RestoreJobJobMethod(Protocol):
    def __call__(_, self: Any, job: Job) -> _Answer[bool | None]: ...

class _RestoreJobSavedFunction(Protocol):
    def __call__(_, saved: bytes) -> _Answer[bool | None]: ...

class _RestoreJobSavedMethod(Protocol):
    def __call__(_, self: Any, saved: bytes) -> _Answer[bool | None]: ...

class _RestoreJobFunction(Protocol):
    def __call__(_) -> _Answer[bool | None]: ...

class _RestoreJobMethod(Protocol):
    def __call__(_, self: Any) -> _Answer[bool | None]: ...

_RestoreJob = TypeVar(
    '_RestoreJob',
    bound=_RestoreJobJobSavedFunction
    | _RestoreJobJobSavedMethod
    | _RestoreJobJobFunction
    | _RestoreJobJobMethod
    | _RestoreJobSavedFunction
    | _RestoreJobSavedMethod
    | _RestoreJobFunction
    | _RestoreJobMethod,
)


class _FindHeldProjectFunction(Protocol):
    def __call__(_, project: Project | None) -> _Answer[Sequence[OwnedJob] | None]: ...

class _FindHeldProjectMethod(Protocol):
    def __call__(_, self: Any, project: Project | None) -> _Answer[Sequence[OwnedJob] | None]: ...

class _FindHeldFunction(Protocol):
    def __call__(_) -> _Answer[Sequence[OwnedJob] | None]: ...

class _FindHeldMethod(Protocol):
    def __call__(_, self: Any) -> _Answer[Sequence[OwnedJob] | None]: ...

_FindHeld = TypeVar(
    '_FindHeld',
    bound=_FindHeldProjectFunction
    | _FindHeldProjectMethod
    | _FindHeldFunction
    | _FindHeldMethod,
)


class _TakeOverJobOwnedFunction(Protocol):
    def __call__(_, owned: OwnedJob) -> _Answer[bool | None]: ...

class _TakeOverJobOwnedMethod(Protocol):
    def __call__(_, self: Any, owned: OwnedJob) -> _Answer[bool | None]: ...

class _TakeOverJobFunction(Protocol):
    def __call__(_) -> _Answer[bool | None]: ...

class _TakeOverJobMethod(Protocol):
    def __call__(_, self: Any) -> _Answer[bool | None]: ...

_TakeOverJob = TypeVar(
    '_TakeOverJob',
    bound=_TakeOverJobOwnedFunction
    | _TakeOverJobOwnedMethod
    | _TakeOverJobFunction
    | _TakeOverJobMethod,
)


class _CleanUpProjectFunction(Protocol):
    def __call__(_, project: Project) -> _Answer[None]: ...

class _CleanUpProjectMethod(Protocol):
    def __call__(_, self: Any, project: Project) -> _Answer[None]: ...

class _CleanUpFunction(Protocol):
    def __call__(_) -> _Answer[None]: ...

class _CleanUpMethod(Protocol):
    def __call__(_, self: Any) -> _Answer[None]: ...

_CleanUp = TypeVar(
    '_CleanUp',
    bound=_CleanUpProjectFunction
    | _CleanUpProjectMethod
    | _CleanUpFunction
    | _CleanUpMethod,
)


class _FindImportJobMd5FileTypeFunction(Protocol):
    def __call__(_, job: Job, md5: str, file_type: str) -> _Answer[KnownFile | None]: ...

class _FindImportJobMd5FileTypeMethod(Protocol):
    def __call__(_, self: Any, job: Job, md5: str, file_type: str) -> _Answer[KnownFile | None]: ...

class _FindImportJobMd5Function(Protocol):
    def __call__(_, job: Job, md5: str) -> _Answer[KnownFile | None]: ...

class _FindImportJobMd5Method(Protocol):
    def __call__(_, self: Any, job: Job, md5: str) -> _Answer[KnownFile | None]: ...

class _FindImportJobFileTypeFunction(Protocol):
    def __call__(_, job: Job, file_type: str) -> _Answer[KnownFile | None]: ...

class _FindImportJobFileTypeMethod(Protocol):
    def __call__(_, self: Any, job: Job, file_type: str) -> _Answer[KnownFile | None]: ...

class _FindImportMd5FileTypeFunction(Protocol):
    def __call__(_, md5: str, file_type: str) -> _Answer[KnownFile | None]: ...

class _FindImportMd5FileTypeMethod(Protocol):
    def __call__(_, self: Any, md5: str, file_type: str) -> _Answer[KnownFile | None]: ...

class _FindImportJobFunction(Protocol):
    def __call__(_, job: Job) -> _Answer[KnownFile | None]: ...

class _FindImportJobMethod(Protocol):
    def __call__(_, self: Any, job: Job) -> _Answer[KnownFile | None]: ...

class _FindImportMd5Function(Protocol):
    def __call__(_, md5: str) -> _Answer[KnownFile | None]: ...

class _FindImportMd5Method(Protocol):
    def __call__(_, self: Any, md5: str) -> _Answer[KnownFile | None]: ...

class _FindImportFileTypeFunction(Protocol):
    def __call__(_, file_type: str) -> _Answer[KnownFile | None]: ...

class _FindImportFileTypeMethod(Protocol):
    def __call__(_, self: Any, file_type: str) -> _Answer[KnownFile | None]: ...

class _FindImportFunction(Protocol):
    def __call__(_) -> _Answer[KnownFile | None]: ...

class _FindImportMethod(Protocol):
    def __call__(_, self: Any) -> _Answer[KnownFile | None]: ...

_FindImport = TypeVar(
    '_FindImport',
    bound=_FindImportJobMd5FileTypeFunction
    | _FindImportJobMd5FileTypeMethod
    | _FindImportJobMd5Function
    | _FindImportJobMd5Method
    | _FindImportJobFileTypeFunction
    | _FindImportJobFileTypeMethod
    | _FindImportMd5FileTypeFunction
    | _FindImportMd5FileTypeMethod
    | _FindImportJobFunction
    | _FindImportJobMethod
    | _FindImportMd5Function
    | _FindImportMd5Method
    | _FindImportFileTypeFunction
    | _FindImportFileTypeMethod
    | _FindImportFunction
    | _FindImportMethod,
)


class _ImportFileJobFileFindFunction(Protocol):
    def __call__(_, job: Job, file: InputFile, find: Callable[[str, str], KnownFile | None]) -> _Answer[ImportedFile | None]: ...

class _ImportFileJobFileFindMethod(Protocol):
    def __call__(_, self: Any, job: Job, file: InputFile, find: Callable[[str, str], KnownFile | None]) -> _Answer[ImportedFile | None]: ...

class _ImportFileJobFileFunction(Protocol):
    def __call__(_, job: Job, file: InputFile) -> _Answer[ImportedFile | None]: ...

class _ImportFileJobFileMethod(Protocol):
    def __call__(_, self: Any, job: Job, file: InputFile) -> _Answer[ImportedFile | None]: ...

class _ImportFileJobFindFunction(Protocol):
    def __call__(_, job: Job, find: Callable[[str, str], KnownFile | None]) -> _Answer[ImportedFile | None]: ...

class _ImportFileJobFindMethod(Protocol):
    def __call__(_, self: Any, job: Job, find: Callable[[str, str], KnownFile | None]) -> _Answer[ImportedFile | None]: ...

class _ImportFileFileFindFunction(Protocol):
    def __call__(_, file: InputFile, find: Callable[[str, str], KnownFile | None]) -> _Answer[ImportedFile | None]: ...

class _ImportFileFileFindMethod(Protocol):
    def __call__(_, self: Any, file: InputFile, find: Callable[[str, str], KnownFile | None]) -> _Answer[ImportedFile | None]: ...

class _ImportFileJobFunction(Protocol):
    def __call__(_, job: Job) -> _Answer[ImportedFile | None]: ...

class _ImportFileJobMethod(Protocol):
    def __call__(_, self: Any, job: Job) -> _Answer[ImportedFile | None]: ...

class _ImportFileFileFunction(Protocol):
    def __call__(_, file: InputFile) -> _Answer[ImportedFile | None]: ...

class _ImportFileFileMethod(Protocol):
    def __call__(_, self: Any, file: InputFile) -> _Answer[ImportedFile | None]: ...

class _ImportFileFindFunction(Protocol):
    def __call__(_, find: Callable[[str, str], KnownFile | None]) -> _Answer[ImportedFile | None]: ...

class _ImportFileFindMethod(Protocol):
    def __call__(_, self: Any, find: Callable[[str, str], KnownFile | None]) -> _Answer[ImportedFile | None]: ...

class _ImportFileFunction(Protocol):
    def __call__(_) -> _Answer[ImportedFile | None]: ...

class _ImportFileMethod(Protocol):
    def __call__(_, self: Any) -> _Answer[ImportedFile | None]: ...

_ImportFile = TypeVar(
    '_ImportFile',
    bound=_ImportFileJobFileFindFunction
    | _ImportFileJobFileFindMethod
    | _ImportFileJobFileFunction
    | _ImportFileJobFileMethod
    | _ImportFileJobFindFunction
    | _ImportFileJobFindMethod
    | _ImportFileFileFindFunction
    | _ImportFileFileFindMethod
    | _ImportFileJobFunction
    | _ImportFileJobMethod
    | _ImportFileFileFunction
    | _ImportFileFileMethod
    | _ImportFileFindFunction
    | _ImportFileFindMethod
    | _ImportFileFunction
    | _ImportFileMethod,
)


class _PostExecuteJobScriptFinishFunction(Protocol):
    def __call__(_, job: Job, script: Script, finish: FinishStatus | None) -> _Answer[None]: ...

class _PostExecuteJobScriptFinishMethod(Protocol):
    def __call__(_, self: Any, job: Job, script: Script, finish: FinishStatus | None) -> _Answer[None]: ...

class _PostExecuteJobScriptFunction(Protocol):
    def __call__(_, job: Job, script: Script) -> _Answer[None]: ...

class _PostExecuteJobScriptMethod(Protocol):
    def __call__(_, self: Any, job: Job, script: Script) -> _Answer[None]: ...

class _PostExecuteJobFinishFunction(Protocol):
    def __call__(_, job: Job, finish: FinishStatus | None) -> _Answer[None]: ...

class _PostExecuteJobFinishMethod(Protocol):
    def __call__(_, self: Any, job: Job, finish: FinishStatus | None) -> _Answer[None]: ...

class _PostExecuteScriptFinishFunction(Protocol):
    def __call__(_, script: Script, finish: FinishStatus | None) -> _Answer[None]: ...

class _PostExecuteScriptFinishMethod(Protocol):
    def __call__(_, self: Any, script: Script, finish: FinishStatus | None) -> _Answer[None]: ...

class _PostExecuteJobFunction(Protocol):
    def __call__(_, job: Job) -> _Answer[None]: ...

class _PostExecuteJobMethod(Protocol):
    def __call__(_, self: Any, job: Job) -> _Answer[None]: ...

class _PostExecuteScriptFunction(Protocol):
    def __call__(_, script: Script) -> _Answer[None]: ...

class _PostExecuteScriptMethod(Protocol):
    def __call__(_, self: Any, script: Script) -> _Answer[None]: ...

class _PostExecuteFinishFunction(Protocol):
    def __call__(_, finish: FinishStatus | None) -> _Answer[None]: ...

class _PostExecuteFinishMethod(Protocol):
    def __call__(_, self: Any, finish: FinishStatus | None) -> _Answer[None]: ...

class _PostExecuteFunction(Protocol):
    def __call__(_) -> _Answer[None]: ...

class _PostExecuteMethod(Protocol):
    def __call__(_, self: Any) -> _Answer[None]: ...

_PostExecute = TypeVar(
    '_PostExecute',
    bound=_PostExecuteJobScriptFinishFunction
    | _PostExecuteJobScriptFinishMethod
    | _PostExecuteJobScriptFunction
    | _PostExecuteJobScriptMethod
    | _PostExecuteJobFinishFunction
    | _PostExecuteJobFinishMethod
    | _PostExecuteScriptFinishFunction
    | _PostExecuteScriptFinishMethod
    | _PostExecuteJobFunction
    | _PostExecuteJobMethod
    | _PostExecuteScriptFunction
    | _PostExecuteScriptMethod
    | _PostExecuteFinishFunction
    | _PostExecuteFinishMethod
    | _PostExecuteFunction
    | _PostExecuteMethod,
)


class _GleanFileJobScriptFileFunction(Protocol):
    def __call__(_, job: Job, script: Script, file: GleanedFile) -> _Answer[FileMetadata | None]: ...

class _GleanFileJobScriptFileMethod(Protocol):
    def __call__(_, self: Any, job: Job, script: Script, file: GleanedFile) -> _Answer[FileMetadata | None]: ...

class _GleanFileJobScriptFunction(Protocol):
    def __call__(_, job: Job, script: Script) -> _Answer[FileMetadata | None]: ...

class _GleanFileJobScriptMethod(Protocol):
    def __call__(_, self: Any, job: Job, script: Script) -> _Answer[FileMetadata | None]: ...

class _GleanFileJobFileFunction(Protocol):
    def __call__(_, job: Job, file: GleanedFile) -> _Answer[FileMetadata | None]: ...

class _GleanFileJobFileMethod(Protocol):
    def __call__(_, self: Any, job: Job, file: GleanedFile) -> _Answer[FileMetadata | None]: ...

class _GleanFileScriptFileFunction(Protocol):
    def __call__(_, script: Script, file: GleanedFile) -> _Answer[FileMetadata | None]: ...

class _GleanFileScriptFileMethod(Protocol):
    def __call__(_, self: Any, script: Script, file: GleanedFile) -> _Answer[FileMetadata | None]: ...

class _GleanFileJobFunction(Protocol):
    def __call__(_, job: Job) -> _Answer[FileMetadata | None]: ...

class _GleanFileJobMethod(Protocol):
    def __call__(_, self: Any, job: Job) -> _Answer[FileMetadata | None]: ...

class _GleanFileScriptFunction(Protocol):
    def __call__(_, script: Script) -> _Answer[FileMetadata | None]: ...

class _GleanFileScriptMethod(Protocol):
    def __call__(_, self: Any, script: Script) -> _Answer[FileMetadata | None]: ...

class _GleanFileFileFunction(Protocol):
    def __call__(_, file: GleanedFile) -> _Answer[FileMetadata | None]: ...

class _GleanFileFileMethod(Protocol):
    def __call__(_, self: Any, file: GleanedFile) -> _Answer[FileMetadata | None]: ...

class _GleanFileFunction(Protocol):
    def __call__(_) -> _Answer[FileMetadata | None]: ...

class _GleanFileMethod(Protocol):
    def __call__(_, self: Any) -> _Answer[FileMetadata | None]: ...

_GleanFile = TypeVar(
    '_GleanFile',
    bound=_GleanFileJobScriptFileFunction
    | _GleanFileJobScriptFileMethod
    | _GleanFileJobScriptFunction
    | _GleanFileJobScriptMethod
    | _GleanFileJobFileFunction
    | _GleanFileJobFileMethod
    | _GleanFileScriptFileFunction
    | _GleanFileScriptFileMethod
    | _GleanFileJobFunction
    | _GleanFileJobMethod
    | _GleanFileScriptFunction
    | _GleanFileScriptMethod
    | _GleanFileFileFunction
    | _GleanFileFileMethod
    | _GleanFileFunction
    | _GleanFileMethod,
)


class _GleanKpiJobScriptFunction(Protocol):
    def __call__(_, job: Job, script: Script) -> _Answer[Iterable[Kpi | Problem]]: ...

class _GleanKpiJobScriptMethod(Protocol):
    def __call__(_, self: Any, job: Job, script: Script) -> _Answer[Iterable[Kpi | Problem]]: ...

class _GleanKpiJobFunction(Protocol):
    def __call__(_, job: Job) -> _Answer[Iterable[Kpi | Problem]]: ...

class _GleanKpiJobMethod(Protocol):
    def __call__(_, self: Any, job: Job) -> _Answer[Iterable[Kpi | Problem]]: ...

class _GleanKpiScriptFunction(Protocol):
    def __call__(_, script: Script) -> _Answer[Iterable[Kpi | Problem]]: ...

class _GleanKpiScriptMethod(Protocol):
    def __call__(_, self: Any, script: Script) -> _Answer[Iterable[Kpi | Problem]]: ...

class _GleanKpiFunction(Protocol):
    def __call__(_) -> _Answer[Iterable[Kpi | Problem]]: ...

class _GleanKpiMethod(Protocol):
    def __call__(_, self: Any) -> _Answer[Iterable[Kpi | Problem]]: ...

_GleanKpi = TypeVar(
    '_GleanKpi',
    bound=_GleanKpiJobScriptFunction
    | _GleanKpiJobScriptMethod
    | _GleanKpiJobFunction
    | _GleanKpiJobMethod
    | _GleanKpiScriptFunction
    | _GleanKpiScriptMethod
    | _GleanKpiFunction
    | _GleanKpiMethod,
)


class _CheckFileJobFileFunction(Protocol):
    def __call__(_, job: Job, file: ImportedFile | GleanedFile) -> _Answer[Iterable[Problem]]: ...

class _CheckFileJobFileMethod(Protocol):
    def __call__(_, self: Any, job: Job, file: ImportedFile | GleanedFile) -> _Answer[Iterable[Problem]]: ...

class _CheckFileJobFunction(Protocol):
    def __call__(_, job: Job) -> _Answer[Iterable[Problem]]: ...

class _CheckFileJobMethod(Protocol):
    def __call__(_, self: Any, job: Job) -> _Answer[Iterable[Problem]]: ...

class _CheckFileFileFunction(Protocol):
    def __call__(_, file: ImportedFile | GleanedFile) -> _Answer[Iterable[Problem]]: ...

class _CheckFileFileMethod(Protocol):
    def __call__(_, self: Any, file: ImportedFile | GleanedFile) -> _Answer[Iterable[Problem]]: ...

class _CheckFileFunction(Protocol):
    def __call__(_) -> _Answer[Iterable[Problem]]: ...

class _CheckFileMethod(Protocol):
    def __call__(_, self: Any) -> _Answer[Iterable[Problem]]: ...

_CheckFile = TypeVar(
    '_CheckFile',
    bound=_CheckFileJobFileFunction
    | _CheckFileJobFileMethod
    | _CheckFileJobFunction
    | _CheckFileJobMethod
    | _CheckFileFileFunction
    | _CheckFileFileMethod
    | _CheckFileFunction
    | _CheckFileMethod,
)


class _JobProgressJobProgressFunction(Protocol):
    def __call__(_, job: Job, progress: ProgramProgress) -> _Answer[None]: ...

class _JobProgressJobProgressMethod(Protocol):
    def __call__(_, self: Any, job: Job, progress: ProgramProgress) -> _Answer[None]: ...

class _JobProgressJobFunction(Protocol):
    def __call__(_, job: Job) -> _Answer[None]: ...

class _JobProgressJobMethod(Protocol):
    def __call__(_, self: Any, job: Job) -> _Answer[None]: ...

class _JobProgressProgressFunction(Protocol):
    def __call__(_, progress: ProgramProgress) -> _Answer[None]: ...

class _JobProgressProgressMethod(Protocol):
    def __call__(_, self: Any, progress: ProgramProgress) -> _Answer[None]: ...

class _JobProgressFunction(Protocol):
    def __call__(_) -> _Answer[None]: ...

class _JobProgressMethod(Protocol):
    def __call__(_, self: Any) -> _Answer[None]: ...

_JobProgress = TypeVar(
    '_JobProgress',
    bound=_JobProgressJobProgressFunction
    | _JobProgressJobProgressMethod
    | _JobProgressJobFunction
    | _JobProgressJobMethod
    | _JobProgressProgressFunction
    | _JobProgressProgressMethod
    | _JobProgressFunction
    | _JobProgressMethod,
)


class _JobStatusJobOldNewUsesImportedFunction(Protocol):
    def __call__(_, job: Job, old: JobStatus, new: JobStatus, uses: Sequence[FileUse], imported: Sequence[ImportedFile]) -> _Answer[None]: ...

class _JobStatusJobOldNewUsesImportedMethod(Protocol):
    def __call__(_, self: Any, job: Job, old: JobStatus, new: JobStatus, uses: Sequence[FileUse], imported: Sequence[ImportedFile]) -> _Answer[None]: ...

class _JobStatusJobOldNewUsesFunction(Protocol):
    def __call__(_, job: Job, old: JobStatus, new: JobStatus, uses: Sequence[FileUse]) -> _Answer[None]: ...

class _JobStatusJobOldNewUsesMethod(Protocol):
    def __call__(_, self: Any, job: Job, old: JobStatus, new: JobStatus, uses: Sequence[FileUse]) -> _Answer[None]: ...

class _JobStatusJobOldNewImportedFunction(Protocol):
    def __call__(_, job: Job, old: JobStatus, new: JobStatus, imported: Sequence[ImportedFile]) -> _Answer[None]: ...

class _JobStatusJobOldNewImportedMethod(Protocol):
    def __call__(_, self: Any, job: Job, old: JobStatus, new: JobStatus, imported: Sequence[ImportedFile]) -> _Answer[None]: ...

class _JobStatusJobOldUsesImportedFunction(Protocol):
    def __call__(_, job: Job, old: JobStatus, uses: Sequence[FileUse], imported: Sequence[ImportedFile]) -> _Answer[None]: ...

class _JobStatusJobOldUsesImportedMethod(Protocol):
    def __call__(_, self: Any, job: Job, old: JobStatus, uses: Sequence[FileUse], imported: Sequence[ImportedFile]) -> _Answer[None]: ...

class _JobStatusJobNewUsesImportedFunction(Protocol):
    def __call__(_, job: Job, new: JobStatus, uses: Sequence[FileUse], imported: Sequence[ImportedFile]) -> _Answer[None]: ...

class _JobStatusJobNewUsesImportedMethod(Protocol):
    def __call__(_, self: Any, job: Job, new: JobStatus, uses: Sequence[FileUse], imported: Sequence[ImportedFile]) -> _Answer[None]: ...

class _JobStatusOldNewUsesImportedFunction(Protocol):
    def __call__(_, old: JobStatus, new: JobStatus, uses: Sequence[FileUse], imported: Sequence[ImportedFile]) -> _Answer[None]: ...

class _JobStatusOldNewUsesImportedMethod(Protocol):
    def __call__(_, self: Any, old: JobStatus, new: JobStatus, uses: Sequence[FileUse], imported: Sequence[ImportedFile]) -> _Answer[None]: ...

class _JobStatusJobOldNewFunction(Protocol):
    def __call__(_, job: Job, old: JobStatus, new: JobStatus) -> _Answer[None]: ...

class _JobStatusJobOldNewMethod(Protocol):
    def __call__(_, self: Any, job: Job, old: JobStatus, new: JobStatus) -> _Answer[None]: ...

class _JobStatusJobOldUsesFunction(Protocol):
    def __call__(_, job: Job, old: JobStatus, uses: Sequence[FileUse]) -> _Answer[None]: ...

class _JobStatusJobOldUsesMethod(Protocol):
    def __call__(_, self: Any, job: Job, old: JobStatus, uses: Sequence[FileUse]) -> _Answer[None]: ...

class _JobStatusJobOldImportedFunction(Protocol):
    def __call__(_, job: Job, old: JobStatus, imported: Sequence[ImportedFile]) -> _Answer[None]: ...

class _JobStatusJobOldImportedMethod(Protocol):
    def __call__(_, self: Any, job: Job, old: JobStatus, imported: Sequence[ImportedFile]) -> _Answer[None]: ...

class _JobStatusJobNewUsesFunction(Protocol):
    def __call__(_, job: Job, new: JobStatus, uses: Sequence[FileUse]) -> _Answer[None]: ...

class _JobStatusJobNewUsesMethod(Protocol):
    def __call__(_, self: Any, job: Job, new: JobStatus, uses: Sequence[FileUse]) -> _Answer[None]: ...

class _JobStatusJobNewImportedFunction(Protocol):
    def __call__(_, job: Job, new: JobStatus, imported: Sequence[ImportedFile]) -> _Answer[None]: ...

class _JobStatusJobNewImportedMethod(Protocol):
    def __call__(_, self: Any, job: Job, new: JobStatus, imported: Sequence[ImportedFile]) -> _Answer[None]: ...

class _JobStatusJobUsesImportedFunction(Protocol):
    def __call__(_, job: Job, uses: Sequence[FileUse], imported: Sequence[ImportedFile]) -> _Answer[None]: ...

class _JobStatusJobUsesImportedMethod(Protocol):
    def __call__(_, self: Any, job: Job, uses: Sequence[FileUse], imported: Sequence[ImportedFile]) -> _Answer[None]: ...

class _JobStatusOldNewUsesFunction(Protocol):
    def __call__(_, old: JobStatus, new: JobStatus, uses: Sequence[FileUse]) -> _Answer[None]: ...

class _JobStatusOldNewUsesMethod(Protocol):
    def __call__(_, self: Any, old: JobStatus, new: JobStatus, uses: Sequence[FileUse]) -> _Answer[None]: ...

class _JobStatusOldNewImportedFunction(Protocol):
    def __call__(_, old: JobStatus, new: JobStatus, imported: Sequence[ImportedFile]) -> _Answer[None]: ...

class _JobStatusOldNewImportedMethod(Protocol):
    def __call__(_, self: Any, old: JobStatus, new: JobStatus, imported: Sequence[ImportedFile]) -> _Answer[None]: ...

class _JobStatusOldUsesImportedFunction(Protocol):
    def __call__(_, old: JobStatus, uses: Sequence[FileUse], imported: Sequence[ImportedFile]) -> _Answer[None]: ...

class _JobStatusOldUsesImportedMethod(Protocol):
    def __call__(_, self: Any, old: JobStatus, uses: Sequence[FileUse], imported: Sequence[ImportedFile]) -> _Answer[None]: ...

class _JobStatusNewUsesImportedFunction(Protocol):
    def __call__(_, new: JobStatus, uses: Sequence[FileUse], imported: Sequence[ImportedFile]) -> _Answer[None]: ...

class _JobStatusNewUsesImportedMethod(Protocol):
    def __call__(_, self: Any, new: JobStatus, uses: Sequence[FileUse], imported: Sequence[ImportedFile]) -> _Answer[None]: ...

class _JobStatusJobOldFunction(Protocol):
    def __call__(_, job: Job, old: JobStatus) -> _Answer[None]: ...

class _JobStatusJobOldMethod(Protocol):
    def __call__(_, self: Any, job: Job, old: JobStatus) -> _Answer[None]: ...

class _JobStatusJobNewFunction(Protocol):
    def __call__(_, job: Job, new: JobStatus) -> _Answer[None]: ...

class _JobStatusJobNewMethod(Protocol):
    def __call__(_, self: Any, job: Job, new: JobStatus) -> _Answer[None]: ...

class _JobStatusJobUsesFunction(Protocol):
    def __call__(_, job: Job, uses: Sequence[FileUse]) -> _Answer[None]: ...

class _JobStatusJobUsesMethod(Protocol):
    def __call__(_, self: Any, job: Job, uses: Sequence[FileUse]) -> _Answer[None]: ...

class _JobStatusJobImportedFunction(Protocol):
    def __call__(_, job: Job, imported: Sequence[ImportedFile]) -> _Answer[None]: ...

class _JobStatusJobImportedMethod(Protocol):
    def __call__(_, self: Any, job: Job, imported: Sequence[ImportedFile]) -> _Answer[None]: ...

class _JobStatusOldNewFunction(Protocol):
    def __call__(_, old: JobStatus, new: JobStatus) -> _Answer[None]: ...

class _JobStatusOldNewMethod(Protocol):
    def __call__(_, self: Any, old: JobStatus, new: JobStatus) -> _Answer[None]: ...

class _JobStatusOldUsesFunction(Protocol):
    def __call__(_, old: JobStatus, uses: Sequence[FileUse]) -> _Answer[None]: ...

class _JobStatusOldUsesMethod(Protocol):
    def __call__(_, self: Any, old: JobStatus, uses: Sequence[FileUse]) -> _Answer[None]: ...

class _JobStatusOldImportedFunction(Protocol):
    def __call__(_, old: JobStatus, imported: Sequence[ImportedFile]) -> _Answer[None]: ...

class _JobStatusOldImportedMethod(Protocol):
    def __call__(_, self: Any, old: JobStatus, imported: Sequence[ImportedFile]) -> _Answer[None]: ...

class _JobStatusNewUsesFunction(Protocol):
    def __call__(_, new: JobStatus, uses: Sequence[FileUse]) -> _Answer[None]: ...

class _JobStatusNewUsesMethod(Protocol):
    def __call__(_, self: Any, new: JobStatus, uses: Sequence[FileUse]) -> _Answer[None]: ...

class _JobStatusNewImportedFunction(Protocol):
    def __call__(_, new: JobStatus, imported: Sequence[ImportedFile]) -> _Answer[None]: ...

class _JobStatusNewImportedMethod(Protocol):
    def __call__(_, self: Any, new: JobStatus, imported: Sequence[ImportedFile]) -> _Answer[None]: ...

class _JobStatusUsesImportedFunction(Protocol):
    def __call__(_, uses: Sequence[FileUse], imported: Sequence[ImportedFile]) -> _Answer[None]: ...

class _JobStatusUsesImportedMethod(Protocol):
    def __call__(_, self: Any, uses: Sequence[FileUse], imported: Sequence[ImportedFile]) -> _Answer[None]: ...

class _JobStatusJobFunction(Protocol):
    def __call__(_, job: Job) -> _Answer[None]: ...

class _JobStatusJobMethod(Protocol):
    def __call__(_, self: Any, job: Job) -> _Answer[None]: ...

class _JobStatusOldFunction(Protocol):
    def __call__(_, old: JobStatus) -> _Answer[None]: ...

class _JobStatusOldMethod(Protocol):
    def __call__(_, self: Any, old: JobStatus) -> _Answer[None]: ...

class _JobStatusNewFunction(Protocol):
    def __call__(_, new: JobStatus) -> _Answer[None]: ...

class _JobStatusNewMethod(Protocol):
    def __call__(_, self: Any, new: JobStatus) -> _Answer[None]: ...

class _JobStatusUsesFunction(Protocol):
    def __call__(_, uses: Sequence[FileUse]) -> _Answer[None]: ...

class _JobStatusUsesMethod(Protocol):
    def __call__(_, self: Any, uses: Sequence[FileUse]) -> _Answer[None]: ...

class _JobStatusImportedFunction(Protocol):
    def __call__(_, imported: Sequence[ImportedFile]) -> _Answer[None]: ...

class _JobStatusImportedMethod(Protocol):
    def __call__(_, self: Any, imported: Sequence[ImportedFile]) -> _Answer[None]: ...

class _JobStatusFunction(Protocol):
    def __call__(_) -> _Answer[None]: ...

class _JobStatusMethod(Protocol):
    def __call__(_, self: Any) -> _Answer[None]: ...

_JobStatus = TypeVar(
    '_JobStatus',
    bound=_JobStatusJobOldNewUsesImportedFunction
    | _JobStatusJobOldNewUsesImportedMethod
    | _JobStatusJobOldNewUsesFunction
    | _JobStatusJobOldNewUsesMethod
    | _JobStatusJobOldNewImportedFunction
    | _JobStatusJobOldNewImportedMethod
    | _JobStatusJobOldUsesImportedFunction
    | _JobStatusJobOldUsesImportedMethod
    | _JobStatusJobNewUsesImportedFunction
    | _JobStatusJobNewUsesImportedMethod
    | _JobStatusOldNewUsesImportedFunction
    | _JobStatusOldNewUsesImportedMethod
    | _JobStatusJobOldNewFunction
    | _JobStatusJobOldNewMethod
    | _JobStatusJobOldUsesFunction
    | _JobStatusJobOldUsesMethod
    | _JobStatusJobOldImportedFunction
    | _JobStatusJobOldImportedMethod
    | _JobStatusJobNewUsesFunction
    | _JobStatusJobNewUsesMethod
    | _JobStatusJobNewImportedFunction
    | _JobStatusJobNewImportedMethod
    | _JobStatusJobUsesImportedFunction
    | _JobStatusJobUsesImportedMethod
    | _JobStatusOldNewUsesFunction
    | _JobStatusOldNewUsesMethod
    | _JobStatusOldNewImportedFunction
    | _JobStatusOldNewImportedMethod
    | _JobStatusOldUsesImportedFunction
    | _JobStatusOldUsesImportedMethod
    | _JobStatusNewUsesImportedFunction
    | _JobStatusNewUsesImportedMethod
    | _JobStatusJobOldFunction
    | _JobStatusJobOldMethod
    | _JobStatusJobNewFunction
    | _JobStatusJobNewMethod
    | _JobStatusJobUsesFunction
    | _JobStatusJobUsesMethod
    | _JobStatusJobImportedFunction
    | _JobStatusJobImportedMethod
    | _JobStatusOldNewFunction
    | _JobStatusOldNewMethod
    | _JobStatusOldUsesFunction
    | _JobStatusOldUsesMethod
    | _JobStatusOldImportedFunction
    | _JobStatusOldImportedMethod
    | _JobStatusNewUsesFunction
    | _JobStatusNewUsesMethod
    | _JobStatusNewImportedFunction
    | _JobStatusNewImportedMethod
    | _JobStatusUsesImportedFunction
    | _JobStatusUsesImportedMethod
    | _JobStatusJobFunction
    | _JobStatusJobMethod
    | _JobStatusOldFunction
    | _JobStatusOldMethod
    | _JobStatusNewFunction
    | _JobStatusNewMethod
    | _JobStatusUsesFunction
    | _JobStatusUsesMethod
    | _JobStatusImportedFunction
    | _JobStatusImportedMethod
    | _JobStatusFunction
    | _JobStatusMethod,
)


class _JobWithdrawnJobNewProjectFunction(Protocol):
    def __call__(_, job: Job, new_project: bool) -> _Answer[None]: ...

class _JobWithdrawnJobNewProjectMethod(Protocol):
    def __call__(_, self: Any, job: Job, new_project: bool) -> _Answer[None]: ...

class _JobWithdrawnJobFunction(Protocol):
    def __call__(_, job: Job) -> _Answer[None]: ...

class _JobWithdrawnJobMethod(Protocol):
    def __call__(_, self: Any, job: Job) -> _Answer[None]: ...

class _JobWithdrawnNewProjectFunction(Protocol):
    def __call__(_, new_project: bool) -> _Answer[None]: ...

class _JobWithdrawnNewProjectMethod(Protocol):
    def __call__(_, self: Any, new_project: bool) -> _Answer[None]: ...

class _JobWithdrawnFunction(Protocol):
    def __call__(_) -> _Answer[None]: ...

class _JobWithdrawnMethod(Protocol):
    def __call__(_, self: Any) -> _Answer[None]: ...

_JobWithdrawn = TypeVar(
    '_JobWithdrawn',
    bound=_JobWithdrawnJobNewProjectFunction
    | _JobWithdrawnJobNewProjectMethod
    | _JobWithdrawnJobFunction
    | _JobWithdrawnJobMethod
    | _JobWithdrawnNewProjectFunction
    | _JobWithdrawnNewProjectMethod
    | _JobWithdrawnFunction
    | _JobWithdrawnMethod,
)


class _JobFinishedJobOutcomeFunction(Protocol):
    def __call__(_, job: Job, outcome: Outcome) -> _Answer[None]: ...

class _JobFinishedJobOutcomeMethod(Protocol):
    def __call__(_, self: Any, job: Job, outcome: Outcome) -> _Answer[None]: ...

class _JobFinishedJobFunction(Protocol):
    def __call__(_, job: Job) -> _Answer[None]: ...

class _JobFinishedJobMethod(Protocol):
    def __call__(_, self: Any, job: Job) -> _Answer[None]: ...

class _JobFinishedOutcomeFunction(Protocol):
    def __call__(_, outcome: Outcome) -> _Answer[None]: ...

class _JobFinishedOutcomeMethod(Protocol):
    def __call__(_, self: Any, outcome: Outcome) -> _Answer[None]: ...

class _JobFinishedFunction(Protocol):
    def __call__(_) -> _Answer[None]: ...

class _JobFinishedMethod(Protocol):
    def __call__(_, self: Any) -> _Answer[None]: ...

_JobFinished = TypeVar(
    '_JobFinished',
    bound=_JobFinishedJobOutcomeFunction
    | _JobFinishedJobOutcomeMethod
    | _JobFinishedJobFunction
    | _JobFinishedJobMethod
    | _JobFinishedOutcomeFunction
    | _JobFinishedOutcomeMethod
    | _JobFinishedFunction
    | _JobFinishedMethod,
)


class _CloseSessionFunction(Protocol):
    def __call__(_) -> _Answer[None]: ...

class _CloseSessionMethod(Protocol):
    def __call__(_, self: Any) -> _Answer[None]: ...

_CloseSession = TypeVar(
    '_CloseSession',
    bound=_CloseSessionFunction
    | _CloseSessionMethod,
)


class HookMarker:
    """Marks a function of a plugin as the implementation of a hook: ``@hookimpl`` or ``@hookimpl.HOOK``."""

    project_name: str

    @overload
    def __call__(self, function: _F) -> _F: ...
    @overload
    def __call__(
        self,
        function: None = None,
        *,
        tryfirst: bool = ...,
        trylast: bool = ...,
        optionalhook: bool = ...,
        specname: str | None = ...,
    ) -> Callable[[_F], _F]: ...
    @overload
    def configure(self, function: _Configure, /) -> _Configure:
        """Receive the settings of the session."""
    @overload
    def configure(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[_Configure], _Configure]: ...
    @overload
    def init_store(self, function: _InitStore, /) -> _InitStore:
        """Create or upgrade the storage of the plugin."""
    @overload
    def init_store(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[_InitStore], _InitStore]: ...
    @overload
    def require_store(self, function: _RequireStore, /) -> _RequireStore:
        """Check that the storage that the settings name exists and can be read. Must not write anything."""
    @overload
    def require_store(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[_RequireStore], _RequireStore]: ...
    @overload
    def examine(self, function: _Examine, /) -> _Examine:
        """Check the plugin and report its state. Must not write anything."""
    @overload
    def examine(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[_Examine], _Examine]: ...
    @overload
    def ccp4i2_server(self, function: _Ccp4i2Server, /) -> _Ccp4i2Server:
        """Return CCP4i2's own web application, which runs its jobs through the hooks, for the same database."""
    @overload
    def ccp4i2_server(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[_Ccp4i2Server], _Ccp4i2Server]: ...
    @overload
    def list_projects(self, function: _ListProjects, /) -> _ListProjects:
        """Return all known projects, oldest first. Must not write anything."""
    @overload
    def list_projects(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[_ListProjects], _ListProjects]: ...
    @overload
    def find_project(self, function: _FindProject, /) -> _FindProject:
        """Return the project with the given name or UUID, or None if the plugin does not know it. Must not write anything."""
    @overload
    def find_project(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[_FindProject], _FindProject]: ...
    @overload
    def move_project(self, function: _MoveProject, /) -> _MoveProject:
        """Record the new directory of a project. The directory was moved already, and its content was checked."""
    @overload
    def move_project(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[_MoveProject], _MoveProject]: ...
    @overload
    def create_project(self, function: _CreateProject, /) -> _CreateProject:
        """Record a new project. Its directory exists already."""
    @overload
    def create_project(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[_CreateProject], _CreateProject]: ...
    @overload
    def export_project(self, function: _ExportProject, /) -> _ExportProject:
        """Return the record of a project, to be written into an archive. Must not write anything."""
    @overload
    def export_project(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[_ExportProject], _ExportProject]: ...
    @overload
    def import_project(self, function: _ImportProject, /) -> _ImportProject:
        """Record a project with all its jobs, all at once or not at all. Its files are in its directory already."""
    @overload
    def import_project(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[_ImportProject], _ImportProject]: ...
    @overload
    def change_labels(self, function: _ChangeLabels, /) -> _ChangeLabels:
        """Change the title, the note and the tags of a job or a project, all at once or not at all."""
    @overload
    def change_labels(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[_ChangeLabels], _ChangeLabels]: ...
    @overload
    def read_labels(self, function: _ReadLabels, /) -> _ReadLabels:
        """Return the titles, notes and tags of jobs and projects, in any order. Must not write anything."""
    @overload
    def read_labels(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[_ReadLabels], _ReadLabels]: ...
    @overload
    def read_outcomes(self, function: _ReadOutcomes, /) -> _ReadOutcomes:
        """Return the recorded outcomes of a project's jobs, in the order of the job numbers. Must not write anything."""
    @overload
    def read_outcomes(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[_ReadOutcomes], _ReadOutcomes]: ...
    @overload
    def read_active(self, function: _ReadActive, /) -> _ReadActive:
        """Return the outcomes of the jobs that have not ended, or that have ended lately. Must not write anything."""
    @overload
    def read_active(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[_ReadActive], _ReadActive]: ...
    @overload
    def query_jobs(self, function: _QueryJobs, /) -> _QueryJobs:
        """Return the recorded jobs that a query asks for, in its order. Must not write anything."""
    @overload
    def query_jobs(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[_QueryJobs], _QueryJobs]: ...
    @overload
    def describe_kpis(self, function: _DescribeKpis, /) -> _DescribeKpis:
        """Describe KPIs for people: title, unit, which values are better, number of digits, and group."""
    @overload
    def describe_kpis(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[_DescribeKpis], _DescribeKpis]: ...
    @overload
    def report_section(self, function: _ReportSection, /) -> _ReportSection:
        """Return tables, plots and texts for a report on jobs, as data. Must not write anything."""
    @overload
    def report_section(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[_ReportSection], _ReportSection]: ...
    @overload
    def find_unchanged(self, function: _FindUnchanged, /) -> _FindUnchanged:
        """Return the FINISHED top-level jobs of a project that have a fingerprint, the latest first."""
    @overload
    def find_unchanged(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[_FindUnchanged], _FindUnchanged]: ...
    @overload
    def find_file(self, function: _FindFile, /) -> _FindFile:
        """Return the recorded file that a query describes. Must not write anything."""
    @overload
    def find_file(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[_FindFile], _FindFile]: ...
    @overload
    def register_types(self, function: _RegisterTypes, /) -> _RegisterTypes:
        """Return data classes that the def files of all tasks may name, in addition to those of CCP4i2."""
    @overload
    def register_types(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[_RegisterTypes], _RegisterTypes]: ...
    @overload
    def register_tasks(self, function: _RegisterTasks, /) -> _RegisterTasks:
        """Return tasks to add to those of CCP4i2."""
    @overload
    def register_tasks(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[_RegisterTasks], _RegisterTasks]: ...
    @overload
    def pre_import(self, function: _PreImport, /) -> _PreImport:
        """Check a job before its input files are imported."""
    @overload
    def pre_import(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[_PreImport], _PreImport]: ...
    @overload
    def open_job(self, function: _OpenJob, /) -> _OpenJob:
        """Give a job its number and directory."""
    @overload
    def open_job(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[_OpenJob], _OpenJob]: ...
    @overload
    def claim_job(self, function: _ClaimJob, /) -> _ClaimJob:
        """Take over a waiting job, to run it."""
    @overload
    def claim_job(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[_ClaimJob], _ClaimJob]: ...
    @overload
    def reopen_job(self, function: _ReopenJob, /) -> _ReopenJob:
        """Make a top-level job that has FAILED or was INTERRUPTED PENDING again. This process becomes its owner."""
    @overload
    def reopen_job(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[_ReopenJob], _ReopenJob]: ...
    @overload
    def save_attempt(self, function: _SaveAttempt, /) -> _SaveAttempt:
        """Record a new attempt to run a job on an engine, or its retries and the key with which the engine has accepted it."""
    @overload
    def save_attempt(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[_SaveAttempt], _SaveAttempt]: ...
    @overload
    def note_running(self, function: _NoteRunning, /) -> _NoteRunning:
        """Record that an attempt runs on a machine that does not write into the database. A later call is its heartbeat."""
    @overload
    def note_running(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[_NoteRunning], _NoteRunning]: ...
    @overload
    def read_attempts(self, function: _ReadAttempts, /) -> _ReadAttempts:
        """Return all attempts of jobs, those of a job by their number. Must not write anything."""
    @overload
    def read_attempts(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[_ReadAttempts], _ReadAttempts]: ...
    @overload
    def find_attempts(self, function: _FindAttempts, /) -> _FindAttempts:
        """Return the latest attempts of the jobs that have not ended, or that have a fingerprint, the latest job first."""
    @overload
    def find_attempts(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[_FindAttempts], _FindAttempts]: ...
    @overload
    def submit_job(self, function: _SubmitJob, /) -> _SubmitJob:
        """Submit a job to an engine, and return at once, without waiting until it runs."""
    @overload
    def submit_job(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[_SubmitJob], _SubmitJob]: ...
    @overload
    def ask_engine(self, function: _AskEngine, /) -> _AskEngine:
        """Ask an engine for the state of jobs, with as few questions as possible."""
    @overload
    def ask_engine(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[_AskEngine], _AskEngine]: ...
    @overload
    def stop_job(self, function: _StopJob, /) -> _StopJob:
        """Ask an engine to end a job, or to remove it from its queue. The job may end a little later."""
    @overload
    def stop_job(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[_StopJob], _StopJob]: ...
    @overload
    def cancel_job(self, function: _CancelJob, /) -> _CancelJob:
        """Mark a job that waits, or that is RUNNING_REMOTELY, as INTERRUPTED in one step. It never has an owner meanwhile."""
    @overload
    def cancel_job(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[_CancelJob], _CancelJob]: ...
    @overload
    def find_readers(self, function: _FindReaders, /) -> _FindReaders:
        """Return the jobs that read certain files, those that are running included. Must not write anything."""
    @overload
    def find_readers(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[_FindReaders], _FindReaders]: ...
    @overload
    def save_job(self, function: _SaveJob, /) -> _SaveJob:
        """Return all that is recorded of a job and its sub-jobs. Must not write anything."""
    @overload
    def save_job(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[_SaveJob], _SaveJob]: ...
    @overload
    def delete_job(self, function: _DeleteJob, /) -> _DeleteJob:
        """Delete all that is recorded of a job and its sub-jobs, at once or not at all."""
    @overload
    def delete_job(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[_DeleteJob], _DeleteJob]: ...
    @overload
    def restore_job(self, function: _RestoreJob, /) -> _RestoreJob:
        """Record again all that `delete_job` has deleted. Calling it again changes nothing."""
    @overload
    def restore_job(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[_RestoreJob], _RestoreJob]: ...
    @overload
    def find_held(self, function: _FindHeld, /) -> _FindHeld:
        """Return the jobs that are recorded as running, with their owners. Must not write anything."""
    @overload
    def find_held(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[_FindHeld], _FindHeld]: ...
    @overload
    def take_over_job(self, function: _TakeOverJob, /) -> _TakeOverJob:
        """Make this process the owner of a job, in one step, unless its owner has changed or shown to be alive."""
    @overload
    def take_over_job(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[_TakeOverJob], _TakeOverJob]: ...
    @overload
    def clean_up(self, function: _CleanUp, /) -> _CleanUp:
        """Remove the unfinished work of processes that have died."""
    @overload
    def clean_up(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[_CleanUp], _CleanUp]: ...
    @overload
    def find_import(self, function: _FindImport, /) -> _FindImport:
        """Return an earlier import of the same content into the project, or None if the plugin does not know one."""
    @overload
    def find_import(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[_FindImport], _FindImport]: ...
    @overload
    def import_file(self, function: _ImportFile, /) -> _ImportFile:
        """Import one outside file into the project."""
    @overload
    def import_file(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[_ImportFile], _ImportFile]: ...
    @overload
    def post_execute(self, function: _PostExecute, /) -> _PostExecute:
        """React to the end of the process."""
    @overload
    def post_execute(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[_PostExecute], _PostExecute]: ...
    @overload
    def glean_file(self, function: _GleanFile, /) -> _GleanFile:
        """Return further metadata of an output file."""
    @overload
    def glean_file(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[_GleanFile], _GleanFile]: ...
    @overload
    def glean_kpi(self, function: _GleanKpi, /) -> _GleanKpi:
        """Return the KPIs of a job that has ended."""
    @overload
    def glean_kpi(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[_GleanKpi], _GleanKpi]: ...
    @overload
    def check_file(self, function: _CheckFile, /) -> _CheckFile:
        """Check a file and its metadata."""
    @overload
    def check_file(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[_CheckFile], _CheckFile]: ...
    @overload
    def job_progress(self, function: _JobProgress, /) -> _JobProgress:
        """React to the progress of a job that runs."""
    @overload
    def job_progress(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[_JobProgress], _JobProgress]: ...
    @overload
    def job_status(self, function: _JobStatus, /) -> _JobStatus:
        """Record a change of status, and the files that a job reads while it runs or waits for an engine."""
    @overload
    def job_status(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[_JobStatus], _JobStatus]: ...
    @overload
    def job_withdrawn(self, function: _JobWithdrawn, /) -> _JobWithdrawn:
        """Delete the record of a job that was opened and never ran."""
    @overload
    def job_withdrawn(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[_JobWithdrawn], _JobWithdrawn]: ...
    @overload
    def job_finished(self, function: _JobFinished, /) -> _JobFinished:
        """Record the outcome of a job. Must be idempotent: recording the same outcome twice changes nothing."""
    @overload
    def job_finished(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[_JobFinished], _JobFinished]: ...
    @overload
    def close_session(self, function: _CloseSession, /) -> _CloseSession:
        """Release what the plugin holds: connections, threads, processes. Messages that wait are delivered."""
    @overload
    def close_session(self, *, tryfirst: bool = ..., trylast: bool = ...) -> Callable[[_CloseSession], _CloseSession]: ...

hookimpl: HookMarker
