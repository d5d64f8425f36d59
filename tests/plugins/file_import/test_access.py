"""Who can read the copy of an imported file."""

import os
import stat

import pytest

from ccp4hooks import GleanedFile, Severity
from ccp4hooks_file_import import check_file, import_file

ROOT = os.geteuid() == 0
OTHER_GROUP = 4242


def nothing(md5, file_type):
    """Find no recorded file, as without a database."""


@pytest.fixture
def imported(job, source):
    """Import a file with a mode, under a umask, and return the file, the mode of its copy and the problems."""

    def make(mode, umask, content=b"x"):
        file = source(content)
        file.path.chmod(mode)
        before = os.umask(umask)
        try:
            got = import_file(job, file, nothing)
        finally:
            os.umask(before)
        return got, stat.S_IMODE(got.path.stat().st_mode), check_file(got)

    return make


@pytest.mark.parametrize(
    ("mode", "umask", "expected"),
    [
        (0o600, 0o022, 0o600),
        (0o600, 0o000, 0o600),
        (0o640, 0o022, 0o640),
        (0o644, 0o022, 0o644),
        (0o644, 0o077, 0o600),
        (0o664, 0o022, 0o644),
        (0o666, 0o002, 0o664),
        (0o444, 0o022, 0o644),
        (0o400, 0o022, 0o600),
        (0o755, 0o022, 0o644),
    ],
)
def test_a_copy_has_no_more_access_than_its_source(imported, mode, umask, expected):
    _, found, problems = imported(mode, umask)
    assert (oct(found), problems) == (oct(expected), [])


def test_the_second_copy_of_a_name_and_an_empty_file_have_no_more_access_either(imported):
    imported(0o644, 0o022)
    got, found, _ = imported(0o600, 0o022, b"another")
    assert (got.path.name, oct(found)) == ("native_1.mtz", "0o600")
    assert oct(imported(0o600, 0o022, b"")[1]) == "0o600"


@pytest.mark.skipif(not ROOT, reason="only root can give a file to any group; the next test is for everyone")
@pytest.mark.parametrize(("mode", "expected"), [(0o640, 0o600), (0o660, 0o600), (0o644, 0o644), (0o664, 0o644)])
def test_a_copy_with_another_group_gives_it_what_the_source_gave_everyone(job, source, mode, expected):
    file = source(b"x")
    os.chown(file.path, -1, OTHER_GROUP)
    file.path.chmod(mode)
    before = os.umask(0o002)
    try:
        got = import_file(job, file, nothing)
    finally:
        os.umask(before)
    assert oct(stat.S_IMODE(got.path.stat().st_mode)) == oct(expected)


@pytest.mark.parametrize("umask", [0o002, 0o022, 0o077])
@pytest.mark.parametrize("mode", [0o600, 0o400, 0o640, 0o644])
def test_in_a_shared_project_the_group_can_read_a_copy_and_a_problem_says_so(imported, project, mode, umask):
    project.directory.mkdir()
    if ROOT:
        os.chown(project.directory, -1, OTHER_GROUP)
    project.directory.chmod(0o2775)
    got, found, problems = imported(mode, umask)
    folder = project.imports_directory.stat()
    assert folder.st_mode & 0o2070 == 0o2070
    assert (got.path.stat().st_gid, found & 0o040) == (folder.st_gid, 0o040)
    could_read = mode & (0o004 if ROOT else 0o040)
    assert [(one.severity, one.message, one.parameter) for one in problems] == (
        []
        if could_read
        else [
            (
                Severity.INFO,
                "The group of the project can read the copy of native.mtz, which it could not read before.",
                "inputData.F_SIGF",
            )
        ]
    )
    assert check_file(got) == []


def test_an_output_file_is_not_checked(job):
    file = GleanedFile(
        uuid=job.file_uuid("out", "x"), parameter="x", path=job.directory / "x", size_bytes=1, file_type="t"
    )
    assert check_file(file) == []
