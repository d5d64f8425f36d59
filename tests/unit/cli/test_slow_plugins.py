"""The plugins that `run` and `sweep` name because they took long in a hook."""

import pytest
from click.testing import CliRunner
from unit.reports.samples import recorded

from ccp4hooks import RunResult, Settings, open_session
from ccp4hooks.cli import cli
from ccp4hooks.cli.slow_plugins import slow_in_job, slow_in_jobs
from ccp4hooks.store import Origin, Timing


def timing(plugin, hook, duration_s):
    return Timing(hook=hook, origin=Origin(plugin=plugin, version="1"), calls=1, duration_s=duration_s)


@pytest.fixture
def opened(tmp_path):
    """Opens a session in which `kpi` and plugins of other machines have limits."""

    def make(**limits):
        tables = {name: {"hook_warning_s": limit_s} for name, limit_s in limits.items()}
        return open_session(Settings(projects_dir=tmp_path, plugins=("no:database",), tables=tables))

    return make


def result_of(folder, number, *timings, **fields):
    return RunResult(outcomes=(recorded(folder, number, timings=timings),), **fields)


def test_a_plugin_is_slow_if_a_hook_took_longer_in_all_calls_of_a_job_than_its_limit(opened, tmp_path):
    job = recorded(tmp_path / "p", "1", timings=(timing("kpi", "glean_kpi", 40), timing("kpi", "glean_file", 50)))
    sub_job = recorded(tmp_path / "p", "1.1", timings=(timing("kpi", "glean_kpi", 35),))
    result = RunResult(outcomes=(job, sub_job))
    line = "plugin 'kpi' took 1 min 15 s in glean_kpi"
    assert slow_in_job(opened(), result) == [line]
    assert slow_in_job(opened(kpi=45), result) == [f"{line} and 50.00 s in glean_file"]
    assert slow_in_job(opened(kpi=80), result) == slow_in_job(opened(kpi=0), result) == []


def test_a_job_that_was_not_run_again_names_no_slow_plugin(opened, tmp_path):
    assert slow_in_job(opened(), result_of(tmp_path / "p", "1", timing("kpi", "glean_kpi", 75), unchanged=True)) == []


def test_a_plugin_of_another_machine_has_the_limit_of_all_plugins(opened, tmp_path):
    slow = (timing("far", "glean_kpi", 61), timing("near", "glean_kpi", 59))
    assert slow_in_job(opened(), result_of(tmp_path / "p", "1", *slow)) == ["plugin 'far' took 1 min 1 s in glean_kpi"]


def test_a_sweep_names_a_slow_plugin_once_with_the_job_in_which_it_was_slowest(opened, tmp_path):
    durations = {"1": 61, "2": 75, "3": 1, "4": 62}
    results = [result_of(tmp_path / "p", key, timing("kpi", "glean_kpi", value)) for key, value in durations.items()]
    line = "job 2: plugin 'kpi' took 1 min 15 s in glean_kpi"
    assert slow_in_jobs(opened(), results) == [f"{line}, and was slow in 2 other jobs"]
    assert slow_in_jobs(opened(), results[1:3]) == [line]


@pytest.mark.parametrize("command", ["run", "sweep"])
def test_a_command_that_runs_jobs_names_a_slow_plugin_on_standard_error(tmp_path, monkeypatch, data, command):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CCP4HOOKS_KPI_HOOK_WARNING_S", "1e-9")
    options = ("-p", "no:database", "--projects-dir", str(tmp_path))
    words = ("coordinate_selector", f"XYZIN={data['model']}", "XYZIN.selection.text=A/10-20", *options)
    said = CliRunner().invoke(cli, [command, *words]).stderr
    # On a busy machine, another line may say so while the hook runs.
    (line,) = [line for line in said.splitlines() if " took " in line and "in glean_kpi" in line]
    assert line.startswith(f"Warning: {'job 1: ' if command == 'sweep' else ''}plugin 'kpi' took ")
    assert CliRunner().invoke(cli, [command, *words, "-q"]).stderr == ""
