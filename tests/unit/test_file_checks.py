"""Comparing files with the record, and removing those that are not needed."""

import json
import os

import pytest
from click.testing import CliRunner

from ccp4hooks import BadInputError
from ccp4hooks.cli import cli
from ccp4hooks.i2.purge_rules import contexts, purge_rules
from ccp4hooks.runtime.checksums import digest_of, md5_of


@pytest.fixture
def session(open_with, data):
    """A session with a job of the demo's pipeline, which has two sub-jobs."""
    made = open_with("ccp4hooks_demo")
    made.run("demo_pipeline", [("F_SIGF", data["fsigf"]), ("XYZIN", data["model"])], project="demo")
    return made


def invoke(tmp_path, *words, **options):
    place = ("-p", "no:database", "-p", "ccp4hooks_demo", "--projects-dir", str(tmp_path / "projects"))
    return CliRunner().invoke(cli, [*words, *place], env={"CCP4HOOKS_PROJECT": "demo", "COLUMNS": "80"}, **options)


def call(tmp_path, *words, code=0):
    done = invoke(tmp_path, *words)
    assert done.exit_code == code, done.output
    return done.stdout if code in (0, 4) else done.stderr


def last_entry(directory):
    return json.loads((directory / "ccp4hooks_log.jsonl").read_text().splitlines()[-1])


def test_every_recorded_file_is_compared_and_what_is_not_recorded_is_listed(session, tmp_path):
    whole = session.verify("demo")
    assert (whole.checked, whole.by_checksum, whole.faults, whole.foreign, whole.is_well) == (6, 2, (), (), True)
    project = session.project("demo")
    outcome = session.outcomes("demo", "1")[0]
    model = next(file.path for file in outcome.imported if file.parameter == "inputData.XYZIN")
    model.write_bytes(model.read_bytes().replace(b"ATOM", b"ATOm", 1))
    free, coordinates = (outcome.job.directory / name for name in ("FREEROUT.mtz", "XYZOUT.pdb"))
    free.unlink()
    coordinates.write_bytes(b"short")
    (project.jobs_directory / "job_9").mkdir()
    (project.imports_directory / "stray \x1b[31m").touch()
    found = session.verify(project)
    assert [(one.job, one.parameter, one.path, one.fault) for one in found.faults] == [
        ("1", "inputData.XYZIN", model, "changed"),
        ("1", "outputData.FREEROUT", free, "missing"),
        ("1", "outputData.XYZOUT", coordinates, "changed"),
    ]
    assert [one.reason for one in found.faults][:2] == ["its SHA256 checksum differs", "it does not exist"]
    assert [path.name for path in found.foreign] == ["job_9", "stray \x1b[31m"]
    assert session.verify(project, "1.1").is_well
    shown = call(tmp_path, "verify", code=4).splitlines()
    assert [line.split()[:3] for line in shown[1:4]] == [
        ["1", "changed", "inputData.XYZIN"],
        ["1", "missing", "outputData.FREEROUT"],
        ["1", "changed", "outputData.XYZOUT"],
    ]
    assert shown[4:] == [
        "Not recorded: CCP4_JOBS/job_9",
        "Not recorded: CCP4_IMPORTED_FILES/stray \\x1b[31m",
        "6 files checked, 2 by checksum: 3 are not as recorded.",
    ]
    assert call(tmp_path, "verify", "demo", "1.2") == "1 file checked, 0 by checksum: all are as recorded.\n"
    assert "'demo' is not a job number" in call(tmp_path, "verify", "1", "demo", code=2)


@pytest.mark.parametrize("size_bytes", [0, 7])
def test_what_is_no_file_has_no_checksum_and_is_not_waited_for(tmp_path, size_bytes):
    file = tmp_path / "file"
    file.write_bytes(b"a" * size_bytes)
    assert (md5_of(file), len(digest_of(file, "sha256"))) == (
        {0: "d41d8cd98f00b204e9800998ecf8427e", 7: "5d793fc5b00a2348c3fb9ab59e5ca98a"}[size_bytes],
        64,
    )
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", ".", "none"):
        with pytest.raises(OSError, match=r"not a regular file|Is a directory|No such file"):
            md5_of(tmp_path / name)


def test_an_import_that_is_a_directory_or_a_pipe_now_has_changed(session):
    imported = {file.parameter: file for file in session.outcomes("demo", "1")[0].imported}
    for parameter, make in (("inputData.XYZIN", os.mkdir), ("inputData.F_SIGF", os.mkfifo)):
        imported[parameter].path.unlink()
        make(imported[parameter].path)
    found = {one.parameter: (one.fault, one.reason) for one in session.verify("demo", "1").faults}
    size = imported["inputData.F_SIGF"].size_bytes
    assert found == {
        "inputData.XYZIN": ("changed", "it is a directory"),
        "inputData.F_SIGF": ("changed", f"it has 0 bytes, not {size}"),
    }


