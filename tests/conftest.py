import os
import signal

import pytest
from postgresql_server import running_server
from sampling import mark_cases
from slurm_server import running_slurm, what_is_missing

from ccp4hooks import Settings, open_session
from ccp4hooks.runtime.signals import TERMINATION

DEFAULTS = {signal.SIGINT: signal.default_int_handler, signal.SIGHUP: signal.SIG_DFL, signal.SIGTERM: signal.SIG_DFL}


_HANDLERS = {}
"""The handlers with which the tests begin, by signal."""


def pytest_configure():
    """Undo what `nohup` or a background shell set before: the tests send these signals to processes of their own."""
    for number, handler in DEFAULTS.items():
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)
    for name in ("SIGINT", *TERMINATION):
        if name in signal.Signals.__members__:
            _HANDLERS[signal.Signals[name]] = signal.getsignal(signal.Signals[name])


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark the cases that do not run by default, before pytest selects tests by their markers."""
    mark_cases(items)


@pytest.fixture(scope="session", autouse=True)
def _own_home(tmp_path_factory):
    """Keep the tests away from the user's directory of CCP4i2, with its database and its preferences."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CCP4I2_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(autouse=True)
def _own_signal_handlers():
    """Undo the handlers that a command sets in this process, in a test or in a fixture of a module before it."""

    def undo():
        for number, handler in _HANDLERS.items():
            signal.signal(number, handler)

    undo()
    yield
    undo()


@pytest.fixture(scope="session")
def server():
    """A PostgreSQL server, one for all; each test takes a database of its own of it, and leaves it running."""
    with running_server() as started:
        yield started


@pytest.fixture(scope="session")
def slurm_server():
    """A SLURM of two nodes. With CCP4HOOKS_TESTS_SLURM=required, a test fails where there can be none."""
    reason = what_is_missing()
    if reason and os.environ.get("CCP4HOOKS_TESTS_SLURM") == "required":
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)
    with running_slurm() as started:
        yield started


@pytest.fixture
def slurm(slurm_server, monkeypatch):
    """The SLURM, for the commands that the test runs."""
    for name, value in slurm_server.environment.items():
        monkeypatch.setenv(name, value)
    return slurm_server


def make_tables(url, folder):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CCP4I2_HOME", str(folder / "home"))
        open_session(Settings(projects_dir=folder, database=url)).init_store()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory):
    """A SQLite file with all tables and no rows, to be copied."""
    path = tmp_path_factory.mktemp("template") / "db.sqlite3"
    make_tables(f"sqlite:///{path}", path.parent)
    return path


@pytest.fixture(scope="session")
def postgresql_template(server, tmp_path_factory):
    """The name of a database with all tables and no rows, to be copied by the server."""
    url = server.new()
    make_tables(url, tmp_path_factory.mktemp("template"))
    return server.name_of(url)
