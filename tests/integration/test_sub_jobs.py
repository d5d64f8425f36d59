"""Sub-jobs of a real pipeline have a number, a directory and one call of each hook, however they end."""

import threading
from collections import Counter

import pytest

from ccp4hooks import FinishStatus, JobStatus, Severity, hookimpl


class Recorder:
    """Counts hook calls per job number."""

    def __init__(self):
        self.calls = Counter()
        self.statuses = []

    @hookimpl
    def pre_import(self, job):
        self.calls["pre_import", job.number] += 1
        return []

    @hookimpl
    def post_execute(self, job):
        self.calls["post_execute", job.number] += 1

    @hookimpl
    def glean_kpi(self, job):
        self.calls["glean_kpi", job.number] += 1
        return []

    @hookimpl
    def glean_file(self, job, file):
        self.calls["glean_file", job.number] += 1

    @hookimpl
    def job_status(self, job, old, new):
        self.statuses.append((job.number, old, new))

    @hookimpl
    def job_finished(self, job, outcome):
        self.calls["job_finished", job.number] += 1


def run(session, data, mode, **parameters):
    recorder = Recorder()
    values = [("XYZIN", str(data["model"])), ("MODE", mode), *parameters.items()]
    result = session(recorder=recorder).run("it_pipeline", values, project="p")
    return {outcome.job.number: outcome for outcome in result.outcomes}, recorder


def statuses(outcomes):
    return {number: outcome.status for number, outcome in outcomes.items()}


def test_every_hook_is_called_once_per_job_and_sub_job(session, data):
    outcomes, recorder = run(session, data, "plain")
    assert statuses(outcomes) == dict.fromkeys(("1", "1.1", "1.2"), JobStatus.FINISHED)
    assert {key for key, count in recorder.calls.items() if count != 1} == set()
    hooks = {hook for hook, number in recorder.calls if number == "1.2"}
    assert hooks == {"pre_import", "post_execute", "glean_file", "glean_kpi", "job_finished"}


def test_the_number_and_directory_of_a_sub_job_agree_and_its_files_exist(session, data):
    outcomes, _ = run(session, data, "plain")
    for number, outcome in outcomes.items():
        relative = outcome.job.directory.relative_to(outcome.job.project.jobs_directory)
        assert relative.as_posix() == "/".join(f"job_{part}" for part in number.split("."))
        assert all(file.path.is_file() for file in outcome.files)
        assert {"params.xml", "diagnostic.xml", "ccp4hooks_outcome.json"} <= {
            path.name for path in outcome.job.directory.iterdir()
        }


def test_sub_jobs_become_running_and_use_the_imported_file(session, data):
    outcomes, recorder = run(session, data, "plain")
    assert ("1.1", JobStatus.PENDING, JobStatus.RUNNING) in recorder.statuses
    imported = outcomes["1"].imported[0]
    assert [use.file_uuid for use in outcomes["1.1"].uses] == [imported.uuid]


def test_equal_kpi_names_are_made_unique_and_infinity_does_not_affect_others(session, data):
    outcomes, _ = run(session, data, "plain")
    values = {kpi.key: kpi.value for kpi in outcomes["1"].kpis}
    assert values == {"RFactor": 0.0, "RFree": 0.25, "SECOND.RFactor": 0.2}
    assert [problem.message for problem in outcomes["1"].problems if "finite" in problem.message]


def test_a_sub_job_has_the_title_that_its_parent_gives_it(session, data):
    outcomes, _ = run(session, data, "titles")
    titles = {number: outcome.job.title for number, outcome in outcomes.items() if number != "1"}
    assert titles == {"1.1": "Chain A", "1.2": "Chain B", "1.3": "coordinate_selector"}


def test_a_signal_driven_pipeline_ends_each_sub_job_before_the_next_begins(session, data):
    outcomes, _ = run(session, data, "signal")
    assert statuses(outcomes) == dict.fromkeys(("1", "1.1", "1.2"), JobStatus.FINISHED)
    assert outcomes["1.1"].finished_at <= outcomes["1.2"].started_at


def test_a_failing_sub_job_is_recorded_with_its_reason(session, data):
    outcomes, _ = run(session, data, "child_fails")
    assert statuses(outcomes) == {"1": JobStatus.FAILED, "1.1": JobStatus.FAILED}
    assert "XYZIN" in (outcomes["1.1"].job.directory / "diagnostic.xml").read_text()


