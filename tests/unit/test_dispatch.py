import asyncio
import sys
import threading
from pathlib import Path

import pytest
from unit.samples import JOB_UUID, implementation

from ccp4hooks import BadInputError, FileMetadata, KnownFile, Kpi, PluginError, Problem, Severity, hookspecs
from ccp4hooks.plugins.dispatcher import Dispatcher, Journal
from ccp4hooks.plugins.failures import Failure, attempt

NOTE = Problem(severity=Severity.INFO, message="seen")


def dispatcher(hook, **functions):
    return Dispatcher({hook: [implementation(hook, function, plugin) for plugin, function in functions.items()]})


def raising(error):
    def function():
        raise error

    return function


def test_collect_keeps_the_other_answers_when_one_plugin_raises():
    journal = Journal()
    calls = dispatcher("pre_import", a=lambda: [NOTE], bad=raising(ValueError("broken\nhere")), c=lambda: [NOTE])
    answers = calls.collect("pre_import", journal, job=1, script=2)
    assert [answer.origin.plugin for answer in answers] == ["a", "c"]
    (problem,) = journal.problems
    assert problem.message == "plugin 'bad' failed in pre_import: ValueError: broken here"
    assert (problem.hook, problem.origin.plugin, problem.severity) == ("pre_import", "bad", Severity.WARNING)


def test_sys_exit_in_a_plugin_counts_as_an_exception():
    journal = Journal()
    calls = dispatcher("pre_import", bad=lambda: sys.exit(3), good=lambda: [NOTE])
    assert len(calls.collect("pre_import", journal)) == 1
    assert "SystemExit: 3" in journal.problems[0].message


@pytest.mark.parametrize("error", [KeyboardInterrupt(), asyncio.CancelledError()])
def test_interruption_and_cancellation_pass(error):
    with pytest.raises(type(error)):
        dispatcher("pre_import", a=raising(error)).collect("pre_import", Journal())


def test_an_implementation_gets_only_the_arguments_it_takes_by_name():
    seen = []
    calls = dispatcher("pre_import", a=lambda script, job: seen.append((script, job)), b=lambda: seen.append(()))
    calls.collect("pre_import", Journal(), job="job", script="script")
    assert seen == [("script", "job"), ()]


def test_async_implementations_are_awaited_in_order():
    async def later():
        await asyncio.sleep(0)
        return [NOTE]

    answers = dispatcher("pre_import", slow=later, fast=lambda: [NOTE]).collect("pre_import", Journal())
    assert [answer.origin.plugin for answer in answers] == ["slow", "fast"]
    assert answers[0].value == (NOTE,)


def test_an_exception_in_an_async_implementation_is_contained():
    async def failing():
        raise ValueError("later")

    journal = Journal()
    assert dispatcher("pre_import", bad=failing).collect("pre_import", journal) == []
    assert "ValueError: later" in journal.problems[0].message


@pytest.mark.parametrize(
    ("hook", "value", "says"),
    [
        ("pre_import", NOTE, "must return several Problem, not one Problem"),
        ("pre_import", "no", "must return several Problem, not one str"),
        ("pre_import", {"a": NOTE}, "not one dict"),
        ("pre_import", [NOTE, False], "must return Problem, not bool"),
        ("glean_kpi", [1.5], "must return Kpi or Problem, not float"),
        ("glean_file", {"annotation": "x"}, "it must return FileMetadata or None, not dict"),
    ],
)
def test_an_answer_of_the_wrong_type_is_a_failure_of_its_plugin(hook, value, says):
    journal = Journal()
    assert dispatcher(hook, bad=lambda: value).collect(hook, journal) == []
    assert says in journal.problems[0].message


def test_a_generator_that_raises_half_way_gives_nothing():
    def half():
        yield NOTE
        raise ValueError("half way")

    journal = Journal()
    assert dispatcher("pre_import", half=half).collect("pre_import", journal) == []
    assert "half way" in journal.problems[0].message


def test_a_generator_that_ends_gives_all_its_items():
    def items():
        yield Kpi(key="a", value=1)
        yield NOTE

    (answer,) = dispatcher("glean_kpi", g=items).collect("glean_kpi", Journal())
    assert len(answer.value) == 2


