"""A job is run again with its parameters, changed where given, and only if its input has changed."""

import json
import os
import re
import shutil
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from ccp4hooks import (
    BadInputError,
    JobStatus,
    ParameterSource,
    Severity,
    UnknownNameError,
    load_settings,
    open_session,
    sweep,
)
from ccp4hooks.cli import cli
from ccp4hooks.outcomes import outcome_file

USER, JOB = ParameterSource.USER, ParameterSource.JOB


@pytest.fixture
def made(session):
    yield session("param_tasks")
    for name in ("param_tasks", "param_scripts"):
        sys.modules.pop(name, None)


@pytest.fixture
def model(data, tmp_path):
    return Path(shutil.copy(data["model"], tmp_path / "model.pdb"))


POSTGRESQL = pytest.param("postgresql", marks=pytest.mark.postgresql)


def with_database(request, tmp_path, monkeypatch):
    monkeypatch.setenv("CCP4I2_HOME", str(tmp_path / "home"))
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "db.sqlite3")
        url = f"sqlite:///{tmp_path}/db.sqlite3"
    else:
        url = request.getfixturevalue("server").new(request.getfixturevalue("postgresql_template"))
    return open_session(load_settings(projects_dir=tmp_path / "projects", database=url))


@pytest.fixture(params=["sqlite", POSTGRESQL])
def recorded(request, tmp_path, monkeypatch):
    """A session with a database."""
    return with_database(request, tmp_path, monkeypatch)


@pytest.fixture(params=["outcome files", "sqlite", POSTGRESQL])
def either(request, tmp_path, monkeypatch):
    """A session without a database, or with one."""
    if request.param == "outcome files":
        return request.getfixturevalue("made")
    return with_database(request, tmp_path, monkeypatch)


def values_of(outcome):
    return {one.name: (one.value, one.source) for one in outcome.parameters if one.source is not ParameterSource.TASK}


def run(session, task="param_task", /, **values):
    return session.run(task, [(name.replace("__", "."), value) for name, value in values.items()], project="p").outcome


def select(session, model, atoms="A/10-20", **options):
    values = [("XYZIN", model), ("XYZIN.selection.text", atoms)]
    return session.run("coordinate_selector", values, project="p", **options)


# --- run again --------------------------------------------------------------------------------------------------


def test_a_job_is_run_again_with_its_values_changed_where_given(made):
    first = run(made, WEIGHT=0.25, TITLE="a", group__TOGGLE=True, CYCLES=4)
    second = made.rerun("p", "1", [("CYCLES", 5), ("controlParameters.WEIGHT", 0.125)]).outcome
    assert second.job.number == "2"
    assert values_of(second) == {"TITLE": ("a", USER), "WEIGHT": (0.125, USER), "group.TOGGLE": (True, USER)}
    (cycles,) = [one for one in second.parameters if one.name == "CYCLES"]
    assert (cycles.value, cycles.replaced) == (105, 5)
    assert (second.provenance.variation_of, second.provenance.variation_uuid) == ("1", first.job.uuid)
    assert (first.provenance.variation_of, first.provenance.variation_uuid) == ("", None)


def test_a_list_that_is_given_replaces_the_list_and_an_item_replaces_the_item(made):
    made.run("param_task", [("NUMBERS", 1), ("NUMBERS", 2), ("NUMBERS", 3)], project="p")
    whole = made.rerun("p", "1", [("NUMBERS", 7)]).outcome
    item = made.rerun("p", "1", [("NUMBERS[1]", 7), ("NUMBERS[3]", 8)]).outcome
    assert [one.value for one in whole.parameters if one.name.startswith("NUMBERS")] == [7]
    assert [one.value for one in item.parameters if one.name.startswith("NUMBERS")] == [1, 7, 3, 8]


def test_more_than_is_recorded_of_a_long_value_is_taken_over(made):
    text = "é" * 5000
    made.run("param_task", [("SOURCE", text), *(("NUMBERS", n) for n in range(150))], project="p")
    again = made.rerun("p", "@last").outcome
    saved = made.saved_parameters("p", again.job.number)
    assert dict(saved.values)["SOURCE"] == text
    assert [value for name, value in saved.values if name.startswith("NUMBERS[")] == list(range(150))


