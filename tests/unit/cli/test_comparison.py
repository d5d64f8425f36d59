"""How jobs are shown beside each other in the terminal: few as columns, many as rows."""

import pytest
from rich.cells import cell_len
from unit.reports.samples import failed, imported, recorded, rewrite

from ccp4hooks import JobStatus, Kpi, ParameterSource, ParameterValue, ResultValue
from ccp4hooks.cli import render
from ccp4hooks.cli.comparison import comparison_lines
from ccp4hooks.reports.pages import comparison_texts


@pytest.fixture
def session(open_with):
    return open_with()


@pytest.fixture
def shown(session, monkeypatch):
    """Returns the lines of a comparison on a terminal of some width."""

    def lines(*numbers, width=80, everything=False, **options):
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("COLUMNS", str(width))
        made = comparison_lines(session.compare("demo", *numbers, **options), everything=everything)
        return render.plain(*made).splitlines()

    return lines


def value(name, number, **fields):
    return ParameterValue(**{"name": name, "value": number} | fields)


def test_few_jobs_are_columns_with_kpis_and_what_differs(shown, project):
    one = (value("NCYCLES", 5, default=10), value("group.MODE", "hot\nwet", source=ParameterSource.JOB, job="1"))
    other = (value("NCYCLES", 5, default=10), value("EXTRA", "x" * 40), value("W", 0.5, source=ParameterSource.TASK))
    first = recorded(project.directory, "2", parameters=one, imports=["a.mtz"])
    rewrite(first, kpis=(Kpi(key="RFree", value=0.2555555), Kpi(key="diskUse", value=0.2, unit="MB")))
    recorded(project.directory, "3", kpis={"RFree": 0.2433}, parameters=other, imports=["a.mtz"])
    recorded(project.directory, "4", title="A title of many words", **failed("no licence"))
    assert shown("2", "3", "4") == [
        "  Job           2                3                   4",
        "  Task          refine           refine              refine",
        "  Title                                              A title of many...",
        "  Status        FINISHED         FINISHED            FAILED",
        "  Time          2.00 s           2.00 s              2.00 s",
        "",
        "KPIs (difference to job 2; * the best)",
        "  R-free        0.2556           0.2433* (-0.0123)   -",
        "  diskUse [MB]  0.2              -                   -",
        "",
        "Parameters that differ",
        "  NCYCLES       5                5                   10 (default)",
        "  group.MODE    hot wet (job 1)  -                   -",
        "  EXTRA         -                xxxxxxxxxxxxxxx...  -",
        "  W             -                0.5 (task)          -",
        "",
        "Inputs that differ",
        "  HKLIN",
        "    a.mtz (MD5 00000000): jobs 2, 3",
        "    no file: job 4",
    ]


def test_jobs_that_differ_in_nothing_say_so(shown, project):
    for number in "12":
        recorded(project.directory, number, kpis={"RFree": 0.25})
    assert shown("1", "2")[-4:] == [
        "KPIs (difference to job 1)",
        "  R-free  0.2500    0.2500 (=)",
        "",
        "The jobs have the same parameters and inputs.",
    ]


def test_with_everything_results_and_equal_parameters_and_inputs_are_shown(shown, project):
    for number in "12":
        made = {"parameters": (value("SAME", 1),), "results": (ResultValue(name="cell.a", value=64.9),)}
        recorded(project.directory, number, imports=["a.mtz"], **made)
    assert shown("1", "2", everything=True)[5:] == [
        "Results",
        "  cell.a  64.9      64.9",
        "",
        "Parameters",
        "  SAME    1         1",
        "",
        "Inputs",
        "  HKLIN",
        "    a.mtz (MD5 00000000): jobs 1, 2",
    ]


def test_texts_that_begin_alike_are_told_apart(shown, project):
    for number in "12":
        recorded(project.directory, number, parameters=(value("KEYWORDS", f"the same beginning of {number}"),))
    assert "  KEYWORDS  ...ning of 1  ...ning of 2" in shown("1", "2")


def test_columns_that_do_not_fit_beside_each_other_follow_below(shown, project):
    for n in range(1, 7):
        recorded(project.directory, str(n), kpis={"RFree": 0.1 * n})
    lines = shown(*"123456", width=60)
    heads = [line.split() for line in lines if line.strip().startswith("Job")]
    assert heads == [["Job", "1", "2", "3"], ["Job", "4", "5"], ["Job", "6"]]


