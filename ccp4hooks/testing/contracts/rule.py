"""What every plugin that judges jobs and files must do."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from shutil import copyfile
from typing import TYPE_CHECKING, NoReturn
from uuid import NAMESPACE_URL, uuid5

import pytest

from ccp4hooks.errors import BadInputError
from ccp4hooks.i2 import file_objects, recorded_values
from ccp4hooks.i2.protocols import Script
from ccp4hooks.model import GleanedFile, ImportedFile, Job, JobNumber, Problem, Project, Severity, project_uuid
from ccp4hooks.tasks.parameters import Context, Lookups, set_parameters
from ccp4hooks.testing.contracts.base import CONTENTS, ScriptContract, answers
from ccp4hooks.testing.kit import make_file, make_job, sample, snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ccp4hooks.model import InputFile

RULES = ("pre_import", "check_file")

STATES = (*CONTENTS, "unset")
"""The states of the input files of a job."""

INPUTS = "inputs"
"""Name of the directory of copies of input files."""


class RuleContract(ScriptContract):
    """Test that a rule judges every job and file without an exception, the same each time, and says what to do.

    Inherit from this class in a test module, in a class whose name begins with ``Test``, and set `plugin`.

    Attributes:
        plugin: See `Contract`.
        task: Task whose script is passed to the rule. The script has not run. It may be a task of the plugin itself.
        others: Further plugins that register the task, or data classes that its def file names.
        values: Parameters of a job that the rule accepts. Those that are paths are also tested with damaged copies of
            the files. Default, for the default task: a model from CCP4i2.
        refused: Parameters of jobs that the rule must refuse, in place of those in `values`.
        heavy: See `Contract`.
        max_modules: See `Contract`.
    """

    values: Mapping[str, object] = {}
    refused: Sequence[Mapping[str, object]] = ()

    def test_it_is_a_rule(self) -> None:
        """The plugin is loaded and implements `pre_import` or `check_file`."""
        assert self.implementations(*RULES), f"the plugin implements none of {', '.join(RULES)}"

    def test_it_accepts_a_good_job(self, tmp_path: Path) -> None:
        """The rule does not refuse the job of `values`."""
        said = [str(one) for one in self._judged(self._case(tmp_path)) if one.severity is Severity.BLOCK]
        assert said == [], f"the rule refuses the job that it should accept: {said}"

    def test_it_refuses_what_it_should(self, tmp_path: Path) -> None:
        """The rule refuses each of the jobs in `refused`, and says what to do."""
        for number, values in enumerate(self.refused):
            found = self._judged(self._case(tmp_path / str(number), values=values))
            blocks = [one for one in found if one.severity is Severity.BLOCK]
            assert blocks, f"the rule does not refuse the job with {dict(values)}"
            _require_cures(blocks)

    @pytest.mark.parametrize("state", STATES)
    def test_it_judges_whatever_the_files(self, tmp_path: Path, state: str) -> None:
        """The rule raises no exception, and each refusal says in one line what is wrong, and what to do."""
        _require_cures(self._judged(self._case(tmp_path, state)))

    @pytest.mark.parametrize("state", STATES)
    def test_it_judges_the_same_twice(self, tmp_path: Path, state: str) -> None:
        """The rule returns the same when it is called again, and after it is loaded again."""
        case = self._case(tmp_path, state)
        assert self._judged(case) == self._judged(case), "the rule has judged differently when it was called again"

    @pytest.mark.parametrize("state", STATES)
    def test_it_changes_nothing(self, tmp_path: Path, state: str) -> None:
        """The rule changes neither a file nor a parameter of the job."""
        case = self._case(tmp_path, state)
        before, given = snapshot(tmp_path), recorded_values.read_parameters(case.script)
        self._judged(case)
        after = snapshot(tmp_path)
        changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
        assert changed == [], f"a rule must not write files, but it changed {', '.join(changed)}"
        assert recorded_values.read_parameters(case.script) == given, "a rule must not change the parameters of the job"

    def _case(self, directory: Path, state: str = "whole", *, values: Mapping[str, object] | None = None) -> _Case:
        """Return a job with its files in a state. The same directory may be used again."""
        given = self._given(directory) if values is None else {**self._given(directory), **values}
        script = self.script(directory)
        if state != "unset":
            pairs = [(name, str(value)) for name, value in given.items()]
            set_parameters(script, pairs, _context(directory))
        files = file_objects.input_files(script)
        for path in {file.path for file in files if file.path.parent == directory / INPUTS}:
            content = CONTENTS[state](path.read_bytes())
            path.unlink()
            if content is not None:
                path.write_bytes(content)
        job = make_job(directory / "contract", task=self.task)
        written = [make_file(job, file.path.name, _content(file.path), file_type=file.file_type) for file in files]
        return _Case(job=job, script=script, imported=tuple(map(_imported, files)), written=tuple(written))

    def _given(self, directory: Path) -> dict[str, object]:
        """Return the parameters of the job that the rule accepts, with copies of the files."""
        inputs = directory / INPUTS
        inputs.mkdir(parents=True, exist_ok=True)
        known = {"XYZIN": sample("pdb")} if self.task == RuleContract.task else {}
        given = {**known, **self.values}
        for name, value in given.items():
            if isinstance(value, Path):
                given[name] = Path(copyfile(value, inputs / value.name))
        return given

    def _judged(self, case: _Case) -> list[Problem]:
        """Return what the rule says of a top-level job, of the same one as a sub-job, and of its files."""
        plan, job = self.loaded(), case.job
        top = replace(job, number=JobNumber(""), directory=job.project.jobs_directory)
        below = replace(job, number=JobNumber("1.1"), parent_uuid=job.uuid)
        found = [answers(plan, "pre_import", job=one, script=case.script) for one in (top, below)]
        found += [answers(plan, "check_file", job=job, file=file) for file in (*case.imported, *case.written)]
        return [problem for one in found for answer in one for problem in answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """What a rule judges.

    Attributes:
        job: The job.
        script: The script with its parameters. It is kept here, because its container refers to its parts only weakly.
        imported: The input files as they are recorded.
        written: Output files with the same content.
    """

    job: Job
    script: Script
    imported: tuple[ImportedFile, ...]
    written: tuple[GleanedFile, ...]


def _require_cures(problems: Sequence[Problem]) -> None:
    for one in problems:
        if one.severity is Severity.BLOCK:
            assert one.message, "a refusal does not say what is wrong: set the message of the Problem"
            assert "\n" not in one.message, f"say in one line what is wrong, not {one.message!r}"
            assert one.cure, f"the refusal {one.message!r} does not say what to do: set the cure of the Problem"


def _context(directory: Path) -> Context:
    """Return surroundings in which no job is recorded."""

    def unknown(*_: object) -> NoReturn:
        raise BadInputError("The parameters of a contract cannot refer to other jobs.")

    project = Project(name="contract", directory=directory, uuid=project_uuid(directory))
    lookups = Lookups(find_file=lambda _: None, find_outcomes=unknown, find_last=unknown)
    return Context(project=project, lookups=lookups, scratch=directory, extracts={})


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _imported(file: InputFile) -> ImportedFile:
    """Return an input file as it is recorded, the copy being the file itself."""
    content = _content(file.path) or b""
    return ImportedFile(
        uuid=uuid5(NAMESPACE_URL, file.parameter),
        parameter=file.parameter,
        path=file.path,
        source=file.path,
        md5=hashlib.md5(content, usedforsecurity=False).hexdigest(),
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        modified_at=datetime(2026, 1, 2, tzinfo=timezone.utc),
        file_type=file.file_type,
        class_name=file.class_name,
        content_flag=file.content_flag,
        sub_type=file.sub_type,
        annotation=file.annotation,
        columns=file.columns,
    )