def test_a_value_whose_parameter_the_task_no_longer_has_is_named(made, model):
    first = made.run("param_task", [("XYZIN", model)], project="p").outcome
    path = first.job.directory / "input_params.xml"
    text = path.read_text(encoding="utf-8")
    body = "<ccp4i2_body>"
    assert text.count(body) == 1
    gone = "<controlParameters><OLDNAME>5</OLDNAME><UNSET/></controlParameters>"
    path.write_text(text.replace(body, f"{body}{gone}"), encoding="utf-8")
    (problem,) = made.rerun("p", "1").outcome.problems
    assert problem.severity is Severity.WARNING
    assert str(problem) == (
        "controlParameters.OLDNAME: The saved value is not used: the task param_task has no such parameter. "
        "`ccp4hooks describe param_task` lists its parameters."
    )


def test_the_imported_copy_is_used_and_a_source_that_has_changed_is_named(made, model):
    select(made, model)
    same = made.rerun("p", "1").outcome
    model.write_text(model.read_text().replace("  A ", "  B "))
    changed = made.rerun("p", "1").outcome
    given = made.rerun("p", "1", [("XYZIN", model), ("XYZIN.selection.text", "B/10-20")]).outcome
    for one in (same, changed):
        assert one.imported == ()
        assert {value.value for value in one.parameters} == {"CCP4_IMPORTED_FILES/model.pdb", "A/10-20"}
    assert same.problems == ()
    assert "has changed" not in str(given.problems)
    (problem,) = changed.problems
    assert (problem.severity, problem.parameter) == (Severity.WARNING, "inputData.XYZIN")
    assert str(problem) == (
        f"inputData.XYZIN: {model} has changed since job 1 imported it. The copy from then is used. Give "
        f"XYZIN={model} to use the present file."
    )
    assert [file.path.name for file in given.imported] == ["model_1.pdb"]


def test_a_source_that_has_changed_is_named_however_often_its_copy_is_read_and_whoever_answers(either, model):
    select(either, model)
    either.rerun("p", "1", [("XYZIN.selection.text", "A/10-12")])
    assert either.rerun("p", "2", if_changed=True).problems == ()
    model.write_text(model.read_text().replace("  A ", "  B "))
    said = (
        f"inputData.XYZIN: {model} has changed since job 1 imported it. The copy from then is used. Give "
        f"XYZIN={model} to use the present file."
    )
    for number in ("1", "2"):
        answer = either.rerun("p", number, if_changed=True)
        assert (answer.unchanged, answer.outcome.job.number, [str(one) for one in answer.problems]) == (
            True, number, [said]
        )  # fmt: skip
        assert answer.outcome.problems == ()
    saved = either.saved_parameters("p", "2")
    (row,) = sweep(either, saved.task, {"XYZIN.selection.text": ["A/10-12"]}, project="p", saved=saved)
    assert (row.result.unchanged, [str(one) for one in row.result.problems]) == (True, [said])
    third = either.rerun("p", "2")
    assert (third.problems, [str(one) for one in third.outcome.problems]) == ((), [said])
    assert [str(one) for one in either.rerun("p", "3").outcome.problems] == [said]
    given = either.rerun("p", "2", [("XYZIN", model), ("XYZIN.selection.text", "B/10-20")], if_changed=True)
    assert (given.unchanged, given.problems, "has changed" in str(given.outcome.problems)) == (False, (), False)


def test_the_command_line_names_a_source_that_has_changed_if_an_earlier_job_is_the_answer(made, model, tmp_path):
    select(made, model)
    model.write_text(model.read_text().replace("  A ", "  B "))
    said = (
        f"Warning: inputData.XYZIN: {model} has changed since job 1 imported it. The copy from then is used. Give "
        f"XYZIN={model} to use the present file.\n"
    )
    note = "Job 1 is FINISHED with the same input, so the task was not run again.\n"
    for words in (("rerun", "1"), ("run", "--from", "1")):
        done = command(tmp_path, *words, "--if-changed")
        assert (done.exit_code, done.stderr.endswith(note + said)) == (0, True)
    (problem,) = json.loads(command(tmp_path, "rerun", "1", "--if-changed", "--json").stdout)["problems"]
    assert (problem["severity"], problem["path"]) == ("warning", str(model))
    swept = command(tmp_path, "sweep", "--from", "1", "XYZIN.selection.text=A/10-20")
    assert swept.stderr.endswith(said.replace("Warning:", "Warning: job 1:"))


