"""An import either leaves the complete file and its row, or an error and neither of them."""

import errno
import os
import sys
from pathlib import Path

import ccp4i2
import pytest

from ccp4hooks import BadInputError, JobStatus, Settings, open_session

MODEL = Path(ccp4i2.__file__).parent / "wrappers/chainsaw/test_data/1a80_A.pdb"

NAMES = {
    b"two words.pdb": "two words.pdb",
    b"two\nlines.pdb": "two_lines.pdb",
    b"caf\xe9.pdb": "caf_.pdb",
    b"..pdb": "..pdb",
    b"list[1].pdb": "list[1].pdb",
    b"x" * 251 + b".pdb": "x" * 251 + ".pdb",
}
"""Names of source files and of their copies."""


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def session(request, tmp_path, monkeypatch):
    monkeypatch.setenv("CCP4I2_HOME", str(tmp_path / "home"))
    server = request.param == "postgresql"
    url = request.getfixturevalue("server").new() if server else f"sqlite:///{tmp_path / 'db.sqlite3'}"
    return open_session(Settings(projects_dir=tmp_path / "projects", database=url))


@pytest.fixture
def folder(session):
    """The import directory of a project with one job, which has imported a file."""
    return run(session, MODEL).job.project.imports_directory


def run(session, path):
    return session.run("coordinate_selector", [("XYZIN", str(path))], project="toxd").outcome


def traces(session, folder):
    """Return the imports and jobs in the database and on disk."""
    project = session.project("toxd")
    rows = [(one.job.number, file.path.name) for one in session.outcomes(project) for file in one.imported]
    return rows, sorted(folder.iterdir()), sorted(project.jobs_directory.iterdir())


def test_a_file_with_any_name_is_imported_completely_and_recorded(session, folder, tmp_path):
    (tmp_path / "outside").mkdir()
    for number, (name, copy) in enumerate(NAMES.items(), start=2):
        source = Path(os.fsdecode(os.fsencode(tmp_path / "outside") + b"/" + name))
        source.write_bytes(MODEL.read_bytes() + b"REMARK %d\n" % number)
        done = run(session, source)
        recorded = {one.job.number: one for one in session.outcomes(done.job.project)}[str(number)]
        assert (recorded.status, [file.path for file in recorded.imported]) == (JobStatus.FINISHED, [folder / copy])
        assert (folder / copy).read_bytes() == source.read_bytes()
        assert not [problem for problem in done.problems if "failed in" in problem.message], done.problems


@pytest.mark.sampled(3)
@pytest.mark.parametrize("code", [errno.EDQUOT, errno.ENOSPC, errno.EIO, errno.EROFS])
def test_an_operating_system_error_leaves_neither_row_nor_file(session, folder, tmp_path, code):
    before = traces(session, folder)
    source = tmp_path / "other.pdb"
    source.write_bytes(MODEL.read_bytes() + b"REMARK other\n")
    refusing = True

    def refuse(event, arguments):
        if refusing and event == "os.utime" and str(arguments[0]).endswith(".part"):
            raise OSError(code, os.strerror(code))

    # An audit hook cannot be removed; this one does nothing after the test.
    sys.addaudithook(refuse)
    try:
        with pytest.raises(BadInputError, match=r"other\.pdb cannot be imported into"):
            run(session, source)
    finally:
        refusing = False
    assert traces(session, folder) == before
    assert run(session, source).status is JobStatus.FINISHED


# The copy is created when the source is open.
@pytest.mark.parametrize(
    ("moment", "spoil"),
    [("other.pdb", Path.unlink), (".part", lambda path: path.write_text("END\n"))],
    ids=["vanishes", "changes"],
)
def test_a_source_that_changes_during_the_import_leaves_neither_row_nor_file(session, folder, tmp_path, moment, spoil):
    before = traces(session, folder)
    source = tmp_path / "other.pdb"
    source.write_bytes(MODEL.read_bytes())
    done = []

    def spoil_once(event, arguments):
        if event == "open" and not done and str(arguments[0]).endswith(moment) and (arguments[2] or 0) & os.O_CLOEXEC:
            done.append(True)
            spoil(source)

    sys.addaudithook(spoil_once)
    with pytest.raises(BadInputError, match=r"other\.pdb"):
        run(session, source)
    assert done
    assert traces(session, folder) == before