def test_the_files_that_ccp4i2_marks_are_removed_and_no_recorded_one(session, tmp_path):
    directory = session.outcomes("demo", "1")[0].job.directory
    outside = tmp_path / "outside"
    (outside / "scratch").mkdir(parents=True)
    (outside / "scratch/precious").touch()
    (directory / "scratch").symlink_to(outside / "scratch")
    (directory / "job_2/sftools").mkdir()
    (directory / "job_2/sftools/big").write_bytes(bytes(5000))
    for folder in (directory, directory / "job_1"):
        (folder / "report.html").write_text("x" * 10)
    before = set(directory.rglob("*"))
    found = session.clean("demo", dry_run=True)
    assert set(directory.rglob("*")) == before
    names = {(one.job, one.path.relative_to(directory).as_posix(), one.category) for one in found}
    scratch = {("1.1", "job_1/hklout.mtz", "Scratch file")}
    diagnostic = "Scratch file potentially useful diagnostic"
    scratch |= {("1", "scratch", diagnostic), ("1.2", "job_2/sftools", diagnostic)}
    assert names == scratch
    assert session.clean("demo", "1.2", dry_run=True) == tuple(one for one in found if one.job == "1.2")
    # The report of a sub-job is not needed when the project is complete, that of the job is.
    more = session.clean("demo", context="project_complete", dry_run=True)
    reports = [one.path for one in more if one.path.name == "report.html"]
    assert reports == [directory / "job_1/report.html"]
    assert not {"params.xml", "ccp4hooks_outcome.json", "XYZOUT.pdb"} & {one.path.name for one in more}
    with pytest.raises(BadInputError, match=r"'all' is not an occasion of CCP4i2\. They are script_finish, "):
        session.clean("demo", context="all")
    assert "Nobody can be asked" in call(tmp_path, "clean", code=2)
    assert call(tmp_path, "clean", "--yes").splitlines()[-1].startswith("Removed 3 files, ")
    assert session.clean("demo") == ()
    # Each job has a note of what was removed.
    notes = [last_entry(folder) for folder in (directory, directory / "job_1", directory / "job_2")]
    assert [(one["event"], one["job"], one["files"], one["context"]) for one in notes] == [
        ("ccp4hooks.files_removed", "1", ["scratch"], "script_finish"),
        ("ccp4hooks.files_removed", "1.1", ["hklout.mtz"], "script_finish"),
        ("ccp4hooks.files_removed", "1.2", ["sftools"], "script_finish"),
    ]
    assert (outside / "scratch/precious").exists()
    assert session.verify("demo").is_well


@pytest.mark.parametrize("words", [("delete", "1"), ("clean", "--context", "temporary")], ids=lambda words: words[0])
def test_the_answer_no_does_nothing_and_is_no_failure(session, tmp_path, monkeypatch, words):
    before = set(session.project("demo").directory.rglob("*"))
    monkeypatch.setattr("ccp4hooks.cli.deleting.is_asked", lambda: True)
    done = invoke(tmp_path, *words, input="n\n")
    assert (done.exit_code, done.stderr.splitlines()[-1]) == (0, "Nothing was done.")
    assert set(session.project("demo").directory.rglob("*")) == before
    # The end of the input is no answer.
    assert invoke(tmp_path, *words, input="").exit_code == 130


def test_the_answer_no_keeps_the_trash(session, tmp_path, monkeypatch):
    session.delete("demo", "1")
    monkeypatch.setattr("ccp4hooks.cli.deleting.is_asked", lambda: True)
    done = invoke(tmp_path, "purge", input="n\n")
    assert (done.exit_code, done.stderr.splitlines()[-1]) == (0, "Nothing was done.")
    assert [one.number for one in session.trash("demo")] == ["1"]
    assert invoke(tmp_path, "purge", input="y\n").stdout.endswith("Removed 1 job.\n")


def test_a_task_keeps_files_that_ccp4i2_would_remove():
    assert "hklout.mtz" in [rule.pattern for rule in purge_rules("freerflag", "script_finish")]
    assert "hklout.mtz" not in [rule.pattern for rule in purge_rules("chltofom", "script_finish")]
    # CCP4i2 3.0 removes this file, which the task marks as kept and as large.
    assert "refmac%*/hklout.mtz" not in [
        rule.pattern for rule in purge_rules("prosmart_refmac", "extended_intermediate")
    ]
    assert contexts()["script_finish"] == ("Scratch file", "Scratch file potentially useful diagnostic")
