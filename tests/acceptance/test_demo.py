"""``ccp4hooks demo`` and the commands that show its jobs."""

import json
import re
import shlex

import pytest

READ_ONLY = (
    ("tasks",),
    ("tasks", "free", "--no-ccp4", "--json"),
    ("describe", "freerflag", "--all"),
    ("describe", "demo_pipeline", "--json"),
    ("plugins",),
    ("plugins", "--hook", "glean_kpi"),
    ("projects",),
    ("jobs",),
    ("show", "3"),
    ("show", "3.1", "--json"),
)


def test_the_demo_runs_three_jobs_and_two_sub_jobs_that_all_finish(demo):
    assert demo.finished.returncode == 0, demo.finished.stderr
    tree = re.findall(r"^\W*(\d[\d.]*) (\w+) ([A-Z]+) \d+\.\d\d s", demo.finished.stdout, re.MULTILINE)
    assert tree == [
        ("1", "freerflag", "FINISHED"),
        ("2", "coordinate_selector", "FINISHED"),
        ("3", "demo_pipeline", "FINISHED"),
        ("3.1", "freerflag", "FINISHED"),
        ("3.2", "coordinate_selector", "FINISHED"),
    ]


def test_the_demo_shows_each_value_with_the_plugin_that_gave_it(demo):
    for title, value in (("Atoms", "2122"), ("Residues", "277")):
        rows = re.findall(rf"^(\S+) +{title} +{value} +kpi$", demo.finished.stdout, re.MULTILINE)
        assert rows == ["2", "3", "3.2"]
    assert re.search(r"^1 +import +inputData\.F_SIGF .* file-import$", demo.finished.stdout, re.MULTILINE)
    assert re.search(r"^1 +out +outputData\.FREEROUT .* core$", demo.finished.stdout, re.MULTILINE)


def test_the_demo_has_no_problems_and_its_files_exist(demo):
    assert "Problems" not in demo.finished.stdout
    paths = re.findall(r" (CCP4_\S+\.(?:mtz|pdb)) ", demo.finished.stdout)
    assert len(paths) >= 9
    assert all((demo.project / path).is_file() for path in paths)


def test_progress_goes_to_standard_error_line_by_line_and_without_colour(demo):
    lines = demo.finished.stderr.splitlines()
    assert "1 freerflag: running" in lines
    assert "3.1 freerflag: FINISHED" in lines
    assert "\x1b" not in demo.finished.stderr + demo.finished.stdout


def test_a_demo_is_continued_with_further_jobs(demo):
    assert demo.continued.returncode == 0, demo.continued.stderr
    assert "├── 6.1 freerflag FINISHED" in demo.continued.stdout
    assert "XYZIN=@5.XYZOUT" in demo.continued.stdout
    assert (demo.project / "CCP4_JOBS" / "job_6" / "job_2").is_dir()


def test_the_commands_that_the_demo_prints_can_be_run_as_they_are(demo):
    lines = [shlex.split(line) for line in demo.finished.stdout.splitlines() if line.startswith(("cd ", "ccp4"))]
    assert lines[0] == ["cd", str(demo.home)]
    commands = [words[1:] for words in lines if words[0] == "ccp4hooks"]
    assert commands[-2:] == [["report", "demo", "--open"], ["serve", "--open"]]
    assert len(commands) == 8
    for words in commands[:-2]:
        assert demo.read(*words, *(["--dry-run"] if "--title" in words else []))


def test_the_demo_ends_with_the_path_of_a_report_on_its_jobs(demo, tmp_path):
    page = demo.home / "report.html"
    assert demo.finished.stdout.splitlines()[-4] == f"Report in {page}"
    text = page.read_text(encoding="utf-8")
    assert "6 jobs" in text, "the demo that was continued has written it again"
    assert "demo_pipeline" in text


@pytest.mark.sampled(2)
@pytest.mark.parametrize("arguments", READ_ONLY, ids=" ".join)
def test_a_command_that_reads_succeeds_and_leaves_every_byte_as_it_is(demo, arguments):
    assert demo.read(*arguments)


def test_two_dry_runs_leave_every_byte_as_it_is_and_print_the_files_of_the_real_run(demo, data):
    source = data / "freerflag" / "test_data" / "rnase25_fsigf.mtz"
    arguments = ("run", "freerflag", f"F_SIGF={source}", "--title", "Free R set", "--dry-run")
    for text in (demo.read(*arguments), demo.read(*arguments, "--project", "demo")):
        assert file_rows(text) == file_rows(demo.finished.stdout, job="1")
        assert "nothing was kept" in text


def file_rows(text, job=r"\d+"):
    """Role, parameter, path and size [B] of each file in a report, the number of the job left out."""
    text = re.sub(r"job_\d+", "job_N", text)
    rows = re.findall(rf"^{job} +(?:import|out) +\S.*$", text, re.MULTILINE)
    assert len(rows) == 2
    return [row.split()[1:5] for row in rows]


