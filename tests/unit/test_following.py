"""Following a job that another program runs: its state and its output, step by step."""

import re
from dataclasses import replace

import pytest
from unit.samples import make_settings

from ccp4hooks import BadInputError, JobStatus, UnknownNameError, WaitTimeoutError, hookimpl, open_session
from ccp4hooks.outcomes import outcome_file
from ccp4hooks.outcomes.job_log import JobLog
from ccp4hooks.queries import following
from ccp4hooks.testing import MemoryDatabase


class Database(MemoryDatabase):
    """A database in memory in which the owners of jobs may have died, and that changes when it is read."""

    def __init__(self):
        super().__init__()
        self.alive = True
        self.steps = []

    @hookimpl
    def find_held(self, project):
        if self.steps:
            self.steps.pop(0)()
        return [replace(one, alive=self.alive, host="beamline", pid=4711) for one in super().find_held(project)]


@pytest.fixture
def database():
    return Database()


@pytest.fixture
def session(tmp_path, database, monkeypatch):
    monkeypatch.setattr(following, "STATE_POLL_S", 0)
    return open_session(make_settings(tmp_path / "projects"), extra={"memory": database})


@pytest.fixture
def job(session):
    """A job that was opened and has not begun."""
    return session.open_job("coordinate_selector", project="toxd")


def begin(database, job):
    database.claim_job(job.uuid, False)


def end(database, job, status=JobStatus.FINISHED):
    outcome = replace(database.read_outcomes(job.project, job.number)[0], status=status)
    database.job_finished(job, outcome)


def write(job, text, name="ccp4hooks_output.txt"):
    with (job.directory / name).open("a") as file:
        file.write(text)


def test_the_state_of_a_job_has_its_owner(session, database, job):
    waiting = session.job_state("toxd", "1")
    assert (waiting.outcome.status, waiting.owner, waiting.is_active) == (JobStatus.PENDING, None, True)
    begin(database, job)
    running = session.job_state("toxd", "1")
    assert (running.outcome.status, running.owner.pid, running.is_active) == (JobStatus.RUNNING, 4711, True)
    end(database, job, JobStatus.FAILED)
    over = session.job_state("toxd", "1")
    assert (over.outcome.status, over.owner, over.is_active, over.has_died) == (JobStatus.FAILED, None, False, False)
    with pytest.raises(UnknownNameError, match="Unknown job '2'"):
        session.job_state("toxd", "2")


def test_a_job_whose_process_has_died_is_not_waited_for(session, database, job):
    begin(database, job)
    database.alive = False
    state = session.wait("toxd", "1")
    assert (state.has_died, state.is_active, state.outcome.status) == (True, False, JobStatus.RUNNING)


def test_a_process_that_died_after_it_had_written_the_outcome_has_ended_its_job(session, database, job):
    begin(database, job)
    database.alive = False
    (known,) = session.outcomes("toxd", "1")
    outcome_file.write(replace(known, status=JobStatus.FINISHED, finished_at=known.created_at))
    state = session.wait("toxd", "1")
    assert (state.has_died, state.outcome.status) == (False, JobStatus.FINISHED)


def test_waiting_ends_with_the_job(session, database, job):
    database.steps = [lambda: None, lambda: begin(database, job), lambda: None, lambda: end(database, job)]
    assert session.wait("toxd", "1").outcome.status is JobStatus.FINISHED
    assert database.steps == []


def test_a_job_on_another_machine_has_not_ended(session, database, job):
    database.statuses[job.uuid] = JobStatus.RUNNING_REMOTELY
    database.waiting.discard(job.uuid)
    with pytest.raises(WaitTimeoutError, match=r"Job 1 is still RUNNING_REMOTELY after 0 s") as caught:
        session.wait("toxd", "1", timeout_s=0)
    assert (caught.value.exit_code, caught.value.state.outcome.status) == (9, JobStatus.RUNNING_REMOTELY)


def test_a_job_that_is_withdrawn_meanwhile_is_unknown(session, database, job):
    database.steps = [lambda: None, lambda: database.job_withdrawn(job)]
    with pytest.raises(UnknownNameError, match="Unknown job '1'"):
        session.wait("toxd", "1")


def test_output_is_followed_from_a_waiting_job_to_the_end_of_it(session, database, job):
    output = session.job_output("toxd", "1", follow=True)
    database.steps = [
        lambda: begin(database, job),
        lambda: write(job, "one\ntw"),
        lambda: None,
        lambda: write(job, "o\n"),
        lambda: (write(job, "three"), end(database, job)),
    ]
    assert list(filter(None, output)) == ["one\ntw", "o\n", "three"]
    assert (output.state.outcome.status, output.why_none) == (JobStatus.FINISHED, "")


