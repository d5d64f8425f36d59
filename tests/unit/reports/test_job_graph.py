"""The graph of jobs: its parts, its lines on a terminal, and its files."""

import json
import re
from dataclasses import replace

import pytest
from click.testing import CliRunner
from unit.reports.samples import failed, recorded
from unit.reports.test_graph import graph_of
from unit.reports.test_page import HOSTILE

from ccp4hooks import BadInputError, FileLink, JobStatus, UnknownNameError
from ccp4hooks.cli import cli
from ccp4hooks.cli.graph_lines import graph_lines
from ccp4hooks.reports.data import graph_tree
from ccp4hooks.reports.pages import graph_formats, graph_page
from ccp4hooks.store import JobNumber

ENTITY = re.compile(r"#(\d+);")


def numbers(shown):
    return [str(one.number) for one in shown.jobs]


def read(shown):
    return [(str(link.made_by or link.path.name), str(link.job)) for link in shown.links]


@pytest.fixture
def call(project, monkeypatch):
    """Calls the command line without a database."""
    monkeypatch.setenv("CCP4I2_PROJECTS_DIR", str(project.directory.parent))
    monkeypatch.setenv("CCP4HOOKS_PLUGINS", "no:database")

    def run(*words, code=0):
        done = CliRunner().invoke(cli, words)
        assert done.exit_code == code, done.output
        return done

    return run


def test_a_graph_has_the_jobs_with_their_sub_jobs_folded_and_the_files_with_their_parameters(session, refined):
    shown = session.graph("demo")
    assert (shown.job, shown.decisive.key, numbers(shown)) == (None, "RFree", ["1", "2", "3", "4", "5"])
    assert [one.sub_jobs for one in shown.jobs] == [0, 1, 1, 1, 0]
    assert [shown.titled_value(one) for one in shown.jobs[1:3]] == ["R-free 0.3000", "R-free 0.2800"]
    assert [str(one.number) for one in shown.jobs if one.is_best] == ["3"]
    assert {link.path.name: link.short_parameter for link in shown.links} == {
        "native.mtz": "HKLIN",
        "XYZOUT.pdb": "XYZIN",
    }


def test_the_graph_of_a_job_has_what_led_to_it_and_what_it_led_to(session, refined):
    both = session.graph("demo", "3.1")
    assert (both.job, numbers(both)) == ("3", ["1", "2", "3", "4"])
    up = session.graph("demo", "3", down=False)
    assert numbers(up) == ["1", "2", "3"]
    assert read(up) == [("native.mtz", "1"), ("native.mtz", "2"), ("1", "2"), ("native.mtz", "3"), ("2", "3")]
    down = session.graph("demo", "2", up=False)
    assert (numbers(down), read(down)) == (["2", "3", "4", "5"], [("2", "3"), ("3", "4"), ("2", "5")])
    for unknown in ("99", "1.1"):
        with pytest.raises(UnknownNameError, match=f"Unknown job '{unknown}'"):
            session.graph("demo", unknown)


def test_no_outcome_of_plugins_and_no_log_is_asked_for(open_with, refined):
    from ccp4hooks import hookimpl

    called = []

    @hookimpl
    def report_section(outcomes):
        called.append(outcomes)
        return []

    session = open_with(tiny=type("Tiny", (), {"report_section": staticmethod(report_section)})())
    session.graph("demo")
    session.kpi_plot("demo", "RFree")
    assert called == []


def drawn(tmp_path, jobs, links):
    return [f"{row.rail}{row.job.number}" for row in graph_tree.rows(graph_of(tmp_path, jobs, links))]


def test_a_chain_is_one_column_and_what_branches_off_stands_to_its_right(tmp_path):
    links = [(2, 1), (3, 2), (4, 3), (5, 2), (6, 5), (7, 3), (9, 1)]
    assert drawn(tmp_path, range(1, 10), links) == [
        "┌ 1",
        "├── 9",
        "├ 2",
        "├─┬ 5",
        "│ └ 6",
        "├ 3",
        "├── 4",
        "└ 7",
        "─ 8",
    ]


