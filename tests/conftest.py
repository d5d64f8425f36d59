import pytest
from postgresql_server import running_server


@pytest.fixture(scope="session")
def server():
    """A PostgreSQL server, one for all; each test takes a database of its own of it, and leaves it running."""
    with running_server() as started:
        yield started