def damage(path):
    """Change a file, but neither its size nor its time."""
    time = path.stat().st_mtime_ns
    path.write_bytes(path.read_bytes()[:-3] + b"XX\n")
    os.utime(path, ns=(time, time))


CHANGED = (
    "inputData.XYZIN: CCP4_IMPORTED_FILES/model.pdb has changed since job 1 imported it: its MD5 checksum is not the "
    "recorded one. This job reads it as it is now. Give XYZIN=FILE to import the file again. `ccp4hooks verify p` "
    "lists what has changed."
)


def test_an_imported_copy_that_has_changed_is_named_however_a_job_reads_it(either, model):
    first = select(either, model).outcome
    (imported,) = first.imported
    assert either.rerun("p", "1").outcome.problems == ()
    damage(imported.path)
    for again in (
        either.rerun("p", "1"),
        either.rerun("p", "2"),
        select(either, "@1.XYZIN"),
        either.rerun("p", "1", if_changed=True),
        next(sweep(either, "coordinate_selector", {"XYZIN.selection.text": ["A/3-9"]}, project="p",
                   saved=either.saved_parameters("p", "1"))).result,
    ):  # fmt: skip
        assert [str(one) for one in again.outcome.problems] == [CHANGED]
        assert again.outcome.uses[0].file_uuid == imported.uuid
    # The answer of a request that is the same as that of a job which has read the changed copy says so, too.
    answer = either.rerun("p", "1", if_changed=True)
    assert (answer.unchanged, [str(one) for one in answer.outcome.problems]) == (True, [CHANGED])


def test_a_path_in_the_project_that_has_changed_is_named(recorded, model):
    (imported,) = select(recorded, model).outcome.imported
    damage(imported.path)
    assert [str(one) for one in select(recorded, imported.path).outcome.problems] == [CHANGED]


def test_a_copy_that_has_changed_is_not_taken_for_the_file_that_is_imported_again(either, model):
    (imported,) = select(either, model).outcome.imported
    imported.path.write_bytes(imported.path.read_bytes()[:-3] + b"XX\n")
    outcome = select(either, model).outcome
    (again,) = outcome.imported
    assert (again.path.name, again.reused, outcome.problems) == ("model_1.pdb", False, ())
    assert again.path.read_bytes() == model.read_bytes()
    assert select(either, model).outcome.imported[0].path == again.path


def test_the_commands_name_a_copy_that_has_changed(recorded, model, tmp_path):
    (imported,) = select(recorded, model).outcome.imported
    damage(imported.path)
    words = ["--projects-dir", str(tmp_path / "projects"), "--database", recorded.settings.database, "--project", "p"]
    for command in (("rerun", "1"), ("run", "--from", "1"), ("rerun", "1", "--if-changed")):
        assert CHANGED in CliRunner().invoke(cli, [*command, *words], env={"COLUMNS": "400"}).output
    done = CliRunner().invoke(cli, ["sweep", "--from", "1", "XYZIN.selection.text=A/1-5,A/6-9", *words])
    assert done.stderr.splitlines()[2:] == [f"Warning: job 4: {CHANGED}"]


def test_a_secret_must_be_given_again(made):
    run(made, KEY="opensesame", TITLE="a")
    with pytest.raises(BadInputError) as caught:
        made.rerun("p", "1")
    assert str(caught.value) == "The secrets of job 1 are not recorded: KEY. Give them again: KEY=VALUE."
    again = made.rerun("p", "1", [("KEY", "sesame")]).outcome
    assert values_of(again) == {"TITLE": ("a", USER), "KEY": ("***", USER)}


def test_a_sub_job_is_run_again_as_a_job_of_its_own(made, data):
    run(made, "it_pipeline", XYZIN=data["model"], MODE="plain", COUNT=1)
    again = made.rerun("p", "1.1").outcome
    assert (again.job.number, again.job.parent_uuid, again.status) == ("2", None, JobStatus.FINISHED)
    assert again.provenance.variation_of == "1.1"
    assert [one.value for one in again.parameters if one.is_file] == ["CCP4_IMPORTED_FILES/1a80_A.pdb"]


def test_a_sub_job_is_run_again_with_the_values_that_its_script_has_replaced(made):
    run(made, CYCLES=2)
    again = made.rerun("p", "1.1").outcome
    assert {one.name: one.replaced for one in again.parameters}["CYCLES"] in (10, None)
    assert {one.name: one.value for one in again.parameters}["CYCLES"] == 110


