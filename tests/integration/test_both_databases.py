"""The same commands record the same rows on SQLite and on PostgreSQL."""

import json
import math
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ccp4hooks import BadInputError, FileMetadata, Kpi, Settings, hookimpl, open_session
from ccp4hooks.i2.versions import is_3_0


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
    """Return the records of a pipeline and of a job that uses its output, without values that must differ."""
    folder.mkdir()
    run(folder, url, "-p", "it_tasks", "run", "it_pipeline", f"XYZIN={data['model']}")
    run(folder, url, "run", "coordinate_selector", "XYZIN=@1.1.XYZOUT")
    report = run(folder, url, "report", "p", "--json", "-o", str(folder / "report.html"))["report"]
    links = [(link["made_by"], link["job"], Path(link["path"]).name) for link in report["links"]]
    assert links == [(None, "1", "1a80_A.pdb"), ("1", "2", "XYZOUT.pdb")]
    jobs = run(folder, url, "jobs", "--json")["jobs"]
    shown = [run(folder, url, "show", str(job["number"]), "--json")["outcomes"] for job in reversed(jobs)]
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
def test_sqlite_and_postgresql_contain_the_same_rows(server, data, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(data["tasks"]))
    on_sqlite = records(tmp_path / "sqlite", f"sqlite:///{tmp_path}/db.sqlite3", data)
    on_postgresql = records(tmp_path / "postgresql", server.new(), data)
    assert on_sqlite == on_postgresql
    assert [(job["number"], job["status"]) for job in on_sqlite] == [
        (number, "FINISHED") for number in ("1", "1.1", "1.2", "2")
    ]
    assert on_sqlite[0]["kpis"] == [("RFactor", 0.0, "kpi"), ("RFree", 0.25, "kpi"), ("SECOND.RFactor", 0.2, "kpi")]
    assert on_sqlite[3]["uses"] == ["inputData.XYZIN"]


class Excessive:
    """Returns values that the tables cannot store, and values that they can."""

    @hookimpl
    def glean_kpi(self):
        values = {"nan": math.nan, "infinite": math.inf, "huge": 10**400, "long": "x" * 256, "k" * 51: 1}
        return [Kpi(key=key, value=value) for key, value in {**values, "fits": "x" * 255, "k" * 50: 1}.items()]

    @hookimpl
    def glean_file(self):
        return FileMetadata(annotation="a\0b" * 40_000)


TITLE = "t\0" * 300
"""A title that is longer than the column and contains characters that the tables cannot store."""


def excesses(folder, url, data):
    """Return the records of a job with values that the tables cannot store, and the errors of invalid jobs."""
    folder.mkdir()
    settings = Settings(projects_dir=folder / "projects", database=url)
    session = open_session(settings, extra={"excessive": Excessive()})
    values = [("XYZIN", str(data["model"]))]
    done = session.run("coordinate_selector", values, project="p" * 100, title=TITLE).outcome
    (recorded,) = session.outcomes(done.job.project)
    errors = []
    for project, inputs in (
        ("p" * 101, values),
        ("p" * 256, values),
        ("q", [("XYZIN", f"{folder}/{'x' * 256}.pdb")]),
    ):
        with pytest.raises(BadInputError) as caught:
            session.run("coordinate_selector", inputs, project=project)
        errors.append(str(caught.value).replace(str(folder), "FOLDER"))
    return {
        "title": (done.job.title, recorded.job.title),
        "problems": [str(problem) for problem in done.problems],
        "kpis": [(kpi.key, kpi.value) for kpi in recorded.kpis],
        "annotation": recorded.files[0].annotation,
        "errors": errors,
        "projects": [project.name for project in session.projects()],
        "on disk": [path.name for path in (folder / "projects").iterdir()],
    }


@pytest.mark.postgresql
def test_both_databases_truncate_or_reject_the_same_values(server, data, tmp_path, monkeypatch):
    monkeypatch.setenv("CCP4I2_HOME", str(tmp_path / "home"))
    on_sqlite = excesses(tmp_path / "sqlite", f"sqlite:///{tmp_path}/db.sqlite3", data)
    assert on_sqlite == excesses(tmp_path / "postgresql", server.new(), data)
    assert on_sqlite["title"] == ("t" * 255, "t" * 255)
    assert on_sqlite["problems"][0] == "characters that cannot be recorded were removed from the title or escaped"
    assert on_sqlite["problems"][1].startswith("title truncated from 300 to 255 characters: 'ttt")
    assert sorted(problem.split("'")[1] for problem in on_sqlite["problems"][2:]) == [
        "annotation", "huge", "infinite", "k" * 50, "long", "nan"
    ]  # fmt: skip
    assert dict(on_sqlite["kpis"]) == {"nAtoms": 2122, "nResidues": 277, "fits": "x" * 255, "k" * 50: 1}
    assert on_sqlite["annotation"] == "ab" * 40_000
    messages = ("has 101 characters.* at most 100", "File name too long", "File name too long")
    for pattern, error in zip(messages, on_sqlite["errors"], strict=True):
        assert re.search(pattern, error)
    # The rejected jobs left nothing.
    assert on_sqlite["projects"] == on_sqlite["on disk"] == ["p" * 100]


def outcome(folder, url, task, *values):
    (found,) = run(folder, url, "run", task, "--json", *values)["outcomes"]
    return found


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def url(request, tmp_path):
    if request.param == "postgresql":
        return request.getfixturevalue("server").new()
    return f"sqlite:///{tmp_path}/db.sqlite3"


@pytest.mark.skipif(not is_3_0(), reason="splitMtz of CCP4i2 3.1 writes the labels of CCP4i2; see the next test")
def test_the_advice_about_an_output_of_split_mtz_can_be_followed(data, tmp_path, url):
    split = outcome(tmp_path, url, "splitMtz", f"HKLIN={data['monster']}")
    advice = [
        re.fullmatch(r"A later job takes its columns as NAME='(.+)'\.", one["cure"])[1] for one in split["problems"]
    ]
    selected = ("FNAT,SIGFNAT", "FreeR_flag", "FHG2,SDFHG2", "FPTNCD25,SIGFPTNCD25", "FIOD25,SIGFIOD25")
    assert advice == [f"@1.MINIMTZOUTLIST[{index}][{columns}]" for index, columns in enumerate(selected)]
    native, free, *derivatives = advice
    for amplitudes in (native, *derivatives):
        done = outcome(tmp_path, url, "freerflag", f"F_SIGF={amplitudes}", f"FREERFLAG={free}")
        assert (done["status"], done["problems"]) == ("FINISHED", [])
        assert [item["parameter"] for item in done["imported"]] == ["inputData.F_SIGF", "inputData.FREERFLAG"]


def test_an_output_with_the_labels_of_ccp4i2_is_used_as_it_is(data, tmp_path, url):
    source = data["fsigf"] if is_3_0() else data["monster"]
    assert outcome(tmp_path, url, "splitMtz", f"HKLIN={source}")["problems"] == []
    for value in ("@1.MINIMTZOUTLIST[0]", "@1.MINIMTZOUTLIST[0][F,SIGF]"):
        done = outcome(tmp_path, url, "freerflag", f"F_SIGF={value}")
        assert (done["status"], done["problems"], done["imported"]) == ("FINISHED", [], [])
        assert [use["parameter"] for use in done["uses"]] == ["inputData.F_SIGF"]
