"""The plugin `kpi` is the only source of KPIs: jobs have none when it is switched off, whatever runs them."""

import asyncio

import pytest
from click.testing import CliRunner

from ccp4hooks import execute, load_settings, make_script, open_session
from ccp4hooks.cli import cli
from ccp4hooks_database import AsyncDatabaseHandler

EXPECTED = {
    "1": {"RFactor": 0.0, "RFree": 0.25, "SECOND.RFactor": 0.2},
    "1.1": {"nAtoms": 2122, "nResidues": 277},
}
"""The KPIs of the test pipeline and of its sub-job, which ``makePluginObject`` makes."""

SWITCHES = {"on": ("kpi",), "off": ("no:kpi",)}


def pipeline(data):
    script = make_script("it_pipeline")
    script.container.inputData.XYZIN.setFullPath(str(data["model"]))
    script.container.controlParameters.MODE.set("plain")
    script.container.controlParameters.COUNT.set(1)
    return script


def recorded(outcomes):
    return {one.job.number: {kpi.key: kpi.value for kpi in one.kpis} for one in outcomes}


def expected(state):
    return EXPECTED if state == "on" else {number: {} for number in EXPECTED}


@pytest.fixture(params=SWITCHES)
def state(request):
    return request.param


def test_a_task_and_its_sub_job(session, data, state):
    values = [("XYZIN", data["model"]), ("MODE", "plain"), ("COUNT", "1")]
    result = session(*SWITCHES[state]).run("it_pipeline", values, project="p")
    assert recorded(result.outcomes) == expected(state)


def test_a_dry_run(session, data, state):
    values = [("XYZIN", data["model"]), ("MODE", "plain"), ("COUNT", "1")]
    result = session(*SWITCHES[state], dry_run=True).run("it_pipeline", values, project="p")
    assert recorded(result.outcomes) == expected(state)


def test_a_tracked_script_and_its_sub_job(session, data, state):
    made = session(*SWITCHES[state])
    with made.track(pipeline(data), project="p") as job:
        job.process()
    assert recorded(made.outcomes(job.job.project)) == expected(state)


def test_a_script_tracked_by_the_asynchronous_handler(session, data, state, tmp_path, monkeypatch):
    monkeypatch.setenv("CCP4I2_HOME", str(tmp_path / "home"))
    settings = load_settings(
        projects_dir=tmp_path / "projects",
        database=f"sqlite:///{tmp_path / 'db.sqlite3'}",
        plugins=("it_tasks", *SWITCHES[state]),
    )
    made = open_session(settings)
    # The handler works in a project that exists.
    project = made.open_job("coordinate_selector", project="p").project

    async def track():
        async with AsyncDatabaseHandler(project.uuid, session=made).track_job(pipeline(data)) as script:
            await execute(script)

    asyncio.run(track())
    kpis = recorded(made.outcomes(project))
    assert {"1": kpis["2"], "1.1": kpis["2.1"]} == expected(state)


def test_the_command_line(session, data, state, tmp_path):
    made = session(*SWITCHES[state])
    values = [f"XYZIN={data['model']}", "MODE=plain", "COUNT=1"]
    switches = [word for switch in ("no:database", "it_tasks", *SWITCHES[state]) for word in ("-p", switch)]
    folder = str(tmp_path / "projects")
    done = CliRunner().invoke(cli, ["run", "it_pipeline", *values, *switches, "--projects-dir", folder])
    assert done.exit_code == 0, done.output
    (project,) = made.projects()
    assert recorded(made.outcomes(project)) == expected(state)


def test_zeros_are_kpis_whenever_and_wherever_the_task_assigns_them(session, data):
    result = session().run("it_pipeline", [("XYZIN", data["model"]), ("MODE", "zeros")], project="p")
    assert recorded(result.outcomes) == {"1": {"RFree": 0.0}, "1.1": {"value": 0.0, "nAtoms": 2122, "nResidues": 277}}
    (late,) = result.outcome.kpis
    assert late.indicator == "outputData.LATE"
