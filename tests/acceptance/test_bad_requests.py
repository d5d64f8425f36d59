"""Every invalid request of a large table is explained, with its exit code, and changes nothing; in this process."""

import hashlib
import shutil
import sqlite3

import pytest
from acceptance.bad_requests import REQUESTS, make_files
from click.testing import CliRunner

from ccp4hooks import open_session
from ccp4hooks.cli import cli
from ccp4hooks.settings import Settings


def snapshot(folder):
    """Return the names, sizes and times of the files in a directory, and what the database contains."""
    database = folder / "db.sqlite3"
    files = {
        str(path.relative_to(folder)): (path.lstat().st_size, path.lstat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if not path.name.startswith(database.name)
    }
    connection = sqlite3.connect(database)
    digest = hashlib.sha256("\n".join(connection.iterdump()).encode()).hexdigest()
    connection.close()
    return files, digest


@pytest.fixture(scope="module")
def home(tmp_path_factory, sqlite_template, data):
    """A directory with a database, and the project p with four jobs, of which one is in the trash."""
    home = tmp_path_factory.mktemp("bad_requests")
    shutil.copy(sqlite_template, home / "db.sqlite3")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CCP4I2_HOME", str(home / "home"))
        session = open_session(Settings(projects_dir=home / "projects", database=f"sqlite:///{home}/db.sqlite3"))
        for source in (data / "chainsaw/test_data/1a80_A.pdb", "@1.XYZOUT", "@2.XYZOUT"):
            session.run("coordinate_selector", [("XYZIN", str(source))], project="p")
        session.export_project("p", home / "own.zip")
        session.delete("p", "3")
    return home


@pytest.fixture(scope="module")
def files(tmp_path_factory, home, data):
    folder = tmp_path_factory.mktemp("files_of_bad_requests")
    model = data / "chainsaw/test_data/1a80_A.pdb"
    return make_files(folder, home / "own.zip", model) | {"project": home / "projects/p"}


def name(case):
    return " ".join(case.words)[:80].encode("ascii", "replace").decode()


@pytest.mark.sampled(6)
@pytest.mark.parametrize(
    "case", [pytest.param(case, id=f"{number} {name(case)}") for number, case in enumerate(REQUESTS)]
)
def test_an_invalid_request_is_explained_and_changes_nothing(case, home, files, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def filled(word):
        for key, path in files.items():
            word = word.replace("{" + key + "}", str(path))
        return word

    environment = {
        "CCP4I2_HOME": str(home / "home"),
        "CCP4HOOKS_PROJECT": "p",
        "DATABASE_URL": f"sqlite:///{home}/db.sqlite3",
        "CCP4I2_PROJECTS_DIR": str(home / "projects"),
    }
    before = snapshot(home)
    done = CliRunner().invoke(cli, [filled(word) for word in case.words], env=environment, prog_name="ccp4hooks")
    assert isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code == case.code, done.stderr
    assert "Traceback" not in done.stderr
    assert filled(case.said) in done.stderr
    assert "\x1b" not in done.stderr
    assert len(done.stderr) < 4000
    assert snapshot(home) == before
    assert [*tmp_path.iterdir()] == []