def test_a_sub_job_that_raises_fails_with_its_parent_and_does_not_stay_pending(session, data):
    outcomes, recorder = run(session, data, "child_raises")
    assert statuses(outcomes) == {"1": JobStatus.FAILED, "1.1": JobStatus.FAILED}
    assert recorder.calls["job_finished", "1.1"] == 1
    assert any("blew up" in problem.message for problem in outcomes["1.1"].problems)


def test_an_unreported_sub_job_does_not_replace_its_parent(session, data):
    outcomes, _ = run(session, data, "hidden")
    # The unreported sub-job uses directory job_1, so the next sub-job is 1.2.
    assert statuses(outcomes) == {"1": JobStatus.FINISHED, "1.2": JobStatus.FINISHED}


def test_a_sub_job_that_never_ran_is_closed(session, data):
    outcomes, recorder = run(session, data, "unused")
    assert statuses(outcomes) == {"1": JobStatus.FINISHED, "1.1": JobStatus.INTERRUPTED}
    assert recorder.calls["job_finished", "1.1"] == 1
    assert recorder.calls["post_execute", "1.1"] == 0


def test_ctrl_c_marks_the_job_and_its_sub_job_interrupted(session, data):
    recorder = Recorder()
    made = session(recorder=recorder)
    with pytest.raises(KeyboardInterrupt):
        made.run("it_pipeline", [("XYZIN", str(data["model"])), ("MODE", "interrupt")], project="p")
    outcomes = made.outcomes(made.project("p"))
    assert {one.job.number: one.status for one in outcomes} == dict.fromkeys(("1", "1.1"), JobStatus.INTERRUPTED)
    assert recorder.calls["job_finished", "1"] == 1


def test_a_pipeline_that_returns_early_ends_after_its_sub_jobs(session, data):
    outcomes, _ = run(session, data, "early")
    assert statuses(outcomes) == dict.fromkeys(("1", "1.1"), JobStatus.FINISHED)


def test_a_sub_job_in_the_background_ends_when_its_program_does_and_keeps_its_output(session, data):
    outcomes, recorder = run(session, data, "background")
    assert statuses(outcomes) == dict.fromkeys(("1", "1.1"), JobStatus.FINISHED)
    assert [file.parameter for file in outcomes["1.1"].files] == ["outputData.XYZOUT"]
    assert (outcomes["1.1"].finished_at - outcomes["1.1"].started_at).total_seconds() >= 0.5
    assert recorder.calls["job_finished", "1.1"] == 1


@pytest.mark.parametrize("task", ["it_slow", "it_quick"])
def test_a_sub_job_in_the_background_sends_one_signal_and_reads_its_output_once_after_its_program(session, data, task):
    outcomes, recorder = run(session, data, "background_signal", NAMES=task)
    assert (outcomes["1"].job.directory / "signals").read_text() == "0 True\n"
    assert statuses(outcomes) == dict.fromkeys(("1", "1.1"), JobStatus.FINISHED)
    assert [problem for problem in outcomes["1.1"].problems if problem.severity is not Severity.INFO] == []
    assert [(kpi.key, kpi.value) for kpi in outcomes["1.1"].kpis] == [("RFree", 0.25)]
    assert recorder.calls["job_finished", "1.1"] == 1


@pytest.mark.parametrize(("count", "status"), [("0", JobStatus.FINISHED), ("1", JobStatus.FAILED)])
def test_a_program_that_ends_before_its_number_is_known_is_read_once(session, data, monkeypatch, count, status):
    from ccp4i2.core.async_process_manager import AsyncProcessManager

    start = AsyncProcessManager.startProcess

    def slow(manager, **options):
        done = threading.Event()
        function, arguments = options["handler"]

        def handler(pid):
            function(pid, **arguments)
            done.set()

        handler.__self__ = function.__self__
        number = start(manager, **{**options, "handler": [handler, {}]})
        assert done.wait(60)
        return number

    monkeypatch.setattr(AsyncProcessManager, "startProcess", slow)
    outcomes, recorder = run(session, data, "background_signal", NAMES="it_quick", COUNT=count)
    assert (outcomes["1"].job.directory / "signals").read_text() == f"{count} True\n"
    assert statuses(outcomes) == dict.fromkeys(("1", "1.1"), status)
    assert recorder.calls["job_finished", "1.1"] == 1


