"""What travels to and from a machine without shared files: nothing is taken in that is not whole, or not of the job."""

import errno
import json
import os
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from unit import carried
from unit.carried import FILES, arrived, run_there, send_back, submitted_job

from ccp4hooks import BadInputError
from ccp4hooks.outcomes import carried_files, outcome_file
from ccp4hooks.outcomes.attempt_files import directory_of
from ccp4hooks.outcomes.carried_results import take_in
from ccp4hooks.runtime import zip_source

OUTCOME = "ccp4hooks_outcome.json"


@pytest.fixture
def job(tmp_path):
    return submitted_job(tmp_path / "p")


def has_come_back(job):
    return (job.directory / OUTCOME).exists()


def test_a_job_comes_back_as_if_it_had_run_here(job, tmp_path):
    imported = job.project.imports_directory / "model.pdb"
    imported.parent.mkdir()
    imported.write_text("model")
    kept = directory_of(job, 1) / "output.txt"
    kept.write_text("of the engine")
    carried_files.write_input(job, 1, [imported])
    with zipfile.ZipFile(directory_of(job, 1) / "input.zip") as archive:
        names = {one for one in archive.namelist() if not one.endswith("/")}
    assert names == {
        "ccp4hooks_carried.json",
        "CCP4_IMPORTED_FILES/model.pdb",
        "CCP4_JOBS/job_1/ccp4hooks_log.jsonl",
        "CCP4_JOBS/job_1/input_params.xml",
    }
    (directory_of(job, 1) / "input.zip").unlink()
    mine = run_there(job, tmp_path / "scratch")
    assert mine.directory == tmp_path / "scratch/project/CCP4_JOBS/job_1"
    assert (mine.directory / "input_params.xml").read_text() == "parameters"
    (mine.directory / "link").symlink_to("XYZOUT.pdb")
    with (mine.directory / "ccp4hooks_log.jsonl").open("a") as log:
        log.write(json.dumps({"event": "ccp4hooks.file_gleaned", "path": str(mine.directory / "XYZOUT.pdb")}))
    send_back(mine, job, tmp_path)
    take_in(job, 1)
    outcome = outcome_file.read(job.directory / OUTCOME)
    assert (outcome.job, outcome.files[0].path) == (job, job.directory / "XYZOUT.pdb")
    assert {name: (job.directory / name).read_text() for name in FILES} == FILES
    assert (job.directory / "link").read_text() == "atoms"
    assert str(tmp_path / "scratch") not in (job.directory / "ccp4hooks_log.jsonl").read_text()
    assert [one.name for one in directory_of(job, 1).iterdir()] == ["output.txt"]


