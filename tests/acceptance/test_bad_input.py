"""Invalid input causes a clear error and a non-zero exit code, without a traceback and without any files left."""

import gzip
import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import gemmi
import pytest

from ccp4hooks.errors import BadInputError, RefusedError, StoreError

MANY_COLUMNS = "freerflag/test_data/rnase25.mtz"
MODEL = "chainsaw/test_data/1a80_A.pdb"
LIGAND = (
    "data_comp_LIG\nloop_\n_chem_comp_atom.comp_id\n_chem_comp_atom.atom_id\n_chem_comp_atom.type_symbol\n"
    "_chem_comp_atom.type_energy\n_chem_comp_atom.charge\n_chem_comp_atom.x\n_chem_comp_atom.y\n_chem_comp_atom.z\n"
    "LIG C1 C CH3 0 0 0 0\n"
)

CASES = {
    "unknown task": (["freerflga"], ["'freerflga'", "freerflag"]),
    "unknown parameter": (["freerflag", "F_SIGF={mtz}", "FRAK=0.1"], ["'FRAK'", "FRAC"]),
    "an output is read-only": (["freerflag", "F_SIGF={mtz}", "FREEROUT=x.mtz"], ["FREEROUT", "output"]),
    "text for a number": (["freerflag", "F_SIGF={mtz}", "FRAC=abc"], ["FRAC", "abc", "number"]),
    "number out of bounds": (["freerflag", "F_SIGF={mtz}", "FRAC=7"], ["FRAC", "7"]),
    "outside its enumeration": (
        ["freerflag", "F_SIGF={mtz}", "GEN_MODE=NEW"],
        ["GEN_MODE", "NEW", "GEN_NEW", "COMPLETE"],
    ),
    "missing file": (["freerflag", "F_SIGF={bad}/nope.mtz"], ["F_SIGF", "nope.mtz"]),
    "unreadable file": (["freerflag", "F_SIGF={bad}/loop.mtz"], ["F_SIGF", "loop.mtz"]),
    "directory for a file": (["freerflag", "F_SIGF={bad}"], ["F_SIGF", "directory"]),
    "columns that are not there": (
        ["freerflag", "F_SIGF={columns}[FP,SIGFP]"],
        ["FP", "SIGFP", "FNAT", "SIGFNAT", "FreeR_flag"],
    ),
    "everything required is missing": (["demo_pipeline", "-p", "ccp4hooks_demo"], ["F_SIGF", "XYZIN"]),
    "job that does not exist": (["coordinate_selector", "XYZIN=@99.XYZOUT"], ["XYZIN", "99"]),
    "output that the job does not have": (["coordinate_selector", "XYZIN=@2.XYZ"], ["XYZIN", "'XYZ'"]),
    "misspelt plugin": (["freerflag", "F_SIGF={mtz}", "-p", "no:databse"], ["'databse'", "database"]),
    "plugin that is not installed": (["freerflag", "F_SIGF={mtz}", "-p", "nowhere"], ["'nowhere'"]),
    "settings file that is not there": (["freerflag", "--config", "{bad}/none.toml"], ["none.toml"]),
    "settings file with an unknown key": (["freerflag", "--config", "{bad}/wrong.toml"], ["databse", "database"]),
}


