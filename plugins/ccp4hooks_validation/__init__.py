"""The plugin `validation`: judges the input files of a job before it runs, and the metadata of recorded files.

No other part of ccp4hooks judges the content of a file, so with `-p no:validation` a job runs with any file that can be
read.

Settings, in ``[plugins.validation]``, and for one project in ``[projects.NAME.plugins.validation]``:

* ``strict`` (default false): a warning about an input file refuses the job.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ccp4hooks import BadInputError, GleanedFile, ImportedFile, Job, Problem, Settings, Severity, hookimpl, input_files

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

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
        self._settings: Settings | None = None
        self._known: dict[UUID, _Options] = {}

    @hookimpl.configure
    def configure(self, settings: Settings) -> None:
        """Keep the settings, which may differ between projects, unless the object was made with others."""
        if self._given in {None, settings.plugin("validation", _Options)}:
            self._settings = settings

    @hookimpl.pre_import
    def pre_import(self, job: Job, script: Any) -> list[Problem]:
        """Return all faults of a script's input files at once."""
        from ccp4hooks_validation.inputs import check_input  # noqa: PLC0415 - start-up time

        top_level = job.parent_uuid is None
        problems = (problem for file in input_files(script) for problem in check_input(file, top_level=top_level))
        return self._judged(job, problems)

    @hookimpl.check_file
    def check_file(self, job: Job, file: ImportedFile | GleanedFile) -> list[Problem]:
        """Return the faults of a file's metadata, and those of an output's content, as warnings.

        The content of an import is not read, because `pre_import` has just read the source.
        """
        from ccp4hooks_validation.records import check_gleaned, check_imported  # noqa: PLC0415 - start-up time

        if isinstance(file, ImportedFile):
            return self._judged(job, check_imported(file))
        return check_gleaned(job, file)  # The job has ended, so even in strict mode nothing can be refused.

    def _judged(self, job: Job, problems: Iterable[Problem]) -> list[Problem]:
        """Return the problems, in strict mode each warning as a block.

        A job is refused as well if it is not known whether its project is strict.
        """
        try:
            options = self._options(job)
        except BadInputError as error:
            return [Problem(severity=Severity.BLOCK, message=str(error)), *problems]
        if not options.strict:
            return list(problems)
        return [replace(found, severity=_STRICT.get(found.severity, found.severity)) for found in problems]

    def _options(self, job: Job) -> _Options:
        """Return the settings for the project of a job. They are read once for each job.

        Raises:
            BadInputError: They cannot be read.
        """
        if self._settings is None:
            return self._given or _Options()
        if job.uuid not in self._known:
            self._known = {job.uuid: self._settings.plugin("validation", _Options, job.project)}
        return self._known[job.uuid]


_STRICT = {Severity.WARNING: Severity.BLOCK}
