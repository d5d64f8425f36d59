"""The live page: what each address shows, and what it does not."""

import os
import re
from dataclasses import replace
from urllib.parse import quote
from uuid import UUID

import pytest
from starlette.responses import FileResponse
from unit.reports.samples import failed, made_file, recorded
from unit.reports.test_page import ALLOWED, HOSTILE, Elements, hostile_graph, hostile_report

from ccp4hooks import Citation, Session
from ccp4hooks.model import JobSummary, JobTable
from ccp4hooks.outcomes.job_log import OUTPUT_FILE
from ccp4hooks.serving.pages import ON_PAGE, Pages
from ccp4hooks.texts import printable


def test_the_first_page_lists_the_projects_and_says_that_there_is_no_database(ask, refined):
    answer = ask.get("/")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert f'<a href="/projects/{refined.uuid}"><bdi>demo</bdi></a>' in answer.text
    assert "No plugin records jobs in a database" in answer.text
    assert "<script" not in answer.text.partition("</head>")[2].replace('<script type="application/json"', "")


def test_without_projects_the_page_says_so(ask, project):
    assert "There are no projects yet." in ask.get("/").text


def test_a_project_shows_its_jobs_the_latest_first(ask, refined):
    text = ask.get(f"/projects/{refined.uuid}").text
    at = [text.index(f'href="/projects/{refined.uuid}/jobs/{number}"') for number in "54321"]
    assert at == sorted(at)
    assert "FAILED" in text
    assert "0.28" in text
    assert text.count("the best job") == 1


def test_many_jobs_are_on_several_pages(ask, project):
    for at in range(ON_PAGE + 1):
        recorded(project.directory, str(at + 1))
    base = f"/projects/{project.uuid}"
    first, second = (ask.get(base, params={"page": at}).text for at in (1, 2))
    assert [text.count("<tbody") for text in (first, second)] == [ON_PAGE, 1]
    assert (f'href="{base}?page=2"' in first, f'href="{base}?page=1"' in second) == (True, True)
    assert f'href="{base}/jobs/1"' in second
    assert "This project has no jobs." in ask.get(base, params={"page": 3}).text


@pytest.mark.parametrize("page", ["0", "-1", "x", "1.5", "9" * 5000, "\u0663", ""])
def test_a_page_with_no_such_number_is_refused(ask, refined, page):
    assert ask.get(f"/projects/{refined.uuid}", params={"page": page}).status_code == 404


def test_a_job_shows_what_is_recorded_with_links_to_its_files(ask, refined):
    text = ask.get(f"/projects/{refined.uuid}/jobs/3").text
    (refined.directory / "CCP4_JOBS/job_3/XYZOUT.pdb").write_bytes(b"ATOM\n")
    uuid = made_file(recorded(refined.directory, "3").job).uuid
    link = f"/projects/{refined.uuid}/jobs/3/files/{uuid}"
    assert link in text
    answer = ask.get(link)
    assert (answer.status_code, answer.content) == (200, b"ATOM\n")
    assert answer.headers["content-disposition"] == 'attachment; filename="XYZOUT.pdb"'
    assert answer.headers["content-type"] == "application/octet-stream"


def test_the_graphs_of_a_job_are_values_and_a_link_to_where_they_are_drawn(session, ask, project, monkeypatch):
    recorded(project.directory, "1")
    report = session.report(project)
    job = replace(report.jobs[0], graphs=(hostile_graph("R over cycles"),), citations=(Citation(title="On R"),))
    monkeypatch.setattr(Session, "report", lambda *_, **__: replace(report, jobs=(job,)))
    base = f"/projects/{project.uuid}/jobs/1"
    text = ask.get(base).text
    assert f'<a href="{base}/report">They are drawn in the report on this job</a>' in text
    assert ("<summary>Values: R over cycles</summary>" in text, "On R." in text) == (True, True)
    assert ('class="plot"' in text, "vega" in text) == (False, False)
    assert 'class="plot"' in ask.get(f"{base}/report").text