def test_a_job_stands_below_that_with_the_longest_way_before_it(tmp_path):
    assert drawn(tmp_path, [1, 2, 3, 4], [(2, 1), (3, 1), (3, 2), (4, 1), (4, 3)]) == ["┌ 1", "├ 2", "├ 3", "└ 4"]


def test_a_job_that_ran_again_and_has_read_a_later_one_is_drawn_once(tmp_path):
    assert drawn(tmp_path, [1, 2], [(2, 1), (1, 2)]) == ["┌ 1", "└ 2"]
    shown = graph_of(tmp_path, [1, 2], [(2, 1), (1, 2)])
    assert [line.plain for line in graph_lines(shown, up=True, down=True)][1:] == [
        "┌ 1 refine  FINISHED  ← 2",
        "└ 2 refine  FINISHED  ← 1",
    ]


def trees(count):
    """Links of trees in which each job leads to two others, and in which all lead to others in turn: the deepest."""
    return [(at, at // 2) for at in range(2, count + 1)]


@pytest.mark.parametrize("count", [5, 50, 500])
@pytest.mark.parametrize(
    "links",
    [
        lambda count: [(at, at - 1) for at in range(2, count + 1)],
        lambda count: [(at, 1) for at in range(2, count + 1)],
        trees,
    ],
)
def test_any_number_of_jobs_fits_a_terminal(tmp_path, monkeypatch, count, links):
    shown = graph_of(tmp_path, range(1, count + 1), links(count))
    shown = replace(shown, jobs=tuple(replace(one, title="A title that is long " * 5) for one in shown.jobs))
    rows = graph_tree.rows(shown)
    assert sorted(int(row.job.number) for row in rows) == list(range(1, count + 1))
    monkeypatch.setattr("ccp4hooks.cli.graph_lines.terminal_width", lambda: 80)
    lines = graph_lines(shown, up=True, down=True)
    assert len(lines) == count + 1
    assert max(line.cell_len for line in lines) <= 80


def test_what_does_not_fit_in_the_line_of_a_job_stands_below_it(tmp_path, monkeypatch):
    monkeypatch.setattr("ccp4hooks.cli.graph_lines.terminal_width", lambda: 40)
    shown = graph_of(tmp_path, range(1, 31), [*((30, at) for at in range(1, 30)), (30, "native.mtz")])
    lines = [line.plain for line in graph_lines(shown, up=True, down=True)]
    assert lines[-5:] == [
        "└ 30 refine  FINISHED",
        "      ← 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,",
        "        11, 12, 13, 14, 15, 16, 17, 18,",
        "        19, 20, 21, 22, 23, 24, 25, 26,",
        "        27, 28, 29, native.mtz",
    ]


def test_the_terminal_shows_each_job_in_a_line_and_the_files_around_a_job(call, refined):
    assert call("graph", "demo").stdout.splitlines() == [
        "Project demo: 5 jobs",
        "* the best by R-free",
        "┌ 1 refine  FINISHED  ← native.mtz",
        "├ 2 refine  FINISHED  R-free 0.3000  1 sub-job  ← 1, native.mtz",
        "├── 5 refine  FAILED  ← 2",
        "├ 3 refine  FINISHED  R-free 0.2800*  1 sub-job  ← 2, native.mtz",
        "└ 4 refine  FINISHED  R-free 0.2900  1 sub-job  ← 3, native.mtz",
    ]
    assert call("graph", "5", "--project", "demo", "--up").stdout.splitlines() == [
        "Job 5 of the project demo, what led to it: 3 jobs",
        "┌ 1 refine  FINISHED",
        "│     HKLIN ← native.mtz, imported",
        "├ 2 refine  FINISHED  R-free 0.3000  1 sub-job",
        "│     HKLIN ← native.mtz, imported",
        "│     XYZIN ← XYZOUT.pdb, job 1",
        "└ 5 refine  FAILED",
        "      XYZIN ← XYZOUT.pdb, job 2",
    ]


def test_a_job_that_is_not_recorded_is_named(call, project):
    recorded(project.directory, "5", reads=["3"])
    assert "┌" not in call("graph", "demo").stdout
    assert call("graph", "demo").stdout.splitlines()[-1] == "─ 5 refine  FINISHED  ← 3 (not recorded)"
    assert call("graph", "demo", "5").stdout.splitlines()[-1] == "      XYZIN ← XYZOUT.pdb, job 3 (not recorded)"


def test_a_project_without_jobs_has_an_empty_graph(call, project):
    project.jobs_directory.mkdir(parents=True)
    done = call("graph", "demo")
    assert done.stdout == "Project demo: 0 jobs\n"
    assert done.stderr == "The project demo has no jobs.\n"
    call("graph", "demo", "-o", str(project.directory / "x.html"))
    assert "This project has no jobs." in (project.directory / "x.html").read_text(encoding="utf-8")


def test_the_ending_of_a_file_tells_the_format(call, refined, tmp_path):
    said = json.loads(call("graph", "demo", "2", "--json").stdout)
    for ending, text in {
        "html": "<title>demo",
        "dot": "digraph",
        "mmd": "flowchart",
        "csv": "job,parameter,file,made_by",
        "json": '"made_at"',
    }.items():
        path = tmp_path / f"x.{ending}"
        assert call("graph", "demo", "2", "-o", str(path)).stdout == f"{path}\n"
        assert text in path.read_text(encoding="utf-8")
    written = json.loads((tmp_path / "x.json").read_text(encoding="utf-8"))
    assert {**written, "made_at": ""} == {**said, "made_at": ""}
    assert [link["parameter"] for link in said["links"]][:2] == ["inputData.HKLIN"] * 2
    assert ".html, .dot, .mmd, .csv or .json" in call("graph", "demo", "-o", "x.pdf", code=4).stderr
    assert call("graph", "demo", "2", "--csv").stdout == (tmp_path / "x.csv").read_text(encoding="utf-8")
    for words in (("graph", "demo", "--up"), ("graph", "demo", "1", "2"), ("graph", "demo", "--csv", "--json")):
        call(*words, code=2)


def test_only_an_earlier_page_is_replaced_unless_force_is_given(call, refined, tmp_path):
    foreign = tmp_path / "foreign.html"
    foreign.write_text("mine")
    for name in ("x.html", "x.dot"):
        call("graph", "demo", "-o", str(tmp_path / name))
    call("graph", "demo", "-o", str(tmp_path / "x.html"))
    assert "is no report of ccp4hooks" in call("graph", "demo", "-o", str(foreign), code=4).stderr
    assert "exists already" in call("graph", "demo", "-o", str(tmp_path / "x.dot"), code=4).stderr
    assert foreign.read_text() == "mine"
    for name in ("foreign.html", "x.dot"):
        call("graph", "demo", "-f", "-o", str(tmp_path / name))
    assert "is not an existing directory" in call("graph", "demo", "-o", str(tmp_path / "no/x.dot"), code=4).stderr
    (tmp_path / "folder.dot").mkdir()
    assert "is a directory" in call("graph", "demo", "-f", "-o", str(tmp_path / "folder.dot"), code=4).stderr


# --- texts from data ----------------------------------------------------------------------------------------------


def hostile_graph(session, project, text):
    recorded(project.directory, "1", imports=["a.mtz"])
    recorded(project.directory, "2", reads=["1"], **failed("x"))
    shown = session.graph("demo")
    path = shown.links[0].path.with_name(re.sub(r"[/\x00]", "_", text)[:60])
    return replace(
        shown,
        project=replace(shown.project, name=text),
        jobs=tuple(replace(one, task=text, title=f"{text} {one.number}") for one in shown.jobs),
        links=tuple(replace(link, path=path, parameter=text) for link in shown.links),
    )


STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
"""A text in quotes, as Graphviz reads it."""


@pytest.mark.parametrize(
    "text", [*HOSTILE.values(), 'a"b', "a\\", "\\N \\G", "&lt;b&gt;", "#35;", "a\nb", "]]-->", "%%{init}%%"]
)
def test_no_text_changes_a_graph_for_graphviz_or_mermaid(session, project, text):
    shown = hostile_graph(session, project, text)
    plain = hostile_graph(session, project, "x")
    for make in (graph_formats.dot, graph_formats.mermaid):
        made = make(shown)
        assert made.isascii() or made.encode().decode() == made
        assert len(made.splitlines()) == len(make(plain).splitlines())
    skeleton = STRING.sub("", graph_formats.dot(shown))
    assert skeleton == STRING.sub("", graph_formats.dot(plain))
    for said in STRING.findall(graph_formats.dot(shown)):
        assert "&" not in said.replace("&amp;", "")
        assert set(re.findall(r"\\(.)", said)) <= {"n", '"', "\\"}
    assert re.sub(r'"[^"]*"', "", graph_formats.mermaid(shown)) == re.sub(r'"[^"]*"', "", graph_formats.mermaid(plain))
    for said in re.findall(r'"([^"]*)"', graph_formats.mermaid(shown)):
        left = ENTITY.sub("", said.replace("<br/>", ""))
        assert all(one.isalnum() or one in graph_formats.PLAIN for one in left)


def test_the_texts_of_a_graph_can_be_read_back():
    text = 'a "b" \\N &lt; <script> \u05e9\u05dc #35;'
    said = graph_formats.mermaid_text(text)
    assert ENTITY.sub(lambda found: chr(int(found[1])), said) == text
    quoted = graph_formats.dot_text(text)[1:-1]
    assert quoted.replace('\\"', '"').replace("\\\\", "\\").replace("&amp;", "&") == text


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_no_text_changes_the_page_or_the_terminal(session, project, text):
    shown = hostile_graph(session, project, text)
    page = graph_page.render(shown)
    assert (page.count("<script"), page.count("</script>"), page.count("alert(1)</")) == (2, 2, 0)
    assert all(line.plain.isprintable() for line in graph_lines(shown, up=True, down=True))


def test_statuses_and_the_best_job_are_told_without_colours(tmp_path):
    shown = graph_of(tmp_path, [1, 2], [(2, 1)])
    first, second = shown.jobs
    shown = replace(
        shown, jobs=(replace(first, is_best=True), replace(second, has_died=True, status=JobStatus.RUNNING))
    )
    for make in (graph_formats.dot, graph_formats.mermaid):
        assert "the best" in make(shown)
        assert "PROCESS HAS DIED" in make(shown)


def test_an_unknown_ending_is_refused_by_the_session_too(session, refined, tmp_path):
    with pytest.raises(BadInputError, match="does not tell the format"):
        session.write_graph(session.graph("demo"), tmp_path / "x")


def test_a_file_of_a_job_outside_of_the_graph_is_no_line_from_an_import(tmp_path):
    link = FileLink(job=JobNumber("2"), path=tmp_path / "x", made_by=JobNumber("1"), parameter="inputData.XYZIN")
    shown = replace(graph_of(tmp_path, [2], []), links=(link,))
    assert 'job1 -> job2 [label="XYZIN: x"];' in graph_formats.dot(shown)
    assert "job1([" in graph_formats.mermaid(shown)


def test_a_table_has_a_line_for_each_file_that_a_job_has_read(session, refined):
    lines = [line.split(",") for line in graph_formats.csv_table(session.graph("demo", "3", down=False)).splitlines()]
    assert ["2", "XYZIN", str(refined.job_directory("1") / "XYZOUT.pdb"), "1"] in lines
    assert ["3", "HKLIN", str(refined.imports_directory / "native.mtz"), ""] in lines
    assert {line[0] for line in lines[1:]} == {"1", "2", "3"}


def test_the_best_job_is_named_beside_the_report(call, refined):
    assert json.loads(call("report", "demo", "--json").stdout)["best"] == ["3"]
