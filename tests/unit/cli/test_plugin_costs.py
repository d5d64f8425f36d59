"""What plugins cost, shown by `ccp4hooks plugins --timing`."""

import json

import pytest
from click.testing import CliRunner
from unit.reports.samples import recorded, with_job

from ccp4hooks.cli import cli
from ccp4hooks.outcomes import outcome_file
from ccp4hooks.store import Origin, Timing


def timing(plugin, hook, duration_s, calls=1):
    return Timing(hook=hook, origin=Origin(plugin=plugin, version="1"), calls=calls, duration_s=duration_s)


@pytest.fixture
def call(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CCP4I2_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CCP4HOOKS_PROJECT", "toxd")
    for name in ("DATABASE_URL", "CCP4I2_DB_FILE"):
        monkeypatch.delenv(name, raising=False)

    def run(*words, code=0):
        options = ("-p", "no:database", "--projects-dir", str(tmp_path / "projects"))
        done = CliRunner().invoke(cli, ["plugins", "--timing", *options, *words])
        assert done.exit_code == code, done.output
        return done

    return run


@pytest.fixture
def jobs(tmp_path):
    """Three jobs, the second of which has a sub-job, and which have called the plugins `kpi` and `gone`."""
    folder = tmp_path / "projects/toxd"
    recorded(folder, "1", timings=(timing("kpi", "glean_kpi", 0.5), timing("gone", "glean_file", 90, calls=4)))
    second = recorded(folder, "2", timings=(timing("kpi", "glean_kpi", 1), timing("kpi", "check_file", 2, calls=3)))
    below = recorded(folder, "2.1", timings=(timing("kpi", "glean_kpi", 4),))
    outcome_file.write(with_job(below, parent_uuid=second.job.uuid))
    recorded(folder, "3", timings=(timing("kpi", "glean_kpi", 0.25),))
    return folder


def costs(done):
    return {one["name"]: one["cost"] for one in json.loads(done.stdout) if one["cost"] is not None}


def row(done, name):
    (line,) = [line for line in done.stdout.splitlines() if line.startswith(f"{name} ")]
    return line.split()


def test_the_cost_of_a_plugin_is_summed_over_jobs_with_their_sub_jobs(call, jobs):
    assert costs(call("--json"))["kpi"] == {
        "jobs": 3,
        "calls": 7,
        "total_s": 7.75,
        "median_s": 0.5,
        "longest_s": 7.0,
        "longest_job": "2",
        "slowest_hook": "glean_kpi",
        "slowest_hook_s": 5.75,
    }
    shown = call()
    assert shown.stdout.splitlines()[0].split() == [
        "Plugin", "Start-up", "Calls", "Total", "Median", "Longest", "Slowest", "hook",
    ]  # fmt: skip
    assert row(shown, "kpi")[3:] == ["7", "7.75", "s", "500.00", "ms", "7.00", "s", "glean_kpi"]
    assert row(shown, "validation")[3:] == ["-"] * 5
    assert shown.stdout.splitlines()[-1].startswith("Project toxd, the last 3 jobs; ")


def test_a_plugin_that_is_not_found_any_more_is_listed(call, jobs):
    assert row(call(), "gone") == ["gone", "-", "4", "1", "min", "30", "s", *["1", "min", "30", "s"] * 2, "glean_file"]
    (found,) = [one for one in json.loads(call("--json").stdout) if one["name"] == "gone"]
    assert (found["state"], found["why"]) == ("disabled", "jobs have used it; it is not found now")


def test_the_number_of_jobs_and_the_hook_can_be_chosen(call, jobs):
    assert costs(call("--json", "--limit", "1"))["kpi"]["total_s"] == 0.25
    assert costs(call("--json", "--limit", "2"))["kpi"]["jobs"] == 2
    assert costs(call("--json", "--limit", "0"))["kpi"]["jobs"] == 3
    only = costs(call("--json", "--hook", "glean_kpi"))
    assert (list(only), only["kpi"]["total_s"], only["kpi"]["calls"]) == (["kpi"], 5.75, 4)
    assert "Project toxd, the last job; " in call("--limit", "1").stdout


def test_the_times_of_the_last_hook_are_read_from_the_log_of_the_job(call, jobs):
    entry = {"event": "ccp4hooks.hook_called", "plugin": "notify", "hook": "job_finished", "calls": 1, "duration_s": 3}
    (jobs / "CCP4_JOBS/job_3/ccp4hooks_log.jsonl").write_text(json.dumps(entry))
    found = costs(call("--json"))["notify"]
    assert (found["slowest_hook"], found["total_s"], found["longest_job"]) == ("job_finished", 3.0, "3")


def test_without_jobs_the_start_up_is_shown_and_a_sentence_says_why_nothing_else_is(call, tmp_path):
    def said():
        done = call()
        assert done.stdout.splitlines()[0].split() == ["Plugin", "Start-up"]
        return done.stderr

    assert said() == "There is no project toxd yet, so only the time of the start-up is shown.\n"
    (tmp_path / "projects/toxd/CCP4_JOBS").mkdir(parents=True)
    assert said() == "The project toxd has no jobs, so only the time of the start-up is shown.\n"
    recorded(tmp_path / "projects/toxd", "1")
    assert said() == (
        "No outcome file of the last job of the project toxd has a call of a plugin, so only the time of the start-up "
        "is shown.\n"
    )
    assert call("-q").stderr == ""
    assert costs(call("--json")) == {}


def test_a_database_that_cannot_be_used_does_not_hide_the_start_up(call, tmp_path):
    words = ("-p", "database", "--database", f"sqlite:///{tmp_path}/missing.sqlite3")
    done = call(*words)
    assert done.stdout.splitlines()[0].split() == ["Plugin", "Start-up"]
    assert done.stderr.startswith("The jobs cannot be read, so only the time of the start-up is shown. ")
    call(*words, "--project", "toxd", code=7)


def test_a_project_that_was_named_must_exist_and_its_options_need_timing(call, jobs):
    assert "did you mean toxd?" in call("--project", "toxdd", code=4).stderr
    assert costs(call("--json", "--project", "toxd"))["kpi"]["jobs"] == 3
    for words in (("--limit", "3"), ("--project", "toxd")):
        done = CliRunner().invoke(cli, ["plugins", *words])
        assert (done.exit_code, "--limit and --project require --timing." in done.stderr) == (2, True)


def test_the_table_fits_into_80_columns(call, jobs, monkeypatch):
    for name, value in {"FORCE_COLOR": "1", "TERM": "dumb", "COLUMNS": "80"}.items():
        monkeypatch.setenv(name, value)
    lines = call("-p", "reflection-stats").stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert any(line.strip() == "Slowest hook: glean_kpi" or line.endswith("  glean_kpi") for line in lines)
