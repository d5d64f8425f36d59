"""The command `compare`: a page, data for programs, and what it says of a wrong command line."""

import csv
import json

import pytest
from click.testing import CliRunner
from unit.reports.samples import chain, rewrite, with_inputs

from ccp4hooks import Kpi, ParameterValue
from ccp4hooks.cli import cli


@pytest.fixture
def refined(project):
    """A project with a chain of refinements."""
    return chain(project.directory)


def call(folder, *words, code=0):
    place = ("-p", "no:database", "--projects-dir", str(folder / "projects"))
    done = CliRunner().invoke(cli, ["compare", *words, *place], env={"CCP4HOOKS_PROJECT": "demo"})
    assert done.exit_code == code, done.output
    return done.stdout if code == 0 else done.stderr


def test_the_command_writes_a_page_or_data_or_both(refined, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert call(tmp_path, "2", "3", "-o", "x.html") == f"{tmp_path / 'x.html'}\n"
    said = json.loads(call(tmp_path, "2", "@last", "--json", "-o", "x.html"))
    assert (said["path"], said["reference"]) == (str(tmp_path / "x.html"), "2")
    assert [one["job"]["number"] for one in said["comparison"]["jobs"]] == ["2", "5"]
    assert "  Job     2         3\n" in call(tmp_path, "2", "3")
    assert json.loads(call(tmp_path, "2", "3", "--json"))["path"] is None


def test_the_ending_of_a_file_tells_the_format(refined, tmp_path):
    for ending in ("html", "csv", "json"):
        assert call(tmp_path, "2", "3", "-o", str(tmp_path / f"x.{ending}")) == f"{tmp_path / f'x.{ending}'}\n"
    assert (tmp_path / "x.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert (tmp_path / "x.csv").read_text(encoding="utf-8") == call(tmp_path, "2", "3", "--csv")
    written = json.loads((tmp_path / "x.json").read_text(encoding="utf-8"))
    said = json.loads(call(tmp_path, "2", "3", "--json"))
    assert (written["reference"], written["comparison"]["kpis"]) == ("2", said["comparison"]["kpis"])
    assert "exists already" in call(tmp_path, "2", "3", "-o", str(tmp_path / "x.csv"), code=4)
    call(tmp_path, "2", "3", "--force", "-o", str(tmp_path / "x.csv"))
    assert "ends in .html, .csv or .json" in call(tmp_path, "2", "3", "-o", "x.pdf", code=4)


def test_a_table_for_pandas_has_one_line_per_job(project, tmp_path):
    for at in (1, 2):
        rewrite(
            with_inputs(project.directory, str(at), a=str(at)),
            kpis=(Kpi(key="RFree", value=0.1 * at), Kpi(key="note", value="a\x1b,b")),
            parameters=(ParameterValue(name="N", value=at), ParameterValue(name="SAME", value=1)),
        )
    lines = list(csv.DictReader(call(tmp_path, "1", "2", "--csv").splitlines()))
    assert [line["number"] for line in lines] == ["1", "2"]
    assert [name for name in lines[0] if "." in name] == [
        "kpi.RFree",
        "difference.RFree",
        "kpi.note",
        "parameter.N",
        "input.HKLIN",
        "md5.HKLIN",
    ]
    second = lines[1]
    assert (second["kpi.RFree"], second["difference.RFree"], second["parameter.N"]) == ("0.2", "0.1", "2")
    assert (second["kpi.note"], second["md5.HKLIN"], lines[0]["difference.RFree"]) == ("a\\x1b,b", "2" * 32, "")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "Give at least two jobs, or --task TASK."),
        (("2", "--task", "refine"), 2, "Give either JOB or --task, not both."),
        (("2", "3", "--json", "--csv"), 2, "Give only one of --csv and --json."),
        (("2", "@last", "5"), 0, ""),
        (("5", "@last"), 4, "This is job 5. A comparison needs at least two different jobs."),
        (("--task", " "), 4, "The value of --task is empty"),
        (("--task", "refine", "--kpi", ""), 4, "None of the jobs has the KPI ''"),
        (("2", "x"), 4, "Unknown job 'x'"),
        (("2", "3", "-o", "."), 4, "does not tell the format"),
    ],
)
def test_a_wrong_command_line_says_what_is_wrong(refined, tmp_path, words, code, said):
    assert said in call(tmp_path, *words, code=code)
