"""The hooks themselves, on live scripts of ccp4i2."""

from dataclasses import replace
from datetime import datetime, timezone
from uuid import uuid4

import pluggy
import pytest

import ccp4hooks_validation
from ccp4hooks import (
    BadInputError,
    GleanedFile,
    ImportedFile,
    Settings,
    Severity,
    UnknownNameError,
    hookimpl,
)
from ccp4hooks_validation import check_file, configure, pre_import

OBS = "application/CCP4-mtz-observed"
OBSERVED = (("Iplus", "SIGIplus", "Iminus", "SIGIminus"), ("I", "SIGI"), ("F", "SIGF"))


@pytest.fixture
def script(tmp_path):
    from ccp4i2.wrappers.freerflag.script.freerflag import freerflag

    return freerflag(workDirectory=str(tmp_path))


@pytest.fixture
def imported(mini_mtz):
    return ImportedFile(
        uuid=uuid4(),
        parameter="inputData.F_SIGF",
        path=mini_mtz,
        source=mini_mtz,
        md5="0" * 32,
        sha256="0" * 64,
        size_bytes=mini_mtz.stat().st_size,
        modified_at=datetime.now(tz=timezone.utc),
        file_type=OBS,
        class_name="CObsDataFile",
        content_flag=3,
        columns=OBSERVED,
    )


@pytest.fixture
def gleaned(mini_mtz):
    return GleanedFile(
        uuid=uuid4(),
        parameter="outputData.HKLOUT",
        path=mini_mtz,
        size_bytes=mini_mtz.stat().st_size,
        file_type=OBS,
        content_flag=3,
        columns=OBSERVED,
    )


def severities(problems):
    return [problem.severity for problem in problems]


def test_the_plugin_answers_three_hooks():
    manager = pluggy.PluginManager(hookimpl.project_name)
    manager.register(ccp4hooks_validation, name="validation")
    names = {caller.name for caller in manager.get_hookcallers(ccp4hooks_validation)}
    assert names == {"configure", "pre_import", "check_file"}


def test_a_job_with_sound_input_raises_no_problem(job, script, mini_mtz):
    script.container.inputData.F_SIGF.setFullPath(str(mini_mtz))
    assert pre_import(job, script) == []


def test_all_that_is_wrong_is_told_at_once(job, script, tmp_path, pdb):
    script.container.inputData.F_SIGF.setFullPath(str(tmp_path / "gone.mtz"))
    script.container.inputData.FREERFLAG.setFullPath(str(pdb))
    problems = pre_import(job, script)
    assert {problem.parameter for problem in problems} == {"inputData.F_SIGF", "inputData.FREERFLAG"}
    assert severities(problems) == [Severity.BLOCK] * 2


def test_strict_turns_warnings_into_blocks(job, script, monster_mtz, imported, strict):
    script.container.inputData.F_SIGF.setFullPath(str(monster_mtz))
    assert severities(pre_import(job, script)) == [Severity.WARNING]
    strict(on=True)
    assert severities(pre_import(job, script)) == [Severity.BLOCK]
    assert severities(check_file(job, replace(imported, content_flag=None))) == [Severity.BLOCK]


def test_a_setting_that_does_not_exist_or_has_another_type_is_an_error(tmp_path):
    with pytest.raises(UnknownNameError, match="strict"):
        configure(Settings(projects_dir=tmp_path, tables={"validation": {"strickt": True}}))
    with pytest.raises(BadInputError, match="bool"):
        configure(Settings(projects_dir=tmp_path, tables={"validation": {"strict": "yes"}}))


def test_complete_metadata_raise_no_problem(job, imported, gleaned):
    assert check_file(job, imported) == []
    assert check_file(job, gleaned) == []


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"content_flag": None}, "has no content flag"),
        ({"content_flag": 9}, "has the content flag 9, which does not exist"),
        ({"file_type": "Unknown"}, "which CCP4i2 does not know"),
    ],
)
def test_metadata_that_are_missing_or_wrong_are_warnings(job, imported, gleaned, change, text):
    for file in (imported, gleaned):
        problems = check_file(job, replace(file, **change))
        assert any(text in problem.message for problem in problems)
        assert set(severities(problems)) == {Severity.WARNING}


def test_the_content_of_an_import_is_not_read_again(job, imported, tmp_path):
    assert check_file(job, replace(imported, path=tmp_path / "gone.mtz")) == []


@pytest.mark.parametrize("content", [b"", b"MTZ ", b"junk"])
def test_an_output_that_is_not_what_its_type_says_is_a_warning_even_when_strict(
    job, gleaned, tmp_path, strict, content
):
    strict(on=True)
    path = tmp_path / "HKLOUT.mtz"
    path.write_bytes(content)
    assert severities(check_file(job, replace(gleaned, path=path))) == [Severity.WARNING]


def test_an_output_with_other_columns_than_declared_is_a_warning(job, gleaned):
    (problem,) = check_file(job, replace(gleaned, content_flag=2))
    assert "has no column I, SIGI, which content flag 2 needs" in problem.message


def test_an_output_that_is_gone_or_a_directory_is_no_crash(job, gleaned, tmp_path):
    (problem,) = check_file(job, replace(gleaned, path=tmp_path / "gone.mtz"))
    assert "does not exist" in problem.message
    assert check_file(job, replace(gleaned, path=tmp_path)) == []
