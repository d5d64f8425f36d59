import pytest
from unit.reports.samples import chain


@pytest.fixture
def session(open_with):
    """A session without a database; its directory of projects is that of `project`."""
    return open_with()


@pytest.fixture
def refined(project):
    """A project with a chain of refinements."""
    return chain(project.directory)