def test_a_process_that_is_killed_leaves_the_result_taken_in_or_not(tmp_path):
    words = [sys.executable, str(Path(carried.__file__).with_name("kills_of_carried.py")), str(tmp_path)]
    path = str(Path(carried.__file__).parents[1])
    done = subprocess.run(words, env={"PYTHONPATH": path}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 20


def test_a_result_that_has_not_arrived_whole_is_not_taken_in(job, tmp_path):
    folder = send_back(run_there(job, tmp_path / "scratch"), job, tmp_path)
    archive, note = (folder / "result.zip").read_bytes(), (folder / "result.json").read_bytes()
    parts = [(archive[:-1], note), (archive[:-1] + b"x", note), (archive, note[:-1]), (archive, b""), (None, note)]
    for some, said in parts:
        (folder / "result.json").write_bytes(said)
        (folder / "result.zip").unlink(missing_ok=True)
        if some is not None:
            (folder / "result.zip").write_bytes(some)
        take_in(job, 1)
        assert not has_come_back(job)
    (folder / "result.json").unlink()
    take_in(job, 1)
    assert carried_files.missing_result(job, 1) == ""
    (folder / "result.json").write_bytes(note)
    assert "did not arrive whole: it should have " in carried_files.missing_result(job, 1)
    (folder / "result.zip").write_bytes(archive)
    take_in(job, 1)
    assert has_come_back(job)


def test_the_result_of_an_earlier_attempt_or_of_a_job_that_has_ended_stays_where_it_is(job, tmp_path):
    folder = send_back(run_there(job, tmp_path / "scratch"), job, tmp_path)
    submitted_job(job.project.directory, 2)
    take_in(job, 1)
    assert not has_come_back(job)
    submitted_job(job.project.directory, 1)
    (job.directory / OUTCOME).write_text("ended here")
    take_in(job, 1)
    assert (job.directory / OUTCOME).read_text() == "ended here"
    assert (folder / "result.zip").exists()


def hostile(name, content="x", mode=0o100644):
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info, content


@pytest.mark.parametrize(
    ("member", "why"),
    [
        (hostile("../evil"), "not a plain path"),
        (hostile("/evil"), "not a plain path"),
        (hostile("CCP4_JOBS/job_1/../../evil"), "not a plain path"),
        (hostile("CCP4_JOBS/job_1/link", "/etc", 0o120777), "a link or a special file"),
        (hostile("CCP4_JOBS/job_2/evil"), "not in the directory of job 1"),
        (hostile("CCP4_IMPORTED_FILES/evil"), "not in the directory of job 1"),
        (hostile("CCP4_JOBS/job_1/ccp4hooks_attempts/1/began.json"), "not in the directory of job 1"),
        (hostile("CCP4_JOBS/job_1/zeros", bytes(2 * 2**20)), "when it is unpacked"),
        (hostile("CCP4_JOBS/job_1/ccp4hooks_attempts"), "not in the directory of job 1"),
        (hostile("CCP4_JOBS/job_1/input_params.xml/x"), "a name of both a file and a directory"),
        (hostile("CCP4_JOBS/job_1/here"), "the job has a directory of this name"),
        (hostile("CCP4_JOBS/job_1/request.json/x"), "the job has a file or a link of this name"),
        (hostile("CCP4_JOBS/job_1/elsewhere/x"), "the job has a file or a link of this name"),
        (hostile(f"CCP4_JOBS/job_1/{'n' * 256}"), "a name that is too long"),
        (hostile(f"CCP4_JOBS/job_1/{'d/' * 2500}x"), "a name that is too long"),
    ],
)
def test_a_hostile_archive_is_refused_and_the_job_knows_why(job, tmp_path, monkeypatch, member, why):
    monkeypatch.setattr(zip_source, "SMALL", 2**10)
    mine = run_there(job, tmp_path / "scratch")
    archive = tmp_path / "result.zip"
    carried_files.write_result(mine, archive)
    with zipfile.ZipFile(archive, "a", zipfile.ZIP_DEFLATED) as found:
        found.writestr(*member, zipfile.ZIP_DEFLATED)
    (job.directory / "here").mkdir()
    (job.directory / "request.json").touch()
    (job.directory / "elsewhere").symlink_to(tmp_path, target_is_directory=True)
    before = sorted(tmp_path.rglob("*"))
    arrived(job, archive)
    take_in(job, 1)
    assert not has_come_back(job)
    assert re_found(why, carried_files.missing_result(job, 1))
    assert {one.name for one in {*tmp_path.rglob("*")} - {*before}} == {"result.zip", "result.json"}


def re_found(why, text):
    return "Its result was refused: " in text and why in text


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda one: replace(one, files=(), job=replace(one.job, uuid=one.job.project.uuid)), "is not that of job 1"),
        (lambda one: replace(one, files=(replace(one.files[0], path=Path("/etc/passwd")),)), "is not in the project"),
        (lambda _: None, "has no outcome file of job 1"),
    ],
)
def test_a_result_with_the_outcome_of_something_else_is_refused(job, tmp_path, change, why):
    mine = run_there(job, tmp_path / "scratch")
    changed = change(outcome_file.read(mine.directory / OUTCOME))
    (mine.directory / OUTCOME).unlink()
    if changed is not None:
        outcome_file.write(changed, mine.directory)
    send_back(mine, job, tmp_path)
    take_in(job, 1)
    assert not has_come_back(job)
    assert re_found(why, carried_files.missing_result(job, 1))


def with_damage(archive, compression):
    """Write an archive whose only file has damaged content."""
    with zipfile.ZipFile(archive, "w", compression) as target:
        target.writestr("CCP4_JOBS/job_1/a", bytes(range(256)) * 200)
    content = bytearray(archive.read_bytes())
    content[60:] = content[60:].replace(content[60:100], b"\xff" * 40)
    archive.write_bytes(content)


def with_name(archive, name):
    """Write an archive whose only file has a name that is not UTF-8."""
    with zipfile.ZipFile(archive, "w") as target:
        target.writestr("CCP4_JOBS/job_1/\u00e9", "x")
    archive.write_bytes(archive.read_bytes().replace("\u00e9".encode(), name))


@pytest.mark.parametrize(
    "write",
    [
        lambda path: with_damage(path, zipfile.ZIP_DEFLATED),
        lambda path: with_damage(path, zipfile.ZIP_BZIP2),
        lambda path: with_damage(path, zipfile.ZIP_LZMA),
        lambda path: with_name(path, b"\xff\xfe"),
        lambda path: path.write_bytes(b""),
    ],
)
def test_a_damaged_archive_with_the_right_checksum_is_refused_once(job, tmp_path, write):
    archive = tmp_path / "result.zip"
    write(archive)
    arrived(job, archive)
    take_in(job, 1)
    assert not has_come_back(job)
    assert re_found("is not a whole zip file", carried_files.missing_result(job, 1))


