"""A plugin that takes long is named while it runs."""

import json
import threading
import time
from dataclasses import replace

import pytest
from unit.samples import implementation, tiny

from ccp4hooks import BadInputError, JobStatus, hookspecs, load_settings, open_session
from ccp4hooks.outcomes.job_log import FILE_NAME
from ccp4hooks.plugins.dispatcher import Dispatcher, Journal
from ccp4hooks.plugins.slow_calls import SlowCalls


def test_a_call_that_takes_long_is_reported_sparsely_and_only_while_it_runs():
    lines, events, enough = [], [], threading.Event()

    def warn(line):
        lines.append(line)
        if len(lines) == 3:
            enough.set()

    def glean_kpi():
        assert enough.wait(60)

    journal = Journal(log=lambda event, **details: events.append((event, details)))
    plan = {"glean_kpi": [implementation("glean_kpi", glean_kpi, "site")]}
    Dispatcher(plan, SlowCalls(0.02, warn)).call(hookspecs.glean_kpi, journal)
    assert journal.problems == []
    assert lines[:3] == [f"plugin 'site' has been in glean_kpi for {limit} s" for limit in ("0.02", "0.04", "0.08")]
    assert events[0] == ("hook_delayed", {"plugin": "site", "hook": "glean_kpi", "duration_s": 0.02})


def test_a_plugin_may_have_a_duration_of_its_own_after_which_it_is_named():
    lines, enough = [], threading.Event()

    def warn(line):
        lines.append(line)
        enough.set()

    def glean_kpi():
        assert enough.wait(60)

    quick = replace(implementation("glean_kpi", glean_kpi, "site"), warning_s=0.05)
    never = replace(implementation("glean_kpi", lambda: time.sleep(0.1), "never"), warning_s=0.0)
    journal = Journal()
    Dispatcher({"glean_kpi": [never, quick]}, SlowCalls(3600.0, warn)).call(hookspecs.glean_kpi, journal)
    assert lines[0] == "plugin 'site' has been in glean_kpi for 0.05 s"
    assert {line.split("'")[1] for line in lines} == {"site"}


def test_a_warning_that_cannot_be_shown_does_not_end_the_reports():
    calls, enough = [], threading.Event()

    def warn(line):
        calls.append(line)
        if len(calls) > 1:
            enough.set()
        raise BrokenPipeError

    plan = {"pre_import": [implementation("pre_import", lambda: enough.wait(60) and None, "site")]}
    Dispatcher(plan, SlowCalls(0.02, warn)).call(hookspecs.pre_import, Journal())
    assert len(calls) > 1


def test_without_a_limit_no_thread_is_started():
    before = set(threading.enumerate())
    plan = {"pre_import": [implementation("pre_import", lambda: None, "site")]}
    Dispatcher(plan, SlowCalls(0, print)).call(hookspecs.pre_import, Journal())
    assert set(threading.enumerate()) == before


def test_a_plugin_that_takes_long_is_named_on_the_terminal_and_in_the_log_of_the_job(data, tmp_path, monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("CCP4HOOKS_SLOW_HOOK_S", "0.02")
    named, lines = threading.Event(), []

    def glean_kpi():
        assert named.wait(60)

    def warn(line):
        lines.append(line)
        if "tiny" in line:
            named.set()

    settings = load_settings(projects_dir=tmp_path / "projects", plugins=("no:database",))
    session = open_session(settings, extra={"tiny": tiny(glean_kpi)}, warn=warn)
    outcome = session.run("freerflag", [("F_SIGF", str(data["fsigf"]))], project="demo").outcome
    assert outcome.status is JobStatus.FINISHED
    assert "plugin 'tiny' has been in glean_kpi for 0.02 s" in lines
    log = [json.loads(line) for line in (outcome.job.directory / FILE_NAME).read_text().splitlines()]
    assert {"plugin": "tiny", "hook": "glean_kpi", "duration_s": 0.02}.items() <= next(
        entry for entry in log if entry["event"] == "ccp4hooks.hook_delayed" and entry["plugin"] == "tiny"
    ).items()


@pytest.mark.parametrize("text", ["nan", "inf", "-1", "soon"])
def test_a_limit_that_is_no_duration_is_bad_input(tmp_path, monkeypatch, text):
    monkeypatch.setenv("CCP4HOOKS_SLOW_HOOK_S", text)
    with pytest.raises(BadInputError) as caught:
        load_settings()
    message = f"The environment variable CCP4HOOKS_SLOW_HOOK_S is {text!r}; it must be a number of seconds from 0."
    assert (str(caught.value), caught.value.exit_code) == (message, 4)


def test_the_limit_is_a_setting(tmp_path):
    path = tmp_path / "ccp4hooks.toml"
    for text, limit in (("", 60.0), ("slow_hook_s = 5", 5.0), ("slow_hook_s = 0.5", 0.5)):
        path.write_text(text)
        assert load_settings(config=path).slow_hook_s == limit
    for text in ("slow_hook_s = nan", "slow_hook_s = -1", "slow_hook_s = true", 'slow_hook_s = "x"'):
        path.write_text(text)
        with pytest.raises(BadInputError, match=f"The setting `slow_hook_s` in {path}"):
            load_settings(config=path)
