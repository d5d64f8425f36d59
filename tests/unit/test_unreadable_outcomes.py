"""What is said of an outcome file that cannot be read, of a job that the database knows."""

import pytest
from unit.samples import implementation, make_outcome

from ccp4hooks.outcomes import outcome_file
from ccp4hooks.plugins.dispatcher import Dispatcher
from ccp4hooks.queries.recorded import Queries


@pytest.fixture
def said(tmp_path):
    """Returns what is said when the job is read whose outcome file was prepared."""

    def say(prepare):
        outcome = make_outcome(tmp_path / "demo")
        outcome_file.write(outcome)
        prepare(outcome.job.directory / outcome_file.FILE_NAME)

        def read_outcomes(project, number):
            return [outcome]

        queries = Queries(Dispatcher({"read_outcomes": [implementation("read_outcomes", read_outcomes)]}), tmp_path)
        assert queries.outcomes(outcome.job.project, "1") == (outcome,)
        return queries.unreadable

    return say


def link_to_itself(path):
    path.unlink()
    path.symlink_to(path)


def test_a_damaged_file_is_to_be_written_again(said):
    (line,) = said(lambda path: path.write_text("{"))
    assert "delete the file and run `ccp4hooks recover demo`" in line


def test_a_file_that_the_system_does_not_let_us_read_is_not_to_be_deleted(said):
    (line,) = said(link_to_itself)
    assert "Check its permissions and the disk." in line
    assert "delete" not in line


def test_a_missing_file_is_no_fault(said):
    assert said(lambda path: path.unlink()) == []
