"""The outcome of a failed job says why it failed, and where its output is."""

import sys

import pytest

from ccp4hooks import JobStatus, Severity
from ccp4hooks.cli.job_report import View, job_report
from ccp4hooks.cli.render import plain
from ccp4hooks.i2.scripts import task_meant
from ccp4hooks.i2.versions import is_3_0


@pytest.fixture
def run(session, data):
    def make(mode, count=1, **options):
        values = [("XYZIN", str(data["model"])), ("MODE", mode), ("COUNT", str(count))]
        return session(**options).run("it_pipeline", values, project="p").outcome

    return make


def said(outcome):
    return [(one.severity, one.message) for one in outcome.problems if one.origin.plugin == "core"]


def test_the_errors_are_said_in_order_as_errors_without_tracebacks(run):
    outcome = run("errors", 3)
    assert outcome.status is JobStatus.FAILED
    assert said(outcome) == [
        (Severity.BLOCK, "step: fault 3"),
        (Severity.BLOCK, "step: fault 2"),
        (Severity.BLOCK, "step: fault 1"),
        (Severity.INFO, "The task has written no output."),
    ]


def test_thousands_of_errors_are_cut_with_their_number_and_their_place(run):
    assert [message for _, message in said(run("many"))] == [
        *(f"step: fault {number}" for number in range(5)),
        "2995 more are in CCP4_JOBS/job_1/diagnostic.xml.",
        "The task has written no output.",
    ]


def test_without_errors_the_warnings_are_said_as_warnings(run):
    # 3.1 adds an error of its own.
    reported = [(Severity.WARNING, "step: careful"), (Severity.INFO, "step: by the way")]
    added = (
        Severity.BLOCK,
        "it_pipeline: The job failed. The most recent thing it recorded was only a warning: by the way",
    )
    assert said(run("errors", 0)) == [
        *(reported if is_3_0() else [added]),
        (Severity.INFO, "The task has written no output."),
    ]


@pytest.mark.parametrize("count", [0, 2])
def test_an_unsatisfactory_job_says_what_it_has_reported(run, count):
    outcome = run("unsatisfactory", count)
    assert outcome.status is JobStatus.UNSATISFACTORY
    assert said(outcome) == [(Severity.WARNING, f"step: too weak {number}") for number in range(count)]


def test_a_job_that_succeeded_says_what_it_was_warned_of(run):
    outcome = run("warnings", 1)
    assert outcome.status is JobStatus.FINISHED
    assert said(outcome) == [
        (Severity.WARNING, "step: left out"),
        (Severity.WARNING, "step: KeyError: 'a'"),
        (Severity.WARNING, "step: careful 0"),
    ]


def test_many_warnings_of_a_job_that_succeeded_are_cut(run):
    assert said(run("warnings", 9))[4:] == [
        (Severity.WARNING, "step: careful 2"),
        (Severity.INFO, "6 more are in CCP4_JOBS/job_1/diagnostic.xml."),
    ]


def test_the_last_lines_about_errors_and_the_files_with_the_output_are_named(run):
    (_, reason), *others = said(run("program"))
    assert reason.startswith(
        "the task reported no reason for its failure" if is_3_0() else "it_pipeline: The job failed"
    )
    assert others == [
        (Severity.INFO, "log.txt: Error: number 3 of five | Error: number 4 of five | Error: number 5 of five"),
        (Severity.INFO, "stderr.txt: FATAL: no \ufffd space"),
        (Severity.INFO, "The output of the task is in CCP4_JOBS/job_1: ccp4hooks_output.txt, log.txt, stderr.txt."),
    ]


def test_a_report_on_a_pipeline_says_why_its_sub_job_failed(session, data):
    made = session()
    values = [("XYZIN", str(data["model"])), ("MODE", "child_fails")]
    top, below = made.run("it_pipeline", values, project="p").outcomes
    shown = plain(*job_report([top, below], View(), made.kpi_descriptions)).splitlines()
    at = shown.index("Sub-job 1.1 coordinate_selector is FAILED")
    assert shown.index("Why it failed") < at
    assert shown[at + 1 : at + 1 + len(below.problems)] == [
        f"  {'error' if one.severity is Severity.BLOCK else 'info':<5}  {one}" for one in below.problems
    ]
    assert "  Its log: `ccp4hooks log 1.1 --project p` (of its program: --program)" in shown


