"""How `show` prints one job."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from uuid import UUID

import pytest

from ccp4hooks import (
    Better,
    GleanedFile,
    ImportedFile,
    Job,
    JobStatus,
    Kpi,
    KpiDescription,
    Outcome,
    ParameterSource,
    ParameterValue,
    Problem,
    Project,
    Provenance,
    ResultValue,
    Severity,
)
from ccp4hooks.cli import render
from ccp4hooks.cli.job_report import View, job_report, results
from ccp4hooks.queries.kpi_descriptions import KpiDescriptions
from ccp4hooks.store import FileUse, Origin

NOBODY = UUID(int=0)
START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
FREE = KpiDescription(key="RFree", title="R-free", better=Better.LOWER, decimals=4)
NAMES = KpiDescriptions(by_key={"RFree": FREE})
PROJECT = Project(name="p", directory=Path("/data/p"), uuid=NOBODY)
LONG = f"{'long_name_' * 12}.mtz"
EVERYTHING = View(everything=True)


def outcome(number="2", status=JobStatus.FINISHED, task="wash", **more):
    job = Job(
        uuid=NOBODY,
        number=number,
        task=task,
        title=task,
        project=PROJECT,
        directory=PROJECT.job_directory(number),
    )
    times = {"created_at": START, "started_at": START, "finished_at": START + timedelta(seconds=90)}
    return Outcome(job=job, status=status, **times, **more)


@pytest.fixture
def full():
    core = Origin(plugin="core")
    file = {"size_bytes": 12, "file_type": "chemical/x-pdb"}
    at = PROJECT.imports_directory / LONG
    return outcome(
        uses=(FileUse(file_uuid=NOBODY, parameter="inputData.FREERFLAG", path=PROJECT.job_directory("1") / "F.mtz"),),
        imported=(
            ImportedFile(
                uuid=NOBODY,
                parameter="inputData.F_SIGF",
                path=at,
                source=Path("/raw/a.mtz"),
                md5="",
                sha256="",
                modified_at=START,
                origin=core,
                **file,
            ),
        ),
        files=(
            GleanedFile(
                uuid=NOBODY,
                parameter="outputData.XYZOUT",
                path=PROJECT.job_directory("2") / "X.pdb",
                annotation="Model",
                extra={"meanB": 20.125, "waters": 3},
                origins={"file": core, "extra": Origin(plugin="model-stats")},
                **file,
            ),
        ),
        kpis=(
            Kpi(key="RFree", value=0.25555555, origin=Origin(plugin="kpi")),
            Kpi(key="diskUse", value=0.2, unit="MB", origin=Origin(plugin="site")),
        ),
        results=(ResultValue(name="CELL.a", value=64.9), ResultValue(name="word", value="", place="program.xml")),
        parameters=(
            ParameterValue(name="F_SIGF", value=f"CCP4_IMPORTED_FILES/{LONG}", class_name="CObsDataFile", is_file=True),
            ParameterValue(name="NCYCLES", value=5, default=10, class_name="CInt"),
            ParameterValue(name="group.MODE", value="hot\nwet", source=ParameterSource.JOB, job="1"),
            ParameterValue(name="WEIGHT", value=0.5, default=1.0, replaced=2.0, source=ParameterSource.TASK),
        ),
        software={"ccp4i2": "3.0.1"},
        provenance=Provenance(
            command="ccp4hooks run wash NCYCLES=5",
            user="ada",
            host="lab",
            distribution="ccp4i2",
            task_version="0.1",
            programs={"Wash": "2.8"},
            cpu_s=1.5,
            peak_memory_bytes=96_000_000,
        ),
    )


def lines(*renderables):
    return render.plain(*renderables).splitlines()


def test_a_job_is_shown_with_everything_in_the_order_in_which_it_is_asked_for(full):
    below = [outcome("2.1"), outcome("2.1.1"), outcome("2.2", JobStatus.FAILED)]
    assert lines(*job_report([full, *below], View(), NAMES)) == [
        "2 wash FINISHED 90.00 s",
        "",
        "Sub-job 2.2 wash is FAILED",
        "  Its log: `ccp4hooks log 2.2 --project p` (of its program: --program)",
        "",
        "KPIs",
        "  R-free   0.2556",
        "  diskUse  0.2 MB [site]",
        "",
        "Results",
        "  CELL.a  64.9",
        "  word    ''",
        "",
        "Parameters",
        "  NCYCLES     5 (default 10)",
        "  group.MODE  hot wet (job 1)",
        "  WEIGHT      0.5 (default 1, was 2, task)",
        "",
        "Files",
        f"  import  F_SIGF     CCP4_IMPORTED_FILES/{LONG}",
        "  in      FREERFLAG  CCP4_JOBS/job_1/F.mtz",
        "  out     XYZOUT     CCP4_JOBS/job_2/X.pdb",
        "            meanB 20.125, waters 3",
        "",
        "Sub-jobs",
        "2.1 wash FINISHED 90.00 s",
        "└── 2.1.1 wash FINISHED 90.00 s",
        "2.2 wash FAILED 90.00 s",
        "",
        "Started    2026-01-02 03:04:05 UTC, CPU time 1.50 s, memory 96 MB",
        "Ended      2026-01-02 03:05:35",
        "Directory  /data/p/CCP4_JOBS/job_2",
        "Command    ccp4hooks run wash NCYCLES=5",
        "User       ada on lab",
        "Task of    ccp4i2 3.0.1, its version is 0.1",
        "Versions   Wash 2.8, ccp4i2 3.0.1",
    ]


def test_the_reasons_of_a_failure_come_first_and_the_worst_of_them_at_the_top():
    problems = (
        Problem(severity=Severity.INFO, message="See the log."),
        Problem(severity=Severity.BLOCK, message="Too wet.", parameter="TOWEL", cure="Dry it."),
    )
    shown = lines(*job_report([outcome(status=JobStatus.FAILED, problems=problems)], View(), NAMES))
    assert shown[1:5] == ["", "Why it failed", "  error  TOWEL: Too wet. Dry it.", "  info   See the log."]


def block(message):
    return Problem(severity=Severity.BLOCK, message=message)


def test_the_reasons_of_sub_jobs_that_failed_are_shown_with_their_top_job():
    top = outcome(status=JobStatus.FAILED, problems=(block("the task reported no reason"),))
    below = [
        outcome("2.1"),
        outcome("2.2", JobStatus.FAILED, problems=(block("Too wet."),), task="rinse\x1b"),
        outcome("2.2.1", JobStatus.INTERRUPTED),
    ]
    assert lines(*job_report([top, *below], View(), NAMES))[1:15] == [
        "",
        "Why it failed",
        "  error  the task reported no reason",
        "",
        r"Sub-job 2.2 rinse\x1b is FAILED",
        "  error  Too wet.",
        "  Its log: `ccp4hooks log 2.2 --project p` (of its program: --program)",
        "",
        "Sub-job 2.2.1 wash is INTERRUPTED",
        "  Its log: `ccp4hooks log 2.2.1 --project p` (of its program: --program)",
        "",
        "Sub-jobs",
        "2.1 wash FINISHED 90.00 s",
        r"2.2 rinse\x1b FAILED 90.00 s",
    ]


def test_many_sub_jobs_that_failed_do_not_fill_the_screen():
    failed = [outcome(f"2.{n}", JobStatus.FAILED, problems=(block("Too wet."),)) for n in range(1, 6)]
    shown = lines(*job_report([outcome(), *failed], View(), NAMES))
    assert (shown.count("  error  Too wet."), "  Other sub-jobs that failed: 2.4 2.5" in shown) == (3, True)
    # Each sub-job follows with its reasons.
    assert lines(*job_report([outcome(), *failed], EVERYTHING, NAMES)).count("  error  Too wet.") == 5


# --- results ------------------------------------------------------------------------------------------------------


@pytest.fixture
def refined():
    values = [("word", "x" * 90), ("R.cycle[2].Ncyc", 2), ("R.cycle[2].fval", 1.5)]
    values += [(f"R.cycle[2].geom.rmsd.Bond_distances_{n}", n / 10) for n in range(20)]
    values += [(f"R.l[{n}].v", n) for n in range(20)]
    return outcome(results=tuple(ResultValue(name=name, value=value) for name, value in values))


def test_many_results_are_shown_in_groups_in_the_order_of_the_record(refined):
    assert lines(*job_report([refined], View(), NAMES))[2:22] == [
        "Results",
        "  word",
        f"    {'x' * 57}...",
        "  R.cycle[2]",
        "    Ncyc 2, fval 1.5",
        "  R.cycle[2].geom.rmsd",
        "    Bond_distances_0 0, Bond_distances_1 0.1, Bond_distances_2 0.2,",
        "    Bond_distances_3 0.3, Bond_distances_4 0.4, Bond_distances_5 0.5, 14 more",
        "  R.l[0]",
        "    v 0",
        "  R.l[1]",
        "    v 1",
        "  R.l[2]",
        "    v 2",
        "  R.l[3]",
        "    v 3",
        "  R.l[4]",
        "    v 4",
        "  29 more: `ccp4hooks show 2 --all --project p`",
        "",
    ]


def test_all_shows_each_of_many_results_with_its_whole_name(refined):
    shown = lines(*job_report([refined], EVERYTHING, NAMES))
    assert "  R.cycle[2].geom.rmsd.Bond_distances_19  1.9" in shown
    assert f"  word                              {'x' * 90}" in shown


def test_the_table_of_results_has_a_row_for_each_group(refined):
    shown = lines(*render.render_outcomes([refined], NAMES))[2:]
    assert [" ".join(line.split()) for line in (*shown[:5], shown[-1])] == [
        "Results",
        "Job Name Value",
        f"2 word {'x' * 57}...",
        "2 R.cycle[2] Ncyc 2, fval 1.5",
        f"2 R.cycle[2].geom.rmsd {', '.join(f'Bond_distances_{n} {n / 10:g}' for n in range(6))}, 14 more",
        "2 ... 29 more: `ccp4hooks show 2 --all --project p`",
    ]


def test_after_a_dry_run_no_command_is_named_that_would_find_no_job(refined):
    tried = replace(refined, job=replace(refined.job, dry_run=True))
    below = outcome("2.1", JobStatus.FAILED)
    below = replace(below, job=replace(below.job, dry_run=True))
    shown = lines(*job_report([tried, below], View(), NAMES))
    assert "  29 more with --json" in shown
    assert not [line for line in shown if "ccp4hooks" in line]


def test_up_to_thirteen_results_are_shown_one_by_one():
    few = tuple(ResultValue(name=f"a.b{n}", value=n) for n in range(13))
    assert lines(*job_report([outcome(results=few)], View(), NAMES))[-5] == "  a.b12  12"


def test_only_parameters_are_shown_with_their_types_and_origins(full):
    assert lines(*job_report([full], View(params=True), NAMES)) == [
        "2 wash FINISHED 90.00 s",
        "",
        "Parameters",
        f"  F_SIGF      CObsDataFile  CCP4_IMPORTED_FILES/{LONG} (user)",
        "  NCYCLES     CInt          5 (default 10, user)",
        "  group.MODE                hot wet (job 1)",
        "  WEIGHT                    0.5 (default 1, was 2, task)",
    ]


def test_only_files_are_shown_with_their_details(full):
    assert lines(*job_report([full], View(files=True), NAMES))[2:] == [
        "Files",
        f"  import  F_SIGF     CCP4_IMPORTED_FILES/{LONG}",
        "            from /raw/a.mtz",
        "            12 bytes",
        "  in      FREERFLAG  CCP4_JOBS/job_1/F.mtz",
        "  out     XYZOUT     CCP4_JOBS/job_2/X.pdb",
        "            Model",
        "            chemical/x-pdb",
        "            12 bytes",
        "            [core, model-stats]",
        "            meanB 20.125, waters 3",
    ]


def test_all_shows_every_value_of_the_sub_jobs_too(full):
    many = tuple(ResultValue(name=f"R.R{n}", value=n) for n in range(99))
    short = lines(*job_report([replace(full, results=many), outcome("2.1", results=many)], View(), NAMES))
    whole = lines(*job_report([replace(full, results=many), outcome("2.1", results=many)], EVERYTHING, NAMES))
    assert "  80 more: `ccp4hooks show 2 --all --project p`" in short
    assert "  R.R29  29" not in short
    assert whole.count("  R.R29  29") == 2
    assert "Sub-jobs" not in whole


def test_a_job_of_an_earlier_version_is_shown_without_parameters():
    assert lines(*job_report([outcome()], View(), NAMES)) == [
        "2 wash FINISHED 90.00 s",
        "",
        "Started    2026-01-02 03:04:05 UTC",
        "Ended      2026-01-02 03:05:35",
        "Directory  /data/p/CCP4_JOBS/job_2",
    ]


@pytest.mark.parametrize(("columns", "is_table"), [(80, False), (400, True)])
def test_results_are_a_table_only_where_no_cell_is_folded(monkeypatch, full, columns, is_table):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", str(columns))
    shown = lines(*results([full], NAMES))
    assert any(line.startswith("Job  Role") for line in shown) is is_table


@pytest.mark.parametrize("variation_of", ["", "1"])
def test_a_long_command_is_cut_to_the_width_of_the_terminal(monkeypatch, full, variation_of):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    provenance = replace(full.provenance, command=f"ccp4hooks run wash {'x' * 200}", variation_of=variation_of)
    shown = lines(*job_report([replace(full, provenance=provenance)], View(), NAMES))
    (command,) = [line for line in shown if line.startswith("Command")]
    assert (len(command), command[-5:]) == (80, "xx...")


# --- on a narrow terminal -----------------------------------------------------------------------------------------


@pytest.fixture
def narrow(monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "60")


@pytest.mark.usefixtures("narrow")
def test_on_a_narrow_terminal_texts_are_wrapped_at_words_and_paths_are_whole(full):
    path = "CCP4_JOBS/job_2/" + "a directory/" * 4 + "X.pdb"
    job = replace(full.job, title="a title that is longer than there is room on the first line")
    parameters = (
        ParameterValue(name="XYZIN", value=path, class_name="CPdbDataFile", is_file=True),
        ParameterValue(name="TEXT", value="words " * 9 + "end", class_name="CString"),
        ParameterValue(name="group.with.a.very.long.name[0].TEXT", value="many words " * 3, class_name="CString"),
    )
    problem = block("Too wet for the towel, which is 'my own towel', so dry it.")
    shown = job_report([replace(full, job=job, parameters=parameters, problems=(problem,))], View(), NAMES)
    text = lines(*shown)
    assert text[:8] == [
        "2 wash FINISHED 90.00 s",
        "  a title that is longer than there is room on the first",
        "  line",
        "",
        "Problems",
        "  error  Too wet for the towel, which is 'my own towel', so",
        "         dry it.",
        "",
    ]
    assert f"  import  F_SIGF     CCP4_IMPORTED_FILES/{LONG}" not in text
    assert f"    CCP4_IMPORTED_FILES/{LONG}" in text
    detailed = lines(*job_report([replace(full, parameters=parameters)], View(params=True), NAMES))
    assert detailed[3:] == [
        "  XYZIN                             CPdbDataFile",
        f"    {path} (user)",
        "  TEXT                              CString       words",
        "    words words words words words words words words end",
        "    (user)",
        "  group.with.a.very.long.name[0].TEXT  CString       many",
        "    words many words many words (user)",
    ]


@pytest.mark.usefixtures("narrow")
def test_a_command_is_cut_at_the_edge_of_a_narrow_terminal_but_not_with_all(full):
    command = f"ccp4hooks run wash {'A=1 ' * 40}"
    made = replace(full, provenance=replace(full.provenance, command=command))
    (cut,) = (line for line in lines(*job_report([made], View(), NAMES)) if line.startswith("Command"))
    (whole,) = (line for line in lines(*job_report([made], EVERYTHING, NAMES)) if line.startswith("Command"))
    assert (len(cut), cut[-3:], whole) == (71, "...", f"Command    {command}".rstrip())


def test_inputs_stand_in_the_order_of_their_parameters_whether_they_were_imported_or_recorded_before(full):
    one = full.imported[0]
    files = {name: f"inputData.{name}" for name in ("XYZIN", "F_SIGF", "DICT[0]", "FREERFLAG", "UNKNOWN")}
    ordered = replace(
        full,
        files=(),
        imported=tuple(replace(one, parameter=files[name]) for name in ("FREERFLAG", "F_SIGF")),
        uses=tuple(replace(full.uses[0], parameter=files[name]) for name in ("UNKNOWN", "DICT[0]", "XYZIN")),
        parameters=tuple(ParameterValue(name=name, value="x", is_file=True) for name in list(files)[:4]),
    )
    section = [line.split()[:2] for line in lines(*job_report([ordered], View(files=True), NAMES))[3:]]
    named = [words for words in section if words[0] in ("in", "import")]
    assert named == [
        ["in", "XYZIN"],
        ["import", "F_SIGF"],
        ["in", "DICT[0]"],
        ["import", "FREERFLAG"],
        ["in", "UNKNOWN"],
    ]
    table = [line.split()[1:3] for line in lines(*render.render_outcomes([ordered], NAMES)) if "inputData" in line]
    assert table == [[role, files[name]] for role, name in named]
