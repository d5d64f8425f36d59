"""What the operating system refuses is said with the path and the cure that fits, without its own notation."""

import errno
import json
import os
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from click.testing import CliRunner
from unit.samples import make_outcome

from ccp4hooks import BadInputError, Project
from ccp4hooks.cli import cli, json_output
from ccp4hooks.cli.commands import demo, new_plugin
from ccp4hooks.errors import RefusedError, StoreError, UnknownNameError
from ccp4hooks.model import project_uuid
from ccp4hooks.outcomes import outcome_file
from ccp4hooks.runtime import os_errors, paths


@pytest.fixture
def locked():
    """A directory that every user can read and nobody can write to; those of pytest belong to one user alone."""
    with TemporaryDirectory() as made:
        Path(made).chmod(0o555)
        yield Path(made)
        Path(made).chmod(0o755)


@contextmanager
def without_privileges():
    """Give up the privileges of root for the block."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def message_of(call, *arguments, **options):
    with without_privileges(), pytest.raises(BadInputError) as caught:
        call(*arguments, **options)
    return str(caught.value)


def test_a_package_that_cannot_be_written_is_named_without_its_temporary_name(locked):
    assert message_of(new_plugin.write, "abc-def", locked, kind="gleaner") == (
        f"The package cannot be written to {locked / 'abc-def'}: Permission denied. Correct the permissions, or give "
        "another --directory."
    )
    assert list(locked.iterdir()) == []
    with without_privileges():
        done = CliRunner().invoke(cli, ["new-plugin", "abc-def", "--directory", str(locked)])
    assert (done.exit_code, done.stdout) == (4, "")
    assert done.stderr.startswith(f"Error: The package cannot be written to {locked / 'abc-def'}: Permission denied.")


def test_a_demo_that_cannot_be_written_has_the_same_cure(locked):
    assert message_of(demo.prepare, locked / "demo", use=[], autoload=True) == (
        f"The demo cannot use {locked / 'demo'}: Permission denied. Correct the permissions, or give another directory."
    )


@pytest.mark.parametrize(
    "elsewhere", ["choose another directory with --keep", "choose another directory with --projects-dir"]
)
def test_a_project_directory_that_cannot_be_written_has_the_cure_of_its_option(locked, elsewhere):
    project = Project(name="p", directory=locked / "p", uuid=project_uuid(locked / "p"))

    def enter():
        with paths.jobs_directory(project, elsewhere=elsewhere):
            raise AssertionError

    assert message_of(enter) == (
        f"Cannot write to the project directory {locked / 'p'}: Permission denied. Correct the permissions, or "
        f"{elsewhere}."
    )


def test_an_outcome_file_that_cannot_be_written_is_named_without_its_temporary_name(locked):
    outcome = make_outcome(locked)
    with without_privileges(), pytest.raises(PermissionError) as caught:
        outcome_file.write(outcome, locked)
    assert os_errors.message(caught.value) == (
        f"{locked / outcome_file.FILE_NAME}: Permission denied. Correct the permissions."
    )


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "No space left on device. Free some space."),
        (errno.EROFS, "Read-only file system. Mount the file system for writing."),
        (errno.ENOENT, "No such file or directory. Check the path."),
        (errno.EIO, "Input/output error. Check the disk or network."),
    ],
)
def test_each_reason_has_its_own_cure(number, said):
    assert os_errors.explained(OSError(number, os.strerror(number))) == said
    assert os_errors.message(OSError(number, os.strerror(number), "/data/x")) == f"/data/x: {said}"


def test_an_error_of_the_system_is_the_same_in_json(capsys):
    with json_output.Document(wanted=True) as document:
        document.fail(PermissionError(errno.EACCES, "Permission denied", "/data/x"), 4)
    assert json.loads(capsys.readouterr().out)["error"] == {
        "type": "PermissionError",
        "message": "/data/x: Permission denied. Correct the permissions.",
        "cure": "Correct the permissions.",
        "exit_code": 4,
        "problems": [],
    }


def test_the_cure_of_an_error_is_that_of_its_message():
    assert BadInputError("/a/b.pdb is empty. Give the complete file.").cure == "Give the complete file."
    assert StoreError("The database is locked. Try again.").cure == "Try again."
    assert UnknownNameError("job", "7", (), "`ccp4hooks jobs p` lists the jobs.").cure == (
        "`ccp4hooks jobs p` lists the jobs."
    )
    assert BadInputError("It is wrong.").cure == BadInputError.cure
    assert RefusedError("The task was refused:\n  - a. Give b.", ()).cure == RefusedError.cure
