"""The database plugin keeps what the test kit asks of every sink."""

import shutil
from contextlib import contextmanager

import pytest

from ccp4hooks import Settings
from ccp4hooks.testing import SinkContract
from ccp4hooks_database import DatabasePlugin

WAIT = {"database": {"wait_s": 0.1}}
"""How long a job waits for a database that cannot be reached."""


class TestSink(SinkContract):
    plugin = DatabasePlugin
    name = "database"

    @pytest.fixture(autouse=True)
    def _template(self, sqlite_template):
        self.template = sqlite_template

    def settings(self, directory):
        path = directory / "db.sqlite3"
        if not path.exists():
            directory.mkdir(exist_ok=True)
            shutil.copy(self.template, path)
        return Settings(projects_dir=directory, autoload=False, database=f"sqlite:///{path}", tables=WAIT)

    @contextmanager
    def unreachable(self, directory):
        path = directory / "db.sqlite3"
        aside = path.rename(directory / "aside.sqlite3")
        path.mkdir()
        yield
        path.rmdir()
        aside.rename(path)
