"""The same commands on SQLite and on PostgreSQL leave the same records."""

import json
import os
import subprocess
import sys

import pytest
from postgresql_server import running_server


@pytest.fixture(scope="module")
def server():
    with running_server() as started:
        yield started


def run(folder, url, *words):
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("CCP4", "DATABASE_URL"))},
        "CCP4I2_HOME": str(folder / "home"),
        "CCP4I2_PROJECTS_DIR": str(folder / "projects"),
        "CCP4HOOKS_PROJECT": "p",
        "DATABASE_URL": url,
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    done = subprocess.run(
        [sys.executable, "-m", "ccp4hooks.cli", *words], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) if "--json" in words else done.stdout


def records(folder, url, data):
    """Return what is recorded of a run of a pipeline and of a job that uses its output, without what must differ."""
    folder.mkdir()
    run(folder, url, "-p", "it_tasks", "run", "it_pipeline", f"XYZIN={data['model']}")
    run(folder, url, "run", "coordinate_selector", "XYZIN=@1.1.XYZOUT")
    jobs = run(folder, url, "jobs", "--json")["jobs"]
    shown = [run(folder, url, "show", str(job["number"]), "--json")["outcomes"] for job in jobs]
    return [
        {
            "number": outcome["job"]["number"],
            "status": outcome["status"],
            "files": [(file["parameter"], file["content_flag"], file["size_bytes"]) for file in outcome["files"]],
            "kpis": [(kpi["key"], kpi["value"], kpi["origin"]["plugin"]) for kpi in outcome["kpis"]],
            "imports": [(item["parameter"], item["md5"], item["reused"]) for item in outcome["imported"]],
            "uses": [use["parameter"] for use in outcome["uses"]],
        }
        for outcomes in shown
        for outcome in outcomes
    ]


@pytest.mark.postgresql
def test_sqlite_and_postgresql_hold_the_same(server, data, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(data["tasks"]))
    on_sqlite = records(tmp_path / "sqlite", f"sqlite:///{tmp_path}/db.sqlite3", data)
    on_postgresql = records(tmp_path / "postgresql", server.new(), data)
    assert on_sqlite == on_postgresql
    assert [(job["number"], job["status"]) for job in on_sqlite] == [
        (number, "FINISHED") for number in ("1", "1.1", "1.2", "2")
    ]
    assert on_sqlite[0]["kpis"] == [("RFactor", 0.0, "kpi"), ("RFree", 0.25, "kpi"), ("SECOND.RFactor", 0.2, "kpi")]
    assert on_sqlite[3]["uses"] == ["inputData.XYZIN"]
