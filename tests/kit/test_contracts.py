"""The contracts of the kit catch plugins that break one promise each."""

import contextlib
import itertools
import json
import os
import threading
from pathlib import Path

import pytest

import ccp4hooks
import ccp4hooks_demo
import ccp4hooks_validation
from ccp4hooks import Problem, Severity, hookimpl
from ccp4hooks.i2.tasks.task_table import remove_tasks
from ccp4hooks.testing import GleanerContract, RuleContract, SectionContract, SinkContract, sample


def broken(contract, plugin, **fields):
    """Return a contract for a plugin. Its tests are called as pytest calls them."""
    return type(f"Of{plugin.__name__}", (contract,), {"plugin": (plugin,), **fields})()


# --- sinks --------------------------------------------------------------------------------------------------------


class JobFiles:
    """A sink that follows all rules: a file for each job, which is replaced in one step."""

    @hookimpl
    def configure(self, settings):
        self.directory = settings.projects_dir

    def write(self, job, text):
        scratch = self.directory / f"{job.uuid}.new"
        scratch.write_text(text)
        scratch.replace(self.directory / f"{job.uuid}.json")

    @hookimpl
    def job_finished(self, job, outcome):
        self.write(job, json.dumps([outcome.status.name, {kpi.key: kpi.value for kpi in outcome.kpis}]))


class TestJobFiles(SinkContract):
    plugin = JobFiles
    test_importing_it_loads_little = None  # the plugin under test is this module, which imports pytest


class OneFile(JobFiles):
    """A sink that follows all rules: a line for each job in one file, which is replaced under a lock."""

    lock = threading.Lock()

    def write(self, job, text):
        with self.lock:
            self.put(self.directory / "all.json", {**self.known(), str(job.uuid): text})

    def known(self):
        path = self.directory / "all.json"
        return json.loads(path.read_text()) if path.exists() else {}

    def put(self, path, known):
        scratch = path.with_name(f"{os.getpid()}.{threading.get_ident()}.new")
        scratch.write_text(json.dumps(known, indent=0, sort_keys=True))
        scratch.replace(path)


class TestOneFile(SinkContract):
    plugin = OneFile
    test_importing_it_loads_little = None  # as above


class Unlocked(OneFile):
    lock = contextlib.nullcontext()


class SharedScratch(JobFiles):
    def write(self, job, text):
        scratch = self.directory / "new"
        scratch.write_text(text)
        scratch.replace(self.directory / f"{job.uuid}.json")


class OneThread(JobFiles):
    def __init__(self):
        self.thread = threading.get_ident()

    def write(self, job, text):
        if threading.get_ident() != self.thread:
            raise RuntimeError("the connection was made in another thread")
        super().write(job, text)


class InPlace(OneFile):
    def put(self, path, known):
        path.write_text(json.dumps(known, indent=0, sort_keys=True))

    def known(self):
        with contextlib.suppress(ValueError):
            return super().known()
        return {}


class Appender(JobFiles):
    def write(self, job, text):
        with (self.directory / "all.txt").open("a") as stream:
            stream.write(f"{job.number} {text}\n")


class Buffering(JobFiles):
    @hookimpl
    def job_finished(self, job, outcome):
        self.kept = [*getattr(self, "kept", []), job]
        if len(self.kept) == 2:
            for one in self.kept:
                self.write(one, outcome.status.name)
            self.kept = []


class Silent(JobFiles):
    def write(self, job, text):
        pass


class Counting(JobFiles):
    def write(self, job, text):
        known = sorted(self.directory.iterdir())
        path = self.directory / f"{job.uuid}.json"
        if path not in known:
            path.write_text(f"{len(known)} {text}")


class FirstOnly(JobFiles):
    def write(self, job, text):
        path = self.directory / f"{job.uuid}.json"
        if not path.exists():
            path.write_text(text)


class Remembering(JobFiles):
    @hookimpl
    def job_status(self, job):
        self.begun = {*getattr(self, "begun", ()), job.uuid}

    @hookimpl
    def job_finished(self, job, outcome):
        if job.uuid in getattr(self, "begun", ()):
            self.write(job, str(outcome.kpis))


class Numbering(JobFiles):
    def write(self, job, text):
        (self.directory / f"{job.number}.json").write_text(text)


class Swallowing(JobFiles):
    def write(self, job, text):
        with contextlib.suppress(OSError):
            super().write(job, text)


class GivingUp(JobFiles):
    given_up = False

    def write(self, job, text):
        if self.given_up:
            return
        self.given_up = True
        super().write(job, text)
        self.given_up = False


AT_ONCE = "test_no_job_is_lost_when_threads_record_at_once"

