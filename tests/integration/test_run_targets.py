"""Engines as run targets of CCP4i2 3.1: its server submits jobs, follows and cancels them."""

import json

import ccp4i2
import pytest
from integration.test_ccp4i2_on_the_hooks import HERE, SITE_PACKAGE, Site, wait_until

from ccp4hooks import JobStatus

pytestmark = pytest.mark.skipif(ccp4i2.__version__.startswith("3.0."), reason="CCP4i2 3.0 has no run targets")

ENGINE = "engine_of_processes"
RECOVERY = HERE.parent / "recovery"
SETTINGS = f"""
[engines.Here]
plugin = "{ENGINE}"
database = "DATABASE"

[engines.theirs]
plugin = "{ENGINE}"

[engines.pool]
plugin = "dask"
workers = 1
"""


class EngineSite(Site):
    """A site whose jobs run on an engine. Files in `orders` order the engine."""

    def __init__(self, folder, url):
        self.orders = folder / "orders"
        self.orders.mkdir()
        way = "by-file" if url.startswith("sqlite") else "direct"
        (folder / "engines.toml").write_text(SETTINGS.replace("DATABASE", way))
        own = {"local": "ccp4i2.lib.dispatch.local.LocalTarget", "theirs": "json.JSONDecoder"}
        path = [str(one) for one in (HERE / "tasks", SITE_PACKAGE, RECOVERY)]
        super().__init__(
            folder,
            url,
            CCP4HOOKS_CONFIG=str(folder / "engines.toml"),
            CCP4HOOKS_PLUGINS="it_tasks",
            CCP4HOOKS_TEST_ORDERS=str(self.orders),
            CCP4I2_JOB_TARGET="here",
            CCP4I2_RUN_TARGETS=json.dumps(own),
            PYTHONPATH=":".join(path),
        )

    def run(self, job):
        return self.ask("post", page=f"jobs/{job['id']}/run/")

    def shown(self, job):
        """What the REST API says of a job. It looks at the engine meanwhile."""
        return self.ask("get", page=f"jobs/{job['id']}/")

    def until(self, job, *statuses):
        """Wait for one of some statuses, as CCP4i2's app does, and return it."""
        wait_until(lambda: JobStatus(self.shown(job)["status"]) in statuses)
        return JobStatus(self.shown(job)["status"])


SERVER = pytest.param("postgresql", marks=[pytest.mark.postgresql, pytest.mark.slow])


@pytest.fixture(scope="module", params=["sqlite", SERVER])
def site(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("targets")
    is_file = request.param == "sqlite"
    made = EngineSite(folder, f"sqlite:///{folder}/db.sqlite3" if is_file else request.getfixturevalue("server").new())
    yield made
    made.close()


@pytest.fixture(autouse=True)
def orders(site):
    yield site.orders
    for order in site.orders.iterdir():
        order.unlink()


def test_each_engine_is_a_target_unless_the_site_has_one_of_its_name(site):
    answer = site.ask("get", page="version/")
    found = {one["name"]: one for one in answer["run_targets"]}
    assert (answer["job_target"], sorted(found)) == ("here", ["here", "local", "pool", "theirs"])
    assert found["here"]["runs_jobs"]
    assert found["here"]["path"].startswith("ccp4hooks_database.")
    assert found["local"]["path"] == "ccp4i2.lib.dispatch.local.LocalTarget"
    assert found["theirs"]["path"] == "json.JSONDecoder"
    assert "end with the process that has started them" in found["pool"]["error"]


def refusal(site, job):
    """The error with which the server answers the request to run a job."""
    with pytest.raises(AssertionError) as refused:
        site.run(job)
    return str(refused.value)


def test_the_server_submits_a_job_and_shows_it_until_it_has_ended(site, data):
    job = site.open_pipeline(data, MODE="live")
    assert site.run(job)["status"] == JobStatus.QUEUED
    assert site.until(job, JobStatus.RUNNING, JobStatus.FAILED) is JobStatus.RUNNING
    assert "is running" in refusal(site, job)
    for name in ("go", "end"):
        (site.directory(job["number"]) / name).touch()
    assert site.until(job, JobStatus.FINISHED, JobStatus.FAILED) is JobStatus.FINISHED
    number = job["number"]
    assert sorted(site.rows(number)["jobs"]) == [number, f"{number}.1"]
    assert site.outcome(number)["kpis"]
    assert (site.directory(number) / "ccp4hooks_attempts/1/output.txt").is_file()


def test_a_job_is_cancelled_through_its_engine(site, data, orders):
    job = site.open_pipeline(data, MODE="live")
    site.run(job)
    site.until(job, JobStatus.RUNNING)
    assert site.ask("post", page=f"jobs/{job['id']}/cancel/")["status"] == JobStatus.INTERRUPTED
    (orders / "hold").touch()
    held = site.open_freerflag(data)
    assert site.run(held)["status"] == JobStatus.QUEUED
    assert site.ask("post", page=f"jobs/{held['id']}/cancel/")["status"] == JobStatus.INTERRUPTED


def test_a_job_whose_engine_has_dropped_it_is_interrupted_while_the_app_asks_for_it(site, data, orders):
    (orders / "hold").touch()
    job = site.open_freerflag(data)
    site.run(job)
    (orders / "drop").touch()
    assert site.until(job, JobStatus.INTERRUPTED) is JobStatus.INTERRUPTED


@pytest.mark.parametrize(
    ("order", "said"), [("refuse", "The engine is full"), ("away", "does not answer"), ("nonsense", "nonsense")]
)
def test_a_job_that_cannot_be_submitted_is_interrupted_and_the_server_goes_on(site, data, orders, order, said):
    (orders / order).touch()
    job = site.open_freerflag(data)
    assert said in refusal(site, job)
    assert site.shown(job)["status"] == JobStatus.INTERRUPTED
    assert said in site.text(job["number"], "diagnostic.xml")