def test_a_job_whose_directory_has_no_parameters_cannot_be_run_again(made):
    outcome = run(made, CYCLES=4)
    for path in outcome.job.directory.glob("*params.xml"):
        path.unlink()
    with pytest.raises(BadInputError, match=r"^Job 1 has no input_params\.xml in .*job_1, so its parameters"):
        made.rerun("p", "1")
    assert [one.job.number for one in made.outcomes("p")] == ["1"]


def test_a_text_that_no_file_name_can_be_is_refused_in_a_file_of_parameters(made, tmp_path):
    (tmp_path / "values.json").write_text('{"TITLE": "\\ud800"}')
    with pytest.raises(BadInputError, match="TITLE has a character that no text can contain"):
        made.read_parameters(tmp_path / "values.json", "param_task")


def test_the_title_of_a_user_is_taken_over_unless_the_values_are_others(made):
    made.run("param_task", [], project="p", title="With care")
    run(made)
    assert made.rerun("p", "1").outcome.job.title == "With care"
    assert made.rerun("p", "1", [("WEIGHT", 0.7)]).outcome.job.title == "param_task"
    assert made.rerun("p", "2").outcome.job.title == "param_task"
    assert made.rerun("p", "1", title="Again").outcome.job.title == "Again"


def test_what_a_job_is_a_variation_of_is_in_both_records_and_shown(recorded, model, tmp_path):
    first = select(recorded, model).outcome
    second = recorded.rerun("p", "1", [("XYZIN.selection.text", "A/10-12")]).outcome
    (from_database,) = recorded.plugin_object("database").read_outcomes(recorded.project("p"), "2")
    from_file = outcome_file.read(second.job.directory / outcome_file.FILE_NAME)
    for one in (second, from_database, from_file):
        how = one.provenance
        assert (how.variation_of, how.variation_uuid) == ("1", first.job.uuid)
        assert how.fingerprint == second.provenance.fingerprint
        assert re.fullmatch(r"[0-9a-f]{64}", how.fingerprint)
    words = ["--projects-dir", str(tmp_path / "projects"), "--database", recorded.settings.database]
    shown = CliRunner().invoke(cli, [*words, "show", "@last", "--project", "p"]).output
    assert "Variation of  job 1\n" in shown
    shown = CliRunner().invoke(cli, [*words, "show", "@last", "--project", "p", "--json"]).output
    assert json.loads(shown)["outcomes"][0]["provenance"]["variation_of"] == "1"
    (use,) = second.uses
    assert (use.file_uuid, second.imported) == (first.imported[0].uuid, ())


# --- references -------------------------------------------------------------------------------------------------


def test_the_latest_job_of_any_task_or_of_one_and_its_inputs_can_be_named(recorded, model, data):
    first = select(recorded, model).outcome
    columns = f"{data['monster']}[FNAT,SIGFNAT]"
    second = recorded.run("freerflag", [("F_SIGF", columns)], project="p").outcome
    output, (imported,) = first.files[0].path, first.imported
    texts = {"@coordinate_selector:last.XYZOUT": output, "@1.XYZIN": imported.path, "@1.inputData.XYZIN": imported.path}
    for text, path in texts.items():
        outcome = select(recorded, text).outcome
        (file,) = [one for one in outcome.parameters if one.is_file]
        assert (outcome.job.project.directory / file.value, file.source, file.job) == (path, JOB, "1")
    outcome = recorded.run("freerflag", [("F_SIGF", "@2.F_SIGF[F,SIGF]")], project="p").outcome
    assert [use.file_uuid for use in outcome.uses] == [second.imported[0].uuid]
    assert recorded.number_of("p", "@last") == outcome.job.number == "6"
    assert recorded.number_of("p", "@coordinate_selector:last") == "5"


def test_a_reference_that_leads_nowhere_says_where_to_look(made, model):
    select(made, model)
    for text, message in (
        (
            "@last.XYZOT",
            "job 1 of project 'p' has no file 'XYZOT'; did you mean XYZOUT? Its outputs are XYZOUT. Its inputs",
        ),
        ("@refmac:last.XYZOUT", "@refmac:last: the project 'p' has no job of the task 'refmac'. `ccp4hooks jobs p`"),
    ):
        with pytest.raises(UnknownNameError, match=re.escape(message)):
            select(made, text)
    for wrong in ("@first", "@:last", "@", "@coordinate_selector:"):
        with pytest.raises(UnknownNameError, match="Give a number, @last or @TASK:last"):
            made.number_of("p", wrong)
    # A text that looks like a reference is a text.
    assert values_of(run(made, TITLE="@last.XYZOUT"))["TITLE"] == ("@last.XYZOUT", USER)


