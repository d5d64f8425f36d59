"""Adopted jobs keep the links between them, and nothing outside of the adopted directories is read."""

import os
import re
import shutil
import stat
from pathlib import Path

import ccp4i2
import pytest

from ccp4hooks import BadInputError, JobStatus, Settings, hookimpl, open_session
from ccp4hooks.outcomes import outcome_file
from ccp4hooks.runtime import copies

MODEL = Path(ccp4i2.__file__).parent / "wrappers/chainsaw/test_data/1a80_A.pdb"
DATA = Path(ccp4i2.__file__).parent / "wrappers/freerflag/test_data/rnase25_fsigf.mtz"


def select(session, model, project="q"):
    return session.run("coordinate_selector", [("XYZIN", str(model))], project=project).outcome


@pytest.fixture(scope="module")
def made(tmp_path_factory, sqlite_template):
    """A project whose jobs read the outputs and imports of its earlier jobs, and its rows."""
    there = tmp_path_factory.mktemp("there")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CCP4I2_HOME", str(there / "home"))
        url = f"sqlite:///{shutil.copy(sqlite_template, there / 'db.sqlite3')}"
        session = open_session(Settings(projects_dir=there, database=url, plugins=("ccp4hooks_demo",)))
        first = select(session, MODEL)
        select(session, first.imported[0].path)
        session.run("demo_pipeline", [("F_SIGF", str(DATA)), ("XYZIN", "@1.XYZOUT")], project="q")
        session.run("freerflag", [("F_SIGF", str(DATA)), ("FREERFLAG", "@3.FREEROUT")], project="q")
        session.run("coordinate_selector", [("XYZIN", "@3.XYZOUT")], project="q")
        return there / "q", rows(session, "q")


@pytest.fixture
def foreign(made, tmp_path):
    return Path(shutil.copytree(made[0], tmp_path / "foreign"))


def rows(session, project):
    """The rows of uses, files, values and origins of a project, without keys, UUIDs and times."""
    session.project(project)
    from ccp4i2.db.models import File, FileUse, JobFloatValue

    from ccp4hooks_database.models import FileOrigin, UseOrigin, ValueOrigin

    def of(model, by, *names):
        found = model.objects.filter(**{f"{by}project__name": project})
        return sorted(found.values_list(f"{by}number", *names))

    return {
        "uses": of(
            FileUse, "job__", "role", "job_param_name", "file__job__number", "file__job_param_name", "file__name"
        ),
        "files": of(File, "job__", "name", "directory", "type_id", "job_param_name", "annotation"),
        "values": of(JobFloatValue, "job__", "key_id", "value"),
        "file origins": of(
            FileOrigin, "file__job__", "parameter", "class_name", "plugin", "version", "sha256", "size_bytes"
        ),
        "value origins": of(ValueOrigin, "job__", "key", "kind", "unit", "plugin", "version"),
        "use origins": of(UseOrigin, "use__job__", "parameter"),
    }


@pytest.fixture
def session(demo_session):
    return demo_session()


def warnings(done):
    return [str(one) for outcome in done for one in outcome.problems if not one.message.startswith("Adopted from")]


def test_a_whole_project_is_adopted_with_its_links(session, foreign, made):
    done = session.adopt(foreign, "p")
    assert done.problems == ()
    assert [one.job.number for one in done.outcomes] == ["1", "2", "3", "3.1", "3.2", "4", "5"]
    assert warnings(done.outcomes) == []
    assert rows(session, "p") == made[1]
    assert len(rows(session, "p")["uses"]) > 10
    assert session.adopt(foreign, "p") == done
    assert rows(session, "p") == made[1]
    # Recording the outcome files again, as after an upgrade, keeps the links.
    assert session.replay("p").problems == ()
    assert rows(session, "p") == made[1]


def test_jobs_adopted_one_by_one_are_linked_also_if_each_was_copied_alone(session, foreign, made, tmp_path):
    for number in "12345":
        alone = tmp_path / f"alone{number}"
        shutil.copytree(foreign / f"CCP4_JOBS/job_{number}", alone / f"CCP4_JOBS/job_{number}")
        shutil.copytree(foreign / "CCP4_IMPORTED_FILES", alone / "CCP4_IMPORTED_FILES")
        done = session.adopt(alone / f"CCP4_JOBS/job_{number}", "p")
        assert (done.problems, warnings(done.outcomes)) == ((), [])
        shutil.rmtree(alone)
    assert rows(session, "p") == made[1]


