import asyncio
import signal
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from unit.samples import JOB_UUID, implementation

from ccp4hooks import (
    BadInputError,
    KnownFile,
    Kpi,
    PluginError,
    Problem,
    Severity,
    StoreUnavailableError,
    hookspecs,
)
from ccp4hooks.hookspecs import HOOKS, Kind
from ccp4hooks.plugins.dispatcher import Dispatcher, Journal

NOTE = Problem(severity=Severity.INFO, message="seen")

ONE_OF_EACH_KIND = [
    pytest.param(next(hook for hook in HOOKS.values() if hook.kind is kind), id=kind.name) for kind in Kind
]


def dispatcher(hook, **functions):
    return Dispatcher({hook: [implementation(hook, function, plugin) for plugin, function in functions.items()]})


def raising(error):
    def function():
        raise error

    return function


def test_a_collect_hook_keeps_the_other_answers_when_one_plugin_raises():
    journal = Journal()
    calls = dispatcher("pre_import", a=lambda: [NOTE], bad=raising(ValueError("broken\nhere")), c=lambda: [NOTE])
    result = calls.call(hookspecs.pre_import, journal, job=1, script=2)
    assert [answer.origin.plugin for answer in result.answers] == ["a", "c"]
    (problem,) = journal.problems
    assert problem.message == "plugin 'bad' failed in pre_import: ValueError: broken here"
    assert (problem.hook, problem.origin.plugin, problem.severity) == ("pre_import", "bad", Severity.WARNING)


def test_sys_exit_in_a_plugin_counts_as_an_exception():
    journal = Journal()
    calls = dispatcher("pre_import", bad=lambda: sys.exit(3), good=lambda: [NOTE])
    assert len(calls.call(hookspecs.pre_import, journal).answers) == 1
    assert "SystemExit: 3" in journal.problems[0].message


@pytest.mark.parametrize("hook", ONE_OF_EACH_KIND)
def test_ctrl_c_passes_through_hooks_of_every_kind(hook):
    def pressing():
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        dispatcher(hook.name, a=pressing).call(hook.specification, Journal())


class Own(BaseException):
    """An exception of a plugin that is no `Exception`."""


class UnprintableError(Exception):
    def __str__(self):
        raise RuntimeError("no text")

    __repr__ = __str__


RAISED = {
    "SystemExit: 3": SystemExit(3),
    "GeneratorExit": GeneratorExit(),
    "CancelledError": asyncio.CancelledError(),
    "Own: x": Own("x"),
    "UnprintableError (it cannot be printed)": UnprintableError(),
    "ValueError: caf\\udce9": ValueError("caf\udce9\0"),
}


@pytest.mark.parametrize(("reason", "error"), RAISED.items(), ids=[type(error).__name__ for error in RAISED.values()])
@pytest.mark.parametrize("hook", ONE_OF_EACH_KIND)
def test_every_exception_of_a_plugin_is_contained_or_named_in_every_kind_of_hook(hook, reason, error):
    journal, calls = Journal(), dispatcher(hook.name, bad=raising(error))
    if hook.kind.raises:
        with pytest.raises(PluginError) as caught:
            calls.call(hook.specification, journal)
        assert str(caught.value).startswith(f"The plugin 'bad' failed in {hook.name}: {reason}. ")
        assert (caught.value.plugin, caught.value.hook, caught.value.exit_code) == ("bad", hook.name, 6)
        return
    calls.call(hook.specification, journal)
    assert [one.message for one in journal.problems] == [f"plugin 'bad' failed in {hook.name}: {reason}"]
    journal.tracebacks[0].encode()


@pytest.mark.parametrize("kind", [BadInputError, StoreUnavailableError])
@pytest.mark.parametrize("hook", [one for one in ONE_OF_EACH_KIND if one.values[0].kind.raises])
def test_an_error_of_a_plugin_is_not_its_own_cause(hook, kind):
    error = kind("no")
    error.__cause__ = error
    with pytest.raises(kind, match=r"^no$") as caught:
        dispatcher(hook.name, bad=raising(error)).call(hook.specification, Journal())
    assert caught.value is error
    assert (error.__cause__, error.__context__) == (None, None)


