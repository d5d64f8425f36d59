"""CCP4i2's REST API on the server of the live page, in a process of its own."""

import http.client
import json
import subprocess
import sys
import time

import pytest
from web_server import clean_environment


@pytest.fixture
def server(tmp_path, data):
    """The port and the token of a server of a project with one job."""
    environment = clean_environment(
        CCP4I2_HOME=str(tmp_path / "home"),
        DATABASE_URL=f"sqlite:///{tmp_path / 'db.sqlite3'}",
        CCP4I2_PROJECTS_DIR=str(tmp_path / "projects"),
    )
    command = [sys.executable, "-m", "ccp4hooks"]
    ran = [*command, "run", "coordinate_selector", f"XYZIN={data['model']}", "--project", "demo"]
    subprocess.run(ran, env=environment, cwd=tmp_path, check=True, capture_output=True)
    process = subprocess.Popen(
        [*command, "serve", "--ccp4i2", "--port", "0"],
        env=environment,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    address = process.stdout.readline().strip()
    assert address.startswith("http://127.0.0.1:"), address
    yield int(address.split(":")[2].split("/")[0]), address.split("/")[3]
    process.terminate()
    process.wait(60)
    process.stdout.close()


def ask(port, method, path, body=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    try:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body and json.dumps(body), {"Content-Type": "application/json", **sent})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def test_a_job_of_the_rest_api_runs_through_the_hooks_and_the_page_shows_it(server, data):
    port, token = server
    api = "/api/ccp4i2"
    status, text = ask(port, "GET", f"{api}/projects/")
    assert (status, json.loads(text)[0]["name"]) == (200, "demo")
    status, text = ask(port, "POST", f"{api}/projects/1/create_task/", {"task_name": "coordinate_selector"})
    job = json.loads(text)["data"]["new_job"]["id"]
    given = {"object_path": "coordinate_selector.inputData.XYZIN", "value": str(data["model"])}
    assert ask(port, "POST", f"{api}/jobs/{job}/set_parameter/", given)[0] == 200
    assert ask(port, "POST", f"{api}/jobs/{job}/run/")[0] == 200
    project = json.loads(ask(port, "GET", f"{api}/projects/")[1])[0]["uuid"]
    for _ in range(600):
        status, text = ask(port, "GET", f"/projects/{project}", Authorization=f"Bearer {token}")
        if text.count("FINISHED") >= 4:  # each status twice: in the data and in the text
            break
        time.sleep(0.1)
    assert f'href="/{token}/projects/{project}/jobs/2"' in text
    # The hooks have extracted the KPIs of both.
    assert text.count(">2122<") == 2


def test_each_part_refuses_by_its_own_rules(server):
    port, token = server
    api = "/api/ccp4i2/projects/"
    foreign = {"Origin": "http://evil.example"}
    assert ask(port, "GET", api, **foreign)[0] == 403
    assert ask(port, "DELETE", "/api/ccp4i2/jobs/1/", **foreign)[0] == 403
    assert ask(port, "GET", api, Host="evil.example")[0] == 400
    assert ask(port, "GET", "/")[0] == 401
    assert ask(port, "POST", "/", Authorization=f"Bearer {token}")[0] == 405
    # No way from one part to the other.
    assert ask(port, "GET", "/api/../", Authorization=f"Bearer {token}")[0] == 404
    assert ask(port, "DELETE", "//api/ccp4i2/jobs/1/")[0] == 405
