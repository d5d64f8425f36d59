"""The commands that name, tag and describe jobs and projects, on a real database."""

import csv
import io
import json
import re
import shutil
import time
from datetime import datetime, timedelta, timezone

import pytest
from click.testing import CliRunner

from ccp4hooks.cli import cli


@pytest.fixture(scope="module")
def template(sqlite_template, data, tmp_path_factory):
    """A database with the project toxd, which has one job."""
    folder = tmp_path_factory.mktemp("toxd")
    shutil.copy(sqlite_template, folder / "db.sqlite3")
    done = invoke(folder, "run", "coordinate_selector", "--project", "toxd", f"XYZIN={data['model']}")
    assert done.exit_code == 0, done.output
    return folder


def invoke(folder, *words):
    environment = {"CCP4I2_HOME": str(folder / "home"), "CCP4HOOKS_PROJECT": "toxd"}
    place = ("--database", f"sqlite:///{folder}/db.sqlite3", "--projects-dir", str(folder / "projects"))
    return CliRunner().invoke(cli, [*words, *place], env=environment)


@pytest.fixture(autouse=True)
def zone(monkeypatch):
    """A time zone of four hours behind UTC."""
    monkeypatch.setenv("TZ", "XYZ4")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def call(template, tmp_path):
    """Returns the output of a command on a copy of the database."""
    shutil.copy(template / "db.sqlite3", tmp_path)
    (tmp_path / "projects").symlink_to(template / "projects")

    def make(*words, code=0):
        done = invoke(tmp_path, *words)
        assert done.exit_code == code, done.output
        return done.stdout if code == 0 else done.stderr

    return make


def test_a_job_gets_a_title_a_note_and_tags_which_show_shows(call):
    assert call("rename", "1", "Best model") == "toxd 1  Best model\n"
    call("note", "1", "one\ntwo")
    assert call("tag", "1", "best", "a b") == "toxd 1  Best model\nTags: a b, best  Note: one\\ntwo\n"
    _, job, labels, *_ = call("show", "1").splitlines()
    assert job.startswith("1 coordinate_selector FINISHED")
    assert labels == "Tags: a b, best  Note: one\\ntwo"
    shown = json.loads(call("show", "1", "--json"))
    assert (shown["note"], shown["tags"]) == ("one\ntwo", ["a b", "best"])
    call("note", "1", "--remove")
    assert json.loads(call("tag", "1", "best", "--remove", "--json"))["tags"] == ["a b"]
    assert "has no tag 'best'" in call("tag", "1", "best", "--remove", code=4)


def test_a_project_gets_a_name_a_note_and_tags_and_its_jobs_can_be_replayed(call, template):
    call("note", "toxd", "The first")
    call("tag", "toxd", "lab", "old")
    assert call("projects", "rename", "toxd", "alpha").startswith("The project toxd is now alpha.")
    (listed,) = json.loads(call("projects", "--tag", "lab", "--tag", "old", "--json"))
    directory = listed["directory"]
    assert (listed["name"], listed["note"], listed["tags"]) == ("alpha", "The first", ["lab", "old"])
    assert call("projects").splitlines() == [
        f"Project  {'Directory':{len(directory)}}  Tags      Note",
        f"alpha    {directory}  lab, old  The first",
    ]
    assert json.loads(call("projects", "--tag", "new", "--json")) == []
    assert call("replay", "--project", "alpha") == "alpha 1 coordinate_selector FINISHED (recorded before)\n"


def test_a_project_whose_name_is_a_number_gets_a_note_and_tags(call):
    call("projects", "create", "12")
    assert call("tag", "12", "lab", "--is-project") == "Project 12\nTags: lab\n"
    assert call("note", "12", "A dozen", "--is-project") == "Project 12\nTags: lab  Note: A dozen\n"
    assert [one["name"] for one in json.loads(call("projects", "--tag", "lab", "--json"))] == ["12"]
    assert "Unknown job '12'" in call("tag", "12", "lab", code=4)
    assert "give only the name" in call("tag", "12", "lab", "--is-project", "--project", "toxd", code=2)


