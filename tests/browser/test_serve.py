"""The live page in a real browser, with the real server: it changes while jobs of other processes run."""

import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import ccp4i2
import pytest
from databases_away import ClosedServer, MovedFile
from playwright.sync_api import expect

from ccp4hooks import Settings, open_session
from ccp4hooks.serving.server import Server, listen

MODEL = Path(ccp4i2.__file__).parent / "wrappers/chainsaw/test_data/1a80_A.pdb"
TASKS = Path(__file__).parents[1] / "integration/tasks"
WIDTHS = (360, 1280, 2560)
LIMIT_MS = 60_000
"""How long something that must come to pass is waited for [ms]."""

expect.set_options(timeout=LIMIT_MS)


@contextmanager
def serving(session, port=0):
    """The address of a server that runs in a thread."""
    place = listen(port=port)
    server = Server(session, place)
    thread = threading.Thread(target=server.serve_until_stopped)
    thread.start()
    try:
        yield place
    finally:
        server.should_exit = True
        thread.join(60)
        assert not thread.is_alive()


@pytest.fixture
def session(tmp_path, monkeypatch):
    """A session with a database in which one job is recorded."""
    monkeypatch.setenv("CCP4I2_HOME", str(tmp_path / "home"))
    made = open_session(Settings(projects_dir=tmp_path / "projects", database=f"sqlite:///{tmp_path / 'db.sqlite3'}"))
    made.run("coordinate_selector", [("XYZIN", str(MODEL))], project="demo", title="First")
    return made


@pytest.fixture
def address(session):
    with serving(session) as place:
        yield place.address


@pytest.fixture
def pipeline(session, tmp_path):
    """Starts a pipeline in a process of its own, which waits for files in its directory; returns the directory."""
    running = []

    def start():
        words = ["-p", "it_tasks", "run", "it_pipeline", "--project", "demo", "MODE=live", f"XYZIN={MODEL}"]
        environment = {
            **os.environ,
            "PYTHONPATH": str(TASKS),
            "DATABASE_URL": session.settings.database,
            "CCP4I2_PROJECTS_DIR": str(tmp_path / "projects"),
        }
        running.append(
            subprocess.Popen([sys.executable, "-m", "ccp4hooks", *words], env=environment, stdout=subprocess.DEVNULL)
        )
        return session.project("demo").directory / "CCP4_JOBS/job_2"

    yield start
    for process in running:
        process.kill()
        process.wait()


def row(page, number):
    return page.locator(f"#job-{number.replace('.', chr(92) + '.')}")


def test_a_pipeline_of_another_process_is_followed(visit, address, pipeline):
    page = visit(address)
    page.get_by_role("link", name="demo", exact=True).click()
    expect(page.locator("#jobs tbody")).to_have_count(1)
    folder = pipeline()
    expect(row(page, "2")).to_contain_text("RUNNING")
    expect(row(page, "2")).to_contain_text("cycle 3")
    expect(page.locator("#summary")).to_contain_text("1 job is running.")
    first = page.context.new_page()
    first.goto(page.url.partition("projects")[0])
    expect(first.locator("#running")).to_contain_text("it_pipeline")
    job = page.context.new_page()
    job.goto(f"{page.url}/jobs/2")
    expect(job.locator("#live")).to_contain_text("cycle 3")
    log = page.context.new_page()
    log.goto(f"{page.url}/jobs/2/log")
    expect(log.locator("#log")).to_have_text("before the sub-job\n")
    (folder / "go").touch()
    expect(log.locator("#log")).to_contain_text("after the sub-job")
    # The page was hidden by the other one, and is told what it has missed.
    page.bring_to_front()
    expect(page.get_by_role("link", name="2.1", exact=True)).to_be_visible()
    (folder / "end").touch()
    expect(row(page, "2")).to_contain_text("FINISHED")
    expect(page.locator("#columns")).to_contain_text("R-free")
    expect(page.locator("#summary")).to_contain_text("No job is running.")
    first.bring_to_front()
    expect(first.get_by_role("heading", name="Running jobs")).to_be_hidden()
    log.bring_to_front()
    expect(log.locator("#banner")).to_have_text("The job has ended.")


def test_labels_and_deletions_are_seen_and_the_focus_stays(visit, address, session):
    session.run("coordinate_selector", [("XYZIN", str(MODEL))], project="demo", title="Second")
    page = visit(address)
    page.get_by_role("link", name="demo", exact=True).click()
    page.get_by_role("link", name="1", exact=True).focus()
    session.label(session.outcomes("demo", "1")[0].job, title="<b>Renamed</b>")
    expect(row(page, "1")).to_contain_text("<b>Renamed</b>")
    assert page.evaluate("document.activeElement.textContent") == "1"
    session.delete("demo", "2")
    expect(page.locator("#jobs tbody")).to_have_count(1)


@pytest.mark.parametrize("kind", [MovedFile, pytest.param(ClosedServer, marks=pytest.mark.postgresql)])
def test_the_database_goes_away_and_comes_back(visit, request, tmp_path, monkeypatch, kind):
    monkeypatch.setenv("CCP4I2_HOME", str(tmp_path / "home"))
    server = request.getfixturevalue("server") if kind is ClosedServer else None
    database = kind(server.new() if server else f"sqlite:///{tmp_path / 'db.sqlite3'}", server)
    session = open_session(Settings(projects_dir=tmp_path / "projects", database=database.url))
    session.run("coordinate_selector", [("XYZIN", str(MODEL))], project="demo")
    with serving(session) as place:
        page = visit(place.address)
        database.go()
        expect(page.locator("#banner")).to_contain_text("database")
        page.get_by_role("link", name="demo", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("The database cannot be used")
        database.come()
        expect(page.get_by_role("heading", level=1)).to_have_text("demo")
    # The page notes its own answer 503, and the end of the server, which it may do later than the server has ended.
    page.close()
    assert [one for one in visit.said if "503" not in one and "ERR_" not in one] == []
    visit.said.clear()


def test_the_server_ends_and_comes_back(visit, session):
    with serving(session) as place:
        page = visit(place.address)
        port = place.port
    expect(page.locator("#banner")).to_contain_text("does not answer")
    # Without the token of the new server, the page says what to do.
    with serving(session, port) as place:
        page.goto(f"http://127.0.0.1:{port}/")
        expect(page.locator("body")).to_contain_text("Use the address with the token")
        page.goto(place.address)
        expect(page.get_by_role("heading", level=1)).to_have_text("Projects")
    page.close()
    visit.said.clear()


def test_files_are_downloaded(visit, address):
    page = visit(address)
    page.get_by_role("link", name="demo", exact=True).click()
    page.get_by_role("link", name="1", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("link", name="CCP4_JOBS/job_1/XYZOUT.pdb").click()
    assert download.value.suggested_filename == "XYZOUT.pdb"
    assert Path(download.value.path()).read_bytes()[:4] == MODEL.read_bytes()[:4]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_accessible_and_no_wider_than_the_screen(visit, address, session, faults, scheme):
    project = session.project("demo").uuid
    for width in WIDTHS:
        page = visit(address, width=width, color_scheme=scheme)
        for path in ("", f"/{project}", f"/{project}/jobs/1", f"/{project}/jobs/1/log"):
            page.goto(address + (f"projects{path}" if path else ""))
            assert faults(page) == []
            assert page.evaluate("document.documentElement.scrollWidth") <= width