def test_the_parameters_of_linked_jobs_name_the_adopted_files_under_their_new_numbers(session, foreign):
    for _ in range(3):
        select(session, MODEL, "p")
    session.adopt(foreign, "p")
    (last,) = session.outcomes("p", "8")
    (use,) = last.uses
    assert use.path.parent.name == "job_6"
    for name in ("params.xml", "input_params.xml"):
        text = (last.job.directory / name).read_text()
        inputs = text[text.index("<inputData") : text.index("</inputData>")]
        assert re.search(r"<relPath>\s*CCP4_JOBS/job_6\s*</relPath>", inputs)
        assert str(use.file_uuid) in inputs
    again = session.run("coordinate_selector", [("XYZIN", str(use.path))], project="p").outcome
    assert (again.status, again.uses[0].file_uuid) == (JobStatus.FINISHED, use.file_uuid)


def test_a_job_whose_source_was_not_adopted_says_so(session, foreign):
    done = session.adopt(foreign / "CCP4_JOBS/job_5", "p")
    assert done.outcomes[0].uses == ()
    assert [one.message for one in done.outcomes[0].problems][-1] != ""
    (warning,) = warnings(done.outcomes)
    assert "belongs to a job that is not in this project." in warning


# --- links ------------------------------------------------------------------------------------------------------


class Swap:
    """Replaces something in the foreign directory after it was checked: when the job is opened."""

    def __init__(self, change):
        self.change = change

    @hookimpl(tryfirst=True)
    def open_job(self):
        self.change()


def replaced_by_link(path, target):
    def change():
        if path.is_dir():
            path.rename(path.with_name("was"))
        else:
            path.unlink()
        path.symlink_to(target)

    return change


def hidden(tmp_path):
    (tmp_path / "hidden").mkdir()
    for name in ("secret", MODEL.name, "XYZOUT.pdb"):
        (tmp_path / "hidden" / name).write_text("SECRET")
    return tmp_path / "hidden"


def contents(directory):
    return b"".join(path.read_bytes() for path in directory.rglob("*") if path.is_file())


@pytest.mark.parametrize("what", ["XYZOUT.pdb", "ccp4hooks_outcome.json", "params.xml"])
def test_a_file_swapped_for_a_link_after_the_check_is_not_followed(demo_session, foreign, tmp_path, what):
    path = foreign / "CCP4_JOBS/job_1" / what
    session = demo_session(swap=Swap(replaced_by_link(path, hidden(tmp_path) / "secret")))
    with pytest.raises(BadInputError) as error:
        session.adopt(path.parent, "p")
    assert str(error.value) == (
        f"{path} is a link that leads out of the job directory, a link to a directory, or a special file, so it cannot "
        "be copied. Remove it, or replace it by a copy of its target, and try again."
    )
    assert demo_session().projects() == ()
    assert b"SECRET" not in contents(tmp_path / "projects")


def test_a_directory_swapped_for_a_link_after_the_check_is_not_followed(demo_session, foreign, tmp_path):
    path = foreign / "CCP4_JOBS/job_3/job_2"
    session = demo_session(swap=Swap(replaced_by_link(path, hidden(tmp_path))))
    with pytest.raises(BadInputError, match="job_2 is a link that leads out of the job directory"):
        session.adopt(path.parent, "p")
    assert b"SECRET" not in contents(tmp_path / "projects")


def test_an_outcome_file_that_changes_after_the_check_is_refused(demo_session, foreign):
    path = foreign / "CCP4_JOBS/job_1" / outcome_file.FILE_NAME

    def change():
        path.write_text(path.read_text().replace('"coordinate_selector"', '"freerflag"'))

    with pytest.raises(BadInputError) as error:
        demo_session(swap=Swap(change)).adopt(path.parent, "p")
    assert str(error.value) == f"{path.parent} has changed while it was copied. Try again when nobody writes to it."
    assert demo_session().projects() == ()


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("what", ["CCP4_IMPORTED_FILES", f"CCP4_IMPORTED_FILES/{MODEL.name}"])
def test_a_link_to_imports_is_not_followed(demo_session, foreign, tmp_path, what, late):
    place = hidden(tmp_path)
    # The content is right: only that it is reached by a link counts.
    shutil.copy(MODEL, place / MODEL.name)
    change = replaced_by_link(foreign / what, place if what == "CCP4_IMPORTED_FILES" else place / MODEL.name)
    if not late:
        change()
    session = demo_session(**({"swap": Swap(change)} if late else {}))
    (done,) = session.adopt(foreign / "CCP4_JOBS/job_1", "p").outcomes
    assert done.imported == ()
    (message,) = [one.message for one in done.problems if one.parameter == "inputData.XYZIN"]
    assert message.startswith(f"could not be imported: {foreign / what} is a link")


