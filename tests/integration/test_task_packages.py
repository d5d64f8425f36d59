"""A pipeline of one package runs tasks of another package, without a database."""

import sys

import pytest

from ccp4hooks import JobStatus, TaskDescription, hookimpl
from ccp4hooks.i2.tasks import task_table


@pytest.fixture(autouse=True)
def forgotten():
    """Remove the modules and tasks that a test has added."""
    yield
    for name in [name for name in sys.modules if name.startswith(("site_crystals", "host_"))]:
        del sys.modules[name]
    task_table.remove_tasks(["site_count", "it_borrows", "it_prints", "it_endless"])


@pytest.fixture
def with_package(session, data, monkeypatch):
    """Opens sessions with the task of the site package and pipelines that use it."""
    monkeypatch.syspath_prepend(str(data["site_package"]))

    def make(*switches, **extra):
        return session("host_tasks", "site_crystals.tasks", *switches, **extra)

    return make


def test_a_task_of_one_package_is_a_sub_job_of_anothers_pipeline(with_package, data):
    result = with_package().run("it_borrows", [("XYZIN", str(data["model"]))], project="p")
    top, child = result.outcomes
    assert (top.status, child.status) == (JobStatus.FINISHED, JobStatus.FINISHED)
    assert (child.job.number, child.job.task) == ("1.1", "site_count")
    assert [(kpi.key, kpi.value) for kpi in child.kpis] == [("nAtoms", 2122)]
    assert [file.path for file in child.files] == [child.job.directory / "XYZOUT.pdb"]


class Rival:
    @hookimpl
    def register_tasks(self):
        def_file = "site_crystals:site_count.def.xml"
        yield TaskDescription(name="site_count", title="Another", script="rival:Count", def_file=def_file)


def test_a_pipeline_with_a_sub_job_that_two_packages_provide_fails_and_names_both(with_package, data):
    session = with_package(rival=Rival())
    outcome = session.run("it_borrows", [("XYZIN", str(data["model"]))], project="p").outcome
    assert outcome.status is JobStatus.FAILED
    said = "\n".join(problem.message for problem in outcome.problems)
    assert "the plugins 'rival' and 'site_crystals.tasks' offer a task 'site_count'; none of them is used." in said


def test_a_task_can_be_described_with_class_objects(session, data, monkeypatch):
    monkeypatch.syspath_prepend(str(data["site_package"]))
    from site_crystals.report import SiteReport
    from site_crystals.script import SiteCount

    class Direct:
        @hookimpl
        def register_tasks(self):
            yield TaskDescription(
                name="site_count",
                title="Direct",
                script=SiteCount,
                report=SiteReport,
                def_file=data["site_package"] / "site_crystals" / "site_count.def.xml",
                needs_ccp4=False,
            )

    from ccp4i2.core.tasks import get_report_class

    opened = session(direct=Direct())
    outcome = opened.run("site_count", [("XYZIN", str(data["model"]))], project="p").outcome
    assert outcome.status is JobStatus.FINISHED
    assert {task.name: task.plugin for task in opened.tasks()}["site_count"] == "direct"
    assert get_report_class("site_count") is SiteReport