# --- files of parameters ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".toml", ".json", ".xml"])
def test_saved_parameters_are_read_back_completely(made, model, tmp_path, suffix):
    values = [("XYZIN", model), ("XYZIN.selection.text", "A/10"), ("TITLE", 'é "\\\n\t\x7f'), ("WEIGHT", 1e-7)]
    values += [("NUMBERS", 1), ("NUMBERS", 2), ("group.TOGGLE", True), ("controlParameters.TITLE", "b")]
    values = [pair for pair in values if suffix != ".xml" or pair[0] != "TITLE"]
    made.run("param_task", values, project="p")
    saved, path = made.saved_parameters("p", "1"), tmp_path / f"saved{suffix}"
    made.write_parameters(saved, path)
    again = made.read_parameters(path)
    assert again.task == "param_task"
    expand = [(re.sub(r"\[\d+\]$", "", name), value) for name, value in saved.values]
    assert [(re.sub(r"\[\d+\]$", "", name), value) for name, value in again.values] == expand
    second = made.run(again.task, [("WEIGHT", 0.25)], project="p", saved=again).outcome
    first = made.outcomes("p", "1")[0]
    assert {**values_of(first), "WEIGHT": (0.25, USER)} == values_of(second)
    assert second.provenance.variation_of == ""
    assert [item.name for item in tmp_path.glob(".saved*")] == []


def test_a_file_that_a_person_has_written_has_tables_and_arrays(made, tmp_path):
    path = tmp_path / "p.toml"
    path.write_text('TITLE = "a"\nNUMBERS = [1, 2]\n[group]\nTOGGLE = true\n')
    outcome = made.run("param_task", [], project="p", saved=made.read_parameters(path)).outcome
    found = {name: value for name, (value, _) in values_of(outcome).items()}
    assert found == {"TITLE": "a", "NUMBERS[0]": 1, "NUMBERS[1]": 2, "group.TOGGLE": True}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("p.toml", "TITLE = ", "p.toml is not TOML: "),
        ("p.json", "[1", "p.json is not JSON: "),
        ("p.json", '{"TITLE": "a", "TITLE": "b"}', "p.json is not JSON: an object has the key 'TITLE' twice"),
        ("p.json", '{"parameters": {"group": {"A": 1, "A": 1}}}', "an object has the key 'A' twice"),
        ("p.json", '{"WEIGHT": 1e999}', "p.json is not JSON: 1e999 is not a finite number"),
        ("p.json", '{"a":' * 100_000, "p.json is not JSON: it has too many objects and lists inside each other"),
        ("p.toml", 'TITLE = "a"\nTITLE = "b"\n', "p.toml is not TOML: Cannot overwrite a value (at line 2"),
        ("p.toml", "[group]\nA = 1\n[group]\nA = 2\n", "p.toml is not TOML: Cannot declare ('group',) twice"),
        ("p.json", "[1]", "p.json must contain a table of parameters"),
        ("p.json", '{"TITLE": null}', "TITLE has a value of the type null"),
        ("p.json", '{"WEIGHT": NaN}', "p.json is not JSON: NaN is not a finite number"),
        ("p.toml", "TITLE = 2026-11-28", "TITLE has a value of the type date"),
        ("p.yaml", "TITLE: a", "a file with parameters is TOML, JSON or XML"),
        ("p.xml", "<a>", "p.xml is not XML: "),
        ("p.xml", "<a/>", "p.xml does not name its task"),
        ("p.xml", '<!DOCTYPE a [<!ENTITY b "c">]><a/>', "p.xml declares a document type"),
        ("gone.toml", None, "gone.toml cannot be read: No such file or directory"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(made, tmp_path, name, text, message):
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(BadInputError, match=re.escape(message)):
        made.read_parameters(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("p.toml", '"group.TOGGLE" = true\n[group]\nTOGGLE = false\n'),
        ("p.json", '{"group": {"TOGGLE": true}, "controlParameters.group.TOGGLE": true}'),
    ],
)
def test_a_parameter_under_two_names_in_a_file_is_refused(made, tmp_path, name, text):
    (tmp_path / name).write_text(text)
    saved = made.read_parameters(tmp_path / name)
    with pytest.raises(BadInputError, match=r"group\.TOGGLE was given twice, but it takes one value\."):
        made.run("param_task", project="p", saved=saved)
    assert made.projects() == ()


