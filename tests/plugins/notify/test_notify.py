import json
import os
import re
import shlex
import subprocess
import sys
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Event, Thread
from types import SimpleNamespace

import ccp4i2
import pytest

from ccp4hooks import BadInputError, Problem, RefusedError, Severity, hookimpl, load_settings, open_session
from ccp4hooks_notify import NotifyOptions, NotifyPlugin

MODEL = Path(ccp4i2.__file__).parent / "wrappers/chainsaw/test_data/1a80_A.pdb"


@pytest.fixture
def server():
    """A local web server that returns the statuses in `answers`, and then 200."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            text = self.rfile.read(int(self.headers["Content-Length"]))
            httpd.left.wait(httpd.wait_s)
            httpd.seen.append((self.headers["Content-Type"], json.loads(text)))
            self.send_response(httpd.answers.pop(0) if httpd.answers else 200)
            self.end_headers()

        def log_message(self, *_):
            """Suppress the log of the server."""

    httpd = HTTPServer(("127.0.0.1", 0), Handler)
    httpd.seen, httpd.answers, httpd.wait_s, httpd.left = [], [], 0.0, Event()
    httpd.url = f"http://127.0.0.1:{httpd.server_port}/"
    thread = Thread(target=httpd.serve_forever)
    thread.start()
    yield httpd
    httpd.left.set()
    httpd.shutdown()
    thread.join()
    httpd.server_close()


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return load_settings(projects_dir=tmp_path / "projects", plugins=("no:database",))


@pytest.fixture
def run(settings):
    def make(**options):
        plugin = NotifyPlugin(NotifyOptions(wait_s=0.0, drain_s=60.0, timeout_s=30.0, **options))
        session = open_session(settings, extra={"notify": plugin})
        outcome = session.run("coordinate_selector", [("XYZIN", str(MODEL))], project="demo").outcome
        plugin.drain()
        return outcome

    return make


def test_each_status_of_a_job_is_posted_in_order(run, server):
    assert run(url=server.url).problems == ()
    assert {kind for kind, _ in server.seen} == {"application/json"}
    said = [message for _, message in server.seen]
    assert [one["status"] for one in said][-2:] == ["RUNNING", "FINISHED"]
    assert (said[-1]["project"], said[-1]["job"], said[-1]["task"]) == ("demo", "1", "coordinate_selector")
    assert said[-1]["kpis"]["nAtoms"] == 2122


def test_a_closed_session_has_delivered_its_messages_and_can_be_used_again(settings, server):
    plugin = NotifyPlugin(NotifyOptions(url=server.url, drain_s=60.0, timeout_s=30.0))
    session = open_session(settings, extra={"notify": plugin})
    for count in (1, 2):
        with session:
            session.run("coordinate_selector", {"XYZIN": MODEL}, project="demo")
        assert [one["status"] for _, one in server.seen].count("FINISHED") == count


def test_an_undelivered_message_is_sent_again(run, server):
    server.answers += [503, 500]
    run(url=server.url, retries=2)
    first, second, third, *_ = [message["status"] for _, message in server.seen]
    assert first == second == third
    assert server.seen[-1][1]["status"] == "FINISHED"


def test_an_unreachable_server_is_logged_and_does_not_affect_the_job(run, caplog):
    outcome = run(url="http://127.0.0.1:9/", retries=1)
    assert (outcome.status.name, outcome.problems) == ("FINISHED", ())
    assert "giving up after 2 attempts" in caplog.text


def test_a_command_gets_each_message_on_its_standard_input(run, tmp_path):
    code = f"import sys; open({str(tmp_path / 'said')!r}, 'a').write(sys.stdin.read() + '\\n')"
    run(command=shlex.join([sys.executable, "-c", code]))
    said = [json.loads(line) for line in (tmp_path / "said").read_text().splitlines()]
    assert said[-1]["status"] == "FINISHED"


def test_a_missing_destination_is_an_error_before_any_job_runs():
    with pytest.raises(BadInputError, match="set url or command"):
        open_session(load_settings(plugins=("no:database", "notify")))


def test_a_withdrawn_job_is_reported(settings, server):
    @hookimpl
    def check_file(job, file):
        return [Problem(severity=Severity.BLOCK, message="not this one")]

    plugin = NotifyPlugin(NotifyOptions(url=server.url, drain_s=60.0))
    judge = SimpleNamespace(check_file=check_file)
    session = open_session(settings, extra={"notify": plugin, "judge": judge})
    with pytest.raises(RefusedError):
        session.run("coordinate_selector", [("XYZIN", str(MODEL))], project="demo")
    plugin.drain()
    ((_, said),) = server.seen
    assert (said["job"], said["status"]) == ("1", "WITHDRAWN")


def test_posting_without_httpx_is_an_error_that_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "httpx", None)
    settings = load_settings(plugins=("no:database", "notify"))
    with pytest.raises(BadInputError, match=re.escape("pip install 'ccp4hooks[notify]'")):
        open_session(replace(settings, tables={"notify": {"url": "http://127.0.0.1:9/"}}))
    assert open_session(replace(settings, tables={"notify": {"command": "cat"}})).hook_order("job_withdrawn")


ENDING = """
import sys
from ccp4hooks import load_settings, open_session
settings = load_settings(projects_dir=sys.argv[1], plugins=("no:database", "notify"))
open_session(settings).run("coordinate_selector", [("XYZIN", sys.argv[2])], project="demo")
"""


def ended(folder, **variables):
    """Run a job in a new process that exits directly afterwards."""
    said = {f"CCP4HOOKS_NOTIFY_{name.upper()}": value for name, value in variables.items()}
    words = [sys.executable, "-c", ENDING, str(folder), str(MODEL)]
    clean = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return subprocess.run(words, env=clean | said, cwd=folder, capture_output=True, text=True, check=True)


def test_a_process_waits_for_its_last_messages_at_exit(tmp_path, server):
    server.wait_s = 0.3
    done = ended(tmp_path, url=server.url, drain_s="60", timeout_s="30")
    assert [message["status"] for _, message in server.seen] == ["RUNNING", "FINISHED"]
    assert "delivered" not in done.stderr


def test_a_process_waits_at_most_drain_s_for_its_last_messages(tmp_path, server):
    server.wait_s = 5.0
    done = ended(tmp_path, url=server.url, drain_s="0.2", timeout_s="30")
    assert "notify: not all messages were delivered in 0.2 s" in done.stderr
    assert "FINISHED" not in [message["status"] for _, message in server.seen]


MARK = "s3cr3tmark"


@pytest.mark.parametrize(
    "url",
    [
        f"http://ada:{MARK}@127.0.0.1:9/{MARK}?token={MARK}#{MARK}",
        f"http://ada:12/{MARK}@127.0.0.1:9/",
        f"http://{MARK}:x@127.0.0.1:x{MARK}/",
        f"ftp://ada:{MARK}@127.0.0.1/{MARK}",
        f"{MARK}",
        "answers",
    ],
)
def test_no_part_of_a_secret_is_logged_or_shown(run, server, caplog, url):
    if url == "answers":
        server.answers += [500] * 20
        url = server.url.replace("http://", f"http://ada:{MARK}@") + f"{MARK}?{MARK}"
    run(url=url, retries=0)
    assert "giving up after 1 attempts" in caplog.text
    assert MARK not in caplog.text


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (f"sh -c 'exit 3 # {MARK}'", "sh ended with exit code 3"),
        (f"/nowhere/program {MARK}", "/nowhere/program cannot be run: "),
        (f"sh '{MARK}", "the command is not valid: "),
    ],
)
def test_the_arguments_of_a_command_are_not_logged(run, caplog, command, said):
    run(command=command, retries=0)
    assert said in caplog.text
    assert MARK not in caplog.text


def test_plugins_show_hides_the_url(tmp_path):
    file = tmp_path / "ccp4hooks.toml"
    file.write_text(
        f'use = ["notify"]\n[plugins.notify]\nurl = "https://ada:{MARK}@example.org/{MARK}"\n'
        f'command = "curl https://ada:{MARK}@example.org/hook?token={MARK} -d @-"'
    )
    for form in ([], ["--json"]):
        done = subprocess.run(
            [sys.executable, "-m", "ccp4hooks.cli", "--config", file, "plugins", "show", "notify", *form],
            capture_output=True,
            text=True,
            check=True,
        )
        assert MARK not in done.stdout + done.stderr
        assert "***" in done.stdout
        assert "curl https://***@example.org/hook?*** -d @-" in done.stdout