def test_a_sub_job_in_the_background_whose_program_fails_is_failed_and_says_why(session, data):
    outcomes, _ = run(session, data, "background_signal", NAMES="it_slow", COUNT="1")
    assert (outcomes["1"].job.directory / "signals").read_text() == "1 True\n"
    assert statuses(outcomes) == dict.fromkeys(("1", "1.1"), JobStatus.FAILED)
    assert "log_err.txt: fatal: no luck" in [problem.message for problem in outcomes["1.1"].problems]
    assert [file.parameter for file in outcomes["1.1"].files] == ["outputData.XYZOUT"]


def test_a_pipeline_does_not_wait_for_a_sub_job_in_the_background_that_never_reports_its_end(session, data):
    outcomes, _ = run(session, data, "background_signal", NAMES="it_mute")
    assert outcomes["1.1"].status is JobStatus.INTERRUPTED
    assert [problem.message for problem in outcomes["1.1"].problems if problem.severity is Severity.WARNING] == [
        "was still running when its parent ended"
    ]


@pytest.mark.parametrize(
    ("reported", "status"), [("0", JobStatus.FINISHED), ("1", JobStatus.FAILED), ("3", JobStatus.UNSATISFACTORY)]
)
def test_a_sub_job_of_which_the_pipeline_takes_single_steps_ends_as_it_reports(session, data, reported, status):
    outcomes, recorder = run(session, data, "steps", COUNT=reported)
    assert statuses(outcomes) == {"1": JobStatus.FINISHED, "1.1": status}
    child = outcomes["1.1"]
    assert [file.parameter for file in child.files] == ["outputData.XYZOUT"]
    assert [(kpi.key, kpi.value) for kpi in child.kpis] == [("RFree", 0.25)]
    assert [use.file_uuid for use in child.uses] == [outcomes["1"].imported[0].uuid]
    assert child.finish is FinishStatus(int(reported))
    assert ("1.1", JobStatus.PENDING, JobStatus.RUNNING) in recorder.statuses
    assert recorder.calls["post_execute", "1.1"] == recorder.calls["job_finished", "1.1"] == 1


def test_sub_jobs_of_sub_jobs_are_numbered_below_them(session, data):
    outcomes, recorder = run(session, data, "nested")
    assert statuses(outcomes) == dict.fromkeys(("1", "1.1", "1.1.1", "1.1.2"), JobStatus.FINISHED)
    assert recorder.calls["job_finished", "1.1.2"] == 1


def test_unsatisfactory_stays_unsatisfactory(session, data):
    outcomes, _ = run(session, data, "unsatisfactory")
    assert outcomes["1"].status is JobStatus.UNSATISFACTORY


def test_an_output_in_a_sub_directory_is_recorded_where_it_is(session, data):
    outcomes, _ = run(session, data, "subdirectory")
    (file,) = outcomes["1"].files
    assert file.path == outcomes["1"].job.directory / "deep/er/result.pdb"


def test_a_task_that_raises_is_failed_with_a_reason(session, data):
    outcomes, _ = run(session, data, "raises")
    assert outcomes["1"].status is JobStatus.FAILED
    assert any("the pipeline blew up" in problem.message for problem in outcomes["1"].problems)


def test_a_task_that_cannot_read_its_output_is_failed(session, data):
    result = session().run("it_output", [("XYZIN", str(data["model"]))], project="p")
    assert result.outcome.status is JobStatus.FAILED
    said = [problem.message for problem in result.outcome.problems if problem.severity is Severity.BLOCK]
    assert said == ["the task raised RuntimeError: there is no log file."]
    report = (result.outcome.job.directory / "diagnostic.xml").read_text()
    assert report.count("raise RuntimeError") == 1


def test_the_outcome_of_a_failed_task_contains_its_error_report(session, data):
    outcomes, _ = run(session, data, "child_fails")
    (said,) = [problem.message for problem in outcomes["1.1"].problems if problem.hook == "process"]
    assert "Required input file not set" in said