def test_an_implementation_receives_only_the_arguments_that_it_names():
    seen = []
    calls = dispatcher("pre_import", a=lambda script, job: seen.append((script, job)), b=lambda: seen.append(()))
    calls.call(hookspecs.pre_import, Journal(), job="job", script="script")
    assert seen == [("script", "job"), ()]


def test_async_implementations_are_awaited_in_order():
    async def later():
        await asyncio.sleep(0)
        return [NOTE]

    answers = dispatcher("pre_import", slow=later, fast=lambda: [NOTE]).call(hookspecs.pre_import, Journal()).answers
    assert [answer.origin.plugin for answer in answers] == ["slow", "fast"]
    assert answers[0].value == (NOTE,)


def test_an_async_implementation_that_takes_longer_than_it_may_is_cancelled():
    ended = []

    async def endless():
        try:
            await asyncio.sleep(3600)
        finally:
            ended.append(True)

    async def quick():
        return [NOTE]

    plan = [
        replace(implementation("pre_import", function, name), limit_s=limit_s)
        for function, name, limit_s in ((endless, "slow", 0.05), (quick, "quick", 60.0))
    ]
    journal = Journal()
    result = Dispatcher({"pre_import": plan}).call(hookspecs.pre_import, journal, job=1, script=2)
    assert [answer.origin.plugin for answer in result.answers] == ["quick"]
    fault = "plugin 'slow' failed in pre_import: it took longer than 0.05 s and was cancelled"
    assert [problem.message for problem in journal.problems] == [fault]
    assert ended == [True]


def test_an_exception_in_an_async_implementation_is_contained():
    async def failing():
        raise ValueError("later")

    journal = Journal()
    assert dispatcher("pre_import", bad=failing).call(hookspecs.pre_import, journal).value is None
    assert "ValueError: later" in journal.problems[0].message


@pytest.mark.parametrize(
    ("hook", "value", "message"),
    [
        ("pre_import", NOTE, "must return several Problem, not one Problem"),
        ("pre_import", "no", "must return several Problem, not one str"),
        ("pre_import", {"a": NOTE}, "not one dict"),
        ("pre_import", [NOTE, False], "must return Problem, not bool"),
        ("glean_kpi", [1.5], "must return Kpi or Problem, not float"),
        ("glean_file", {"annotation": "x"}, "it must return FileMetadata or None, not dict"),
    ],
)
def test_an_answer_of_the_wrong_type_is_a_failure_of_its_plugin(hook, value, message):
    journal = Journal()
    dispatcher(hook, bad=lambda: value).call(HOOKS[hook].specification, journal)
    assert message in journal.problems[0].message


def test_a_generator_that_raises_gives_no_answer():
    def half():
        yield NOTE
        raise ValueError("half way")

    journal = Journal()
    assert dispatcher("pre_import", half=half).call(hookspecs.pre_import, journal).value is None
    assert "half way" in journal.problems[0].message


def test_a_generator_gives_all_its_items():
    def items():
        yield Kpi(key="a", value=1)
        yield NOTE

    (answer,) = dispatcher("glean_kpi", g=items).call(hookspecs.glean_kpi, Journal()).answers
    assert len(answer.value) == 2


@pytest.mark.parametrize("hook", [hookspecs.find_file, hookspecs.find_import])
def test_no_plugin_is_called_after_the_first_answer(hook):
    called = []
    known = KnownFile(uuid=JOB_UUID, path=Path("/a"), file_type="")
    calls = dispatcher(hook.__name__, a=lambda: None, b=lambda: known, c=lambda: called.append("c"))
    result = calls.call(hook, Journal())
    assert [answer.origin.plugin for answer in result.answers] == ["b"]
    assert result.value is known
    assert not called


@pytest.mark.parametrize("hook", ONE_OF_EACH_KIND)
def test_the_result_is_empty_if_no_plugin_answers(hook):
    for calls in (dispatcher(hook.name, a=lambda: None), Dispatcher({})):
        result = calls.call(hook.specification, Journal())
        assert (result.value, list(result.answers), list(result.failures)) == (None, [], [])


def test_an_exception_in_a_first_hook_is_an_error_that_names_plugin_hook_and_remedy():
    error = ValueError("disk on fire")
    with pytest.raises(PluginError, match=r"'bad' failed in open_job: ValueError: disk on fire.*-p no:bad") as caught:
        dispatcher("open_job", bad=raising(error)).call(hookspecs.open_job, Journal(), request=None)
    assert (caught.value.plugin, caught.value.hook, caught.value.__cause__) == ("bad", "open_job", error)