BROKEN_SINKS = {
    Unlocked: (AT_ONCE, "jobs were lost when 8 threads recorded them at once"),
    SharedScratch: (AT_ONCE, "are in each other's way: FileNotFoundError|jobs were lost when 8 threads"),
    OneThread: (AT_ONCE, "in a thread other than that of the plugin: RuntimeError: the conn"),
    InPlace: (
        "test_no_other_job_is_lost_when_a_call_is_killed",
        "were lost when a process was killed while it recorded",
    ),
    Appender: ("test_recording_twice_changes_nothing", "recording the same outcomes again has changed the record"),
    Buffering: ("test_recording_twice_changes_nothing", "recording the same outcomes again has changed the record"),
    Silent: ("test_it_is_a_sink", "nothing was recorded when job_finished had returned"),
    Counting: ("test_the_order_of_jobs_does_not_matter", "depends on the order in which the jobs have ended"),
    FirstOnly: ("test_a_later_outcome_replaces_an_earlier_one", "a later outcome must replace the earlier one"),
    Remembering: ("test_it_survives_being_killed_between_calls", "after a process was killed after 0 calls"),
    Numbering: (
        "test_jobs_of_two_projects_with_the_same_number_are_told_apart",
        "the jobs of a project have replaced those of another one",
    ),
    Swallowing: ("test_no_job_is_lost_while_the_storage_is_unreachable", "0 of 3 calls have raised an exception"),
    GivingUp: ("test_no_job_is_lost_while_the_storage_is_unreachable", "1 of 3 calls have raised an exception"),
}


@pytest.mark.parametrize("plugin", BROKEN_SINKS)
def test_the_contract_of_sinks_catches(plugin, tmp_path):
    name, words = BROKEN_SINKS[plugin]
    with pytest.raises(AssertionError, match=words):
        getattr(broken(SinkContract, plugin), name)(tmp_path)


# --- sections -----------------------------------------------------------------------------------------------------


class Scribbling:
    @hookimpl
    def report_section(self, outcomes):
        (outcomes[0].job.directory / "mine.txt").write_text("x")


class Throwing:
    @hookimpl
    def report_section(self, outcomes):
        yield ccp4hooks.Text(title="t", markdown=str(outcomes[0].kpis[0].value))


class Fetching:
    @hookimpl
    def report_section(self, outcomes):
        yield ccp4hooks.Plot(title="t", vega_lite={"url": "https://example.org"})


class Empty:
    @hookimpl
    def report_section(self, outcomes):
        yield from ()


class Changing:
    count = itertools.count()

    @hookimpl
    def report_section(self, outcomes):
        yield ccp4hooks.Text(title="t", markdown=str(next(self.count)))


class Html:
    @hookimpl
    def report_section(self, outcomes):
        yield ccp4hooks.Text(title="Results", markdown="<b>good</b>")


class Quadratic:
    @hookimpl
    def report_section(self, outcomes):
        pairs = [abs(len(one.files) - len(other.files)) for _ in range(50) for one in outcomes for other in outcomes]
        yield ccp4hooks.Text(title="Results", markdown=f"{len(pairs)} pairs")


class Slow:
    @hookimpl
    def report_section(self, outcomes):
        yield ccp4hooks.Text(title="Results", markdown=str(sum(abs(-1) for _ in outcomes for _ in range(20_000))))


BROKEN_SECTIONS = {
    Scribbling: ("test_it_writes_nothing", AssertionError, "must not write files"),
    Throwing: ("test_it_returns_data_whatever_the_jobs", IndexError, "out of range"),
    Fetching: ("test_it_returns_data_whatever_the_jobs", AssertionError, "this would be left out"),
    Empty: ("test_it_shows_something_of_jobs_with_results", AssertionError, "shows nothing of jobs with these KPIs"),
    Changing: ("test_it_gives_the_same_twice", AssertionError, "the plugin has returned something else"),
    Html: ("test_it_returns_no_html", AssertionError, "'Results' has HTML, '<b>'"),
    Quadratic: ("test_it_takes_few_calls_for_each_job", AssertionError, "must not grow faster than the jobs"),
    Slow: ("test_it_takes_few_calls_for_each_job", AssertionError, "for each job of a report; at most 20000"),
}


@pytest.mark.parametrize("plugin", BROKEN_SECTIONS)
def test_the_contract_of_sections_catches(plugin, tmp_path):
    name, error, words = BROKEN_SECTIONS[plugin]
    with pytest.raises(error, match=words):
        getattr(broken(SectionContract, plugin), name)(tmp_path)


# --- rules --------------------------------------------------------------------------------------------------------


class WithHeader:
    """A rule that follows all rules."""

    cure = "Choose another model."

    @hookimpl
    def pre_import(self, script):
        path = script.container.inputData.XYZIN.fullPath
        return list(self.judged(Path(str(path)))) if path.isSet() else []

    def judged(self, path):
        if path.is_file() and not path.read_bytes().startswith(b"HEADER"):
            yield Problem(severity=Severity.BLOCK, message=f"{path.name} has no header.", cure=self.cure)


class TestWithHeader(RuleContract):
    plugin = WithHeader
    test_importing_it_loads_little = None  # as above