def test_the_space_of_a_project_is_shown(call):
    found = json.loads(call("projects", "show", "toxd", "--json"))
    assert found["disk_use"]["unreadable"] == 0
    assert found["disk_use"]["size_bytes"] > 193270
    lines = call("projects", "show", "toxd").splitlines()
    assert [line.split()[0] for line in lines] == ["Project", "Directory", "UUID", "Disk"]
    assert lines[-1].endswith(f" in {found['disk_use']['files']} files")
    assert json.loads(call("projects", "--disk-use", "--json"))[0]["disk_use"] == found["disk_use"]


def test_a_project_is_created_before_its_first_job(call):
    assert call("projects", "create", "new").startswith("Created the project new in ")
    assert "exists already. Choose another name." in call("projects", "create", "TOXD", code=4)
    assert [one["name"] for one in json.loads(call("projects", "--json"))] == ["toxd", "new"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("rename", "9", "t"), "Unknown job '9'"),
        (("rename", "1", "t" * 256), "has 256 characters, but at most 255"),
        (("tag", "1", "t" * 10_000), "has 10000 characters, but at most 50"),
        (("tag", "1", "\x1b[31m"), "has control characters"),
        (("note", "1", ""), "The value of TEXT is empty"),
        (("note", "txod", "n"), "Unknown project 'txod'; did you mean toxd?"),
        (("projects", "create", "../x"), "cannot be the name of a project"),
        (("projects", "rename", "toxd", "a/b"), "cannot be the name of a project"),
    ],
)
def test_a_bad_input_is_explained_and_changes_nothing(call, words, said):
    before = call("projects", "--json") + call("show", "1", "--json")
    message = call(*words, code=4)
    assert said in message
    assert "\x1b" not in message
    assert call("projects", "--json") + call("show", "1", "--json") == before


def test_a_note_is_either_given_or_removed(call):
    assert "Give the text of the note after 1, or --remove. `ccp4hooks show 1` shows the note" in call(
        "note", "1", code=2
    )
    assert "`ccp4hooks show 1 --project toxd` shows the note" in call("note", "1", "--project", "toxd", code=2)
    call("note", "1", "text", "--remove", code=2)
    call("tag", "1", code=2)


@pytest.fixture
def more(call, template, tmp_path, data):
    """A second job, newer and tagged, and one that waits with a sub-job."""
    from ccp4hooks import Settings, open_session

    done = invoke(tmp_path, "run", "coordinate_selector", f"XYZIN={data['model']}", "--title", "Second")
    assert done.exit_code == 0, done.output
    session = open_session(Settings(projects_dir=tmp_path / "projects", database=f"sqlite:///{tmp_path}/db.sqlite3"))
    parent = session.open_job("freerflag", project="toxd")
    session.open_job("mtzheader", project="toxd", parent=parent)
    call("tag", "2", "best")
    yield call
    shutil.rmtree(template / "projects" / "toxd" / "CCP4_JOBS" / "job_2")
    shutil.rmtree(template / "projects" / "toxd" / "CCP4_JOBS" / "job_3")


def test_jobs_are_listed_newest_first_with_date_duration_and_tags(more):
    head, titles, *lines = more("jobs").splitlines()
    assert head.startswith("Project toxd in ")
    assert titles.split() == ["Job", "Task", "Status", "Date", "(XYZ)", "Time", "Title"]
    assert [line.split()[:3] for line in lines] == [
        ["3", "freerflag", "PENDING"],
        ["3.1", "mtzheader", "PENDING"],
        ["2", "coordinate_selector", "FINISHED"],
        ["1", "coordinate_selector", "FINISHED"],
    ]
    assert lines[1].startswith("  3.1")
    assert re.search(r"FINISHED  20\d\d-\d\d-\d\d \d\d:\d\d  \d+\.\d\d s  \[best\] Second$", lines[2])
    found = json.loads(more("jobs", "--json", "--limit", "2"))
    assert [(one["number"], len(one["jobs"])) for one in found["jobs"]] == [("3", 1), ("2", 0)]
    assert (found["more"], found["jobs"][1]["tags"]) == (True, ["best"])
    assert found["jobs"][1]["duration_s"] > 0


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        (("--status", "finished"), ["2", "1"]),
        (("--status", "pending", "--status", "FAILED"), ["3", "3.1"]),
        (("--task", "mtzheader"), ["3.1"]),
        (("--since", "1h", "--sort", "created"), ["1", "2", "3", "3.1"]),
        (("--since", "2100-01-01"), []),
        (("--tag", "best"), ["2"]),
        (("--kpi", "nAtoms>1000", "--kpi", "nResidues=277"), ["2", "1"]),
        (("--kpi", "nAtoms>1000", "--tag", "best"), ["2"]),
        (("--kpi", "nAtoms<1000"), []),
        (("--sort", "nAtoms", "--status", "finished", "--limit", "1"), ["1"]),
    ],
)
def test_conditions_choose_jobs(more, words, numbers):
    found = json.loads(more("jobs", "--json", *words))["jobs"]
    assert [number for one in found for number in (one["number"], *(sub["number"] for sub in one["jobs"]))] == numbers


