"""The status of a job follows from each finish status of CCP4i2 3.1, also where its scripts run on 3.0."""

import json

import pytest

from ccp4hooks import BadInputError, FinishStatus, JobStatus, Severity, hookimpl
from ccp4hooks.i2.versions import is_3_0
from ccp4hooks.jobs import inputs, outputs

ENDS = {
    0: (JobStatus.FINISHED, True),
    1: (JobStatus.FAILED, True),
    3: (JobStatus.UNSATISFACTORY, True),
    4: (JobStatus.INTERRUPTED, True),
    5: (JobStatus.TO_DELETE, False),
}
"""For each finish status that ends a job: the status of the job, and whether its files and KPIs are recorded."""


class Sinks:
    """Notes the statuses and the recorded outcomes."""

    def __init__(self):
        self.statuses, self.ended, self.ran = [], [], 0

    @hookimpl
    def job_status(self, job, old, new):
        self.statuses.append((job.number, old.name, new.name))

    @hookimpl
    def post_execute(self):
        self.ran += 1

    @hookimpl
    def job_finished(self, outcome):
        self.ended.append(outcome)


def run(session, data, mode, code=0):
    sinks = Sinks()
    values = [("XYZIN", str(data["model"])), ("MODE", mode), ("COUNT", str(code)), ("NAMES", "it_slow")]
    return session(sinks=sinks).run("it_pipeline", values, project="p"), sinks


@pytest.mark.parametrize("code", ENDS)
@pytest.mark.parametrize("mode", ["code", "early_code"])
def test_a_finish_status_ends_the_job(session, data, mode, code):
    status, keeps = ENDS[code]
    result, sinks = run(session, data, mode, code)
    outcome = result.outcome
    assert (outcome.status, outcome.finish) == (status, FinishStatus(code))
    assert outcome.finished_at is not None
    assert [file.path.name for file in outcome.files] == (["result.pdb"] if keeps else [])
    assert [(kpi.key, kpi.value) for kpi in outcome.kpis] == ([("RFactor", 0.25)] if keeps else [])
    assert [file.parameter for file in outcome.imported] == ["inputData.XYZIN"]
    assert sinks.ended == [outcome]
    written = json.loads((outcome.job.directory / "ccp4hooks_outcome.json").read_text())
    assert (written["status"], written["finish"]) == (status.name, FinishStatus(code).name)


def test_a_finish_status_may_be_reported_by_name(session, data):
    result, _ = run(session, data, "report")
    assert (result.outcome.status, result.outcome.finish) == (JobStatus.INTERRUPTED, FinishStatus.INTERRUPTED)
    assert [file.path.name for file in result.outcome.files] == ["result.pdb"]


def test_an_unknown_finish_status_is_a_failure(session, data):
    result, _ = run(session, data, "code", 9)
    assert result.outcome.status is JobStatus.FAILED


@pytest.mark.parametrize("mode", ["code", "early_code"])
def test_a_dispatched_job_does_not_end(session, data, mode):
    result, sinks = run(session, data, mode, 6)
    outcome = result.outcome
    assert (outcome.status, outcome.finish) == (JobStatus.RUNNING_REMOTELY, FinishStatus.DISPATCHED)
    assert (outcome.finished_at, outcome.files, outcome.kpis) == (None, (), ())
    assert sinks.statuses == [("1", "PENDING", "RUNNING"), ("1", "RUNNING", "RUNNING_REMOTELY")]
    assert (sinks.ended, sinks.ran) == ([], 0)
    assert {path.name for path in outcome.job.directory.iterdir()} == {
        "ccp4hooks_log.jsonl",
        "ccp4hooks_output.txt",
        "diagnostic.xml",
        "input_params.xml",
        "params.xml",
        "result.pdb",
    }


def test_a_job_that_is_marked_for_deletion_is_not_extracted_again(session, data):
    result, _ = run(session, data, "code", 5)
    made = session()
    again = made.reglean(result.outcome.job.project, "1")
    assert again.outcomes == (result.outcome,)


def test_a_task_that_works_in_a_window_is_refused(session, tmp_path):
    if is_3_0():
        pytest.skip("CCP4i2 3.0 has no such task")
    with pytest.raises(BadInputError, match="works in a window of the CCP4i2 app") as refused:
        session().run("moorhen", project="p")
    assert refused.value.exit_code == 4
    assert not (tmp_path / "projects").exists()


# --- faults of ccp4hooks itself -----------------------------------------------------------------------------------


@pytest.fixture
def fault(monkeypatch):
    """Makes a function of ccp4hooks raise, for the sub-jobs only or for all jobs."""

    def make(module, name, *, below):
        original = getattr(module, name)

        def broken(active):
            if active.job.number.is_sub_job or not below:
                raise NameError("a name of ccp4hooks")
            return original(active)

        monkeypatch.setattr(module, name, broken)

    return make


def reasons(outcome):
    return [problem.message for problem in outcome.problems if problem.severity is Severity.BLOCK]


MODES = ("signal", "early", "nested", "background_signal")


@pytest.mark.parametrize(
    ("module", "name", "mode"),
    [
        *((inputs, "import_files", mode) for mode in MODES),
        *((outputs, "extract_kpis", mode) for mode in (*MODES, "steps")),
    ],
)
def test_a_fault_of_ccp4hooks_in_a_sub_job_fails_that_sub_job_and_the_pipeline_ends(
    session, data, fault, module, name, mode
):
    fault(module, name, below=True)
    result, _ = run(session, data, mode)
    parent, *children = result.outcomes
    assert parent.status.is_over
    assert {child.status for child in children} == {JobStatus.FAILED}
    for child in children:
        assert reasons(child) == ["ccp4hooks raised NameError: a name of ccp4hooks."]
        assert "NameError: a name of ccp4hooks" in (child.job.directory / "diagnostic.xml").read_text()


def test_a_pipeline_that_waits_for_a_signal_gets_one_from_a_sub_job_that_fails_by_a_fault(session, data, fault):
    fault(inputs, "import_files", below=True)
    result, _ = run(session, data, "signal")
    assert {one.job.number: one.status for one in result.outcomes} == {
        "1": JobStatus.FINISHED,
        "1.1": JobStatus.FAILED,
        "1.2": JobStatus.FAILED,
    }


@pytest.mark.parametrize("name", ["extract_files", "extract_kpis", "save_for_gui"])
def test_a_fault_of_ccp4hooks_at_the_end_of_a_job_fails_the_job_which_is_recorded(session, data, fault, name):
    fault(outputs, name, below=False)
    result, sinks = run(session, data, "code")
    assert result.outcome.status is JobStatus.FAILED
    assert result.outcome.finished_at is not None
    assert sinks.ended == [result.outcome]
    assert reasons(result.outcome) == ["ccp4hooks raised NameError: a name of ccp4hooks."]
    assert session().outcomes(result.outcome.job.project) == (result.outcome,)
