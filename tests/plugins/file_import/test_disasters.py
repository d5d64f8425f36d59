"""Full disks, kill -9, sources that change and missing permissions: a clear error, and no incomplete file."""

import os
import subprocess
import sys

import pytest

PRELUDE = """
import os, resource, signal, sys
from pathlib import Path
from uuid import UUID
import ccp4hooks_file_import.importing  # before the change to a user who cannot read the interpreter
from ccp4hooks import Ccp4HooksError, InputFile, Job, Project
from ccp4hooks_file_import import import_file

directory, source = Path(sys.argv[1]), Path(sys.argv[2])
project = Project(name="native", directory=directory, uuid=UUID(int=1))
job = Job(uuid=UUID(int=2), number="1", task="t", title="", project=project, directory=directory)
file = InputFile(parameter="inputData.XYZIN", path=source, file_type="chemical/x-pdb")

def run():
    try:
        print(import_file(job, file, lambda md5, file_type: None).path)
    except Ccp4HooksError as error:
        print("refused:", error)

def at(event, action, matches=lambda *args: True):
    done = []
    def hook(name, args):
        if name == event and not done and matches(*args):
            done.append(True)
            action()
    sys.addaudithook(hook)

def is_part(path, *args):
    return str(path).endswith(".part")

"""


@pytest.fixture
def in_process(project):
    """Return a function that runs a few lines after `PRELUDE` in a process of its own."""

    def run(lines, source, *, expect=0, directory=project.directory):
        command = [sys.executable, "-c", PRELUDE + lines, str(directory), str(source)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == expect, done.stderr
        return done.stdout.strip()

    return run


def test_a_file_larger_than_the_system_allows_leaves_nothing(in_process, source, imports):
    file = source(bytes(5_000_000))
    said = in_process("resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000,) * 2); run()", file.path)
    assert said.startswith(f"refused: The file {file.path} cannot be imported into ")
    assert "ulimit -f" in said
    assert imports() == []


ON_A_TINY_DISK = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
user, group = os.getuid(), os.getgid()
directory.mkdir()
try:
    if libc.unshare(0x10000000 | 0x00020000):  # CLONE_NEWUSER, CLONE_NEWNS: no other process sees the mount
        raise OSError(ctypes.get_errno(), "unshare")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"0 {user} 1")
    Path("/proc/self/gid_map").write_text(f"0 {group} 1")
    if libc.mount(b"tmpfs", bytes(directory), b"tmpfs", 0, b"size=1m"):
        raise OSError(ctypes.get_errno(), "mount")
except OSError as error:
    sys.exit(print("no disk:", error))
run()
print(list(project.imports_directory.iterdir()))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="mounts a disk by Linux's own calls")
def test_a_full_disk_leaves_nothing(in_process, source):
    said, *left = in_process(ON_A_TINY_DISK, source(bytes(3_000_000)).path).splitlines()
    if said.startswith("no disk:"):
        pytest.skip(f"this machine lets nobody mount a small disk ({said}); the file size limit stands in for it")
    assert "No space left on device. Free some space, and try again." in said
    assert left == ["[]"]


@pytest.mark.parametrize("change", ["os.truncate(source, 1_000_000)", "source.write_bytes(bytes(9_000_000))"])
def test_a_source_that_changes_while_it_is_read_is_rejected_and_leaves_nothing(in_process, source, imports, change):
    file = source(bytes(5_000_000))
    # The copy is created after the source was opened and its first piece was read.
    said = in_process(f"at('open', lambda: {change}, is_part); run()", file.path)
    assert "changed while it was read. Import it when it is complete." in said
    assert imports() == []


def test_a_source_that_is_deleted_while_it_is_read_is_imported_completely(in_process, source, imports, project):
    file = source(b"content" * 1_000_000)
    in_process("at('open', source.unlink, is_part); run()", file.path)
    assert imports() == ["native.mtz"]
    assert (project.imports_directory / "native.mtz").read_bytes() == b"content" * 1_000_000


@pytest.mark.parametrize("moment", ["'open', {kill}, is_part", "'os.link', {kill}", "'os.utime', {kill}"])
def test_kill_9_leaves_no_file_under_the_final_name(in_process, source, imports, moment):
    kill = "lambda: os.kill(os.getpid(), signal.SIGKILL)"
    file = source(b"content" * 1_000_000)
    in_process(f"at({moment.format(kill=kill)}); run()", file.path, expect=-9)
    left = imports()
    assert all(name.startswith(".ccp4hooks-import-") and name.endswith(".part") for name in left)
    said = in_process("run()", file.path)
    assert said.endswith("/native.mtz")


def test_an_interrupt_during_the_copy_leaves_nothing(in_process, source, imports):
    lines = """
def stop():
    raise KeyboardInterrupt
at("os.link", stop)
try:
    run()
except KeyboardInterrupt:
    print("passed")
"""
    assert in_process(lines, source(bytes(5_000_000)).path) == "passed"
    assert imports() == []


AS_NOBODY = """
if os.geteuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
run()
"""


@pytest.fixture
def open_to_all(tmp_path):
    """Let another user reach the test's own directory."""
    for folder in (tmp_path, *tmp_path.parents):
        if folder.owner() == tmp_path.owner() and folder.stat().st_mode & 0o005 != 0o005:
            folder.chmod(folder.stat().st_mode | 0o055)


@pytest.mark.usefixtures("open_to_all")
def test_a_source_without_read_permission_is_rejected(in_process, source, project):
    file = source(b"secret")
    file.path.chmod(0)
    said = in_process(AS_NOBODY, file.path)
    assert "could not be read: Permission denied." in said
    assert not project.directory.exists()


@pytest.mark.usefixtures("open_to_all")
def test_a_project_without_write_permission_is_named(in_process, source, project):
    project.imports_directory.mkdir(parents=True)
    project.imports_directory.chmod(0o555)
    said = in_process(AS_NOBODY, source(b"x").path)
    assert f"cannot be imported into {project.imports_directory}: permission to write there was denied" in said


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file(in_process, source, project):
    file = source(b"")
    os.truncate(file.path, 2_000_000_000)
    lines = """
run()
if sys.platform == "linux":  # ru_maxrss includes that of the parent, if it was larger
    peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]
else:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
print(peak)
"""
    peak_kib = int(in_process(lines, file.path).splitlines()[-1])
    (copy,) = project.imports_directory.iterdir()
    size_bytes = copy.stat().st_size
    # pytest keeps directories of earlier runs.
    copy.unlink()
    # The limit includes the interpreter and its modules.
    assert (size_bytes, peak_kib < 64_000) == (2_000_000_000, True)


def test_the_source_is_opened_once_and_nothing_is_opened_twice(in_process, source):
    lines = """
seen = []
sys.addaudithook(lambda name, args: seen.append(args[0]) if name == "open" else None)
import_file(job, file, lambda md5, file_type: None)
opened = [str(path) for path in seen if str(path).startswith(str(directory.parent)) and "__pycache__" not in str(path)]
assert opened.count(str(source)) == 1, opened
assert len(opened) == len(set(opened)) == 2, opened
"""
    in_process(lines, source(bytes(5_000_000)).path)
