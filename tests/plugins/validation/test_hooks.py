"""The hooks of the plugin `validation` on live scripts of ccp4i2."""

from dataclasses import replace
from datetime import datetime, timezone
from uuid import uuid4

import pluggy
import pytest

from ccp4hooks import (
    BadInputError,
    GleanedFile,
    ImportedFile,
    Settings,
    Severity,
    UnknownNameError,
    hookimpl,
    open_session,
)
from ccp4hooks_validation import ValidationPlugin

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


def test_the_plugin_implements_its_hooks(validation):
    manager = pluggy.PluginManager(hookimpl.project_name)
    manager.register(validation, name="validation")
    names = {caller.name for caller in manager.get_hookcallers(validation)}
    assert names == {"configure", "pre_import", "check_file"}


def test_a_job_with_correct_input_has_no_problem(job, script, mini_mtz, validation):
    script.container.inputData.F_SIGF.setFullPath(str(mini_mtz))
    assert validation.pre_import(job, script) == []


def test_columns_of_no_kind_refuse_a_job_at_top_level_and_warn_in_a_sub_job(job, script, monster_mtz, validation):
    script.container.inputData.F_SIGF.setFullPath(str(monster_mtz))
    assert severities(validation.pre_import(job, script)) == [Severity.BLOCK]
    assert severities(validation.pre_import(replace(job, parent_uuid=uuid4()), script)) == [Severity.WARNING]


def test_all_faults_are_reported_at_once(job, script, tmp_path, pdb, validation):
    (tmp_path / "empty.mtz").touch()
    script.container.inputData.F_SIGF.setFullPath(str(tmp_path / "empty.mtz"))
    script.container.inputData.FREERFLAG.setFullPath(str(pdb))
    problems = validation.pre_import(job, script)
    assert {problem.parameter for problem in problems} == {"inputData.F_SIGF", "inputData.FREERFLAG"}
    assert severities(problems) == [Severity.BLOCK] * 2


def test_strict_mode_turns_warnings_into_blocks(job, script, mini_mtz, imported, strict, validation):
    script.container.inputData.F_SIGF.setFullPath(str(mini_mtz))
    script.container.inputData.F_SIGF.contentFlag.set(3)
    assert severities(validation.pre_import(job, script)) == [Severity.WARNING]
    assert severities(strict.pre_import(job, script)) == [Severity.BLOCK]
    assert severities(strict.check_file(job, replace(imported, content_flag=None))) == [Severity.BLOCK]


def test_an_unknown_setting_and_a_setting_of_another_type_are_errors(tmp_path):
    def start(**options):
        open_session(Settings(projects_dir=tmp_path, plugins=("no:database",), tables={"validation": options}))

    with pytest.raises(UnknownNameError, match="strict"):
        start(strickt=True)
    with pytest.raises(BadInputError, match="bool"):
        start(strict="yes")


def test_complete_metadata_have_no_problem(job, imported, gleaned, validation):
    assert validation.check_file(job, imported) == []
    assert validation.check_file(job, gleaned) == []


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"content_flag": None}, "has no content flag"),
        ({"content_flag": 9}, "has the content flag 9, which does not exist"),
        ({"file_type": "Unknown"}, "which CCP4i2 does not know"),
    ],
)
def test_missing_or_wrong_metadata_are_warnings(job, imported, gleaned, change, text, validation):
    for file in (imported, gleaned):
        problems = validation.check_file(job, replace(file, **change))
        assert any(text in problem.message for problem in problems)
        assert set(severities(problems)) == {Severity.WARNING}


def test_the_content_of_an_import_is_not_read_again(job, imported, tmp_path, validation):
    assert validation.check_file(job, replace(imported, path=tmp_path / "gone.mtz")) == []


@pytest.mark.parametrize("content", [b"", b"MTZ ", b"junk"])
def test_an_output_of_another_type_is_a_warning_even_in_strict_mode(job, gleaned, tmp_path, strict, content):
    path = tmp_path / "HKLOUT.mtz"
    path.write_bytes(content)
    assert severities(strict.check_file(job, replace(gleaned, path=path))) == [Severity.WARNING]


def test_an_output_with_other_columns_than_declared_is_a_warning(job, gleaned, validation):
    (problem,) = validation.check_file(job, replace(gleaned, content_flag=2))
    assert "has no column I, SIGI, which content flag 2 requires" in problem.message


def test_an_output_with_columns_of_other_labels_says_how_a_later_job_uses_them(job, gleaned, validation, monster_mtz):
    output = replace(gleaned, path=monster_mtz, parameter="outputData.LIST[2]")
    (problem,) = validation.check_file(replace(job, number="3.1"), output)
    assert problem.cure == "A later job takes its columns as NAME='@3.1.LIST[2][FNAT,SIGFNAT]'."
    (problem,) = validation.check_file(job, replace(gleaned, content_flag=2))
    assert problem.cure == ""


def test_an_output_that_has_vanished_or_is_a_directory_has_no_problem(job, gleaned, tmp_path, validation):
    assert validation.check_file(job, replace(gleaned, path=tmp_path / "gone.mtz")) == []
    assert validation.check_file(job, replace(gleaned, path=tmp_path)) == []


def test_a_plugin_that_is_given_as_an_object_reads_its_settings_too(job, imported, tmp_path):
    plugin = ValidationPlugin()
    settings = Settings(projects_dir=tmp_path, autoload=False, tables={"validation": {"strict": True}})
    open_session(settings, extra={"validation": plugin})
    assert severities(plugin.check_file(job, replace(imported, content_flag=None))) == [Severity.BLOCK]