@pytest.fixture(scope="module")
def bad(tmp_path_factory, data):
    """A directory of invalid files."""
    folder = tmp_path_factory.mktemp("bad")
    (folder / "empty.mtz").touch()
    whole = (data / MANY_COLUMNS).read_bytes()
    (folder / "short.mtz").write_bytes(whole[: len(whole) // 2])
    (folder / "text.pdb").write_text("Dear diary,\n", encoding="utf-8")
    (folder / "model.pdb.gz").write_bytes(gzip.compress((data / MODEL).read_bytes()))
    (folder / "page.mtz").write_text("<!DOCTYPE html>\n<html>Please log in</html>\n", encoding="utf-8")
    (folder / "pointer.pdb").write_text("version https://git-lfs.github.com/spec/v1\nsize 9\n", encoding="utf-8")
    (folder / "ligand.cif").write_text(LIGAND, encoding="utf-8")
    mtz = gemmi.read_mtz_file(str(data / "freerflag/test_data/rnase25_fsigf.mtz"))
    mtz.cell = gemmi.UnitCell(1, 1, 1, 90, 90, 90)
    for dataset in mtz.datasets:
        dataset.cell = mtz.cell
    mtz.write_to_file(str(folder / "no_cell.mtz"))
    (folder / "loop.mtz").symlink_to(folder / "loop.mtz")
    (folder / "wrong.toml").write_text('databse = "x"\n', encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def finished(demo, data, reflections, bad):
    """The results of all cases by name, and whether the demo is unchanged."""
    names = {"mtz": reflections, "bad": bad, "columns": data / MANY_COLUMNS}
    names["model"] = data / "chainsaw" / "test_data" / "1a80_A.pdb"
    before = demo.tree_hash()
    with ThreadPoolExecutor(max_workers=2) as pool:
        running = {
            case: pool.submit(demo.command, "run", *[argument.format(**names) for argument in arguments])
            for case, (arguments, _) in CASES.items()
        }
    return {case: future.result() for case, future in running.items()}, demo.tree_hash() == before


@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_explained(finished, case):
    check(finished[0][case], BadInputError, CASES[case][1])


def test_bad_input_leaves_nothing_behind(finished):
    assert finished[1]


REFUSED = {
    "empty file": (["freerflag", "F_SIGF={bad}/empty.mtz"], "empty.mtz is empty."),
    "truncated file": (["freerflag", "F_SIGF={bad}/short.mtz"], "short.mtz is a truncated MTZ file"),
    "file of the wrong type": (["freerflag", "F_SIGF={model}"], "1a80_A.pdb is not an MTZ file."),
    "text for a model": (["coordinate_selector", "XYZIN={bad}/text.pdb"], "text.pdb contains no atom"),
    "compressed model": (["coordinate_selector", "XYZIN={bad}/model.pdb.gz"], "Decompress it with gunzip first."),
    "web page": (["freerflag", "F_SIGF={bad}/page.mtz"], "It is a web page (HTML). Download the file itself"),
    "pointer of Git LFS": (
        ["coordinate_selector", "XYZIN={bad}/pointer.pdb"],
        "Fetch the file itself with `git lfs pull`.",
    ),
    "dictionary for a model": (["coordinate_selector", "XYZIN={bad}/ligand.cif"], "It is a restraint dictionary"),
    "no unit cell": (["freerflag", "F_SIGF={bad}/no_cell.mtz"], "no_cell.mtz has no unit cell."),
    "columns not selected": (["freerflag", "F_SIGF={columns}"], "rnase25.mtz lacks the required columns Iplus,"),
}
"""Files that can be read and have the wrong content: the command, and words of the message."""


@pytest.mark.sampled(3)
@pytest.mark.parametrize("case", REFUSED)
def test_a_file_with_the_wrong_content_is_refused_by_validation(demo, data, bad, case):
    arguments, words = REFUSED[case]
    names = {"bad": bad, "columns": data / MANY_COLUMNS, "model": data / "chainsaw/test_data/1a80_A.pdb"}
    before = demo.tree_hash()
    done = demo.command("run", *[argument.format(**names) for argument in arguments])
    check(done, RefusedError, [words, "[validation]"])
    assert demo.tree_hash() == before


def test_a_file_that_only_validation_refuses_runs_without_validation(command, reflections, tmp_path):
    """The task reads an MTZ file whose last record is missing; only validation takes it for truncated."""
    source = tmp_path / "native.mtz"
    source.write_bytes(reflections.read_bytes()[:-80])
    words = ["run", "freerflag", f"F_SIGF={source}", "--projects-dir", tmp_path / "projects", "-p", "no:database"]
    check(command(*words), RefusedError, ["native.mtz is a truncated MTZ file", "[validation]"])
    done = command(*words, "-p", "no:validation")
    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "projects").rglob("CCP4_IMPORTED_FILES/native.mtz"))


def check(done, error, said):
    assert done.returncode == error.exit_code, done.stderr
    assert "Traceback" not in done.stderr
    message = done.stderr[done.stderr.index("Error: ") :]
    for word in said:
        assert word in message
    assert not done.stdout


def test_a_file_of_another_projects_job_is_refused(demo, tmp_path):
    other = tmp_path / "other" / "CCP4_JOBS" / "job_2"
    shutil.copytree(demo.project / "CCP4_JOBS" / "job_2", other)
    before = demo.tree_hash()
    done = demo.command("run", "coordinate_selector", f"XYZIN={other / 'XYZOUT.pdb'}")
    check(done, BadInputError, ["XYZIN", str(other / "XYZOUT.pdb"), "project"])
    assert demo.tree_hash() == before


def test_an_unknown_job_number(demo):
    check(demo.command("show", "9"), BadInputError, ["'9'", "ccp4hooks jobs demo"])


def test_an_unknown_project(demo):
    for arguments in (["jobs", "dmeo"], ["show", "1", "--project", "dmeo"]):
        check(demo.command(*arguments), BadInputError, ["'dmeo'", "demo"])


def test_an_unknown_task_cannot_be_described(demo):
    check(demo.command("describe", "freerflga"), BadInputError, ["'freerflga'", "freerflag"])


def test_an_unknown_hook_cannot_be_listed(demo):
    check(demo.command("plugins", "--hook", "glean_kip"), BadInputError, ["'glean_kip'", "glean_kpi"])


def test_an_unwritable_projects_directory(command, reflections, tmp_path):
    (tmp_path / "file").touch()
    done = command("run", "freerflag", f"F_SIGF={reflections}", "--projects-dir", tmp_path / "file" / "projects")
    assert done.returncode in {BadInputError.exit_code, StoreError.exit_code}
    check_no_trace(done, str(tmp_path / "file"))
    assert (tmp_path / "file").read_bytes() == b""


def test_a_database_in_a_missing_directory(command, reflections, tmp_path):
    url = f"sqlite:///{tmp_path / 'nowhere' / 'db.sqlite3'}"
    done = command("run", "freerflag", f"F_SIGF={reflections}", "--database", url)
    check(done, StoreError, [str(tmp_path / "nowhere")])
    assert not (tmp_path / "nowhere").exists()
    assert not list(tmp_path.glob("projects/*"))


def test_an_invalid_database_url(command, reflections):
    done = command("run", "freerflag", f"F_SIGF={reflections}", "--database", "nonsense")
    assert done.returncode in {BadInputError.exit_code, StoreError.exit_code}
    check_no_trace(done, "database URL")


def test_a_file_that_is_not_a_database(command, reflections, tmp_path):
    (tmp_path / "db.sqlite3").write_bytes(b"Dear diary, " * 100)
    done = command("run", "freerflag", f"F_SIGF={reflections}")
    check(done, StoreError, ["db.sqlite3"])
    assert (tmp_path / "db.sqlite3").read_bytes() == b"Dear diary, " * 100
    assert not list(tmp_path.glob("projects/*"))


def test_a_locked_database(demo, tmp_path, reflections):
    home = tmp_path / "demo"
    shutil.copytree(demo.home, home)
    settings = tmp_path / "quick.toml"
    settings.write_text("[plugins.database]\nwait_s = 0.5\n", encoding="utf-8")
    jobs = {path.name for path in (home / "projects" / "demo" / "CCP4_JOBS").iterdir()}
    with closing(sqlite3.connect(home / "ccp4hooks.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        done = demo.command(
            "run",
            "freerflag",
            f"F_SIGF={reflections}",
            "--config",
            settings,
            DATABASE_URL=f"sqlite:///{home / 'ccp4hooks.sqlite3'}",
            CCP4I2_PROJECTS_DIR=str(home / "projects"),
        )
        other.execute("ROLLBACK")
    other.close()
    check(done, StoreError, ["ccp4hooks.sqlite3", "locked"])
    assert {path.name for path in (home / "projects" / "demo" / "CCP4_JOBS").iterdir()} == jobs


def test_debug_shows_the_traceback_and_keeps_the_exit_code(demo):
    by_option = demo.command("--debug", "describe", "freerflga")
    by_environment = demo.command("describe", "freerflga", CCP4HOOKS_DEBUG="1")
    for done in (by_option, by_environment):
        assert done.returncode == BadInputError.exit_code
        assert "Traceback (most recent call last)" in done.stderr
        assert "Error: Unknown task 'freerflga'" in done.stderr.splitlines()[-1]


def check_no_trace(done, said):
    assert done.stderr.splitlines()[-1].startswith("Error: ")
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not done.stdout
