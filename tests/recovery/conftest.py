import shutil

import pytest

from ccp4hooks import Settings, open_session

# These files are run as programs, with their directory on the path.
collect_ignore = ["actor.py", "engine_of_processes.py", "random_kills.py", "script_of_kills.py", "waiting_maker.py"]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def url(request, tmp_path, monkeypatch):
    """A new database with all tables and a new home directory for each test."""
    monkeypatch.setenv("CCP4I2_HOME", str(tmp_path / "home"))
    if request.param == "sqlite":
        path = shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "db.sqlite3")
        return f"sqlite:///{path}"
    return request.getfixturevalue("server").new(request.getfixturevalue("postgresql_template"))


@pytest.fixture
def demo_session(url, tmp_path):
    """Makes sessions with the demo's pipeline on that database, with further plugins given as objects."""

    def make(**extra):
        settings = Settings(projects_dir=tmp_path / "projects", database=url, plugins=("ccp4hooks_demo",))
        return open_session(settings, extra=extra)

    return make


@pytest.fixture
def orders(tmp_path, monkeypatch):
    """The directory with the orders for `engine_of_processes`."""
    folder = tmp_path / "orders"
    folder.mkdir()
    monkeypatch.setenv("CCP4HOOKS_TEST_ORDERS", str(folder))
    return folder