def test_an_error_of_ccp4hooks_that_a_plugin_raises_is_passed_on_unchanged():
    error = BadInputError("no room")
    with pytest.raises(BadInputError) as caught:
        dispatcher("import_file", bad=raising(error)).call(hookspecs.import_file, Journal())
    assert caught.value is error


def test_every_sink_is_called_and_the_failures_are_returned():
    received = []
    calls = dispatcher("job_finished", bad=raising(OSError("full")), good=lambda outcome: received.append((outcome,)))
    result = calls.call(hookspecs.job_finished, Journal(), job=1, outcome="whole")
    assert [problem.origin.plugin for problem in result.failures] == ["bad"]
    assert received == [("whole",)]


@pytest.mark.parametrize("hook", [hookspecs.post_execute, hookspecs.job_status])
def test_the_return_value_of_a_notice_or_sink_is_ignored(hook):
    assert dispatcher(hook.__name__, a=lambda: 3).call(hook, Journal()).answers == []


def test_numbers_and_durations_of_calls_are_summed_by_hook_and_plugin():
    journal = Journal()
    calls = dispatcher("pre_import", a=lambda: None)
    for _ in range(3):
        calls.call(hookspecs.pre_import, journal)
    (timing,) = journal.timings()
    assert (timing.hook, timing.origin.plugin, timing.calls) == ("pre_import", "a", 3)
    assert 0 < timing.duration_s < 1


def test_each_traceback_is_written_once_to_the_file_that_its_problem_names(tmp_path):
    journal = Journal()
    journal.add(NOTE)
    dispatcher("pre_import", bad=raising(ValueError("why"))).call(hookspecs.pre_import, journal)
    journal.write_tracebacks(tmp_path)
    (path,) = tmp_path.iterdir()
    assert path == journal.problems[1].traceback_file
    assert "ValueError: why" in path.read_text()
    path.unlink()
    journal.write_tracebacks(tmp_path)
    assert not path.exists()


def test_the_journal_adds_hook_and_plugin_to_a_problem():
    journal = Journal()
    origin = implementation("pre_import", lambda: None).origin
    journal.add(NOTE, "pre_import", origin)
    assert (journal.problems[0].hook, journal.problems[0].origin) == ("pre_import", origin)


@pytest.mark.parametrize("hook", ONE_OF_EACH_KIND)
def test_on_an_event_loop_a_hook_call_uses_one_thread_for_all_plugins(hook):
    seen = []

    def noting():
        seen.append(threading.current_thread())

    calls = dispatcher(hook.name, a=noting, b=noting, c=noting)

    async def on_loop():
        calls.call(hook.specification, Journal())
        return threading.current_thread()

    loop_thread = asyncio.run(on_loop())
    assert len(seen) == 3
    assert len(set(seen)) == 1
    assert loop_thread not in seen


def test_an_exception_in_a_lookup_hook_becomes_a_problem_and_the_next_plugin_is_called():
    known = KnownFile(uuid=JOB_UUID, path=Path("/a"), file_type="")
    calls, journal = dispatcher("find_file", bad=raising(ValueError("x")), good=lambda: known), Journal()
    result = calls.call(hookspecs.find_file, journal, query=None)
    assert result.value is known
    assert result.failures == journal.problems
    assert "failed in find_file" in result.failures[0].message


def test_a_setup_hook_raises_the_exception_of_a_plugin_and_calls_no_other():
    called = []
    calls = dispatcher("init_store", a=lambda: ["a"], bad=raising(OSError("full")), c=lambda: called.append("c"))
    with pytest.raises(PluginError, match="'bad' failed in init_store"):
        calls.call(hookspecs.init_store, Journal())
    assert not called


def test_arguments_of_a_hook_may_be_given_by_position():
    seen = []
    calls = dispatcher("find_project", a=lambda uuid, name: seen.append((uuid, name)))
    calls.call(hookspecs.find_project, Journal(), "toxd", uuid=JOB_UUID)
    assert seen == [(JOB_UUID, "toxd")]
