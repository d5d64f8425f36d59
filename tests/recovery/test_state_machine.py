"""The record stays correct when jobs are opened, started, finished, killed, recovered and replayed in any order."""

import shutil
import tempfile
from pathlib import Path

import ccp4i2
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from recovery.acting import Actor

from ccp4hooks import JobStatus, Settings, make_script, open_session
from ccp4hooks.i2 import scripts

HERE = Path(__file__).parent
MODEL = Path(ccp4i2.__file__).parent / "wrappers/chainsaw/test_data/1a80_A.pdb"
OPEN = {JobStatus.PENDING, JobStatus.RUNNING}

STEPS = [
    *[
        f"{when} {hook} of database"
        for when in ("before", "after")
        for hook in ("open_job", "job_status", "job_finished")
    ],
    *[f"after log {event}" for event in ("job_opened", "import_begun", "file_imported", "status_changed", "job_ended")],
    "after import_file of file-import",
    "before glean_kpi of kpi",
    "never",
]


class Books(RuleBasedStateMachine):
    """One project. A subclass provides the actor and the database."""

    actor, new_url = None, None
    waiting, live = Bundle("waiting"), Bundle("live")

    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="ccp4hooks-books-"))
        self.url = type(self).new_url(self.folder)
        own = Settings(projects_dir=self.folder, database=self.url, plugins=("tasks_of_walk",))
        self.session = open_session(own)
        self.running, self.unstarted, self.unclean = set(), set(), False

    def teardown(self):
        for pid in self.running:
            self.actor.ask(do="kill", pid=pid)
        shutil.rmtree(self.folder)

    def outcomes(self):
        project = next((one for one in self.session.projects() if one.name == "p"), None)
        return self.session.outcomes(project) if project else ()

    @rule(target=waiting)
    def open(self):
        job = self.session.open_job("walk_pipeline", project="p")
        script = make_script("walk_pipeline")
        script.container.inputData.XYZIN.setFullPath(str(MODEL))
        scripts.save_parameters(script, job.directory / "input_params.xml")
        self.unstarted.add(job.number)
        return job

    @rule(target=live, step=st.sampled_from(STEPS), times=st.integers(1, 2))
    def start(self, step, times):
        return self.started(step, times, "")

    @rule(target=live, job=consumes(waiting), step=st.sampled_from(STEPS))
    def start_opened(self, job, step):
        self.unstarted.discard(job.number)
        return self.started(step, 1, str(job.uuid))

    def started(self, step, times, opened):

        answer = self.actor.ask(do="run", url=self.url, folder=str(self.folder), step=step, times=times, opened=opened)
        if answer["said"] == "paused":
            self.running.add(answer["pid"])
        else:
            assert answer["said"] == "done", answer
        return answer["pid"]

    @rule(pid=consumes(live))
    def finish(self, pid):
        if pid in self.running:
            self.running.discard(pid)
            assert self.actor.ask(do="go", pid=pid)["said"] == "done"

    @rule(pid=consumes(live))
    def kill(self, pid):
        if pid in self.running:
            self.running.discard(pid)
            self.unclean = True
            self.actor.ask(do="kill", pid=pid)

    @rule()
    def recover(self):
        assert self.session.recover().problems == ()
        assert self.session.recover().outcomes == ()
        if not self.running:
            left = {one.job.number for one in self.outcomes() if one.status in OPEN}
            assert left == self.unstarted
            self.unclean = False

    @precondition(lambda self: any((self.folder / "p" / "CCP4_JOBS").glob("*/ccp4hooks_outcome.json")))
    @rule()
    def replay(self):
        project = self.session.project("p")
        assert self.session.replay(project).problems == ()
        before = self.session.outcomes(project)
        self.session.replay(project)
        assert self.session.outcomes(project) == before

    @invariant()
    def numbers_are_unique_and_without_gaps(self):
        numbers = [one.job.number for one in self.outcomes()]
        top = sorted(int(number) for number in numbers if "." not in number)
        assert len(numbers) == len(set(numbers))
        assert top == list(range(1, len(top) + 1))

    @invariant()
    def no_job_has_ended_and_runs(self):
        for one in self.outcomes():
            assert (one.finished_at is None) == (one.status in OPEN), (one.job.number, one.status, one.finished_at)

    @invariant()
    def no_row_is_without_its_file(self):
        for one in self.outcomes():
            assert [file.path for file in (*one.files, *one.imported) if not file.path.is_file()] == []
            if one.status is JobStatus.FINISHED:
                assert [file.parameter for file in one.files] == ["outputData.XYZOUT"]

    @invariant()
    def no_imported_file_is_without_its_row(self):
        imports = self.folder / "p" / "CCP4_IMPORTED_FILES"
        if not self.running and not self.unclean and imports.is_dir():
            known = {file.path for one in self.outcomes() for file in one.imported}
            assert set(imports.iterdir()) == known


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def books(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("books")
    patch = pytest.MonkeyPatch()
    patch.setenv("CCP4I2_HOME", str(folder / "home"))
    patch.syspath_prepend(HERE)
    server = request.getfixturevalue("server") if request.param == "postgresql" else None
    url, empty = (server.new(), server.new()) if server else [f"sqlite:///{folder / name}" for name in ("one", "empty")]
    actor = Actor(url, folder)
    open_session(Settings(projects_dir=folder, database=empty)).init_store()

    def new_url(where):
        if server:
            return server.new(server.name_of(empty))
        return f"sqlite:///{shutil.copy(folder / 'empty', where / 'db.sqlite3')}"

    yield type("BooksOf", (Books,), {"actor": actor, "new_url": staticmethod(new_url), "examples": 4 if server else 8})
    actor.close()
    patch.undo()


def test_the_record_stays_correct_in_any_sequence_of_events(books):
    few = settings(max_examples=books.examples, stateful_step_count=10, deadline=None, derandomize=True, database=None)
    run_state_machine_as_test(books, settings=few)


@pytest.mark.parametrize("step", ["after log file_imported", "after import_file of file-import"])
def test_recovery_keeps_the_imports_of_a_running_job(books, step):
    machine = books()
    killed, alive = machine.start(step, 1), machine.start(step, 1)
    machine.kill(killed)
    machine.recover()
    machine.finish(alive)
    machine.recover()
    found = {one.job.number: (one.status.name, len(one.imported)) for one in machine.outcomes()}
    assert (found["2"], found["1"][0]) == (("FINISHED", 1), "INTERRUPTED")
    machine.no_row_is_without_its_file()
    machine.no_imported_file_is_without_its_row()
    machine.teardown()
