"""Real databases: SQLite files and a PostgreSQL server; each test has a database of its own."""

import shutil
from uuid import uuid4

import pytest
from plugins.database.helpers import use

from ccp4hooks import Project


@pytest.fixture(scope="session", autouse=True)
def _home(tmp_path_factory):
    """Keep CCP4i2 out of the home directory of the user who runs the tests."""
    patch = pytest.MonkeyPatch()
    patch.setenv("CCP4I2_HOME", str(tmp_path_factory.mktemp("home")))
    patch.delenv("DATABASE_URL", raising=False)
    patch.delenv("CCP4I2_DB_FILE", raising=False)
    yield
    patch.undo()


KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]


@pytest.fixture(params=KINDS)
def empty_url(request, tmp_path):
    """A database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'db.sqlite3'}"
    return request.getfixturevalue("server").new()


@pytest.fixture(params=KINDS)
def url(request, tmp_path):
    """A database with all tables and no rows."""
    if request.param == "sqlite":
        path = tmp_path / "db.sqlite3"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}"
    template = request.getfixturevalue("postgresql_template")
    return request.getfixturevalue("server").new(template)


@pytest.fixture
def sqlite_file(sqlite_template, tmp_path):
    """The file of a SQLite database with all tables and no rows."""
    path = tmp_path / "db.sqlite3"
    shutil.copy(sqlite_template, path)
    return path


@pytest.fixture
def plugin(url, tmp_path):
    return use(url, tmp_path)


@pytest.fixture
def project(tmp_path):
    return Project(name="toxd", directory=tmp_path / "toxd", uuid=uuid4())


@pytest.fixture
def rows(plugin):
    """Return a function that calls another one, which uses ccp4i2's models, with a connection to the database."""
    plugin.list_projects()

    def run(work):
        return plugin.store().read(work)

    return run