def test_a_failed_job_says_why(ask, refined):
    assert "the program has no licence" in ask.get(f"/projects/{refined.uuid}/jobs/5").text


def test_the_report_is_that_of_the_command(ask, refined):
    for path in ("report", "jobs/3/report"):
        text = ask.get(f"/projects/{refined.uuid}/{path}").text
        assert 'id="graph"' in text
    assert "Job 5" not in text


def test_a_log_is_shown_or_the_reason_why_there_is_none(ask, refined):
    page = f"/projects/{refined.uuid}/jobs/3/log"
    assert "has no log" in ask.get(page).text
    path = refined.directory / "CCP4_JOBS/job_3" / OUTPUT_FILE
    path.write_text("")
    assert "Nothing has been printed." in ask.get(page).text
    path.write_text("cycle 1\n</pre><script>\x1b[31m\n")
    assert "cycle 1\n&lt;/pre&gt;&lt;script&gt;\\x1b[31m\n" in ask.get(page).text
    (path.parent / "log.txt").write_text("of the program")
    assert "of the program" in ask.get(page, params={"program": "1"}).text


def test_the_log_of_a_program_of_a_pipeline_leads_to_those_of_its_sub_jobs(ask, refined):
    (refined.directory / "CCP4_JOBS/job_3/job_1/log.txt").write_text("of the sub-job")
    page = f"/projects/{refined.uuid}/jobs/3/log"
    text = ask.get(page, params={"program": "1"}).text
    assert f'These sub-jobs have: <a href="/projects/{refined.uuid}/jobs/3.1/log?program=1">3.1</a>' in text
    assert "sub-jobs have" not in ask.get(page).text


def test_a_project_with_failed_jobs_only_is_shown(ask, project):
    recorded(project.directory, "1", **failed("no licence"))
    assert "FAILED" in ask.get(f"/projects/{project.uuid}").text


# --- what is not shown ----------------------------------------------------------------------------------------------

UNKNOWN = UUID(int=7)

TRICKS = [
    "../job_1",
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e",
    "3%00",
    "0",
    "-1",
    "3.",
    ".3",
    "3..1",
    "\u0663",
    "3\n",
    "x",
    "3 4",
    "@last",
    "9" * 5000,
    "1." * 500 + "1",
]


@pytest.mark.parametrize("number", TRICKS)
def test_no_trick_with_the_number_of_a_job_shows_anything(ask, refined, number):
    job = f"/projects/{refined.uuid}/jobs/{quote(number, safe='./%')}"
    for rest in ("", "/log", "/report", f"/files/{UNKNOWN}"):
        answer = ask.get(job + rest)
        assert answer.status_code == 404
        assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/projects",
        "/projects/demo",
        f"/projects/{UNKNOWN}",
        "/projects/../../etc/passwd",
        "/projects/%2e%2e/%2e%2e/etc/passwd",
        "/static/report.js",
        "/favicon.ico",
        "//etc/passwd",
        "/%00",
        "/" + "x" * 9000,
    ],
)
def test_unknown_addresses_have_a_page_that_says_so(ask, refined, path):
    answer = ask.get(f"http://localhost:8055{path}")
    assert answer.status_code == 404
    assert "<h1>" in answer.text


@pytest.fixture
def secret(project):
    path = project.directory.parent / "secret.pdb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("secret")
    return path


@pytest.mark.parametrize("kind", ["path", "link", "link to a directory", "dots", "missing", "directory", "pipe"])
def test_files_outside_of_the_project_and_what_is_no_file_are_not_sent(ask, project, secret, kind):
    job = recorded(project.directory, "1").job
    own = job.directory / "XYZOUT.pdb"
    path = own
    if kind == "path":
        path = secret
    elif kind == "link":
        own.symlink_to(secret)
    elif kind == "link to a directory":
        (job.directory / "d").symlink_to(secret.parent)
        path = job.directory / "d" / secret.name
    elif kind == "dots":
        path = job.directory / "../../../secret.pdb"
    elif kind == "directory":
        own.mkdir()
    elif kind == "pipe":
        os.mkfifo(own)
    file = made_file(job, path=path)
    recorded(project.directory, "1", files=(file,))
    answer = ask.get(f"/projects/{project.uuid}/jobs/1/files/{file.uuid}")
    assert (answer.status_code, "secret\n" in answer.text) == (404, False)
    assert answer.text.count("secret") <= answer.text.count("secret.pdb")