class Curt(WithHeader):
    cure = ""


class Reading(WithHeader):
    def judged(self, path):
        path.read_bytes()
        return ()


class Moody(WithHeader):
    count = itertools.count()

    def judged(self, path):
        yield Problem(severity=Severity.WARNING, message=f"judged {next(self.count)} times")


class Noting(WithHeader):
    def judged(self, path):
        (path.parent / "judged.txt").write_text("x")
        return ()


class Setting(WithHeader):
    @hookimpl
    def pre_import(self, script):
        script.container.inputData.XYZIN.selection.text.set("A/")


class Strict(WithHeader):
    def judged(self, path):
        yield Problem(severity=Severity.BLOCK, message="No.", cure="Do without.")


class Lenient(WithHeader):
    def judged(self, path):
        return ()


BROKEN_RULES = {
    Curt: ("test_it_judges_whatever_the_files", "empty", AssertionError, "does not say what to do"),
    Reading: ("test_it_judges_whatever_the_files", "missing", FileNotFoundError, "1a80_A"),
    Moody: ("test_it_judges_the_same_twice", "whole", AssertionError, "has judged differently"),
    Noting: ("test_it_changes_nothing", "whole", AssertionError, "must not write files, but it changed inputs/"),
    Setting: ("test_it_changes_nothing", "whole", AssertionError, "must not change the parameters"),
    Strict: ("test_it_accepts_a_good_job", None, AssertionError, "refuses the job that it should accept"),
    Lenient: ("test_it_refuses_what_it_should", None, AssertionError, "does not refuse the job with"),
}


@pytest.mark.parametrize("plugin", BROKEN_RULES)
def test_the_contract_of_rules_catches(plugin, tmp_path):
    name, state, error, words = BROKEN_RULES[plugin]
    headless = tmp_path / "headless.pdb"
    headless.write_text("END\n")
    contract = broken(RuleContract, plugin, refused=({"XYZIN": headless},))
    with pytest.raises(error, match=words):
        getattr(contract, name)(tmp_path, *filter(None, [state]))


class OfDemo(WithHeader):
    """A rule for a task of a plugin."""

    @hookimpl
    def pre_import(self, script):
        if script.TASKNAME == "demo_pipeline":
            yield from super().pre_import(script)


class WithTasks(OfDemo):
    """A rule for a task that it registers itself."""

    @hookimpl
    def register_tasks(self):
        return ccp4hooks_demo.register_tasks()


class TestOfDemo(RuleContract):
    plugin = OfDemo
    task = "demo_pipeline"
    others = (ccp4hooks_demo,)
    values = {"F_SIGF": sample("mtz"), "XYZIN": sample("pdb")}  # noqa: RUF012 - as an author writes it
    test_importing_it_loads_little = None  # as above

    @pytest.fixture(autouse=True)
    def _headless(self, tmp_path, monkeypatch):
        (tmp_path / "headless.pdb").write_text("END\n")
        monkeypatch.setattr(type(self), "refused", [{"XYZIN": tmp_path / "headless.pdb"}])


@pytest.mark.parametrize(("plugin", "others"), [(WithTasks, ()), (OfDemo, (ccp4hooks_demo, OfDemo))])
def test_the_contract_of_rules_knows_the_tasks_of_the_plugin_and_of_others(plugin, others, tmp_path):
    contract = broken(RuleContract, plugin, task="demo_pipeline", others=others)
    try:
        contract.test_it_judges_whatever_the_files(tmp_path, "whole")
    finally:
        remove_tasks(["demo_pipeline"])


@pytest.mark.parametrize("kind", [RuleContract, GleanerContract])
def test_a_contract_says_how_it_gets_to_know_the_task_of_a_plugin(kind, tmp_path):
    contract = broken(kind, OfDemo, task="demo_pipelin")
    with pytest.raises(AssertionError, match=r"Unknown task 'demo_pipelin'.* name the plugin in `others`\."):
        contract.script(tmp_path)


def test_a_contract_says_why_a_plugin_of_others_is_not_used(tmp_path):
    contract = broken(RuleContract, OfDemo, others=(ccp4hooks_validation,))
    with pytest.raises(AssertionError, match=r"not used: ccp4hooks_validation: .*its class ValidationPlugin does"):
        contract.script(tmp_path)


# --- gleaners -----------------------------------------------------------------------------------------------------


class Twice:
    @hookimpl
    def glean_kpi(self):
        return [ccp4hooks.Kpi(key="count", value=1), ccp4hooks.Kpi(key="count", value=2)]


def test_the_contract_of_gleaners_catches_a_key_that_is_used_twice(hook_job):
    with pytest.raises(
        AssertionError, match="the KPI 'count' would be left out: an earlier KPI of the job has the same"
    ):
        broken(GleanerContract, Twice).test_every_kpi_can_be_recorded(hook_job())
