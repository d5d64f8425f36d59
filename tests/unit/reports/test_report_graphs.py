"""The graphs that the report classes of CCP4i2 and of plugins declare, whatever these classes do.

A report class of a plugin stands for those of CCP4i2, which need programs of CCP4.
"""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from unit.reports import report_classes
from unit.reports.samples import failed, recorded, with_job
from unit.samples import tiny

from ccp4hooks import GraphAxis, GraphLine, GraphPlot, JobStatus, LineKind, ReportGraph, TaskDescription
from ccp4hooks.i2 import report_graphs as module
from ccp4hooks.i2.report_graphs import report_graphs
from ccp4hooks.i2.tasks import task_table
from ccp4hooks.outcomes import outcome_file
from ccp4hooks.reports.data import collect
from ccp4hooks.reports.pages import page, plots
from ccp4hooks.reports.pages.contents import contents

PATIENCE_S = 60


@pytest.fixture
def made(project):
    """Writes a job of a task with one of the report classes, and its ``program.xml``."""
    names = set()

    def make(kind, number="1", xml=report_classes.XML, **fields):
        name = f"report_{kind.lower()}"
        description = TaskDescription(
            name=name,
            title=name,
            script="none:none",
            def_file=Path("/none"),
            report=f"unit.reports.report_classes:{kind}",
        )
        task_table.add_task(description, "test")
        names.add(name)
        outcome = with_job(recorded(project.directory, number, **fields), task=name)
        outcome_file.write(outcome)
        if xml is not None:
            (outcome.job.directory / "program.xml").write_text(xml)
        return outcome

    yield make
    task_table.remove_tasks(names)


def test_a_graph_has_its_columns_its_values_and_its_plots(made):
    found = report_graphs(made("Works"), limit_s=PATIENCE_S)
    assert found.fault == ""
    cycles, log = found.graphs
    assert (cycles.title, cycles.columns) == ("Cycles", ("Cycle", "R", "Residue"))
    assert cycles.rows == ((1.0, 0.3, "ALA"), (2.0, None, "GLY"), (3.0, None, None))
    first, second = cycles.plots
    assert (first.title, first.lines) == ("R over cycles", (GraphLine(kind=LineKind.LINE, x=0, y=1, label="R (work)"),))
    assert first.x == GraphAxis(title="Cycle", is_whole=True)
    assert first.y == GraphAxis(minimum=0.1, maximum=0.5)
    assert [(one.kind, one.x, one.y) for one in second.lines] == [(LineKind.BARS, 2, 0), (LineKind.HISTOGRAM, 1, 1)]
    assert (log.title, log.columns) == ("From the log", ("Resolution(Å)", "Count"))
    assert log.rows == ((0.25, 7.0), (0.0625, 8.0), (None, "x"))
    (shells,) = log.plots
    assert shells.lines == (GraphLine(kind=LineKind.POINTS, x=0, y=1, label="Count", is_right=True),)
    assert (shells.x.is_inverse_square, shells.right) == (True, GraphAxis(minimum=0.0))


def test_a_class_is_told_of_the_job_what_ccp4i2_tells_it(made, project):
    outcome = made("Works", "1", imports=["a.mtz"])
    below = recorded(project.directory, "1.1")
    report_classes.told.clear()
    report_graphs(outcome, [below], limit_s=PATIENCE_S)
    ((told, options),) = report_classes.told
    assert (told["jobnumber"], told["taskname"], told["status"]) == ("1", "report_works", "Finished")
    assert told["fileroot"] == f"{outcome.job.directory}/"
    assert told["descendentjobs"] == [(str(below.job.uuid), [])]
    assert told["filenames"]["XYZOUT"] == str(outcome.files[0].path)
    assert (options["standardise"], options["jobStatus"]) == (False, "Finished")


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("Raises", "KeyError: 'no such element'"),
        ("Exits", "SystemExit: 3"),
        ("EndsTheProcess", "it called os._exit(3)"),
        ("AsksADatabase", "there is no database"),
        ("NotAClass", "TypeError"),
        ("None", "has no attribute 'None'"),
    ],
)
def test_a_class_that_fails_is_one_line_of_the_report(made, session, kind, reason):
    made(kind)
    report = session.report("demo")
    (problem,) = report.problems
    assert problem.startswith("The graphs of CCP4i2's report could not be read: job 1 (")
    assert reason in problem
    assert not report.jobs[0].graphs
    assert reason.partition("'")[0] in page.render(report, scripts=False)


