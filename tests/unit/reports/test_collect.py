"""What a report says of recorded jobs: the best one, what led to it, and what went wrong."""

import pytest
from unit.reports.samples import failed, recorded
from unit.samples import tiny

from ccp4hooks import (
    ChangedParameter,
    JobStatus,
    ParameterSource,
    ParameterValue,
    Problem,
    Severity,
    UnknownNameError,
)
from ccp4hooks.outcomes.job_log import OUTPUT_FILE
from ccp4hooks.reports.data.graph import reached
from ccp4hooks.reports.pages.contents import contents
from ccp4hooks.store import OwnedJob
from ccp4hooks.texts import time_text


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
    (history,) = contents(report)["histories"]
    assert history["title"] == "How the best job came to be"
    assert [(step["number"], step["value"], step["files"]) for step in history["steps"]] == [
        ("1", "", ["native.mtz"]),
        ("2", "R-free 0.3000", []),
        ("3", "R-free 0.2800", []),
    ]


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
    assert [(link.made_by, link.job) for link in report.links] == [
        (None, "3"),
        ("2", "3"),
        ("2", "5"),
        (None, "2"),
        ("1", "2"),
        (None, "1"),
    ]
    said = contents(report)
    assert said["sentences"][0] == "This report is about 2 jobs and 1 sub-job of 1 task: 1 FINISHED, 1 FAILED."
    assert {node["label"]: node["kind"] for node in said["graph"]["nodes"]} == {
        "native.mtz": "file",
        "job 1": "other",
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
    ended = recorded(project.directory, "2", status=JobStatus.INTERRUPTED).finished_at
    said = contents(session.report("demo"))
    assert said["sentences"] == [
        "This project has 2 jobs of 1 task: 1 FAILED, 1 INTERRUPTED.",
        said["sentences"][1],
        "No KPI tells which job is the best.",
    ]
    assert [one["reasons"] for one in said["failures"]] == [
        ["no licence"],
        [f"It was interrupted {time_text(ended, seconds=True)}, after 2.00 s. It is not recorded by what."],
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
    assert said["reasons"] == ["Its process has died; `ccp4hooks recover demo` records what it has left."]


def weighted(folder, number, weight=None, *, of=ParameterSource.USER, **fields):
    """Record a job with the parameter WEIGHT, whose default is 1.0; None leaves it at its default."""
    given = (ParameterValue(name="WEIGHT", value=weight, default=1.0, source=of),) if weight is not None else ()
    return recorded(folder, number, parameters=given, **fields)


def test_a_history_says_what_the_user_changed_from_one_job_to_the_next_of_its_task(session, project):
    folder = project.directory
    weighted(folder, "1", 0.1, imports=["model.pdb", "native.mtz"], kpis={"RFree": 0.3})
    weighted(folder, "2", 0.1, reads=["1"], imports=["native.mtz"], kpis={"RFree": 0.29})
    weighted(folder, "3", 0.5, reads=["2"], kpis={"RFree": 0.28})
    weighted(folder, "4", 7.0, of=ParameterSource.TASK, reads=["3"], kpis={"RFree": 0.27})
    weighted(folder, "5", reads=["3"], kpis={"RFree": 0.26})
    report = session.report("demo")
    (history,) = report.histories
    assert [(step.number, step.changed_since, step.changed) for step in history.steps] == [
        ("1", None, (ChangedParameter(name="WEIGHT", value=0.1, before=1.0),)),
        ("2", "1", ()),
        ("3", "2", (ChangedParameter(name="WEIGHT", value=0.5, before=0.1),)),
        ("5", "3", (ChangedParameter(name="WEIGHT", value=1.0, before=0.5),)),
    ]
    assert [[path.name for path in step.imported] for step in history.steps] == [
        ["model.pdb", "native.mtz"],
        [],
        [],
        [],
    ]
    (said,) = contents(report)["histories"]
    changed = [(one["name"], one["value"], one["before"]) for step in said["steps"] for one in step["changed"]]
    assert changed == [
        ("WEIGHT", "0.1", "default: 1"),
        ("WEIGHT", "0.5", "job 2: 0.1"),
        ("WEIGHT", "1", "job 3: 0.5"),
    ]


def test_a_report_on_one_job_says_how_it_came_to_be_from_jobs_outside_the_report(session, refined):
    report = session.report(refined, "4")
    (history,) = report.histories
    assert [(step.number, step.kpi and step.kpi.value) for step in history.steps] == [
        ("1", None),
        ("2", 0.3),
        ("3", 0.28),
        ("4", 0.29),
    ]
    said = contents(report)
    assert said["histories"][0]["title"] == "How job 4 came to be"
    assert [step["absent"] for step in said["histories"][0]["steps"]] == ["not in this report"] * 3 + [""]
    assert said["sentences"][0] == "This report is about job 4, refine: FINISHED, and its 1 sub-job."
    assert not any("best" in one for one in said["sentences"])
    assert [(one["title"], one["last"]["value"]) for one in said["kpis"]] == [
        ("R-free", "0.2900"),
        ("R", "0.2400"),
        ("note", "P 1"),
    ]


def test_jobs_of_a_report_are_related_by_jobs_that_are_not_in_it(session, refined):
    report = session.report(refined, "2", "4")
    assert [history.job for history in report.histories] == ["4"]
    drawn = contents(report)["graph"]
    labels = [node["label"] for node in drawn["nodes"]]
    assert [(labels[source], labels[target]) for source, target in drawn["links"] if "job 3" in labels[source]] == [
        ("job 3", "4 refine")
    ]
    read = {labels[source] for source, target in drawn["links"] if labels[target] == "job 3"}
    assert read == {"2 refine", "native.mtz"}


def test_a_job_that_was_deleted_is_a_step_of_which_nothing_else_is_known(session, project):
    recorded(project.directory, "2", reads=["1"], kpis={"RFree": 0.3})
    recorded(project.directory, "3", reads=["2"], kpis={"RFree": 0.2})
    for numbers in ((), ("3",)):
        (history,) = session.report("demo", *numbers).histories
        assert [(step.number, step.task) for step in history.steps] == [("1", ""), ("2", "refine"), ("3", "refine")]


def test_a_reason_is_said_once_and_the_one_with_a_cure_first(session, project):
    folder = project.directory
    text = "Error: not a directory: /none"
    below = recorded(folder, "1.1", **failed("Process servalcat exited with code 1"))
    files = [below.job.directory / name for name in ("ccp4hooks_output.txt", "stderr.txt")]
    notes = [Problem(severity=Severity.INFO, message=f"{path.name}: {text}", path=path) for path in files]
    cured = Problem(severity=Severity.INFO, message="There is no library.", cure="Set $CLIBD_MON.")
    recorded(folder, "1.1", **{**failed("x"), "problems": (*below.problems, *notes, cured)})
    own = Problem(severity=Severity.BLOCK, message="See job 1.1.")
    recorded(folder, "1", **{**failed("x"), "problems": (own, cured)})
    recorded(folder, "2", **failed("no licence"))
    said = contents(session.report("demo"))["failures"]
    assert [(one["number"], one["below"], one["more"]) for one in said] == [("1", ["1.1"], 0), ("2", [], 0)]
    assert said[0]["reasons"] == [
        "There is no library. Set $CLIBD_MON.",
        "Process servalcat exited with code 1",
        f"ccp4hooks_output.txt: {text}",
        "See job 1.1.",
    ]


def test_reasons_that_are_left_out_are_counted(session, project):
    problems = tuple(Problem(severity=Severity.BLOCK, message=f"fault {at}") for at in range(10))
    recorded(project.directory, "1", **{**failed("x"), "problems": problems})
    (said,) = contents(session.report("demo"))["failures"]
    assert (len(said["reasons"]), said["more"]) == (4, 6)


def test_what_more_there_is_to_see_of_a_job_is_a_command_that_works_anywhere(session, project):
    recorded(project.directory, "1")
    (said,) = contents(session.report("demo"))["details"]
    assert said["all_results"] == "`ccp4hooks show 1 --all --project demo`"
    assert said["all_parameters"] == "`ccp4hooks show 1 --params --project demo`"


def test_r_free_comes_before_r_in_a_report_on_a_single_job(session, project):
    recorded(project.directory, "1", kpis={"RFactor": 0.2, "RFree": 0.3})
    for numbers in ((), ("1",)):
        assert [one.key for one in session.report("demo", *numbers).kpis] == ["RFree", "RFactor"]
    assert session.report("demo").decisive == ""
