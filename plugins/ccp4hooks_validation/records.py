"""A file as it is about to be recorded: are its metadata complete, and of an output its content too."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ccp4hooks import Severity
from ccp4hooks_validation.content import check_content
from ccp4hooks_validation.finding import Finding
from ccp4hooks_validation.inputs import check_access
from ccp4hooks_validation.types import check_type

if TYPE_CHECKING:
    from ccp4hooks import GleanedFile, ImportedFile, Problem


def check_imported(file: ImportedFile) -> list[Problem]:
    """Return what is missing or wrong in the metadata of an import; its content is not read."""
    found = [*check_type(file.file_type, file.class_name), *_check_flag(file)]
    return [finding.about(file.parameter, file.path) for finding in found]


def check_gleaned(file: GleanedFile) -> list[Problem]:
    """Return what is missing or wrong in the metadata and in the content of an output, never as a block."""
    found = check_access(file.path, is_directory=file.path.is_dir())
    if not found and not file.path.is_dir():
        found = check_content(file.path, file.file_type, file.content_flag, file.columns)
    found = [*found, *check_type(file.file_type, file.class_name), *_check_flag(file)]
    return [replace(item, severity=Severity.WARNING, cure="").about(file.parameter, file.path) for item in found]


def _check_flag(file: ImportedFile | GleanedFile) -> list[Finding]:
    if not file.columns:
        return []
    choices = "; ".join(f"{flag}: {', '.join(labels)}" for flag, labels in enumerate(file.columns, start=1))
    cure = f"Choose from {choices}."
    if file.content_flag is None:
        return [Finding.warning(f"has no content flag, which {file.class_name or 'its class'} needs.", cure)]
    if 1 <= file.content_flag <= len(file.columns):
        return []
    return [Finding.warning(f"has the content flag {file.content_flag}, which does not exist.", cure)]
