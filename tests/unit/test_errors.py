import copy
import multiprocessing
import pickle
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from unit.samples import make_outcome

import ccp4hooks
from ccp4hooks import errors
from ccp4hooks.model import JobState, Origin, Problem, RunResult, Severity


def test_every_error_is_a_ccp4hooks_error_with_its_own_exit_code():
    codes = {
        errors.BadInputError: 4,
        errors.UnknownNameError: 4,
        errors.UnknownTaskError: 4,
        errors.RefusedError: 3,
        errors.NotRecordedError: 5,
        errors.PluginError: 6,
        errors.StoreError: 7,
        errors.StoreUnavailableError: 7,
        errors.WaitTimeoutError: 9,
    }
    assert {kind: kind.exit_code for kind in codes} == codes
    assert all(issubclass(kind, errors.Ccp4HooksError) for kind in codes)


def test_nearest_ignores_letter_case_and_gives_names_as_they_are_spelled():
    assert errors.nearest("SPLITMTZ", ["splitMtz", "freerflag"]) == ("splitMtz",)


def test_nearest_gives_at_most_three_names_best_first():
    found = errors.nearest("job_status", ["job_status", "job_statu", "job_stat", "job_sta", "x"])
    assert found == ("job_status", "job_statu", "job_stat")


def test_an_unknown_name_is_told_with_what_was_meant_and_what_to_do():
    error = errors.UnknownNameError("parameter", "FSIGF", ["F_SIGF", "FRAC"], "Look it up.")
    assert str(error) == "Unknown parameter 'FSIGF'; did you mean F_SIGF? Look it up."
    assert (error.kind, error.name, error.near) == ("parameter", "FSIGF", ("F_SIGF",))


def test_an_unknown_name_without_a_similar_one_suggests_nothing():
    assert str(errors.UnknownNameError("hook", "zzz", ["pre_import"])) == "Unknown hook 'zzz'."


def test_an_unknown_task_points_to_the_list_of_tasks():
    assert str(errors.UnknownTaskError("refmacc", ["refmac"])).endswith("`ccp4hooks tasks` lists all tasks.")


@pytest.mark.parametrize("kind", [errors.BadInputError, errors.RefusedError])
def test_all_problems_stand_in_the_message_one_a_line(kind):
    problems = [
        Problem(severity=Severity.BLOCK, message="is missing.", parameter="XYZIN", cure="Give it."),
        Problem(severity=Severity.BLOCK, message="no.", origin=Origin(plugin="site")),
    ]
    error = kind("Cannot run:", problems)
    assert str(error) == "Cannot run:\n  - XYZIN: is missing. Give it.\n  - no. [site]"
    assert error.problems == tuple(problems)


def test_a_problem_of_the_core_does_not_name_it():
    assert str(Problem(severity=Severity.INFO, message="m.", origin=Origin(plugin="core"))) == "m."


def test_a_plugin_error_carries_plugin_and_hook():
    error = errors.PluginError("m", plugin="site", hook="open_job")
    assert (error.plugin, error.hook) == ("site", "open_job")


@pytest.mark.parametrize(("name", "known"), [("XYZIN", "XYZOUT"), ("HKLIN", "XYZIN"), ("kpi", "notify")])
def test_a_name_that_is_not_near_is_not_suggested(name, known):
    assert errors.nearest(name, [known]) == ()


@pytest.mark.parametrize(
    ("name", "known"), [("rnu", "run"), ("dmeo", "demo"), ("FSIGF", "F_SIGF"), ("databse", "database")]
)
def test_a_name_that_is_near_is_suggested(name, known):
    assert errors.nearest(name, [known]) == (known,)


@pytest.mark.parametrize("kind", [errors.BadInputError, errors.RefusedError])
def test_a_message_lists_the_first_problems_and_the_number_of_the_others(kind):
    problems = [Problem(severity=Severity.BLOCK, message=f"fault {number}.") for number in range(5000)]
    error = kind("These values cannot be used:", problems)
    lines = str(error).splitlines()
    assert lines[1:21] == [f"  - fault {number}." for number in range(20)]
    assert lines[21:] == ["  4980 more problems are not shown. Correct these first; the next run shows the others."]
    assert len(error.problems) == 5000


PROBLEM = Problem(severity=Severity.BLOCK, message="no.", path=Path("/a"), origin=Origin(plugin="site", version="1"))


def every_error(directory):
    """One error of each public class."""
    result = RunResult(outcomes=(make_outcome(directory, problems=(PROBLEM,)),), recorded=False)
    return [
        errors.Ccp4HooksError("m"),
        errors.BadInputError("m", [PROBLEM]),
        errors.UnknownNameError("parameter", "FSIGF", ["F_SIGF"], "Look it up."),
        errors.UnknownTaskError("refmacc", ["refmac"]),
        errors.EngineUnavailableError("m"),
        errors.RefusedError("m", [PROBLEM]),
        errors.NotRecordedError(result, ["job 1: no"]),
        errors.PluginError("m", plugin="site", hook="open_job"),
        errors.StoreError("m"),
        errors.StoreUnavailableError("m"),
        errors.WaitTimeoutError(JobState(outcome=result.outcome), 1.5),
    ]


def known(error):
    return type(error), str(error), vars(error), error.exit_code, error.args


def raised_from_itself(error):
    """Raise an error as the worst of plugins does; called in another process."""
    error.__cause__ = error
    raise error


def test_every_public_error_survives_pickling_and_copying(tmp_path):
    made = every_error(tmp_path)
    public = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, BaseException)]
    assert {type(one) for one in made} == set(public)
    assert {one for name in ccp4hooks.__all__ if isinstance(one := getattr(ccp4hooks, name), type)} >= set(public)
    for error in made:
        for again in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):  # noqa: S301
            assert known(again) == known(error)


def test_every_public_error_comes_back_from_another_process(tmp_path):
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        for error in every_error(tmp_path):
            came = pool.submit(raised_from_itself, error).exception()
            assert known(came) == known(error)
            met = set()
            while came is not None:
                assert id(came) not in met
                met.add(id(came))
                came = came.__cause__