def test_the_kpi_by_which_jobs_are_chosen_or_sorted_is_a_column(more):
    for words in (("--sort", "-nAtoms"), ("--kpi", "nAtoms>1000"), ("--sort", "nAtoms", "--kpi", "nAtoms>1000")):
        head, *lines = more("jobs", "--limit", "1", *words).splitlines()[1:]
        assert (head.split().count("Atoms"), lines[0].split().count("2122")) == (1, 1), words
    assert "Atoms" not in more("jobs", "--sort", "title")


def test_kpis_are_a_table_with_one_line_per_job(more):
    assert more("kpis", "toxd").splitlines() == [
        "Job  Task                 Atoms  Residues",
        "2    coordinate_selector  2122   277",
        "1    coordinate_selector  2122   277",
    ]
    rows = list(csv.DictReader(io.StringIO(more("kpis", "nAtoms", "other", "--project", "toxd", "--csv"))))
    assert [(row["number"], row["nAtoms"], row["other"], row["tags"]) for row in rows] == [
        ("2", "2122", "", "best"),
        ("1", "2122", "", ""),
    ]
    found = json.loads(more("kpis", "toxd", "--json", "--tag", "best"))
    assert (found["keys"], [one["kpis"] for one in found["jobs"]]) == (
        ["nAtoms", "nResidues"],
        [{"nAtoms": 2122, "nResidues": 277}],
    )


def test_times_are_those_of_the_zone_of_this_machine_which_is_named_once_and_utc_for_programs(call):
    (job,) = json.loads(call("jobs", "--json"))["jobs"]
    opened = datetime.fromisoformat(job["created_at"])
    assert opened.utcoffset() == timedelta(0)
    _, titles, line = call("jobs").splitlines()
    assert "  Date (XYZ)  " in titles
    here = timezone(timedelta(hours=-4))
    assert f"  {opened.astimezone(here):%Y-%m-%d %H:%M}  " in line
    shown = {line.split()[0]: line for line in call("show", "1").splitlines() if line}
    started = datetime.fromisoformat(job["started_at"]).astimezone(here)
    assert shown["Started"].startswith(f"Started    {started:%Y-%m-%d %H:%M:%S} XYZ, CPU")
    assert (
        shown["Ended"] == f"Ended      {datetime.fromisoformat(job['finished_at']).astimezone(here):%Y-%m-%d %H:%M:%S}"
    )


def test_the_end_of_the_log_is_shown(call, template):
    log = template / "projects" / "toxd" / "CCP4_JOBS" / "job_1" / "ccp4hooks_output.txt"
    before = log.read_bytes() if log.exists() else None
    log.write_text("".join(f"line {n} \x1b[31m\n" for n in range(30)))
    _, head, blank, title, *lines = call("show", "1", "--log").splitlines()
    assert head.startswith("1 coordinate_selector FINISHED")
    assert (blank, title) == ("", "Log")
    assert lines == [f"  line {n} \\x1b[31m" for n in range(10, 30)]
    assert json.loads(call("show", "1", "--log", "--json"))["logs"] == {
        "1": [f"line {n} \x1b[31m" for n in range(10, 30)]
    }
    log.unlink()
    assert call("show", "1", "--log").splitlines()[-1].startswith("  Job 1 (FINISHED) has no log: ")
    if before is not None:
        log.write_bytes(before)


