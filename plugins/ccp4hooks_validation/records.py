"""Check a file that is about to be recorded: its metadata, and the content of an output."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ccp4hooks import Severity
from ccp4hooks_validation.content import check_content
from ccp4hooks_validation.finding import Finding
from ccp4hooks_validation.types import check_type

if TYPE_CHECKING:
    from ccp4hooks import GleanedFile, ImportedFile, Job, Problem


def check_imported(file: ImportedFile) -> list[Problem]:
    """Return the faults of an import's metadata. The content was checked before the import."""
    found = [*check_type(file.file_type, file.class_name), *_check_flag(file)]
    return [finding.about(file.parameter, file.path) for finding in found]


def check_gleaned(job: Job, file: GleanedFile) -> list[Problem]:
    """Return the faults of an output's metadata and content, as warnings, because the job has ended.

    The only advice is how a later job can use columns of the output, because the file cannot be replaced.
    """
    found = [*check_type(file.file_type, file.class_name), *_check_flag(file)]
    if file.path.is_file():
        found = [*check_content(file.path, file.file_type, file.content_flag, file.columns), *found]
    return [
        replace(item, severity=Severity.WARNING, cure=_advice(job, file, item)).about(file.parameter, file.path)
        for item in found
    ]


def _advice(job: Job, file: GleanedFile, finding: Finding) -> str:
    if not finding.selection:
        return ""
    output = f"@{job.number}.{file.parameter.removeprefix('outputData.')}"
    return f"A later job takes its columns as NAME='{output}[{finding.selection}]'."


def _check_flag(file: ImportedFile | GleanedFile) -> list[Finding]:
    """Return a warning if the class of a file requires a content flag, and the file has none or an unknown one."""
    if not file.columns:
        return []
    choices = "; ".join(f"{flag}: {', '.join(labels)}" for flag, labels in enumerate(file.columns, start=1))
    cure = f"Choose from {choices}."
    if file.content_flag is None:
        return [Finding.warning(f"has no content flag, which {file.class_name or 'its class'} requires.", cure)]
    if 1 <= file.content_flag <= len(file.columns):
        return []
    return [Finding.warning(f"has the content flag {file.content_flag}, which does not exist.", cure)]
