"""How outcomes are rendered as text."""

import io
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from rich.console import Console

from ccp4hooks import GleanedFile, Job, JobStatus, Kpi, KpiDescription, Outcome, Problem, Project, Severity, texts
from ccp4hooks.cli import render
from ccp4hooks.cli.progress import describe_progress
from ccp4hooks.model import JobState, OwnedJob, ProgramProgress, Progress
from ccp4hooks.queries.kpi_descriptions import KpiDescriptions
from ccp4hooks.store import Origin

NOBODY = UUID(int=0)
START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
NAMES = KpiDescriptions()
TITLES = KpiDescriptions(by_key={"RFree": KpiDescription(key="RFree", title="R-free", decimals=4)})
PROJECT = Project(name="p", directory=Path("/data/p"), uuid=NOBODY)


def outcome(number, status=JobStatus.FINISHED, **more):
    folders = [f"job_{part}" for part in number.split(".")]
    directory = PROJECT.jobs_directory.joinpath(*folders)
    job = Job(uuid=NOBODY, number=number, task="wash", title="", project=PROJECT, directory=directory)
    return Outcome(job=job, status=status, created_at=START, **more)


def lines(*renderables):
    return render.plain(*renderables).splitlines()


def test_a_tree_puts_sub_jobs_of_any_depth_below_their_parents():
    trees = render.job_trees([outcome(number) for number in ("1", "1.1", "1.1.1", "1.2", "2")])
    assert lines(*trees) == [
        "1 wash FINISHED",
        "├── 1.1 wash FINISHED",
        "│   └── 1.1.1 wash FINISHED",
        "└── 1.2 wash FINISHED",
        "2 wash FINISHED",
    ]


def test_a_sub_job_without_its_parent_is_shown_at_the_top_level():
    assert lines(*render.job_trees([outcome("3.1")])) == ["3.1 wash FINISHED"]


def test_an_ended_job_is_shown_with_its_duration():
    over = outcome("1", JobStatus.FAILED, started_at=START, finished_at=START + timedelta(seconds=90.5))
    assert lines(render.job_line(over)) == ["1 wash FAILED 90.50 s"]


def test_markup_in_a_title_is_shown_verbatim():
    titled = outcome("1")
    titled = replace(titled, job=replace(titled.job, title="[bold]x[/bold] :smile:"))
    assert lines(render.job_line(titled)) == ["1 wash FINISHED  [bold]x[/bold] :smile:"]


def test_an_outcome_without_files_kpis_or_problems_is_rendered_as_a_tree_only():
    assert lines(*render.render_outcomes([outcome("1")], NAMES)) == ["1 wash FINISHED"]


def test_a_kpi_is_rendered_with_its_title_and_decimals_and_the_described_unit():
    described = KpiDescription(key="resolution", title="High resolution", unit="A", decimals=2)
    kpis = (Kpi(key="resolution", value=2.504321),)
    text = lines(*render.render_outcomes([outcome("1", kpis=kpis)], KpiDescriptions(by_key={"resolution": described})))
    assert " ".join(text[-1].split()) == "1 High resolution 2.50 A"


def test_each_kpi_is_rendered_with_its_unit_and_its_plugin():
    kpi = Kpi(key="resolution", value=2.5, unit="A", origin=Origin(plugin="kpi"))
    text = lines(*render.render_outcomes([outcome("1", kpis=(kpi,))], NAMES))
    assert [" ".join(line.split()) for line in text[2:]] == [
        "KPIs",
        "Job KPI Value Unit Plugin",
        "1 resolution 2.5 A kpi",
    ]


def test_file_paths_are_relative_inside_the_project_and_absolute_outside():
    written = GleanedFile(
        uuid=NOBODY,
        parameter="outputData.XYZOUT",
        path=PROJECT.jobs_directory / "job_1" / f"{'long' * 60}.pdb",
        size_bytes=12,
        file_type="chemical/x-pdb",
        origins={"file": Origin(plugin="core")},
    )
    outside = replace(written, path=Path("/elsewhere/[x].pdb"))
    text = lines(*render.render_outcomes([outcome("1", files=(written, outside))], NAMES))
    assert text[4].split() == [
        *("1", "out", "outputData.XYZOUT", f"CCP4_JOBS/job_1/{'long' * 60}.pdb", "12", "chemical/x-pdb", "core")
    ]
    assert text[5].split()[3] == "/elsewhere/[x].pdb"


def test_a_problem_is_rendered_with_parameter_cure_plugin_and_traceback_file():
    problem = Problem(
        severity=Severity.WARNING,
        message="too wet.",
        parameter="inputData.TOWEL",
        cure="Dry it.",
        origin=Origin(plugin="site"),
        traceback_file=PROJECT.jobs_directory / "job_1" / "site.txt",
    )
    (row,) = lines(*render.render_outcomes([outcome("1", problems=(problem,))], NAMES))[4:]
    said = "inputData.TOWEL: too wet. Dry it. (traceback: CCP4_JOBS/job_1/site.txt)"
    assert " ".join(row.split()) == f"1 warning {said} site"


@pytest.mark.parametrize(
    ("severity", "word"), [(Severity.INFO, "info"), (Severity.WARNING, "warning"), (Severity.BLOCK, "error")]
)
def test_the_severity_of_a_problem_is_rendered_as_a_word(severity, word):
    problem = Problem(severity=severity, message="too wet.", origin=Origin(plugin="site"))
    (row,) = lines(*render.render_outcomes([outcome("1", problems=(problem,))], NAMES))[4:]
    assert " ".join(row.split()) == f"1 {word} too wet. site"


