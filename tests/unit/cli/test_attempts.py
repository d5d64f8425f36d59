"""Where and how often jobs ran on engines, as `show`, `jobs` and an interrupted `sweep` say."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from click.testing import CliRunner
from rich.cells import cell_len
from unit.reports.samples import AT, chain
from unit.samples import tiny

from ccp4hooks import Attempt, JobStatus
from ccp4hooks.cli import cli
from ccp4hooks.cli.attempts import attempt_lines
from ccp4hooks.cli.targets import SubmittedJobs
from ccp4hooks.model import Engine, Job, Progress
from ccp4hooks.store import JobNumber

NOW = AT + timedelta(hours=2)
LONG = "ccp4hooks-1f0b7ac2-9d3e-4b4f-a5e0-7f1f6f3c2b9a-ba5eba11cafe"


@pytest.fixture
def job(project):
    number = JobNumber("2")
    directory = project.job_directory(number)
    return Job(uuid=uuid4(), number=number, task="refine", title="", project=project, directory=directory)


@pytest.fixture
def attempts(job):
    """An attempt that was interrupted, one that was cancelled while it waited, and one that runs."""
    began = {"began_at": AT + timedelta(seconds=12), "host": "node0123.cluster.example.org"}
    interrupted = {"ended_at": AT + timedelta(seconds=192), "end": JobStatus.INTERRUPTED}
    later = AT + timedelta(hours=1)
    cancelled = {"ended_at": later + timedelta(seconds=5), "end": JobStatus.INTERRUPTED}
    return (
        Attempt(job=job, number=1, engine="cluster", key=LONG, submitted_at=AT, retries=2, **began, **interrupted),
        Attempt(job=job, number=2, engine="cluster", key="4712", submitted_at=later, retries=1, **cancelled),
        Attempt(job=job, number=3, engine="cluster", key="4713", submitted_at=NOW, began_at=NOW, retries=1),
    )


def texts(attempts):
    return [line.plain for line in attempt_lines(attempts, NOW)]


@pytest.fixture
def narrow(monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")


@pytest.mark.usefixtures("narrow")
def test_the_attempts_are_a_table_that_fits_80_columns(attempts):
    assert texts(attempts) == [
        "  #  Engine   Number        Machine              Status       Waited   Ran",
        "  1  cluster  ccp4h...cafe  node0123.cluster.e…  INTERRUPTED  12.00 s  3 min 0 s",
        "  2  cluster  4712                               INTERRUPTED  5.00 s",
        "  3  cluster  4713                               running      0.00 s   0.00 s",
        "  1 retry left",
    ]


@pytest.mark.usefixtures("narrow")
@pytest.mark.parametrize("length", [7, 40])
def test_no_line_of_the_longest_attempts_is_wider_than_the_terminal(job, length):
    times = {"submitted_at": AT, "began_at": AT + timedelta(hours=23, minutes=59), "ended_at": AT + timedelta(hours=99)}
    end = {"end": JobStatus.RUNNING_REMOTELY, "host": "n" * length}
    lines = texts([Attempt(job=job, number=10, engine="e" * length, key=LONG, **times, **end)])
    assert max(map(cell_len, lines)) <= 80
    assert "RUNNING_REMOTELY" in lines[1]


def test_elsewhere_than_on_a_terminal_the_number_is_whole(attempts):
    assert LONG in texts(attempts)[1]


def test_retries_are_left_only_while_the_latest_attempt_has_not_ended(attempts):
    assert texts(attempts[:2])[-1].split()[:3] == ["2", "cluster", "4712"]
    assert texts(()) == []


@pytest.fixture
def call(tmp_path, project, open_with, monkeypatch):
    """Calls a command about a chain of refinements; an engine has run job 2 once, and its sub-job twice."""
    chain(project.directory)
    asked = []

    def read_attempts(uuids):
        asked.append(len(uuids))
        jobs = {one.job.number: one.job for one in open_with().outcomes("demo")}
        runs = (("2", 1), ("2.1", 1), ("2.1", 2))
        made = [Attempt(job=jobs[job], number=at, engine="cluster", submitted_at=AT) for job, at in runs]
        return [one for one in made if one.job.uuid in uuids]

    session = open_with(site=tiny(read_attempts))

    def made(*words):
        for module in ("jobs", "show"):
            monkeypatch.setattr(f"ccp4hooks.cli.commands.{module}.start_session", lambda _: session)
        asked.clear()
        done = CliRunner().invoke(cli, [*words, "--projects-dir", str(tmp_path / "projects")])
        assert done.exit_code == 0, done.output
        assert len(asked) == 1
        return done.stdout

    return made


def test_the_list_of_jobs_names_the_engine_and_asks_once_for_all_jobs(call):
    heading, *rows = call("jobs", "demo").splitlines()[1:]
    at = heading.index("Engine")
    shown = {row.split()[0]: row[at:].split("  ")[0].strip() for row in rows}
    assert {number: text for number, text in shown.items() if text} == {"2": "cluster", "2.1": "cluster, attempt 2"}
    jobs = json.loads(call("jobs", "demo", "--json"))["jobs"]
    found = {one["number"]: (one["engine"], one["attempts"]) for job in jobs for one in (job, *job["jobs"])}
    assert (found["2"], found["2.1"], found["3"]) == (("cluster", 1), ("cluster", 2), (None, 0))


@pytest.mark.usefixtures("narrow")
def test_the_engine_of_a_job_is_below_its_line_if_the_terminal_is_narrow(call, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    lines = call("jobs", "demo").splitlines()
    assert "    Engine: cluster, attempt 2" in lines


def test_show_as_json_has_the_attempts_of_all_jobs_and_sub_jobs_that_it_shows(call):
    for words in (("2",), ("1", "2")):
        found = json.loads(call("show", *words, "--project", "demo", "--json"))["attempts"]
        assert [(one["job"]["number"], one["number"]) for one in found] == [("2", 1), ("2.1", 1), ("2.1", 2)]


def test_the_jobs_that_go_on_after_ctrl_c_are_counted(job):
    seen = []
    submitted = SubmittedJobs()
    submitted.show = seen.append
    other = Job(uuid=uuid4(), number="3", task="refine", title="", project=job.project, directory=job.directory)
    steps = [(job, "submitted"), (other, "submitted"), (other, "running"), (job, "finished")]
    cluster, pool = Engine(name="cluster", plugin="batch"), Engine(name="pool", plugin="dask", outlives=False)
    said = [submitted.going_on(cluster)]
    for one, phase in steps:
        submitted(Progress(job=one, phase=phase, status=JobStatus.RUNNING))
        said.append(submitted.going_on(cluster))
    one, two = "1 job still waits or runs on cluster", "2 jobs still wait or run on cluster"
    assert said == ["", one, two, two, one]
    assert (len(seen), submitted.going_on(pool)) == (4, "")