def test_the_log_of_a_program_that_runs_again_is_followed(session, database, job):
    begin(database, job)
    write(job, "first\n", "log.txt")
    output = session.job_output("toxd", "1", follow=True, program=True, lines=1)
    database.steps = [
        (job.directory / "log.txt").unlink,
        lambda: write(job, "second run\nits end\n", "log.txt"),
        lambda: end(database, job),
    ]
    assert "".join(output) == "first\nsecond run\nits end\n"


def test_following_ends_when_the_process_has_died(session, database, job):
    begin(database, job)
    write(job, "so far\n")
    database.steps = [lambda: None, lambda: setattr(database, "alive", False)]
    output = session.job_output("toxd", "1", follow=True)
    assert "".join(output) == "so far\n"
    assert output.state.has_died


def test_a_job_that_ends_without_output_says_so(session, database, job):
    output = session.job_output("toxd", "1", follow=True)
    database.steps = [lambda: end(database, job, JobStatus.INTERRUPTED)]
    assert "".join(output) == ""
    assert output.why_none == "Job 1 (INTERRUPTED) has no log: its task has not printed anything."


@pytest.mark.parametrize(
    ("prepare", "program", "said"),
    [
        (lambda *_: None, False, "Job 1 is PENDING: it has not begun to run, so it has no log. `-f` waits for it."),
        (begin, False, "Job 1 (RUNNING) has no log: its task has not printed anything."),
        (end, True, "Job 1 (FINISHED) has no log of a program: CCP4i2 has started none for it."),
        (
            lambda database, job: (begin(database, job), job.directory.rmdir()),
            False,
            "The directory {} of job 1 (RUNNING) does not exist here. It runs on beamline.",
        ),
        (
            lambda database, job: (end(database, job), job.directory.rmdir()),
            True,
            "The directory {} of job 1 (FINISHED) does not exist here.",
        ),
    ],
    ids=["waits", "silent", "no program", "elsewhere", "no directory"],
)
def test_the_reason_why_there_is_no_output_is_given(session, database, job, prepare, program, said):
    prepare(database, job)
    with pytest.raises(BadInputError) as caught:
        session.job_output("toxd", "1", program=program)
    assert str(caught.value) == said.format(job.directory)


def test_the_sub_jobs_that_have_run_a_program_are_named(session, database, job):
    for _ in range(3):
        session.open_job("coordinate_selector", project="toxd", parent=job)
    for number in ("1.1", "1.3"):
        (job.project.job_directory(number) / "log.txt").touch()
    end(database, job)
    with pytest.raises(BadInputError) as caught:
        session.job_output("toxd", "1", program=True)
    assert str(caught.value) == (
        "The task of job 1 has run no program itself. These sub-jobs have: 1.1, 1.3. "
        "For instance: `ccp4hooks log 1.1 --program --project toxd`."
    )


def remove(job, *names):
    log = JobLog(job)
    log.write("files_removed", files=[*names], context="temporary")
    log.close()


def reason(session, **options):
    with pytest.raises(BadInputError) as caught:
        session.job_output("toxd", "1", **options)
    return re.sub(r" on \d{4}-\d\d-\d\d \d\d:\d\d\.", " on DATE.", str(caught.value))


def test_a_log_that_was_removed_is_not_called_one_that_never_was(session, database, job):
    below = [session.open_job("coordinate_selector", project="toxd", parent=job) for _ in range(2)]
    end(database, job)
    for one in below:
        remove(one, "program.xml", "log.txt")
    assert reason(session, program=True) == (
        "The task of job 1 has run no program itself. These sub-jobs have, and `ccp4hooks clean` removed their logs: "
        "1.1, 1.2."
    )
    remove(job, "log.txt", "scratch")
    assert reason(session, program=True) == (
        "Job 1 (FINISHED) has no log of a program any more: `ccp4hooks clean` removed log.txt on DATE."
    )
    assert reason(session) == "Job 1 (FINISHED) has no log: its task has not printed anything."
    remove(job, "ccp4hooks_output.txt")
    assert reason(session) == (
        "Job 1 (FINISHED) has no log any more: `ccp4hooks clean` removed ccp4hooks_output.txt on DATE."
    )


@pytest.mark.parametrize(
    "line", ["{", "[]", '{"event": "ccp4hooks.files_removed"}', '{"event": 1, "files": "log.txt"}']
)
def test_a_damaged_log_does_not_say_that_anything_was_removed(session, database, job, line):
    end(database, job)
    write(job, line, "ccp4hooks_log.jsonl")
    assert reason(session, program=True).endswith("CCP4i2 has started none for it.")


def test_a_project_whose_directory_is_gone_is_named(session, database, job):
    job.project.directory.rename(job.project.directory.with_name("moved"))
    with pytest.raises(BadInputError, match=r"The directory .*toxd of the project 'toxd' does not exist"):
        session.job_output("toxd", "1")
