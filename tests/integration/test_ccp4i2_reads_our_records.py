"""CCP4i2's own models and REST server read a database that the demo has filled."""

import hashlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

MODELS = """
import hashlib, json
from pathlib import Path
import django
django.setup()
from ccp4i2.db.models import File, FileImport, FileUse, Job, JobFloatValue, Project

print(json.dumps({
    "jobs": {job.number: [job.task_name, job.get_status_display(), bool(job.finish_time)] for job in Job.objects.all()},
    "project": [[project.name, project.last_job_number] for project in Project.objects.all()],
    "files": [[str(file.path), file.path.is_file(), file.type_id, file.content] for file in File.objects.all()],
    "in": sorted([use.job.number, use.job_param_name] for use in FileUse.objects.filter(role=FileUse.Role.IN)),
    "out": sorted([use.job.number, use.job_param_name] for use in FileUse.objects.filter(role=FileUse.Role.OUT)),
    "imports": [[item.name, item.checksum, str(item.file.path)] for item in FileImport.objects.all()],
    "kpis": sorted([value.job.number, value.key_id, value.value] for value in JobFloatValue.objects.all()),
}))
"""

JOB_PAGES = (
    "",
    "container/",
    "params_xml/",
    "diagnostic_xml/",
    "def_xml/",
    "report_xml/",
    "validation/",
    "what_next/",
    "dependent_jobs/",
)


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    environment = {
        **{name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "CCP4I2_PROJECTS_DIR"}},
        "CCP4I2_HOME": str(folder / "home"),
    }
    command = [sys.executable, "-m", "ccp4hooks.cli", "demo", str(folder / "demo")]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return folder / "demo", environment


def test_ccp4i2s_models_show_the_demos_jobs_files_uses_imports_and_kpis(demo):
    folder, environment = demo
    plain = {
        **environment,
        "DATABASE_URL": f"sqlite:///{folder}/ccp4hooks.sqlite3",
        "DJANGO_SETTINGS_MODULE": "ccp4i2.config.settings",
    }
    printed = subprocess.run(
        [sys.executable, "-c", MODELS], env=plain, cwd=folder, check=True, capture_output=True, text=True
    ).stdout
    seen = json.loads(printed.splitlines()[-1])
    assert {number: status[1:] for number, status in seen["jobs"].items()} == {
        number: ["Finished", True] for number in ("1", "2", "3", "3.1", "3.2")
    }
    assert seen["project"] == [["demo", 3]]
    assert all(there for _, there, _, _ in seen["files"])
    assert all(content is not None for _, _, _, content in seen["files"])
    assert seen["in"] == [
        ["1", "F_SIGF"],
        ["2", "XYZIN"],
        ["3", "F_SIGF"],
        ["3", "XYZIN"],
        ["3.1", "F_SIGF"],
        ["3.2", "XYZIN"],
    ]
    assert seen["out"] == [
        ["1", "FREEROUT"],
        ["2", "XYZOUT"],
        ["3", "FREEROUT"],
        ["3", "XYZOUT"],
        ["3.1", "FREEROUT"],
        ["3.2", "XYZOUT"],
    ]
    for source, checksum, copy in seen["imports"]:
        for path in (source, copy):
            assert hashlib.md5(Path(path).read_bytes()).hexdigest() == checksum  # noqa: S324 - what the schema wants
    assert [number for number, key, _ in seen["kpis"] if key == "nAtoms"] == ["2", "3", "3.2"]


@pytest.fixture(scope="module")
def server(demo):
    folder, environment = demo
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "django", "runserver", "--noreload", f"127.0.0.1:{port}"],
        env={**environment, "DJANGO_SETTINGS_MODULE": "ccp4hooks_database.django_settings"},
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    base = f"http://127.0.0.1:{port}/api/ccp4i2/"
    try:
        _wait_for(base + "health/", process)
        yield base
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait_for(url, process):
    for _ in range(200):
        assert process.poll() is None, "the server has stopped"
        try:
            get(url)
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"no answer from {url}")


def get(url):
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - our own server
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def test_ccp4i2s_rest_api_serves_every_job_with_container_report_and_parameters(server):
    status, text = get(server + "jobs/")
    jobs = json.loads(text)
    assert (status, len(jobs)) == (200, 5)
    for job in jobs:
        for page in JOB_PAGES:
            status, text = get(f"{server}jobs/{job['id']}/{page}")
            assert status == 200, (job["number"], page, text[:300])
            assert b'"success":false' not in text[:100], (job["number"], page, text[:300])


def test_ccp4i2s_rest_api_serves_files_kpis_and_project_tree(server):
    status, text = get(server + "projects/")
    (project,) = json.loads(text)
    for page in ("job_tree/", "job_float_values/", "job_char_values/"):
        assert get(f"{server}projects/{project['id']}/{page}")[0] == 200
    status, text = get(server + "files/")
    files = json.loads(text)
    assert (status, len(files)) == (200, 8)
    for file in files:
        status, content = get(f"{server}files/{file['id']}/download/")
        assert status == 200
        assert content