def test_thousands_of_problems_are_cut_with_their_number_and_their_place():
    problems = tuple(Problem(severity=Severity.WARNING, message=f"fault {number}.") for number in range(3000))
    rows = lines(*render.render_outcomes([outcome("1", problems=problems)], NAMES))[4:]
    assert len(rows) == 31
    assert " ".join(rows[29].split()) == "1 warning fault 29."
    assert " ".join(rows[30].split()) == (
        "1 info 2970 more problems are in CCP4_JOBS/job_1/ccp4hooks_outcome.json and in the JSON output. core"
    )


def test_plain_output_has_no_escape_codes_and_no_trailing_blanks():
    text = render.plain(render.table("T", ("a", "b"), [("1", "x"), ("22", "")]))
    assert "\x1b" not in text
    assert all(line == line.rstrip() for line in text.splitlines())


@pytest.mark.parametrize(("value", "text"), [(0.0, "0"), (2.5, "2.5"), (1e-7, "1e-07"), (3, "3"), ("P 1", "P 1")])
def test_kpi_values_have_six_significant_digits(value, text):
    assert texts.kpi_text(value) == text


def test_progress_shows_the_job_and_its_phase_or_final_status():
    job = outcome("3.1").job
    running = Progress(job=job, phase="running", status=JobStatus.RUNNING)
    over = Progress(job=job, phase="finished", status=JobStatus.FAILED)
    refined = replace(running, program=ProgramProgress(cycle=2, values={"RFree": 0.25}))
    unnumbered = Progress(job=replace(job, number=""), phase="importing", status=JobStatus.PENDING)
    assert [describe_progress(progress, TITLES) for progress in (running, refined, over, unnumbered)] == [
        "3.1 wash: running",
        "3.1 wash: running, cycle 2, R-free 0.2500",
        "3.1 wash: FAILED",
        "wash: importing",
    ]


def state(number, status=JobStatus.RUNNING, owner=None, progress=None, **more):
    known = outcome(number, status, **more)
    return JobState(outcome=replace(known, job=replace(known.job, uuid=uuid4())), owner=owner, progress=progress)


def test_a_watched_job_has_its_progress_and_is_cut_at_the_edge_of_the_terminal():
    progress = ProgramProgress(cycle=12, values={"RFactor": 0.21304, "RFree": 0.25549})
    running = render.state_trees(PROJECT, [state("3"), state("3.1", progress=progress)], 24, TITLES)
    assert lines(*running) == [
        "Project p",
        "3 wash RUNNING",
        "└── 3.1 wash RUNNING  cycle 12, RFactor 0.2130, R-free 0.2555",
    ]
    narrow = Console(width=40, file=io.StringIO())
    narrow.print(*running, sep="\n")
    assert narrow.file.getvalue().splitlines()[2] == "└── 3.1 wash RUNNING  cycle 12, RFactor…"


def test_a_watched_job_whose_process_has_died_says_so():
    owner = OwnedJob(job=outcome("3").job, status=JobStatus.RUNNING, alive=False, host="h", pid=1, reachable=False)
    shown = lines(*render.state_trees(PROJECT, [state("3", owner=owner)], 24, NAMES))
    assert shown[1] == "3 wash RUNNING  its process has died: `ccp4hooks recover`"


def test_a_project_without_active_jobs_says_so():
    assert lines(*render.state_trees(PROJECT, [], 24, NAMES)) == ["Project p: no job waits or runs"]


def test_the_jobs_that_ended_first_are_left_out_if_the_screen_is_too_small():
    over = [state(number, JobStatus.FINISHED) for number in ("1", "1.1", "2", "3")]
    shown = lines(*render.state_trees(PROJECT, [*over, state("4"), state("4.1", JobStatus.FINISHED)], 7, NAMES))
    assert shown == [
        "Project p",
        "Jobs that have ended and are not shown: 1",
        "2 wash FINISHED",
        "3 wash FINISHED",
        "4 wash RUNNING",
        "└── 4.1 wash FINISHED",
    ]
    assert "Jobs that have ended and are not shown: 3" in lines(
        *render.state_trees(PROJECT, [*over, *(state(str(number)) for number in range(4, 9))], 7, NAMES)
    )


def test_a_long_line_is_not_broken_on_a_terminal(capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("COLUMNS", "40")
    command = "ccp4hooks run wash " + " ".join(f"XYZIN=/data/{number}.pdb" for number in range(20))
    render.show(command)
    assert capsys.readouterr().out == f"{command}\n"


def test_no_color_disables_colours(capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    render.show(render.job_line(outcome("1")))
    monkeypatch.setenv("NO_COLOR", "1")
    render.show(render.job_line(outcome("1")))
    coloured, bare = capsys.readouterr().out.splitlines()
    assert "\x1b[32m" in coloured
    assert "\x1b[32m" not in bare


def test_timings_are_rendered_as_a_table(tmp_path):
    from unit.samples import make_outcome

    from ccp4hooks.cli.render import plain, timing_table
    from ccp4hooks.store import Origin, Timing

    timing = Timing(hook="glean_kpi", origin=Origin(plugin="kpi"), calls=2, duration_s=0.0125)
    head, columns, row = plain(timing_table([make_outcome(tmp_path, timings=(timing,))])).splitlines()
    assert (head, columns.split()[:2]) == ("Timing", ["Job", "Plugin"])
    assert row.split() == ["1", "kpi", "glean_kpi", "2", "12.50"]