@pytest.mark.skipif(not is_3_0(), reason="3.1 reports a reason of its own")
def test_a_pipeline_without_a_reason_refers_to_its_sub_job_that_failed(run):
    assert said(run("child_fails"))[0] == (
        Severity.WARNING,
        "the task reported no reason for its failure itself; see the problems of its sub-job 1.1, which failed",
    )


def test_a_task_that_raised_says_where_its_traceback_is(run):
    (problem,) = [one for one in run("raises").problems if one.severity is Severity.BLOCK]
    assert problem.cure == "CCP4_JOBS/job_1/diagnostic.xml has the traceback."


@pytest.mark.parametrize("columns", [[], [("COLUMNS", "NATIVE/[FNAT,SIGFNAT]")]])
def test_an_import_of_one_of_several_data_sets_says_how_to_choose(session, data, columns):
    outcome = session().run("ImportObs", [("HKLIN", str(data["monster"])), *columns], project="p").outcome
    (problem,) = [one for one in outcome.problems if one.severity is Severity.BLOCK]
    assert "NATIVE/[FNAT,SIGFNAT]; DERIV_HG/[FHG2,SDFHG2]" in problem.message
    assert problem.cure == "Give the labels of one of them, for instance COLUMNS=FNAT,SIGFNAT."
    done = session().run("ImportObs", [("HKLIN", str(data["monster"])), ("COLUMNS", "FNAT,SIGFNAT")], project="p")
    assert done.outcome.status is JobStatus.FINISHED


def test_a_task_that_raised_says_where_its_output_is(run):
    assert said(run("raises")) == [
        (Severity.BLOCK, "the task raised RuntimeError: the pipeline blew up."),
        (Severity.INFO, "The task has written no output."),
    ]


def test_a_sub_task_that_does_not_exist_is_told_with_the_nearest_name(session, data):
    values = [("XYZIN", str(data["model"])), ("MODE", "background_signal"), ("NAMES", "coordinat_selector")]
    outcome = session().run("it_pipeline", values, project="p").outcome
    reason = next(one for one in outcome.problems if one.severity is Severity.BLOCK)
    assert "Plugin 'coordinat_selector' not found in registry" in reason.message
    assert reason.cure == (
        "There is no task 'coordinat_selector'. Did you mean coordinate_selector? "
        "CCP4_JOBS/job_1/diagnostic.xml has the traceback."
    )
    entry = task_meant("Plugin 'zzz' not found in registry. This plugin")
    assert (entry, task_meant("no space")) == ("There is no task 'zzz'. `ccp4hooks tasks` lists all tasks.", "")


def test_a_status_that_was_reported_and_another_one_that_was_returned_are_told(run):
    problem = run("contradiction").problems[0]
    assert str(problem) == (
        "the task reported no reason for its failure. It reported the finish status SUCCEEDED, but process() returned "
        "or set FAILED, which counts. Give reportStatus() the status that process() returns."
    )


@pytest.mark.parametrize(
    ("mode", "returned"), [("silent", "nothing"), ("text", "an object of type str, which is no finish status,")]
)
def test_a_task_without_a_finish_status_is_finished_with_a_warning(run, mode, returned):
    """CCP4i2 takes everything but FAILED for success, unless the program has failed."""
    outcome = run(mode)
    assert outcome.status is JobStatus.FINISHED
    message = f"process() returned {returned} and the task reported no finish status. CCP4i2 takes this for success."
    assert said(outcome) == [(Severity.WARNING, message)]


@pytest.mark.parametrize("mode", ["code", "report", "early_code", "plain"])
def test_a_task_with_a_finish_status_gets_no_warning(run, mode):
    count = 1 if mode == "plain" else 0
    assert not [message for _, message in said(run(mode, count)) if "finish status" in message]


def test_a_task_that_ends_its_process_fails_and_is_recorded(run):
    outcome = run("exit")
    assert outcome.status is JobStatus.FAILED
    assert said(outcome)[0] == (
        Severity.BLOCK,
        "the task raised ProcessExitError: it called os._exit(7), which would have ended the process of its job.",
    )


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
def test_a_child_process_of_a_task_can_end_itself(run):
    outcome = run("fork")
    assert outcome.status is JobStatus.UNSATISFACTORY