def test_first_stops_at_the_first_answer():
    def never():
        raise AssertionError("must not be asked")

    calls = dispatcher("glean_file", none=lambda: None, some=lambda: FileMetadata(annotation="a"), never=never)
    assert calls.first("glean_file", Journal()).origin.plugin == "some"


def test_first_gives_none_where_nobody_answers():
    assert dispatcher("glean_file", none=lambda: None).first("glean_file", Journal()) is None
    assert Dispatcher({}).first("glean_file", Journal()) is None


def test_first_turns_a_failure_into_an_error_that_names_plugin_hook_and_way_out():
    error = ValueError("disk on fire")
    with pytest.raises(PluginError, match=r"'bad' failed in open_job: ValueError: disk on fire.*-p no:bad") as caught:
        dispatcher("open_job", bad=raising(error)).first("open_job", Journal(), request=None)
    assert (caught.value.plugin, caught.value.hook, caught.value.__cause__) == ("bad", "open_job", error)


def test_first_passes_an_error_that_a_plugin_raised_on_purpose():
    error = BadInputError("no room")
    with pytest.raises(BadInputError) as caught:
        dispatcher("import_file", bad=raising(error)).first("import_file", Journal())
    assert caught.value is error


def test_ask_notes_a_failure_and_asks_the_next():
    journal = Journal()
    known = FileMetadata(annotation="here")
    calls = dispatcher("glean_file", bad=raising(ValueError("x")), good=lambda: known)
    assert calls.ask("glean_file", journal) is known
    assert len(journal.problems) == 1
    assert Dispatcher({}).ask("glean_file", journal) is None


def test_every_sink_is_told_and_those_that_failed_are_returned():
    told = []
    calls = dispatcher("job_finished", bad=raising(OSError("full")), good=lambda outcome: told.append((outcome,)))
    failed = calls.sink("job_finished", Journal(), job=1, outcome="whole")
    assert [problem.origin.plugin for problem in failed] == ["bad"]
    assert told == [("whole",)]


def test_calls_and_durations_are_summed_by_hook_and_plugin():
    journal = Journal()
    calls = dispatcher("pre_import", a=lambda: None)
    for _ in range(3):
        calls.collect("pre_import", journal)
    (timing,) = journal.timings()
    assert (timing.hook, timing.origin.plugin, timing.calls) == ("pre_import", "a", 3)
    assert 0 < timing.duration_s < 1


def test_tracebacks_are_written_once_and_their_problems_point_there(tmp_path):
    journal = Journal()
    journal.add(NOTE)
    dispatcher("pre_import", bad=raising(ValueError("why"))).collect("pre_import", journal)
    journal.write_tracebacks(tmp_path)
    (path,) = tmp_path.iterdir()
    assert path == journal.problems[1].traceback_file
    assert "ValueError: why" in path.read_text()
    path.unlink()
    journal.write_tracebacks(tmp_path)
    assert not path.exists()


def test_a_problem_gets_hook_and_plugin_when_it_is_noted():
    journal = Journal()
    giver = implementation("pre_import", lambda: None).origin
    journal.add(NOTE, "pre_import", giver)
    assert (journal.problems[0].hook, journal.problems[0].origin) == ("pre_import", giver)


def test_attempt_returns_the_value_or_what_was_raised():
    assert attempt(int, "12", base=8) == 10
    failure = attempt(int, "x")
    assert isinstance(failure, Failure)
    assert failure.reason.startswith("ValueError: invalid literal")
    assert "Traceback" in failure.text


def test_an_exception_without_words_is_named_by_its_type():
    assert attempt(raising(RuntimeError())).reason == "RuntimeError"


@pytest.mark.parametrize("way", ["collect", "first", "every", "ask", "sink"])
def test_on_an_event_loop_a_hook_takes_one_thread_however_many_plugins(way):
    seen = []

    def noting():
        seen.append(threading.current_thread())

    calls = dispatcher("pre_import", a=noting, b=noting, c=noting)

    async def on_loop():
        getattr(calls, way)("pre_import", Journal())
        return threading.current_thread()

    loop_thread = asyncio.run(on_loop())
    assert len(seen) == 3
    assert len(set(seen)) == 1
    assert loop_thread not in seen


def test_an_exception_in_a_lookup_hook_is_noted_and_the_next_plugin_is_asked():
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
