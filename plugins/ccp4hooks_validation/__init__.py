"""The plugin `validation`: judges the input files of a job before it runs, and the metadata of recorded files.

No other part of ccp4hooks judges the content of a file, so with `-p no:validation` a job runs with any file that can be
read.

Settings, in ``[plugins.validation]``:

* ``strict`` (default false): a warning about an input file refuses the job.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ccp4hooks import GleanedFile, ImportedFile, Job, Problem, Settings, Severity, hookimpl, input_files

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ValidationPlugin"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Options:
    """The settings in ``[plugins.validation]``."""

    strict: bool = False


class ValidationPlugin:
    """Judges files by the settings of one session."""

    ccp4hooks_settings = _Options

    def __init__(self, options: _Options | None = None) -> None:
        self._given = options
        self._options = options or _Options()

    @hookimpl.configure
    def configure(self, settings: Settings) -> None:
        """Read the settings, if the object was made without them."""
        self._options = self._given or settings.plugin("validation", _Options)

    @hookimpl.pre_import
    def pre_import(self, job: Job, script: Any) -> list[Problem]:
        """Return all faults of a script's input files at once."""
        from ccp4hooks_validation.inputs import check_input  # noqa: PLC0415 - start-up time

        top_level = job.parent_uuid is None
        return self._judged(
            problem for file in input_files(script) for problem in check_input(file, top_level=top_level)
        )

    @hookimpl.check_file
    def check_file(self, job: Job, file: ImportedFile | GleanedFile) -> list[Problem]:
        """Return the faults of a file's metadata, and those of an output's content, as warnings.

        The content of an import is not read, because `pre_import` has just read the source.
        """
        from ccp4hooks_validation.records import check_gleaned, check_imported  # noqa: PLC0415 - start-up time

        if isinstance(file, ImportedFile):
            return self._judged(check_imported(file))
        return check_gleaned(job, file)  # The job has ended, so even in strict mode nothing can be refused.

    def _judged(self, problems: Iterable[Problem]) -> list[Problem]:
        """Return the problems, in strict mode each warning as a block."""
        if not self._options.strict:
            return list(problems)
        return [replace(found, severity=_STRICT.get(found.severity, found.severity)) for found in problems]


_STRICT = {Severity.WARNING: Severity.BLOCK}