def test_an_outcome_file_that_is_a_link_is_not_read(session, foreign, tmp_path):
    path = foreign / "CCP4_JOBS/job_1" / outcome_file.FILE_NAME
    path.rename(tmp_path / "outcome.json")
    path.symlink_to(tmp_path / "outcome.json")
    with pytest.raises(BadInputError, match=f"Cannot read the outcome file {path}: {path} is a link"):
        session.adopt(path.parent, "p")


def test_links_inside_the_job_directory_become_copies(session, foreign):
    folder = foreign / "CCP4_JOBS/job_1"
    (folder / "relative.pdb").symlink_to("XYZOUT.pdb")
    (folder / "chain.pdb").symlink_to("relative.pdb")
    (folder / "absolute.pdb").symlink_to(folder / "XYZOUT.pdb")
    (done,) = session.adopt(folder, "p").outcomes
    for name in ("relative.pdb", "chain.pdb", "absolute.pdb"):
        copy = done.job.directory / name
        assert not copy.is_symlink()
        assert copy.read_bytes() == (folder / "XYZOUT.pdb").read_bytes()


# --- copies -----------------------------------------------------------------------------------------------------


def test_a_copy_gets_no_more_rights_than_its_source_and_the_umask_allows(tmp_path):
    source = tmp_path / "source"
    (source / "below").mkdir(parents=True)
    for name, mode in (("private", 0o600), ("shared", 0o666), ("below/program", 0o755)):
        (source / name).write_text(name)
        (source / name).chmod(mode)
        os.utime(source / name, (1, 2))
    source.chmod(0o700)
    mask = os.umask(0o027)
    try:
        copies.copy_tree(source, tmp_path / "copy")
    finally:
        os.umask(mask)
    found = {path.relative_to(tmp_path / "copy").as_posix(): path.stat() for path in (tmp_path / "copy").rglob("*")}
    modes = {name: stat.S_IMODE(one.st_mode) for name, one in found.items()}
    assert modes == {"private": 0o600, "shared": 0o640, "below": 0o750, "below/program": 0o750}
    assert stat.S_IMODE((tmp_path / "copy").stat().st_mode) == 0o700
    assert found["below/program"].st_mtime == 2


SPECIAL = {
    "link out": lambda path: path.symlink_to("/etc/passwd"),
    "link up": lambda path: path.symlink_to("../../etc/passwd"),
    "link to nothing": lambda path: path.symlink_to("nothing"),
    "loop": lambda path: path.symlink_to(path.name),
    "link to a directory": lambda path: path.symlink_to("."),
    "named pipe": os.mkfifo,
}


@pytest.mark.parametrize("kind", SPECIAL)
def test_special_files_and_links_out_are_not_copied(tmp_path, kind):
    (tmp_path / "source/below").mkdir(parents=True)
    path = tmp_path / "source/below/x"
    SPECIAL[kind](path)
    with pytest.raises(copies.LinkError, match=f"^{path} is a link"):
        copies.copy_tree(tmp_path / "source", tmp_path / "copy")


def test_a_file_below_a_link_is_not_opened(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "there/x").write_text("x")
    (tmp_path / "root").mkdir()
    (tmp_path / "root/link").symlink_to(tmp_path / "there")
    with pytest.raises(copies.LinkError, match=f"^{tmp_path}/root/link is a link"):
        copies.open_file(tmp_path / "root", Path("link/x"))
    (tmp_path / "root2").symlink_to(tmp_path / "there")
    with copies.open_file(tmp_path / "root2", Path("x")) as stream:
        assert stream.read() == b"x"
