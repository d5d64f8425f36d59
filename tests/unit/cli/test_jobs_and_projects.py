"""What commands say if a project stands where a job is expected, or a job where a project is."""

import pytest
from click.testing import CliRunner
from unit.reports.samples import chain

from ccp4hooks.cli import cli


@pytest.fixture
def call(project, tmp_path):
    """A command line about the project demo, which has five jobs, and a project ``my two`` beside it."""
    chain(project.directory)
    (project.directory.parent / "my two" / "CCP4_JOBS").mkdir(parents=True)
    place = ("-p", "no:database", "--projects-dir", str(project.directory.parent))

    def called(*words):
        done = CliRunner().invoke(cli, [*words, *place], env={"CCP4HOOKS_PROJECT": "demo"})
        return done.exit_code, " ".join(done.stderr.split())

    return called


TWO = "my two"
"""The name of a project, which a shell needs in quotes."""

IS_A_PROJECT = "Unknown job 'my two'. my two is the name of a project, which is given by `--project 'my two'`"


@pytest.mark.parametrize(
    "words",
    [
        ("compare", TWO, "2", "3"),
        ("show", TWO, "2"),
        ("log", TWO),
        ("wait", TWO),
        ("cancel", TWO),
        ("retry", TWO),
        ("reglean", TWO),
        ("rename", TWO, "Title"),
        ("note", TWO, "x", "--project", "demo"),
        ("delete", TWO, "1", "--yes"),
        ("restore", TWO, "1"),
        ("rerun", TWO),
        ("run", "--from", TWO),
        ("save-params", TWO),
        ("plot", "RFree", "--along", TWO),
    ],
    ids=lambda words: words[0],
)
def test_a_project_in_the_place_of_a_job_is_told_from_an_unknown_job(call, words):
    assert call(*words) == (4, f"Error: {IS_A_PROJECT}; a job has a number.")


@pytest.mark.parametrize(("word", "command"), [("last", "show"), ("refine:last", "rerun"), ("last", "compare")])
def test_the_last_job_without_its_sign_is_told_with_it(call, word, command):
    assert call(command, word, *(["2"] if command == "compare" else [])) == (
        4,
        f"Error: Unknown job '{word}'. Did you mean @{word}?",
    )


def test_a_word_that_is_no_project_is_an_unknown_job(call):
    code, said = call("compare", "three", "2")
    assert (code, said) == (4, "Error: Unknown job 'three'. `ccp4hooks jobs demo` lists the jobs.")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("log", TWO, "3"), "A project is given by --project, as in `ccp4hooks log 3 --project 'my two'`."),
        (("wait", TWO, "@last"), "A project is given by --project, as in `ccp4hooks wait @last --project 'my two'`."),
        (("rename", TWO, "3", "T t"), "as in `ccp4hooks rename 3 'T t' --project 'my two'`."),
        (("save-params", "1", "2"), "Got unexpected extra argument (2). A project is given by `--project NAME`."),
        (
            ("rerun", TWO, "3", "A=1"),
            "A project is given by --project, as in `ccp4hooks rerun 3 A=1 --project 'my two'`",
        ),
        (("cite", "3", TWO), "Give a project first, or by `--project 'my two'`."),
        (("verify", "3", "x"), "Error: 'x' is not a job number such as 3 or 3.1."),
        (("jobs", TWO, "3"), "The command is about a PROJECT; `ccp4hooks show JOB --project NAME` shows a job."),
    ],
    ids=lambda words: words[0] if isinstance(words, tuple) else None,
)
def test_a_project_and_a_job_in_the_wrong_order_are_told_apart(call, words, said):
    code, text = call(*words)
    assert code == 2
    assert said in text


@pytest.mark.parametrize("command", ["jobs", "kpis", "watch", "trash", "recover"])
@pytest.mark.parametrize("job", ["3", "3.1", "@last"])
def test_a_job_in_the_place_of_a_project_is_told_from_an_unknown_project(call, command, job):
    shows = f"`ccp4hooks show {job} --project NAME` shows a job of a project"
    assert call(command, job) == (
        4,
        f"Error: Unknown project '{job}'. {shows}; `ccp4hooks projects` lists all projects.",
    )


def test_a_kpi_and_a_project_are_told_apart(call):
    code, said = call("kpis", "RFree")
    assert code == 4
    assert "Unknown project 'RFree'. The first word is the PROJECT, and KEYs follow it;" in said
    code, said = call("plot", "RFree", TWO)
    assert code == 4
    assert said.endswith("Unknown KPI 'my two'. my two is the name of a project, which is given by `--over 'my two'`.")