@pytest.mark.parametrize("content", [b"[" * 200_000, b'{"format":' + b"9" * 10_000 + b"}", b"\xff\xfe\x00"])
def test_a_result_whose_outcome_cannot_be_read_is_refused_once(job, tmp_path, content):
    mine = run_there(job, tmp_path / "scratch")
    (mine.directory / OUTCOME).write_bytes(content)
    send_back(mine, job, tmp_path)
    take_in(job, 1)
    assert not has_come_back(job)
    assert re_found("", carried_files.missing_result(job, 1))


@pytest.mark.parametrize("error", [RuntimeError("odd"), OSError(errno.ENOTDIR, "odd"), OSError("odd")])
def test_only_errors_that_may_pass_are_waited_for(job, tmp_path, monkeypatch, error):
    send_back(run_there(job, tmp_path / "scratch"), job, tmp_path)

    def fail(*_):
        raise error

    monkeypatch.setattr(zip_source.shutil, "copyfileobj", fail)
    take_in(job, 1)
    assert re_found("odd", carried_files.missing_result(job, 1))


@pytest.mark.parametrize("number", [errno.EIO, errno.EDQUOT, errno.EACCES, errno.EROFS])
def test_an_error_of_the_disk_is_waited_for(job, tmp_path, monkeypatch, number):
    send_back(run_there(job, tmp_path / "scratch"), job, tmp_path)

    def fail(*_):
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(zip_source.shutil, "copyfileobj", fail)
        with pytest.raises(BadInputError, match=os.strerror(number)):
            take_in(job, 1)
    take_in(job, 1)
    assert has_come_back(job)


@pytest.mark.parametrize("name", ["result.json", "result.zip"])
def test_a_pipe_or_a_link_in_place_of_a_result_has_not_arrived(job, tmp_path, name):
    folder = send_back(run_there(job, tmp_path / "scratch"), job, tmp_path)
    (folder / name).rename(tmp_path / "moved")
    (folder / name).symlink_to(tmp_path / "moved")
    take_in(job, 1)
    (folder / name).unlink()
    os.mkfifo(folder / name)
    take_in(job, 1)
    assert not has_come_back(job)
    (folder / name).unlink()
    (tmp_path / "moved").rename(folder / name)
    take_in(job, 1)
    assert has_come_back(job)


def test_a_result_for_which_there_is_no_space_waits(job, tmp_path, monkeypatch):
    send_back(run_there(job, tmp_path / "scratch"), job, tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(zip_source.shutil, "disk_usage", lambda _: type("Free", (), {"free": 9})())
        with pytest.raises(BadInputError, match="has only 9 bytes left"):
            take_in(job, 1)
    assert not has_come_back(job)
    take_in(job, 1)
    assert has_come_back(job)


def test_files_that_compress_well_come_back(job, tmp_path, monkeypatch):
    monkeypatch.setattr(zip_source, "SMALL", 2**10)
    mine = run_there(job, tmp_path / "scratch")
    (mine.directory / "mask.map").write_bytes(bytes(2**20))
    send_back(mine, job, tmp_path)
    take_in(job, 1)
    assert (job.directory / "mask.map").stat().st_size == 2**20


def test_a_machine_refuses_what_another_version_has_submitted_or_what_is_of_another_job(job, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(carried_files, "__version__", "0.0.7")
        carried_files.write_input(job, 1, [])
    archive = directory_of(job, 1) / "input.zip"
    with pytest.raises(BadInputError, match=r"submitted by ccp4hooks 0\.0\.7, .* Install the same version on both"):
        carried_files.read_input(archive, job.uuid, 1, tmp_path)
    archive.unlink()
    carried_files.write_input(job, 1, [])
    for uuid, number in ((job.uuid, 2), (job.project.uuid, 1)):
        with pytest.raises(BadInputError, match="has not attempt"):
            carried_files.read_input(archive, uuid, number, tmp_path)
    archive.write_bytes(archive.read_bytes()[:-30])
    with pytest.raises(BadInputError, match="not a whole zip file"):
        carried_files.read_input(archive, job.uuid, 1, tmp_path)


def test_a_file_of_another_project_is_not_carried(job, tmp_path):
    other = tmp_path / "other.pdb"
    other.touch()
    with pytest.raises(BadInputError, match="only files of the project are carried"):
        carried_files.write_input(job, 1, [other])
