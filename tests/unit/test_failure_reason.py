"""The problem of a failed job that lists of jobs show."""

import pytest
from unit.samples import make_outcome

from ccp4hooks import JobStatus, Problem, Severity
from ccp4hooks.outcomes.failure_reason import failure_reason

ERROR, WARNING, INFO = Severity.BLOCK, Severity.WARNING, Severity.INFO
EXITED = (ERROR, "Process /venv/bin/python exited with code 2")
FAILED = (ERROR, "it_pipeline: The job failed. The most recent thing it recorded was only a warning: by the way")
IN_BACKGROUND = (ERROR, "postProcessCheck: Program python exited with error code 2. Check log.txt for details.")
QUOTED = (ERROR, "Process python exited with code 2 stderr.txt (last 2 lines): usage: a [-h] a: error: odd")
SILENT = (WARNING, "the task reported no reason for its failure")


@pytest.fixture
def failed(tmp_path):
    def make(*problems, number="1", status=JobStatus.FAILED):
        job = make_outcome(tmp_path, number).job
        made = []
        for severity, message in problems:
            file = message.partition(": ")[0]
            path = job.directory / file if file.endswith(".txt") else None
            made.append(Problem(severity=severity, message=message, hook="process", path=path))
        return make_outcome(tmp_path, number, status=status, problems=tuple(made))

    return make


@pytest.mark.parametrize(
    ("problems", "expected"),
    [
        ((EXITED, (ERROR, "step: fault 2")), "step: fault 2"),
        ((EXITED, (INFO, "log.txt: Error: 1 | Error: 2"), (INFO, "See log.txt.")), "log.txt: Error: 2"),
        ((FAILED, (INFO, "log.txt: mild error"), (INFO, "stderr.txt: KeyError: 1")), "stderr.txt: KeyError: 1"),
        ((SILENT, (INFO, "ccp4hooks_output.txt: no\n such"), (INFO, "log.txt: fatal")), "log.txt: fatal"),
        ((EXITED, (WARNING, "a.txt: odd")), EXITED[1]),
        ((IN_BACKGROUND, (INFO, "log_err.txt: error: odd")), "log_err.txt: error: odd"),
        ((QUOTED, (INFO, "stderr.txt: error: odd")), "stderr.txt: error: odd"),
        (((INFO, "step: by the way"), SILENT), SILENT[1]),
        (((INFO, "step: by the way"),), ""),
        ((), ""),
    ],
)
def test_the_most_telling_problem_is_the_reason(failed, problems, expected):
    assert failure_reason([failed(*problems)]) == expected


def test_a_sub_job_that_failed_may_tell_more_than_its_top_job(failed):
    below = failed((ERROR, "Too wet."), number="1.1")
    fine = failed((ERROR, "Dry."), number="1.2", status=JobStatus.FINISHED)
    assert failure_reason([failed(SILENT), fine, below]) == "Too wet."
    assert failure_reason([failed((ERROR, "Too dry.")), fine, below]) == "Too dry."
    assert failure_reason([fine]) == ""