def test_a_job_that_ccp4i2_has_run_without_ccp4hooks_is_run_again(recorded, model):
    first = select(recorded, model).outcome
    from ccp4hooks_database.models import JobProvenance, RecordedValue

    JobProvenance.objects.all().delete()
    RecordedValue.objects.all().delete()
    (first.job.directory / outcome_file.FILE_NAME).unlink()
    second = recorded.rerun("p", "1").outcome
    assert (second.files[0].size_bytes, values_of(second)) == (first.files[0].size_bytes, values_of(first))
    assert second.provenance.variation_uuid == first.job.uuid


def test_xml_with_a_file_of_an_unknown_project_is_refused(made, model, tmp_path):
    outcome = select(made, model).outcome
    written = tmp_path / "p.xml"
    text = (outcome.job.directory / "input_params.xml").read_text()
    written.write_text(text.replace(str(outcome.job.project.uuid), "c94b78af-c6da-5560-a6cf-8d9de319f100"))
    with pytest.raises(
        BadInputError, match=r"XYZIN is a file of the project c94b.*, which is not known here\. Give XYZ"
    ):
        made.read_parameters(written)


# --- the same input ---------------------------------------------------------------------------------------------


def test_a_job_with_the_same_input_is_the_answer(recorded, model, tmp_path):
    first = select(recorded, model).outcome
    copy = shutil.copy(model, tmp_path / "other_name.pdb")
    for source in (model, copy, first.imported[0].path, "@1.XYZIN"):
        result = select(recorded, source, if_changed=True)
        assert (result.unchanged, result.outcome.job.number) == (True, "1")
    assert result.outcomes == recorded.outcomes("p", "1")
    assert len(recorded.outcomes("p")) == 1
    for options in ({"atoms": "A/10-12"}, {}):
        if not options:
            model.write_text(model.read_text() + "REMARK\n")
        result = select(recorded, model, if_changed=True, **options)
        assert result.unchanged is False
    assert [one.job.number for one in recorded.outcomes("p")] == ["1", "2", "3"]


def test_a_default_that_is_given_is_the_default(made):
    run(made, WEIGHT=0.75)
    assert made.rerun("p", "1", [("CYCLES", 10)], if_changed=True).unchanged is True
    assert made.rerun("p", "1", [("CYCLES", 11)], if_changed=True).unchanged is False


def test_a_failed_job_and_one_whose_outputs_are_gone_or_changed_are_no_answer(made, model):
    first = select(made, model).outcome
    first.files[0].path.write_text("END\n")
    assert select(made, model, if_changed=True).outcome.job.number == "2"
    made.outcomes("p", "2")[0].files[0].path.unlink()
    third = select(made, model, if_changed=True).outcome
    assert third.job.number == "3"
    path = third.job.directory / outcome_file.FILE_NAME
    path.write_text(path.read_text().replace('"status": "FINISHED"', '"status": "FAILED"'))
    assert select(made, model, if_changed=True).outcome.job.number == "4"


@pytest.mark.parametrize("change", ["content", "removed", "outcome file"])
def test_an_output_that_was_changed_after_its_job_is_no_answer_of_any_request(either, model, change):
    first = select(either, model).outcome
    path = first.files[0].path
    assert select(either, model, if_changed=True).unchanged is True
    if change == "removed":
        path.unlink()
    elif change == "content":
        path.write_bytes(path.read_bytes()[:-3] + b"XX\n")  # The size is the same.
    else:
        (path.parent / outcome_file.FILE_NAME).unlink()
        path.write_bytes(path.read_bytes()[:-3] + b"XX\n")
    again = select(either, model, if_changed=True)
    assert (again.unchanged, again.outcome.job.number) == (False, "2")
    values = {"XYZIN": [model], "XYZIN.selection.text": ["A/10-20"]}
    (answer,) = sweep(either, "coordinate_selector", values, project="p")
    assert (answer.result.unchanged, answer.result.outcome.job.number) == (True, "2")


def test_a_request_with_a_secret_is_like_no_other(made):
    assert run(made, KEY="opensesame").provenance.fingerprint == ""
    result = made.run("param_task", [("KEY", "opensesame")], project="p", if_changed=True)
    assert (result.unchanged, result.outcome.job.number) == (False, "2")