def test_a_title_stands_for_the_key_of_a_kpi(more):
    found = json.loads(more("kpis", "toxd", "atoms", "--kpi", "Residues>100", "--sort=-Atoms", "--json"))
    assert [one["kpis"] for one in found["jobs"]] == [{"nAtoms": 2122}] * 2
    assert found["keys"] == ["nAtoms"]
    _, titles, *lines = more("jobs", "--kpi", "Atoms=2122", "--tag", "best").splitlines()
    assert titles.split() == ["Job", "Task", "Status", "Date", "(XYZ)", "Time", "Atoms", "Title"]
    assert [line.split()[6:8] for line in lines] == [["s", "2122"]]
    shown = more("show", "1").splitlines()
    assert "  Atoms     2122" in shown
    assert "  Atoms     2122 (key nAtoms) [kpi]" in more("show", "1", "--all").splitlines()
    assert json.loads(more("show", "1", "--json"))["outcomes"][0]["kpis"][0]["key"] == "nAtoms"
    assert ["Residues", "277", "277", "(=)"] in [line.split() for line in more("show", "1", "2").splitlines()]


def test_a_key_that_no_plugin_describes_comes_before_a_title(more, tmp_path, monkeypatch, data):
    (tmp_path / "our_atoms.py").write_text(
        "from ccp4hooks import Kpi, hookimpl\n@hookimpl\ndef glean_kpi():\n    yield Kpi(key='Atoms', value=7)\n"
    )
    monkeypatch.chdir(tmp_path)
    more("run", "coordinate_selector", f"XYZIN={data['model']}", "-p", "our_atoms", "--project", "other")
    assert [one["number"] for one in json.loads(more("jobs", "other", "--kpi", "Atoms=7", "--json"))["jobs"]] == ["1"]
    shown = more("show", "1", "--project", "other")
    assert "  Atoms (nAtoms)  2122" in shown.splitlines()
    assert "  Atoms (Atoms)   7 [our_atoms]" in shown.splitlines()


def test_a_key_that_is_also_another_title_is_explained(call, tmp_path):
    done = invoke(tmp_path, "kpis", "toxd", "R")
    assert "R is the key of 'R (all)'. The KPI with the title 'R' has the key RFactor." in done.stderr.splitlines()


def test_a_key_that_no_job_has_is_explained(call, tmp_path):
    for words in (("kpis", "toxd", "nAtom"), ("jobs", "--kpi", "nAtom>1")):
        done = invoke(tmp_path, *words)
        assert done.exit_code == 0
        assert "No recent job of the project toxd has the KPI 'nAtom'; did you mean nAtoms?" in done.stderr
    done = invoke(tmp_path, "kpis", "toxd", "Residue")
    assert "No recent job of the project toxd has the KPI 'Residue'; did you mean nResidues?" in done.stderr


@pytest.mark.parametrize(
    ("words", "said", "code"),
    [
        (("jobs", "--kpi", "RFree<<1"), "  RFree<<1\n          ^", 4),
        (("jobs", "--kpi", "x" * 10_000), "has no operator", 4),
        (("jobs", "--since", "soon"), "A time cannot be read", 4),
        (("jobs", "--status", "done"), "Unknown status 'done'", 4),
        (("jobs", "--sort", "-"), "cannot be sorted by this", 4),
        (("jobs", "--limit", "-1"), "--limit", 2),
        (("jobs", "--limit", "many"), "--limit", 2),
        (("jobs", "--tag", "\udcff"), "is not a text in UTF-8", 4),
        (("jobs", "--task", "\udcff"), "is not a text in UTF-8", 4),
        (("jobs", "--kpi", "nAtoms=\udcff"), "is not a text in UTF-8", 4),
        (("jobs", "--sort", "\udcff"), "is not a text in UTF-8", 4),
        (("kpis", "toxd", "\udcff"), "is not a text in UTF-8", 4),
        (("jobs", "--limit", str(10**30)), "Project toxd", 0),
        (("kpis", "toxd", "--csv", "--json"), "Give only one of --csv and --json", 2),
        (("kpis", "txod"), "did you mean toxd?", 4),
    ],
)
def test_a_condition_that_cannot_be_read_is_explained(call, words, said, code):
    assert said in call(*words, code=code)