def test_a_file_of_another_job_is_not_sent(ask, refined):
    (refined.directory / "CCP4_JOBS/job_3/XYZOUT.pdb").write_bytes(b"ATOM\n")
    uuid = made_file(recorded(refined.directory, "3").job).uuid
    assert ask.get(f"/projects/{refined.uuid}/jobs/1/files/{uuid}").status_code == 404


# --- texts from data ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", HOSTILE)
def test_every_text_from_data_stays_a_text(session, project, monkeypatch, kind):
    text = HOSTILE[kind]
    report = hostile_report(session, project, text)
    outcomes = [one.outcome for one in report.jobs]
    rows = tuple(
        JobSummary(job=one.job, status=one.status, created_at=one.created_at, note=text, tags=(text,), kpis=one.kpis)
        for one in outcomes
    )
    monkeypatch.setattr(session, "project", lambda _: report.project)
    monkeypatch.setattr(session, "projects", lambda: (report.project,))
    monkeypatch.setattr(session, "report", lambda *_, **__: report)
    monkeypatch.setattr(session, "query", lambda *_, **__: JobTable(rows))
    monkeypatch.setattr(session, "with_sub_jobs", lambda found: JobTable(tuple(found)))
    monkeypatch.setattr(session, "labels", lambda _: (report.labels,))
    pages = Pages(session)
    for page in (pages.projects(), pages.project(project.uuid), pages.job(project.uuid, "1")):
        made = page.render()
        made.encode()
        assert Elements(made).tags <= {*ALLOWED.split()}
        assert {name for name in Elements(made).attributes if name.startswith("on")} == set()
        assert "<script" not in made  # nothing changes without a database
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]", made)
        assert printable(text)[:50] in "".join(Elements(made).texts)


# --- what cannot be read --------------------------------------------------------------------------------------------


def test_a_file_that_grows_while_it_is_sent_is_sent_as_it_was(ask, refined, monkeypatch):
    path = refined.directory / "CCP4_JOBS/job_3/XYZOUT.pdb"
    path.write_bytes(b"ATOM\n")
    uuid = made_file(recorded(refined.directory, "3").job).uuid
    original = FileResponse.set_stat_headers

    def grow(self, stat_result):
        original(self, stat_result)
        path.write_bytes(b"ATOM\nmore\n")

    monkeypatch.setattr(FileResponse, "set_stat_headers", grow)
    answer = ask.get(f"/projects/{refined.uuid}/jobs/3/files/{uuid}")
    assert (answer.content, answer.headers["content-length"]) == (b"ATOM\n", "5")


@pytest.mark.parametrize("name", ["XYZOUT.pdb", OUTPUT_FILE])
def test_a_link_to_itself_is_named(ask, refined, name):
    path = refined.directory / "CCP4_JOBS/job_3" / name
    path.symlink_to(path)
    uuid = made_file(recorded(refined.directory, "3").job).uuid
    part = f"files/{uuid}" if name == "XYZOUT.pdb" else "log"
    answer = ask.get(f"/projects/{refined.uuid}/jobs/3/{part}")
    assert answer.status_code in {200, 404, 500}
    assert "Internal Server Error" not in answer.text
    assert "<h1>" in answer.text


def test_a_stream_of_events_has_a_head(ask, refined):
    for page in ("/events", f"/projects/{refined.uuid}/events", f"/projects/{refined.uuid}/jobs/3/log/events"):
        answer = ask.request("HEAD", page)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
