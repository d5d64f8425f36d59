"""The scenes that both sides play. Each has its own project and returns observations that are not in the database."""

import hashlib
import os
import resource
import signal
from contextlib import contextmanager
from pathlib import Path

SCENES = {}
"""Every scene by name, in the order in which they are played."""

ATOM = "ATOM      1  CA  GLY A   1      {x:6.3f}   2.000   3.000  1.00 10.00           C\n"
LONG_AGO_S = 1_500_000_000
"""Modification time of the source of an import [s since 1970]."""

THREADS = 60
SIZE_LIMIT_BYTES = 4_000_000
TOO_MANY_ATOMS = 60_000
SPOILT_JOBS = 4


def scene(play):
    SCENES[play.__name__] = play
    return play


def modes(task, *names):
    """Add a scene for each MODE of a task that needs no further preparation."""
    for name in names:
        SCENES[name] = lambda side, stage, mode=name: {"said": side.run(task, mode, [("MODE", mode)])}


class Stage:
    """The files and the database that a scene can use.

    Attributes:
        folder: A directory for its own files, outside of any project.
        data: Directory of the wrappers of the installed CCP4i2, with their test data.
        database: The database.
    """

    def __init__(self, folder, data, database):
        self.folder = folder
        self.data = data
        self.database = database
        folder.mkdir()

    @property
    def reflections(self):
        return self.data / "freerflag/test_data/rnase25_fsigf.mtz"

    def write(self, name, x=1.0, atoms=1):
        """Write a model that no other scene uses, and return its path."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"REMARK {self.folder.name}\n{ATOM.format(x=x) * atoms}END\n", encoding="ascii")
        return path


# --- status and sub-jobs ------------------------------------------------------------------------------------------

modes("fault_pipeline", "unsatisfactory", "late_failure", "child_raises", "child_reports")
modes("fault_pipeline", "hidden_fails", "hidden_finishes", "wrapped", "subdirectory", "relative_subdirectory")
modes("fault_pipeline", "outside")
modes("fault_kpis", "kinds", "infinite")


@scene
def raises_while_tracked(side, stage):
    side.track_and_raise("fault_pipeline", "raises_while_tracked")
    return {}


@scene
def tracked_without_a_job(side, stage):
    return {"said": side.track_new("fault_pipeline", "tracked_without_a_job")}


@scene
def output_unreadable(side, stage):
    return {"said": side.run("fault_output", "output_unreadable")}


@scene
def plain(side, stage):
    return {"said": side.run("fault_pipeline", "plain", [("XYZIN", stage.write("model.pdb")), ("MODE", "plain")])}


@scene
def drift(side, stage):
    return {"said": side.run("fault_pipeline", "drift", [("XYZIN", stage.write("model.pdb")), ("MODE", "drift")])}


@scene
def unrecorded_sub_job(side, stage):
    values = [("MODE", "child_fails")]
    return {"said": side.run_without_sub_job_records("fault_pipeline", "unrecorded_sub_job", values)}


# --- import -------------------------------------------------------------------------------------------------------


@scene
def missing_input(side, stage):
    values = [("XYZIN", stage.folder / "there_is_none.pdb")]
    return {"said": side.run("coordinate_selector", "missing_input", values)}


@scene
def directory_as_input(side, stage):
    folder = stage.folder / "model.pdb"
    folder.mkdir()
    return {"said": side.run("fault_pipeline", "directory_as_input", [("XYZIN", folder), ("MODE", "nothing")])}


@scene
def stale_identity(side, stage):
    path = stage.write("model.pdb")
    side.run_with_identity("coordinate_selector", "stale_identity", path, side.unknown_identity())
    return {}


@scene
def same_content_elsewhere(side, stage):
    path = stage.write("shared.pdb", 7.0)
    side.run("coordinate_selector", "elsewhere", [("XYZIN", path)])
    side.run("coordinate_selector", "same_content_elsewhere", [("XYZIN", path)])
    return {}


@scene
def same_name_at_once(side, stage):
    several = [[("XYZIN", stage.write(f"{number}/model.pdb", number))] for number in range(1, 5)]
    side.run_together("coordinate_selector", "same_name_at_once", several)
    return {}


@scene
def import_facts(side, stage):
    path = stage.folder / "native.mtz"
    path.write_bytes(stage.reflections.read_bytes())
    os.utime(path, (LONG_AGO_S, LONG_AGO_S))
    return {"said": side.run("freerflag", "import_facts", [("F_SIGF", path)])}


@scene
def list_items(side, stage):
    values = [("XYZ_LIST", stage.write("one.pdb", 1.5)), ("XYZ_LIST", stage.write("two.pdb", 2.5))]
    return {"said": side.run("fault_pipeline", "list_items", [*values, ("MODE", "nothing")])}


@scene
def output_by_path(side, stage):
    first = side.run("coordinate_selector", "output_by_path", [("XYZIN", stage.write("model.pdb"))])
    path = side.project("output_by_path") / "CCP4_JOBS/job_1/XYZOUT.pdb"
    return {"said": first or side.run("coordinate_selector", "output_by_path", [("XYZIN", path)])}


@scene
def many_of_one_name(side, stage):
    folder = side.project("many_of_one_name") / "CCP4_IMPORTED_FILES"
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(1001):
        (folder / (f"model_{number}.pdb" if number else "model.pdb")).write_text(str(number))
    path = stage.write("model.pdb", 8.0)
    return {"said": side.run("coordinate_selector", "many_of_one_name", [("XYZIN", path)])}


@scene
def path_of_another_project(side, stage):
    side.run("coordinate_selector", "another", [("XYZIN", stage.write("another.pdb", 3.0))])
    side.run("coordinate_selector", "path_of_another_project", [("XYZIN", stage.write("own.pdb", 4.0))])
    path = side.project("another") / "CCP4_JOBS/job_1/XYZOUT.pdb"
    said = side.run("coordinate_selector", "path_of_another_project", [("XYZIN", path)])
    return {"said": said, "given": checksum(path)}


@scene
def disk_full(side, stage):
    values = [("XYZIN", stage.write("large.pdb", atoms=TOO_MANY_ATOMS)), ("MODE", "nothing")]
    with largest_file(SIZE_LIMIT_BYTES):
        said = side.run("fault_pipeline", "disk_full", values)
    folder = side.project("disk_full") / "CCP4_IMPORTED_FILES"
    return {"said": said, "left": sorted(path.name for path in folder.glob("*"))}


@contextmanager
def largest_file(size_bytes, reaction=signal.SIG_IGN):
    """Make each write beyond a size fail, as on a full disk. With ``SIG_DFL``, the write kills the process."""
    previous = signal.signal(signal.SIGXFSZ, reaction)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, previous)


def checksum(path):
    return hashlib.md5(Path(path).read_bytes()).hexdigest()  # noqa: S324 - the schema's


# --- extraction ---------------------------------------------------------------------------------------------------


@scene
def many_outputs(side, stage):
    from faults.observe import COUNT_WRITES

    stage.database.change(COUNT_WRITES)
    said = side.run("fault_outputs", "many_outputs")
    writes = stage.database.rows("select file, count(*) as times from fault_written group by file")
    stage.database.change("drop trigger fault_insert; drop trigger fault_update; drop table fault_written;")
    return {"said": said, "writes": {str(row["file"]): row["times"] for row in writes}}


@scene
def again(side, stage):
    uuid = side.open("fault_once", "again")
    return {"said": [side.run_opened(uuid), side.run_opened(uuid)]}


@scene
def mmcif(side, stage):
    said = side.run("fault_pipeline", "mmcif", [("MODE", "mmcif")])
    return {"said": said, "cif": (side.project("mmcif") / "CCP4_JOBS/job_1/XYZOUT.cif").read_text(encoding="ascii")}


# --- performance values -------------------------------------------------------------------------------------------


def spoilt(mode):
    """Add a scene with several jobs, because CCP4i2 reads values in a random order and loses those after a bad one."""
    SCENES[mode] = lambda side, stage: {
        "said": [side.run("fault_kpis", mode, [("MODE", mode)]) for _ in range(SPOILT_JOBS)]
    }


spoilt("nan")
spoilt("long_key")
spoilt("long_text")


# --- paths and concurrent operations -------------------------------------------------------------------------------


@scene
def event_loop(side, stage):
    return side.on_the_loop("event_loop", [("XYZIN", stage.write("model.pdb", 6.0))])


@scene
def created_at_once(side, stage):
    name = "created_at_once"
    side.open("coordinate_selector", name)
    with stage.database.project_held(name):
        return {"said": side.open_together("coordinate_selector", name, THREADS - 1)}


@scene
def described_meanwhile(side, stage):
    name = "described_meanwhile"

    def describe():
        stage.database.change("update ccp4i2_project set description = 'changed meanwhile'")

    side.open_two_and_change_between("coordinate_selector", name, describe)
    return stage.database.rows("select description from ccp4i2_project where name = ?", name)[0]


POSTGRESQL_SCENES = {name: SCENES[name] for name in ("created_at_once", "long_key", "long_text")}
"""The scenes that run on PostgreSQL. Only PostgreSQL limits the lengths of texts."""

for only_there in ("long_key", "long_text"):
    del SCENES[only_there]
