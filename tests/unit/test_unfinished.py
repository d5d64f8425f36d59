"""A file gets its name when it is complete, and what a killed process has left is removed by the next one."""

import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from ccp4hooks.reports.pages import writing
from ccp4hooks.runtime import archive_target
from ccp4hooks.runtime.unfinished import beside

KILLED = """
import os, signal, sys
from pathlib import Path
from ccp4hooks.runtime import archive_target
from ccp4hooks.runtime.unfinished import beside
with beside(Path(sys.argv[1]), getattr(Path, sys.argv[2])) as temporary:
    (temporary / "x" if temporary.is_dir() else temporary).write_text("x")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def left_by_a_killed_process(path, kind):
    done = subprocess.run([sys.executable, "-c", KILLED, str(path), kind], check=False)
    assert done.returncode == -signal.SIGKILL
    (left,) = path.parent.iterdir()
    assert left.name.startswith(f".{path.name}.")


def write_zip(path):
    with archive_target.zip_file(path):
        pass
    assert zipfile.is_zipfile(path)


def write_directory(path):
    with archive_target.directory(path):
        pass
    assert path.is_dir()


def write_report(path):
    writing.write(path, "page")
    assert path.read_text() == "page"


@pytest.mark.parametrize(("write", "kind"), [(write_zip, "touch"), (write_directory, "mkdir"), (write_report, "touch")])
def test_what_a_killed_process_has_left_is_removed_by_the_next_one(tmp_path, write, kind):
    path = tmp_path / "target.html"
    left_by_a_killed_process(path, kind)
    write(path)
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_what_a_living_process_writes_and_what_only_looks_alike_stays(tmp_path):
    path, other = tmp_path / "a.zip", tmp_path / f".b.zip.{'0' * 32}"
    other.touch()
    (tmp_path / ".a.zip.notes").touch()
    (tmp_path / f".a.zip.{'1' * 32}").symlink_to(other)
    with beside(path, Path.touch) as first, beside(path, Path.touch) as second:
        assert first.exists()
        assert second.exists()
        second.replace(path)
        first.replace(path)
    assert len(list(tmp_path.iterdir())) == 4


def test_nothing_is_left_of_what_fails(tmp_path):
    for make in (Path.touch, Path.mkdir):
        with pytest.raises(ZeroDivisionError), beside(tmp_path / "a", make):
            1 / 0  # noqa: B018
    assert list(tmp_path.iterdir()) == []
