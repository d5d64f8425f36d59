"""The contract of engines holds for a small engine, and catches engines that break one promise."""

import os
import subprocess
from typing import ClassVar

import pytest

from ccp4hooks import Fate, Handle, hookimpl
from ccp4hooks.testing import EngineContract


class Here:
    """An engine that follows all rules. It runs each job at once, as a process of its own."""

    running: ClassVar[dict[str, subprocess.Popen]] = {}
    questions = 0

    def mine(self, engine):
        return engine.plugin == "here"

    def environment(self, command):
        return {**os.environ, **command.environment}

    @hookimpl
    def submit_job(self, engine, command):
        if not self.mine(engine):
            return None
        made = subprocess.Popen(command.arguments, env=self.environment(command), start_new_session=True)
        self.running[str(made.pid)] = made
        return Handle(engine=engine.name, key=str(made.pid))

    @hookimpl
    def ask_engine(self, engine, handles):
        if not self.mine(engine):
            return None
        Here.questions += 1
        return {one: self.fate(one) for one in handles}

    def fate(self, handle):
        made = self.running.get(handle.key)
        return Fate.RUNNING if made and made.poll() is None else Fate.GONE

    @hookimpl
    def stop_job(self, engine, handle):
        if not self.mine(engine):
            return None
        if handle.key in self.running:
            self.running[handle.key].terminate()
        return True


class Everyone(Here):
    def mine(self, engine):
        return True


class Hopeful(Here):
    def fate(self, handle):
        return super().fate(handle) if handle.key in self.running else Fate.QUEUED


class Bare(Here):
    def environment(self, command):
        return {**os.environ, "CCP4HOOKS_CONTRACT": "lost"}


class Publishing(Here):
    def environment(self, command):
        command.directory.mkdir(parents=True)
        script = command.directory / "job.sh"
        script.write_text(str(dict(command.environment)))
        script.chmod(0o644)
        return super().environment(command)


class Waiting(Here):
    @hookimpl
    def submit_job(self, engine, command):
        handle = super().submit_job(engine, command)
        self.running[handle.key].wait()
        return handle


class Once(Here):
    @hookimpl
    def stop_job(self, engine, handle):
        known = self.running.pop(handle.key, None)
        if known is not None:
            known.terminate()
            known.wait()
        return known is not None


class OneByOne(Here):
    def fate(self, handle):
        Here.questions += 1
        return super().fate(handle)


BROKEN = {
    Everyone: ("test_it_answers_only_for_its_engines", "must return None for the engine of another plugin"),
    Hopeful: ("test_unknown_jobs_are_gone_or_unknown", "which the engine does not know, is Fate.QUEUED"),
    Bare: ("test_it_runs_a_job", "has not got its environment"),
    Publishing: ("test_it_runs_a_job", "other users can read the environment of the job in job.sh"),
    Waiting: ("test_stopping_twice_is_as_good_as_once", "submitting must not wait"),
    Once: ("test_stopping_twice_is_as_good_as_once", "has not accepted that a job is to end"),
    OneByOne: ("test_one_question_is_enough_for_many_jobs", "the engine was asked 3 times for 2 jobs, and 201 times"),
}


class OfHere(EngineContract):
    name = "here"
    patience_s = 20.0
    test_importing_it_loads_little = None  # the plugins under test are this module, which imports pytest

    def questions(self):
        return Here.questions


class TestHere(OfHere):
    plugin = Here


@pytest.mark.parametrize("plugin", BROKEN)
def test_the_contract_of_engines_catches(plugin, tmp_path):
    test, words = BROKEN[plugin]
    # The job that would run until it is stopped runs for twice the patience.
    contract = type("Broken", (OfHere,), {"plugin": (plugin,), "patience_s": 0.2 if plugin is Waiting else 20.0})()
    with pytest.raises(AssertionError, match=words):
        getattr(contract, test)(tmp_path)
