"""The progress of running programs reaches the plugins and the caller of the run."""

import threading

import pytest

from ccp4hooks import JobStatus, Severity, hookimpl
from ccp4hooks.jobs import progress as progress_module


class Observer:
    """Notes the progress of jobs, and the thread of each call."""

    def __init__(self):
        self.seen = []
        self.threads = set()

    @hookimpl
    def job_progress(self, job, progress):
        self.seen.append((job.number, str(progress)))
        self.threads.add(threading.current_thread())


class Failing:
    def __init__(self):
        self.calls = 0

    @hookimpl
    def job_progress(self):
        self.calls += 1
        raise ValueError("no screen")


@pytest.fixture
def run(session, data):
    def make(mode, *, progress=None, **plugins):
        values = [("XYZIN", data["model"]), ("MODE", mode)]
        return session(**plugins).run("it_pipeline", values, project="p", progress=progress).outcome

    return make


EXPECTED = [
    ("1", "cycle 0, RFactor 0.3000"),
    ("1", "cycle 1, RFactor 0.3100"),
    ("1", "cycle 7, RFactor 0.3100, RFree 0.2500"),
    ("1", "cycle 7, RFactor 0.3200, RFree 0.2500"),
]


def test_hook_job_progress(run):
    observer = Observer()
    assert run("progress", observer=observer).status is JobStatus.FINISHED
    assert observer.seen == [*EXPECTED[:3], ("1.1", "cycle 1"), EXPECTED[3]]


def test_the_caller_of_the_run_is_told_between_the_phases(run):
    seen = []
    run("progress", progress=seen.append)
    mine = [one for one in seen if one.job.number == "1"]
    assert [(one.phase, str(one.program or "")) for one in mine] == [
        ("importing", ""),
        ("running", ""),
        *(("running", said) for _, said in EXPECTED),
        ("extracting", ""),
        ("finished", ""),
    ]


def test_a_file_that_only_the_program_writes_is_looked_at_in_another_thread(run, monkeypatch):
    monkeypatch.setattr(progress_module, "PERIOD_S", 0.01)

    class Seeing(Observer):
        @hookimpl
        def job_progress(self, job, progress):
            super().job_progress(job, progress)
            (job.directory / "seen").touch()

    observer = Seeing()
    before = set(threading.enumerate())
    assert run("watched", observer=observer).status is JobStatus.FINISHED
    assert observer.seen == [("1", "cycle 3, RFactor 0.3300")]
    assert threading.current_thread() not in observer.threads
    assert observer.threads.isdisjoint(before)
    assert not any(thread.is_alive() for thread in observer.threads)


def test_a_plugin_that_fails_is_named_once_and_not_called_again(run):
    failing, observer = Failing(), Observer()
    outcome = run("progress", failing=failing, observer=observer)
    assert outcome.status is JobStatus.FINISHED
    # Once for the job, and once for its sub-job.
    assert (failing.calls, observer.seen) == (2, [EXPECTED[0], ("1.1", "cycle 1")])
    (problem,) = [one for one in outcome.problems if one.hook == "job_progress"]
    assert (problem.severity, problem.origin.plugin) == (Severity.WARNING, "failing")
    assert "no screen" in problem.message


def test_nobody_looks_if_nobody_wants_to_know(run, monkeypatch):
    monkeypatch.setattr(progress_module, "ProgramXml", lambda _: pytest.fail("it was looked at"))
    assert run("progress").status is JobStatus.FINISHED