@pytest.mark.parametrize("words", [("--project", "demo"), ("demo",), ("demo", "--project", "demo")])
def test_jobs_takes_its_project_as_the_other_commands_do(demo, words):
    assert demo.read("jobs", *words) == demo.read("jobs")


def test_jobs_shows_sub_jobs_below_the_job_that_started_them(demo):
    lines = demo.read("jobs").splitlines()
    assert lines[0] == f"Project demo in {demo.project}"
    assert [line.split(" FINISHED")[0].rstrip() for line in lines[-5:]] == [
        "3      demo_pipeline",
        "  3.1  freerflag",
        "  3.2  coordinate_selector",
        "2      coordinate_selector",
        "1      freerflag",
    ]


def test_jobs_as_json_nests_sub_jobs(demo):
    read = json.loads(demo.read("jobs", "--json"))
    assert read["project"]["name"] == "demo"
    assert [job["number"] for job in read["jobs"]] == ["6", "5", "4", "3", "2", "1"]
    assert [(job["number"], job["status"]) for job in read["jobs"][3]["jobs"]] == [
        ("3.1", "FINISHED"),
        ("3.2", "FINISHED"),
    ]


def test_show_of_a_sub_job_holds_its_files_and_nobody_elses(demo):
    read = json.loads(demo.read("show", "3.1", "--json"))
    (outcome,) = read["outcomes"]
    assert (outcome["job"]["number"], outcome["job"]["task"]) == ("3.1", "freerflag")
    assert outcome["status"] == "FINISHED"
    assert [file["parameter"] for file in outcome["files"]] == ["outputData.FREEROUT"]
    assert [use["parameter"] for use in outcome["uses"]] == ["inputData.F_SIGF"]


def test_show_of_a_job_holds_its_sub_jobs_and_the_plugin_of_each_kpi(demo):
    read = json.loads(demo.read("show", "3", "--json"))
    assert [outcome["job"]["number"] for outcome in read["outcomes"]] == ["3", "3.1", "3.2"]
    kpis = {kpi["key"]: (kpi["value"], kpi["origin"]["plugin"]) for kpi in read["outcomes"][0]["kpis"]}
    assert kpis == {"nAtoms": (2122, "kpi"), "nResidues": (277, "kpi")}


def test_show_prints_the_files_and_kpis_that_the_run_printed(demo):
    recorded = [" ".join(line.split()) for line in demo.read("show", "3", "--all").splitlines()]
    rows = [
        line.split()
        for line in demo.finished.stdout.splitlines()
        if re.match(r"3(\.\d)? .*(core|kpi|file-import)$", line)
    ]
    files = [f"{row[1]} {row[2].partition('.')[2]} {row[3]}" for row in rows if row[-1] != "kpi"]
    kpis = [f"{row[1]} {row[2]} (key n{row[1]}) [kpi]" for row in rows if row[-1] == "kpi"]
    assert (len(files), len(kpis)) == (8, 4)
    assert sorted(line for line in recorded if line in {*files, *kpis}) == sorted([*files, *kpis])


def test_projects_as_json_names_the_directory(demo):
    (project,) = json.loads(demo.read("projects", "--json"))
    assert (project["name"], project["directory"]) == ("demo", str(demo.project))


def test_the_tasks_of_a_plugin_are_described_with_the_switch_that_enables_them(demo):
    read = json.loads(demo.read("describe", "demo_pipeline", "--json"))
    assert read["task"]["plugin"] == "ccp4hooks_demo"
    required = [parameter["path"] for parameter in read["parameters"] if parameter["required"]]
    assert required == ["F_SIGF", "XYZIN"]


def test_the_demo_runs_without_any_of_the_built_in_plugins(command, tmp_path):
    done = command("demo", tmp_path / "bare", "--no-autoload")
    assert done.returncode == 0, done.stderr
    assert "└── 3.2 coordinate_selector FINISHED" in done.stdout
    assert "KPIs" not in done.stdout
    assert "autoload = false" in (tmp_path / "bare" / "ccp4hooks.toml").read_text()
    assert not (tmp_path / "bare" / "ccp4hooks.sqlite3").exists()


def test_the_demo_rejects_a_directory_with_other_files(command, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").touch()
    done = command("demo", tmp_path / "full")
    assert done.returncode == 4
    assert "not empty and not a demo" in done.stderr
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["thesis.tex"]


def test_the_demo_rejects_a_file_as_its_directory(command, tmp_path):
    (tmp_path / "file").touch()
    done = command("demo", tmp_path / "file")
    assert done.returncode == 4
    assert "The demo cannot use" in done.stderr


def test_output_into_a_closed_pipe_ends_quietly(demo):
    import os
    import subprocess
    import sys

    words = [sys.executable, "-m", "ccp4hooks.cli", "jobs"]
    with subprocess.Popen(
        words,
        cwd=demo.home,
        env={**os.environ, **demo.command.variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
