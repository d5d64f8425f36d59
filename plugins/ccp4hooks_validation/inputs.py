"""Check the input files of a job."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from ccp4hooks import Severity
from ccp4hooks_validation.content import check_content
from ccp4hooks_validation.types import check_type

if TYPE_CHECKING:
    from ccp4hooks import InputFile, Problem
    from ccp4hooks_validation.finding import Finding


def check_input(file: InputFile, *, top_level: bool) -> list[Problem]:
    """Return all faults of one input file. It never waits and never raises, whatever the file is.

    A file that cannot be read has no faults here, because the core refuses it.

    Args:
        file: The file.
        top_level: Whether the job is at top level, so that a person chose the file.
    """
    found: list[Finding] = []
    # os.path.isfile, unlike Path.is_file, is also false for a name that the system does not accept.
    if not file.is_directory and os.path.isfile(file.path) and os.access(file.path, os.R_OK):  # noqa: PTH113
        found = check_content(file.path, file.file_type, file.content_flag, file.columns)
    found += check_type(file.file_type, file.class_name)
    if top_level:
        found = [replace(one, severity=Severity.BLOCK) if one.refuses_request else one for one in found]
    return [finding.about(file.parameter, file.path) for finding in found]