def test_many_classes_that_fail_are_one_line_without_the_jobs_that_failed(made, session):
    for number in range(1, 6):
        made("Raises", str(number))
    made("Raises", "6", **failed("why"))
    (problem,) = session.report("demo").problems
    assert problem.endswith("job 3 (KeyError: 'no such element'), and 2 more.")


def test_what_a_class_prints_is_dropped(made, capfd):
    assert len(report_graphs(made("Prints"), limit_s=PATIENCE_S).graphs) == 2
    assert capfd.readouterr() == ("", "")


def test_a_class_that_never_ends_is_stopped_and_not_called_again(made, session, monkeypatch):
    monkeypatch.setattr(collect, "JOB_LIMIT_S", 0.2)
    made("NeverEnds")
    report_classes.stopped.clear()
    for _ in range(2):
        (problem,) = session.report("demo").problems
        assert "job 1 (TimeoutError: it took longer than 0.2 s)" in problem
    assert report_classes.stopped == [True]


def test_no_further_graphs_are_read_if_there_is_no_more_time_or_room(made, session, monkeypatch):
    made("Works", "1")
    made("Works", "2")
    monkeypatch.setattr(collect, "MOST_VALUES", 1)
    report = session.report("demo")
    assert [len(one.graphs) for one in report.jobs] == [2, 0]
    assert "job 2 and those after it" in report.problems[0]
    monkeypatch.setattr(collect, "REPORT_LIMIT_S", 0)
    assert "job 1 and those after it" in session.report("demo").problems[0]


def test_graphs_are_cut_to_what_can_be_looked_at(made):
    found = report_graphs(made("Huge"), limit_s=PATIENCE_S).graphs
    graph = found[0]
    assert len(found) == 2
    assert len(report_graphs(made("Many"), limit_s=PATIENCE_S).graphs) == module.MOST_GRAPHS
    assert (len(graph.columns), len(graph.rows), graph.more_rows) == (50, 2_000, 500)
    assert (len(graph.plots), len(graph.plots[0].lines)) == (12, 12)
    assert max(len(text) for text in (graph.title, *graph.columns)) == 200


def test_a_report_that_contains_itself_has_each_graph_once(made):
    assert len(report_graphs(made("Circle"), limit_s=PATIENCE_S).graphs) == 2


def test_values_that_are_no_numbers_are_texts_or_empty(made):
    (graph,) = report_graphs(made("Odd"), limit_s=PATIENCE_S).graphs
    assert graph.title == graph.columns[0] == ""
    assert [row[0] for row in graph.rows] == [1.0, None, None, None, None, "True"]
    assert [row[1] for row in graph.rows[:3]] == ["<script>", "<i>", "b'bytes'"]
    spec = plots.of_graph(graph, graph.plots[0])
    assert json.loads(json.dumps(spec, allow_nan=False)) == spec


@pytest.mark.parametrize(
    ("xml", "fault"),
    [
        (None, ""),
        ("<a>", "is not XML"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "declares a document type"),
    ],
)
def test_only_plain_xml_is_given_to_a_class(made, xml, fault):
    found = report_graphs(made("Works", xml=xml), limit_s=PATIENCE_S)
    assert not found.graphs
    assert fault in found.fault if fault else not found.fault


def test_a_file_that_has_changed_is_read_again(made):
    outcome = made("Works")
    assert len(report_graphs(outcome, limit_s=PATIENCE_S).graphs[0].rows) == 3
    path = outcome.job.directory / "program.xml"
    path.write_text("<Refinement><cycle n='1' r='0.3'/></Refinement>")
    os.utime(path, (1, 1))
    assert len(report_graphs(outcome, limit_s=PATIENCE_S).graphs[0].rows) == 2


