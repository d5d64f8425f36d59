"""Concurrent imports: every copy is complete and has a name of its own."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from ccp4hooks_file_import import import_file, system

IMPORTER = """
import sys
from pathlib import Path
from uuid import UUID, uuid4
from ccp4hooks import InputFile, Job, Project
from ccp4hooks_file_import import import_file

project = Project(name="native", directory=Path(sys.argv[1]), uuid=UUID(int=1))
job = Job(uuid=uuid4(), number="1", task="t", title="", project=project, directory=project.directory)
print("ready", flush=True)
sys.stdin.readline()
for path in map(Path, sys.argv[2:]):
    file = InputFile(parameter="inputData.XYZIN", path=path, file_type="chemical/x-pdb")
    print(import_file(job, file, lambda md5, file_type: None).path, flush=True)
"""


def test_twenty_threads_import_different_files_of_the_same_name(job, source, imports):
    files = [source(b"%07d" % number * 5000, folder=f"from_{number}") for number in range(20)]
    with ThreadPoolExecutor(20) as pool:
        got = list(pool.map(lambda file: import_file(job, file, lambda md5, file_type: None), files))
    assert len({answer.path for answer in got}) == 20
    assert imports() == sorted(["native.mtz", *(f"native_{number}.mtz" for number in range(1, 20))])
    for file, answer in zip(files, got, strict=True):
        assert answer.path.read_bytes() == file.path.read_bytes()


def test_threads_that_import_the_same_content_all_return_a_complete_file(job, source, imports):
    files = [source(b"same" * 10_000, folder=f"from_{number}") for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda file: import_file(job, file, lambda md5, file_type: None), files))
    assert all(answer.path.read_bytes() == b"same" * 10_000 for answer in got)
    assert imports() == ["native.mtz"]


def test_processes_import_different_files_of_the_same_name(project, source, imports):
    files = [source(b"%07d" % number * 5000, folder=f"from_{number}").path for number in range(20)]
    command = [sys.executable, "-c", IMPORTER, str(project.directory)]
    running = [
        subprocess.Popen([*command, *files[first::4]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for first in range(4)
    ]
    for process in running:
        assert process.stdout.readline() == "ready\n"
    for process in running:
        process.stdin.write("go\n")
        process.stdin.flush()
    printed = [process.communicate(timeout=60)[0].split() for process in running]
    assert [process.returncode for process in running] == [0] * 4
    assert len({path for paths in printed for path in paths}) == 20
    contents = {(project.imports_directory / name).read_bytes() for name in imports()}
    assert contents == {path.read_bytes() for path in files}


def test_without_hard_links_one_of_many_gets_a_name_and_the_others_do_not(tmp_path):
    parts = [tmp_path / f"{number}.part" for number in range(16)]
    for part in parts:
        part.write_text(part.name)
    with ThreadPoolExecutor(16) as pool:
        won = list(pool.map(lambda part: system.publish_without_links(part, tmp_path / "final"), parts))
    assert sum(won) == 1
    assert (tmp_path / "final").read_text() == parts[won.index(True)].name


def test_without_hard_links_a_failed_publication_removes_its_empty_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        system.publish_without_links(tmp_path / "missing.part", tmp_path / "final")
    assert list(tmp_path.iterdir()) == []


def test_a_link_whose_reply_was_lost_counts_as_made(tmp_path):
    part, final = tmp_path / "x.part", tmp_path / "final"
    part.write_text("x")
    final.hardlink_to(part)
    assert system.publish(part, final)
    assert not system.publish(part, replace_with_other(final))


def replace_with_other(path):
    path.unlink()
    path.write_text("other")
    return path
