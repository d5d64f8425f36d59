"""Sessions with pools of workers, and what is done with them."""

import time
from pathlib import Path
from types import SimpleNamespace

import ccp4i2
import psutil

from ccp4hooks import JobStatus, RunTarget, load_settings, open_session

MODEL = Path(ccp4i2.__file__).parent / "wrappers/chainsaw/test_data/1a80_A.pdb"
PATIENCE_S = 120


def until(condition, what):
    """Wait until a condition is true, and return its value."""
    deadline = time.monotonic() + PATIENCE_S
    while not (value := condition()):
        assert time.monotonic() < deadline, what
        time.sleep(0.05)
    return value


def runners(parent=None):
    """Return the processes that run the jobs of a worker."""
    return [one for one in psutil.Process(parent).children() if "ccp4hooks_dask.runner" in " ".join(words_of(one))]


def words_of(process):
    """Return the command line of a process; a process that has ended, reaped or not, has none."""
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


class Sessions:
    """A session and what is done with it."""

    def __init__(self, folder, url, engines):
        config = folder / "ccp4hooks.toml"
        config.write_text(engines)
        settings = load_settings(
            config=config,
            projects_dir=folder / "projects",
            database=url,
            plugins=("it_tasks", "changing_tasks"),
            local=True,
        )
        self.session = open_session(settings)
        self.plugin = self.session.plugin_object("dask")

    def submit(self, engine, task="it_pipeline", *, waits=True, **values):
        """Submit a job, and return it with what can be done with it."""
        pairs = [("XYZIN", str(MODEL)), *values.items()]
        made = self.session.submit(task, pairs, project="toxd", target=RunTarget(engine=engine), waits=waits)
        return self.job(made)

    def job(self, made):
        job, number = made.job, str(made.job.number)

        def status():
            return self.session.outcomes("toxd", number)[0].status

        def ended():
            def is_over():
                self.session.recover(self.session.project("toxd"))
                return status().is_over

            until(is_over, f"job {number} has not ended")
            return status()

        def begun():
            """Wait until the program of a job of the mode "live" has printed its line."""
            output = job.directory / "ccp4hooks_output.txt"
            until(lambda: output.exists() and "before" in output.read_text(), f"job {number} has not begun")
            assert status() is JobStatus.RUNNING

        def let_end():
            for name in ("go", "end"):
                (job.directory / name).touch()

        return SimpleNamespace(
            job=job,
            number=number,
            handle=made.attempt.handle,
            status=status,
            ended=ended,
            begun=begun,
            let_end=let_end,
            cancel=lambda: self.session.cancel("toxd", number).status,
            attempts=lambda: self.session.attempts("toxd", number),
            fate=lambda: self.fate(made.attempt.handle),
        )

    def fate(self, handle):
        return self.plugin.ask_engine(self.session.settings.engine(handle.engine), [handle], None)[handle]
