"""Who may use CCP4i2's server with our settings module: real servers, and requests as browsers send them."""

import subprocess
import sys
from contextlib import ExitStack

import pytest
from web_server import clean_environment, running, runserver, uvicorn

OURS = "ccp4hooks_database.django_settings"
FOREIGN = "https://evil.example.com"


def environment_of(folder, **variables):
    return clean_environment(
        CCP4I2_HOME=str(folder / "home"),
        CCP4I2_PROJECTS_DIR=str(folder / "projects"),
        DATABASE_URL=f"sqlite:///{folder / 'db.sqlite3'}",
        DJANGO_SETTINGS_MODULE=OURS,
        **variables,
    )


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    """Start a server with variables of its own; one with the same variables is started once."""
    folder = tmp_path_factory.mktemp("access")
    done = subprocess.run(
        [sys.executable, "-m", "ccp4hooks.cli", "init"],
        cwd=folder,
        env=environment_of(folder),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    servers = {}
    with ExitStack() as stack:

        def start(how=uvicorn, **variables):
            key = (how, *sorted(variables.items()))
            if key not in servers:
                servers[key] = stack.enter_context(running(folder, environment_of(folder, **variables), how))
            return servers[key]

        yield start


@pytest.fixture(params=[uvicorn, runserver], ids=["uvicorn", "runserver"])
def server(started, request):
    """A server with our settings and nothing else."""
    return started(request.param)


def new_job(server, **headers):
    """Create a job as a program on this machine does, and return its page."""
    _, projects = server("GET", "projects/", **headers)
    known = [one["id"] for one in projects if one["name"] == "toxd"]
    known = known or [server.create_project("toxd", **headers)["id"]]
    status, answer = server("POST", f"projects/{known[0]}/create_task/", {"task_name": "freerflag"}, **headers)
    assert status == 200, answer
    return f"jobs/{answer['data']['new_job']['id']}/"


def test_a_program_on_this_machine_creates_and_deletes_a_job(server):
    job = new_job(server)
    assert server("GET", job)[0] == 200
    assert server("DELETE", job)[0] in {200, 204}
    assert server("GET", job)[0] == 404


@pytest.mark.parametrize("origin", [FOREIGN, "null", "http://localhost:8888", "http://localhost:3000.evil.example.com"])
def test_a_page_of_another_web_site_changes_nothing(server, origin):
    job = new_job(server)
    status, answer = server("DELETE", job, Origin=origin)
    assert (status, origin in answer["error"], "CORS_ALLOWED_ORIGINS" in answer["error"]) == (403, True, True)
    # A form without any header that a browser would ask about.
    assert server("POST", f"{job}cancel/", "x", Origin=origin, Content_Type="text/plain")[0] == 403
    assert server("OPTIONS", job, Origin=origin, Access_Control_Request_Method="DELETE")[0] == 403
    assert server("GET", job)[0] == 200


def test_a_page_of_another_web_site_reads_nothing(server):
    job = new_job(server)
    answer, _ = server.request("GET", job, Origin=FOREIGN)
    assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (403, None)
    assert server("GET", job, Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="no-cors")[0] == 403


def test_a_link_from_another_web_site_may_be_followed(server):
    assert server("GET", "jobs/", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate")[0] == 200


def test_a_page_of_the_server_itself_and_ccp4i2s_gui_may_change_jobs(server):
    own = f"http://127.0.0.1:{server.port}"
    for origin in (own, "http://localhost:3000"):
        assert server("DELETE", new_job(server), Origin=origin)[0] in {200, 204}


@pytest.mark.parametrize("host", ["evil.example.com", "evil.example.com:8000", "127.0.0.1.evil.example.com"])
def test_the_server_has_no_other_name(server, host):
    job = new_job(server)
    assert server("DELETE", job, Host=host)[0] == 400
    assert server("DELETE", job, Host=host, Origin=f"http://{host}")[0] == 400
    assert server("GET", job, Host="localhost")[0] == 200
    assert server("GET", job, Host="[::1]:8000")[0] == 200


@pytest.mark.parametrize("debug", ["true", "false"])
def test_a_request_under_another_name_is_one_line_in_the_log(started, debug):
    server = started(DEBUG=debug)
    before = server.log.read_text()
    error = (
        "Invalid HTTP_HOST header: 'other.example.com'. You may need to add 'other.example.com' to ALLOWED_HOSTS. "
        "That is an environment variable of this server."
    )
    refused = server("GET", "jobs/", Host="other.example.com")
    assert refused == (400, {"success": False, "error": error})
    logged = server.log.read_text().removeprefix(before)
    # CCP4i2 3.0 puts the place in the code before it.
    assert logged.splitlines() == [logged.rstrip("\n")]
    assert logged.endswith(f"A request was refused: {error}\n")


@pytest.mark.parametrize("header", ["X_Forwarded_For", "X_Real_IP"])
@pytest.mark.parametrize(("address", "status"), [("203.0.113.7", 401), ("127.0.0.1", 200), ("::1", 200)])
def test_a_request_that_another_machine_has_passed_on_needs_a_login(server, header, address, status):
    assert server("GET", "jobs/", **{header: address})[0] == status


def test_an_error_page_shows_neither_addresses_nor_settings(server):
    for page in ("nowhere/", "jobs/999999/"):
        status, answer = server("GET", page, Accept="text/html,*/*")
        assert status == 404
        assert "URLconf" not in str(answer)
        assert "DEBUG" not in str(answer)


def test_a_browser_receives_the_data_itself(server):
    answer, content = server.request("GET", "jobs/", Accept="text/html,*/*")
    assert (answer.status, answer.headers["Content-Type"], content[:1]) == (200, "application/json", b"[")


def test_ccp4i2s_variables_open_the_server_to_other_names_and_origins(started):
    server = started(ALLOWED_HOSTS="i2.example.org,127.0.0.1", CORS_ALLOWED_ORIGINS="https://gui.example.org")
    job = new_job(server)
    assert server("GET", job, Origin="https://gui.example.org")[0] == 200
    assert server("GET", job, Origin="http://localhost:3000")[0] == 403
    # The name is permitted, and a request by this name needs a login.
    assert server("GET", job, Host="i2.example.org")[0] == 401
    assert server("GET", job, Host="localhost")[0] == 400


def test_with_debug_hosts_and_origins_stay_closed(started):
    server = started(DEBUG="true")
    job = new_job(server)
    assert "URLconf" in server("GET", "nowhere/", Accept="text/html")[1]
    assert server("DELETE", job, Origin=FOREIGN)[0] == 403
    assert server("DELETE", job, Host="evil.example.com")[0] == 400


def test_a_token_is_the_only_login_if_there_is_one(started):
    variables = {"CCP4I2_LOCAL_SESSION_TOKEN": "swordfish"}
    server = started(**variables)
    assert server("GET", "jobs/")[0] == 401
    assert server("GET", "jobs/", Authorization="Bearer wrong")[0] == 401
    login = {"Authorization": "Bearer swordfish"}
    job = new_job(server, **login)
    assert server("DELETE", job, Origin=FOREIGN, **login)[0] == 403
    assert server("DELETE", job, **login)[0] in {200, 204}