@pytest.mark.parametrize("count", [5, 30])
def test_nothing_is_folded_on_any_terminal(shown, project, count):
    for n in range(1, count + 1):
        made = recorded(
            project.directory,
            str(n),
            title=f"{n} \u65e5\u672c\u8a9e " * 10,
            kpis={"RFree": 0.3 - n / 1000, "RFactor": -1.23456e-7 * n, "spaceGroup": f"P 21 21 21 {n} " * 5},
            parameters=(value("NCYCLES", n, default=10), value("a.group.with.a.long.name[0].TEXT", f"{n} " * 5_000)),
        )
        file = imported(made.job, "a_file_of_which_the_name_is_long.mtz")
        rewrite(made, imported=() if n % 3 else (file,))
    for width in (80, 100, 120):
        lines = shown(task="refine", width=width, sort="R-free")
        assert max(map(cell_len, lines)) <= width
        assert sum(line.startswith(f"{count} ") for line in lines) >= (
            2 if count > comparison_texts.MOST_COLUMNS else 0
        )


def test_many_jobs_are_rows_with_their_kpis_and_then_the_parameters(shown, project):
    for n in range(1, 10):
        more = {"status": JobStatus.FAILED} if n == 9 else {}
        recorded(project.directory, str(n), kpis={"RFree": 0.3 - n / 100}, parameters=(value("N", n),), **more)
    lines = shown(task="refine", sort="RFree")
    assert lines[:4] == [
        "KPIs (difference to job 8; * the best)",
        "Job  Status    Time    R-free",
        "8    FINISHED  2.00 s  0.2200*",
        "7    FINISHED  2.00 s  0.2300  (+0.0100)",
    ]
    assert lines[10:14] == ["9    FAILED    2.00 s  0.2100  (-0.0100)", "", "Parameters that differ", "Job  N"]


def test_many_jobs_without_kpis_and_parameters_are_a_table(shown, project):
    for n in range(1, 10):
        recorded(project.directory, str(n))
    assert shown(task="refine")[:2] == ["Job  Status    Time", "1    FINISHED  2.00 s"]


def test_control_characters_and_separators_of_lines_are_escaped(shown, project):
    hostile = "a\x1b[31m\u2028<script>"
    for n in range(1, 10):
        made = (value(f"N{hostile}", f"{hostile}{n}"),)
        job = recorded(project.directory, str(n), title=f"{hostile}{n}", parameters=made, kpis={hostile: hostile})
        rewrite(job, imported=(imported(job.job, f"{n}\x1b\u2028.mtz"),) if n > 1 else ())
    for numbers in ("12", "123456789"):
        text = "\n".join(shown(*numbers, everything=True, width=300))
        assert not {"\x1b", "\u2028"} & set(text)
        assert r"\x1b" in text


def test_a_title_that_is_the_task_is_blank(shown, project):
    for n in range(1, 10):
        recorded(project.directory, str(n), title="Best" if n == 2 else "refine", kpis={"RFree": 0.2})
    lines = shown(task="refine")
    assert (lines[2].split()[-1], lines[3].split()[-1]) == ("0.2000", "Best")


def test_a_difference_is_that_of_the_values_as_they_are_shown(shown, project):
    for number, value in (("1", 0.28284), ("2", 0.27975), ("3", 0.28282)):
        recorded(project.directory, number, kpis={"RFree": value, "n": 7 - int(number)})
    lines = [" ".join(line.split()) for line in shown("1", "2", "3")]
    assert "R-free 0.2828 0.2797* (-0.0031) 0.2828 (-2e-05)" in lines
    for number, value in (("1", 0.28284), ("2", 0.27976), ("3", 0.28286)):
        recorded(project.directory, number, kpis={"RFree": value, "n": 7 - int(number)})
    lines = [" ".join(line.split()) for line in shown("1", "2", "3")]
    assert "R-free 0.2828 0.2798* (-0.0030) 0.2829 (+0.0001)" in lines
    assert "n 6 5 (-1) 4 (-2)" in lines