def test_jobs_that_run_and_those_of_large_reports_have_no_graphs(made, open_with, project, monkeypatch):
    states = ({"status": JobStatus.RUNNING, "finished_at": None}, failed("why"), {})
    outcomes = [made("Works", str(at + 1), **fields) for at, fields in enumerate(states)]

    def read_outcomes():
        return outcomes

    session = open_with(reader=tiny(read_outcomes))
    assert [len(one.graphs) for one in session.report(project).jobs] == [0, 2, 2]
    monkeypatch.setattr(collect, "FEW_JOBS", 2)
    report = session.report(project)
    assert ([len(one.graphs) for one in report.jobs], report.problems) == ([0, 0, 0], ())


def test_the_page_draws_the_plots_and_has_their_values(made, session):
    made("Works")
    said = contents(session.report("demo"))
    (job,) = said["details"]
    assert [figure["plot"] for graph in job["graphs"] for figure in graph["figures"]] == [0, 1, 2]
    specs = [one["spec"] for one in said["plots"]]
    assert specs[0]["data"]["values"] == [{"c0": 1.0, "c1": 0.3}, {"c0": 2.0, "c1": None}, {"c0": 3.0, "c1": None}]
    encoding = specs[0]["layer"][0]["layer"][0]["encoding"]
    assert encoding["x"]["axis"] == {"tickMinStep": 1, "format": "d"}
    assert encoding["y"]["scale"] == {"zero": False, "nice": False, "domainMin": 0.1, "domainMax": 0.5}
    # The table has resolutions, not 1/d².
    assert [row[0]["text"] for row in job["graphs"][1]["table"]["rows"]] == ["2", "4", ""]
    with_scripts, without = (page.render(session.report("demo"), scripts=scripts) for scripts in (True, False))
    assert with_scripts.count('<div class="plot"') == 3
    assert "vega" in with_scripts
    assert ('<div class="plot"' in without, "Values: Cycles" in without) == (False, True)


def test_columns_without_values_are_not_plotted():
    lines = tuple(GraphLine(kind=LineKind.LINE, x=0, y=y, label=f"column {y}") for y in (1, 2))
    axis = GraphAxis()
    plot = GraphPlot(title="", lines=lines, x=axis, y=axis, right=axis)
    graph = ReportGraph(title="", columns=("x", "y", "none"), rows=((1.0, 2.0, None), (None, None, 3.0)), plots=(plot,))
    assert plots.of_graph(graph, plot)["description"] == "column 1"
    assert plots.of_graph(replace(graph, rows=()), plot) is None


def test_a_page_without_graphs_has_no_scripts_for_them(session, project):
    recorded(project.directory, "1")
    assert "vega" not in page.render(session.report("demo"))


SERVALCAT = """<SERVALCAT><SERVALCAT_FIRST>{cycles}</SERVALCAT_FIRST></SERVALCAT>"""
CYCLE = """<cycle><Ncyc>{n}</Ncyc><data><summary><minusLL>{ll}</minusLL><Rwork>{r}</Rwork><Rfree>{free}</Rfree>
<CCFworkavg>0.8</CCFworkavg><CCFfreeavg>0.7</CCFfreeavg></summary></data></cycle>"""


def test_the_report_class_of_ccp4i2_needs_no_database(project):
    """The class of servalcat, with what its program writes in each cycle."""
    outcome = with_job(recorded(project.directory, "1"), task="servalcat")
    cycles = "".join(CYCLE.format(n=n, ll=9_000 - n, r=0.3 - n / 100, free=0.35 - n / 100) for n in range(3))
    (outcome.job.directory / "program.xml").write_text(SERVALCAT.format(cycles=cycles))
    found = report_graphs(outcome, limit_s=PATIENCE_S)
    assert found.fault == ""
    graph = found.graphs[0]
    assert graph.columns[:3] == ("Cycle", "-LL", "Rwork")
    assert [row[graph.columns.index("Rfree")] for row in graph.rows] == pytest.approx([0.35, 0.34, 0.33])
    assert {"R-values", "-LL"} <= {plot.title for plot in graph.plots}
