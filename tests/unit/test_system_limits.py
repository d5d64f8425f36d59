"""Errors because of a limit of the system say which one, and not that permissions or tables are wrong."""

import errno
import sqlite3
from contextlib import contextmanager

import pytest
from unit.samples import make_project

from ccp4hooks import BadInputError, trust
from ccp4hooks.runtime import paths
from ccp4hooks.runtime.os_errors import os_cure

resource = pytest.importorskip("resource", reason="Windows has no such limits")


@contextmanager
def limited(which, value):
    soft, hard = resource.getrlimit(which)
    resource.setrlimit(which, (value, hard))
    try:
        yield
    finally:
        resource.setrlimit(which, (soft, hard))


@contextmanager
def no_more_files():
    """Let no other file be opened."""
    with limited(resource.RLIMIT_NOFILE, 0):
        yield


@pytest.mark.parametrize(
    ("number", "begins"),
    [
        (errno.ENOSPC, "Free some space"),
        (errno.EDQUOT, "Free some space"),
        (errno.EFBIG, "Raise the limit of the size of files (ulimit -f)"),
        (errno.EMFILE, "Raise the limit of open files (ulimit -n)"),
        (errno.ENFILE, "Close other programs"),
        (errno.EIO, "Check the disk"),
        (errno.EACCES, "otherwise"),
        (None, "otherwise"),
    ],
)
def test_the_cure_fits_the_error(number, begins):
    assert os_cure(OSError(number, "why"), "otherwise").startswith(begins)


def test_the_list_of_trusted_files_names_the_limit_and_leaves_no_file(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    tmp_path.chmod(0o755)
    path = tmp_path / "ccp4hooks.toml"
    with limited(resource.RLIMIT_FSIZE, 0), pytest.raises(BadInputError) as caught:
        trust.add(path, b"a = 1")
    assert str(caught.value) == (
        f"The list of trusted settings files {trust.list_path()} cannot be written: File too large. "
        "Raise the limit of the size of files (ulimit -f), and try again."
    )
    assert list(trust.list_path().parent.iterdir()) == []


def test_a_projects_directory_names_the_limit(tmp_path):
    project = make_project(tmp_path)
    with no_more_files(), pytest.raises(BadInputError) as caught, paths.jobs_directory(project):
        pass
    assert str(caught.value) == (
        f"Cannot write to the project directory {project.directory}: Too many open files. "
        "Raise the limit of open files (ulimit -n)."
    )


def test_a_database_that_reaches_a_limit_is_not_said_to_lack_tables(tmp_path):
    from ccp4hooks_database.connection.errors import LIMIT, explained
    from ccp4hooks_database.connection.url import parse_url

    path = tmp_path / "db.sqlite3"
    connection = sqlite3.connect(path)
    with limited(resource.RLIMIT_FSIZE, 1024), pytest.raises(sqlite3.OperationalError) as caught:
        connection.executescript("PRAGMA journal_mode=MEMORY; CREATE TABLE a (b); INSERT INTO a VALUES (1)")
    connection.close()
    message = str(explained(caught.value, parse_url(f"sqlite:///{path}")))
    assert message == f"The database {path} {LIMIT} (Its message: disk I/O error.)"
    assert "init" not in message
