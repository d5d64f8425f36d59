"""The plugin `validation`: judges input files before a job touches them, and the metadata of what is recorded.

Settings, in ``[plugins.validation]``:

* ``strict`` (default false): warnings become blocks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ccp4hooks import GleanedFile, ImportedFile, Problem, Severity, hookimpl, input_files

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ValidationPlugin"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Options:
    """What ``[plugins.validation]`` may hold."""

    strict: bool = False


class ValidationPlugin:
    """Judges files by the settings of one session."""

    ccp4hooks_settings = _Options

    def __init__(self, options: _Options = _Options()) -> None:
        self._options = options

    @hookimpl
    def pre_import(self, script: Any) -> list[Problem]:
        """Return what is wrong with a script's input files, all of it at once."""
        from ccp4hooks_validation.inputs import check_input  # noqa: PLC0415 - start-up time

        return self._judged(problem for file in input_files(script) for problem in check_input(file))

    @hookimpl
    def check_file(self, file: ImportedFile | GleanedFile) -> list[Problem]:
        """Return what is wrong with a file's metadata; of an output also with its content, as warnings.

        The content of an import is not read: `pre_import` has just read the source.
        """
        from ccp4hooks_validation.records import check_gleaned, check_imported  # noqa: PLC0415 - start-up time

        if isinstance(file, ImportedFile):
            return self._judged(check_imported(file))
        return list(check_gleaned(file))  # the job is over: there is nothing left to block

    def _judged(self, problems: Iterable[Problem]) -> list[Problem]:
        if not self._options.strict:
            return list(problems)
        return [replace(found, severity=_STRICT.get(found.severity, found.severity)) for found in problems]


_STRICT = {Severity.WARNING: Severity.BLOCK}