# --- the command line -------------------------------------------------------------------------------------------


def command(tmp_path, *words):
    shared = ["--projects-dir", str(tmp_path / "projects"), "-p", "no:database", "-p", "param_tasks"]
    return CliRunner().invoke(cli, [*shared, *map(str, words), "--project", "p"], prog_name="ccp4hooks")


def test_the_command_line_runs_again_saves_and_names_the_latest_job(made, tmp_path):
    run(made, WEIGHT=0.25, TITLE="a")
    path = tmp_path / "saved.toml"
    assert (
        command(tmp_path, "save-params", "@last", "-o", path).output
        == f"Saved 2 parameters of job 1 param_task to\n{path}\n"
    )
    printed = 'task = "param_task"\n\n[parameters]\nTITLE = "a"\nWEIGHT = 0.25\n'
    assert command(tmp_path, "save-params", "1").stdout == path.read_text() == printed
    assert json.loads(command(tmp_path, "save-params", "1", "-o", path, "--json").stdout) == {
        "task": "param_task",
        "parameters": {"TITLE": "a", "WEIGHT": 0.25},
    }
    for words in (("run", "--params", path), ("run", "param_task", "--params", path), ("run", "--from", "1")):
        done = command(tmp_path, *words, "CYCLES=7", "--json")
        (outcome,) = json.loads(done.stdout)["outcomes"]
        assert {one["name"]: one["value"] for one in outcome["parameters"]} == {
            "TITLE": "a", "WEIGHT": 0.25, "CYCLES": 107
        }  # fmt: skip
    done = command(tmp_path, "rerun", "@param_task:last", "--if-changed", "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["unchanged"] is True
    assert done.stderr.endswith("Job 4 is FINISHED with the same input, so the task was not run again.\n")


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["run"], 2, "Missing argument 'TASK'"),
        (["run", "CYCLES=3"], 2, "Missing argument 'TASK'"),
        (["run", "--from", "1", "--params", "x.toml"], 2, "Give only one of --from and --params"),
        (["run", "freerflag", "--from", "1"], 4, "Job 1 has parameters of the task 'param_task', not of 'freerflag'"),
        (["run", "freerflag", "--params", "1.xml"], 4, "1.xml has parameters of the task 'param_task', not of 'freer"),
        (
            ["run", "--params", "odd.xml"],
            4,
            "odd.xml: XYZIN is a file of the project nonsense, which is not known here",
        ),
        (["run", "--from", "9"], 4, "Unknown job '9'"),
        (["run", "--from", "@nix:last"], 4, "the project 'p' has no job of the task 'nix'"),
        (["run", "--from", ""], 4, "The value of --from is empty"),
        (["run", "--from", "1", "CYCLES=x"], 4, "CYCLES=x: the value must be a whole number"),
        (["run", "--from", "1", "--if-changed", "--dry-run"], 2, "Give only one of --if-changed and --dry-run"),
        (["rerun", "1", "CYCLES"], 2, "'CYCLES' does not have the form NAME=VALUE"),
        (["save-params", "1", "-o", "x.yaml"], 4, "x.yaml: the name of the file must end in .toml or .json or .xml"),
        (["save-params", "1", "-o", "/nowhere/x.toml"], 4, "/nowhere/x.toml"),
    ],
)
def test_a_wrong_command_line_says_what_is_wrong_and_makes_no_job(made, tmp_path, monkeypatch, words, code, message):
    job = run(made, WEIGHT=0.75).job  # CCP4i2 3.1 writes no body without a value
    monkeypatch.chdir(tmp_path)
    text = (job.directory / "input_params.xml").read_text()
    (tmp_path / "1.xml").write_text(text)
    file = "<XYZIN><project>nonsense</project><dbFileId>x</dbFileId><baseName>a</baseName><relPath>b</relPath></XYZIN>"
    odd = re.sub("<inputData ?/>|<inputData>.*?</inputData>", "", text, flags=re.DOTALL)
    (tmp_path / "odd.xml").write_text(re.sub("<ccp4i2_body[^>]*>", rf"\g<0><inputData>{file}</inputData>", odd))
    done = command(tmp_path, *words)
    assert (done.exit_code, message in done.stderr) == (code, True), done.stderr
    assert "Traceback" not in done.stderr
    assert [one.job.number for one in made.outcomes("p")] == ["1"]
