"""What a report says of recorded jobs: the best one, what led to it, and what went wrong."""

import pytest
from unit.reports.samples import failed, recorded
from unit.samples import tiny

from ccp4hooks import JobStatus, UnknownNameError
from ccp4hooks.outcomes.job_log import OUTPUT_FILE
from ccp4hooks.reports.contents import contents
from ccp4hooks.reports.graph import reached
from ccp4hooks.store import OwnedJob


def test_the_best_job_is_that_with_the_best_value_of_the_decisive_kpi(session, refined):
    report = session.report("demo")
    assert (report.decisive, report.best, report.is_whole) == ("RFree", ("3",), True)
    assert [(kpi.key, kpi.title, kpi.best) for kpi in report.kpis] == [
        ("RFree", "R-free", ("3",)),
        ("RFactor", "R", ("3",)),
        ("note", "note", ()),
    ]
    assert {top: [job.number for job in group] for top, group in report.tops.items()} == {
        "1": ["1"],
        "2": ["2", "2.1"],
        "3": ["3", "3.1"],
        "4": ["4", "4.1"],
        "5": ["5"],
    }


def test_the_files_that_jobs_have_read_say_what_led_to_what(session, refined):
    report = session.report("demo")
    links = [(link.made_by, link.job, link.path.name) for link in report.links]
    assert links == [
        (None, "1", "native.mtz"),
        (None, "2", "native.mtz"),
        ("1", "2", "XYZOUT.pdb"),
        (None, "3", "native.mtz"),
        ("2", "3", "XYZOUT.pdb"),
        (None, "4", "native.mtz"),
        ("3", "4", "XYZOUT.pdb"),
        ("2", "5", "XYZOUT.pdb"),
    ]
    assert reached(report.best, report.links) == ["1", "2"]
    assert [step["number"] for step in contents(report)["way"]] == ["1", "2", "3"]


def test_what_went_wrong_has_its_reason_and_the_end_of_its_log(session, refined):
    (refined.job_directory("5") / OUTPUT_FILE).write_text("".join(f"line {at}\n" for at in range(100)))
    report = session.report("demo")
    assert [job.number for job in report.jobs if job.went_wrong] == ["5"]
    assert report.jobs[-1].log == tuple(f"line {at}" for at in range(80, 100))
    (failure,) = contents(report)["failures"]
    assert (failure["number"], failure["reasons"]) == ("5", ["the program has no licence"])


def test_a_report_on_some_jobs_has_their_sub_jobs_and_names_what_they_have_read(session, refined):
    report = session.report(refined, "3.1", "3", "5")
    assert [job.number for job in report.jobs] == ["3", "3.1", "5"]
    assert [(link.made_by, link.job) for link in report.links] == [(None, "3"), ("2", "3"), ("2", "5")]
    said = contents(report)
    assert said["sentences"][0] == "This report is about 2 jobs and 1 sub-job of 1 task: 1 FINISHED, 1 FAILED."
    assert {node["label"]: node["kind"] for node in said["graph"]["nodes"]} == {
        "native.mtz": "file",
        "job 2": "other",
        "3 refine": "job",
        "5 refine": "job",
    }
    with pytest.raises(UnknownNameError, match="9"):
        session.report(refined, "9")


def test_a_project_without_jobs_and_one_with_failed_jobs_only_say_so(session, project):
    project.jobs_directory.mkdir(parents=True)
    assert contents(session.report("demo"))["sentences"] == ["This project has no jobs."]
    recorded(project.directory, "1", **failed("no licence"))
    recorded(project.directory, "2", status=JobStatus.INTERRUPTED)
    said = contents(session.report("demo"))
    assert said["sentences"] == [
        "This project has 2 jobs of 1 task: 1 FAILED, 1 INTERRUPTED.",
        said["sentences"][1],
        "No KPI tells which job is the best.",
    ]
    assert [one["reasons"] for one in said["failures"]] == [
        ["no licence"],
        ["No reason is recorded; see the end of its log."],
    ]


def test_a_value_that_no_job_with_a_result_has_makes_none_the_best(session, project):
    recorded(project.directory, "1", kpis={"RFree": 0.3})
    recorded(project.directory, "2", kpis={"RFree": 0.1}, status=JobStatus.FAILED)
    assert session.report("demo").best == ()
    recorded(project.directory, "3", kpis={"RFree": 0.3})
    assert session.report("demo").best == ()
    recorded(project.directory, "4", kpis={"RFree": 0.2})
    assert session.report("demo").best == ("4",)


def test_a_job_whose_process_has_died_went_wrong(open_with, project):
    outcome = recorded(project.directory, "1", status=JobStatus.RUNNING, finished_at=None)

    def read_outcomes():
        return [outcome]

    def find_held():
        return [OwnedJob(job=outcome.job, status=outcome.status, alive=False, host="here", pid=7, reachable=False)]

    (said,) = contents(open_with(reader=tiny(read_outcomes), owner=tiny(find_held)).report(project))["failures"]
    assert (said["status"]["text"], said["status"]["tone"]) == ("PROCESS HAS DIED", "bad")
    assert said["reasons"] == ["Its process has died; `ccp4hooks recover` records what it has left."]
