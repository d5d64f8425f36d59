"""Programs write to the output file of the job that starts them, in a process that is not ours, too."""

import asyncio
import os
import subprocess
import sys
import threading

import pytest

from ccp4hooks.runtime import descriptors, stdio
from ccp4hooks.runtime.descriptors import LossyFile, lossy_text
from ccp4hooks.runtime.subprocesses import Programs

PRINT = [sys.executable, "-c", "import sys; print('out', flush=True); print('err', file=sys.stderr)"]


def run_plain():
    subprocess.run(PRINT, check=True)


def run_positional():
    with subprocess.Popen(PRINT, -1, None, None, None, None):
        pass


def run_asyncio():
    async def program():
        await (await asyncio.create_subprocess_exec(*PRINT)).wait()

    asyncio.run(program())


@pytest.mark.parametrize("run", [run_plain, run_positional, run_asyncio])
def test_a_program_writes_to_the_file_of_its_context(tmp_path, capfd, run):
    with Programs().tracked(), stdio.output_to(tmp_path / "o.txt"):
        run()
    assert (tmp_path / "o.txt").read_text() == "out\nerr\n"
    assert capfd.readouterr() == ("", "")


def test_a_stream_that_the_caller_chooses_is_kept(tmp_path):
    with Programs().tracked(), stdio.output_to(tmp_path / "o.txt"):
        done = subprocess.run(PRINT, stdout=subprocess.PIPE, check=True)
    assert done.stdout == b"out\n"
    assert (tmp_path / "o.txt").read_text() == "err\n"


def test_programs_of_jobs_side_by_side_do_not_mix(tmp_path):
    barrier = threading.Barrier(3)

    def job(number):
        with Programs().tracked(), stdio.output_to(tmp_path / str(number)):
            barrier.wait()
            subprocess.run(["/bin/echo", str(number)], check=True)
            barrier.wait()

    threads = [threading.Thread(target=job, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [(tmp_path / str(number)).read_text() for number in range(3)] == ["0\n", "1\n", "2\n"]


def test_the_descriptors_of_a_process_that_is_not_ours_are_left_alone(tmp_path, capfd):
    with stdio.output_to(tmp_path / "o.txt"):
        os.write(1, b"theirs\n")
    assert capfd.readouterr().out == "theirs\n"
    assert descriptors._original == {}


def test_a_write_that_fails_is_dropped_and_the_error_is_kept(tmp_path):
    read_only = os.open(tmp_path / "f", os.O_RDONLY | os.O_CREAT)
    file = LossyFile(read_only, "w")
    with lossy_text(file) as stream:
        print("lost", file=stream)
    assert file.error.strerror == "Bad file descriptor"
    assert (tmp_path / "f").read_text() == ""


def test_output_goes_nowhere_if_its_directory_does_not_exist(tmp_path):
    with stdio.output_to(tmp_path / "none" / "o.txt") as file:
        sys.stdout.write("lost\n")
    assert file.error.strerror == "No such file or directory"


def test_standard_output_may_be_missing(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    with stdio.output_dropped(), stdio.output_shown():
        print("nowhere")
        assert sys.stdout.isatty() is False
    assert sys.stdout is None
