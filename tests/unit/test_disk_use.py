import os
import sys

import pytest

from ccp4hooks.runtime.disk_use import BLOCK, DiskUse, disk_use

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")


def blocks(*paths):
    return sum(os.lstat(path).st_blocks for path in paths) * BLOCK


def test_a_file_with_several_names_is_counted_once(tmp_path):
    folder = tmp_path / "p" / "CCP4_JOBS"
    folder.mkdir(parents=True)
    (folder / "a").write_bytes(bytes(100_000))
    os.link(folder / "a", folder / "b")
    os.link(folder / "a", tmp_path / "p" / "c")
    expected = DiskUse(size_bytes=blocks(folder, folder / "a"), files=1, unreadable=0)
    assert disk_use(tmp_path / "p") == expected


def test_no_link_out_of_the_directory_is_followed(tmp_path):
    (tmp_path / "out" / "deep").mkdir(parents=True)
    (tmp_path / "out" / "deep" / "large").write_bytes(bytes(10**6))
    inside = tmp_path / "p"
    inside.mkdir()
    (inside / "small").write_bytes(b"x")
    (inside / "folder").symlink_to(tmp_path / "out")
    (inside / "file").symlink_to(tmp_path / "out" / "deep" / "large")
    (inside / "itself").symlink_to(inside)
    (inside / "dangling").symlink_to(tmp_path / "nothing")
    links = [inside / name for name in ("folder", "file", "itself", "dangling")]
    expected = DiskUse(size_bytes=blocks(inside / "small", *links), files=1, unreadable=0)
    assert disk_use(inside) == expected


def test_a_project_that_is_itself_a_link_is_measured(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "file").write_bytes(b"x")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert disk_use(tmp_path / "link") == disk_use(tmp_path / "real")


def test_a_directory_that_does_not_exist_occupies_nothing(tmp_path):
    assert disk_use(tmp_path / "none") == DiskUse(size_bytes=0, files=0, unreadable=0)


def test_a_directory_that_cannot_be_read_is_reported(tmp_path):
    file = tmp_path / "file"
    file.write_bytes(b"x")
    assert disk_use(file) == DiskUse(size_bytes=0, files=0, unreadable=1)
