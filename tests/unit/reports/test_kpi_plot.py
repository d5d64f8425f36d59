"""The plot of a KPI: which values it has, and how they are drawn and written."""

import csv
import json
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
from click.testing import CliRunner
from unit.reports.samples import failed, recorded
from unit.reports.test_page import HOSTILE

from ccp4hooks import BadInputError, UnknownNameError
from ccp4hooks.cli import cli
from ccp4hooks.cli.terminal_plot import terminal_plot, ticks
from ccp4hooks.reports.pages import kpi_values, plots


def values(plot):
    return {str(one.number): one.values for one in plot.jobs}


@pytest.fixture
def call(project, monkeypatch):
    """Calls the command line without a database."""
    monkeypatch.setenv("CCP4I2_PROJECTS_DIR", str(project.directory.parent))
    monkeypatch.setenv("CCP4HOOKS_PLUGINS", "no:database")
    monkeypatch.setenv("CCP4HOOKS_PROJECT", "demo")

    def run(*words, code=0):
        done = CliRunner().invoke(cli, ("plot", *words))
        assert done.exit_code == code, done.output
        return done

    return run


def test_one_kpi_is_plotted_over_the_jobs_in_their_order(session, refined):
    plot = session.kpi_plot("demo", "RFree")
    assert (plot.title, values(plot)) == ("R-free over the jobs", {"2": (0.3,), "3": (0.28,), "4": (0.29,)})
    spec = plots.of_values(plot)
    assert [one["job"] for one in spec["data"]["values"]] == ["2", "3", "4"]
    assert (spec["encoding"]["y"]["title"], "color" in spec["encoding"]) == ("R-free", False)


def test_two_kpis_are_plotted_the_first_against_the_second(session, refined):
    plot = session.kpi_plot("demo", "RFree", "R")
    assert (plot.title, values(plot)["2"]) == ("R-free against R", (0.3, 0.25))
    spec = plots.of_values(plot)
    assert (spec["encoding"]["y"]["title"], spec["encoding"]["x"]["title"]) == ("R-free", "R")
    assert spec["data"]["values"][0] == {"job": "2", "title": "refine", "y": 0.3, "x": 0.25}


def test_along_a_job_are_this_job_and_those_that_led_to_it(session, refined):
    plot = session.kpi_plot("demo", "RFree", along="3.1")
    assert (plot.title, list(values(plot))) == ("R-free along the jobs that led to job 3", ["2", "3"])
    with pytest.raises(UnknownNameError, match="Unknown job '99'"):
        session.kpi_plot("demo", "RFree", along="99")


@pytest.mark.parametrize("word", ["RFree", "R-free", "r-FREE"])
def test_a_kpi_is_named_by_its_key_or_its_title(session, refined, word):
    assert [one.key for one in session.kpi_plot("demo", word).kpis] == ["RFree"]


def test_an_unknown_kpi_is_an_error_with_the_nearest_names(session, refined):
    with pytest.raises(UnknownNameError, match=r"has the KPI 'RFre'; did you mean RFree"):
        session.kpi_plot("demo", "RFre")
    with pytest.raises(BadInputError, match="two different ones"):
        session.kpi_plot("demo", "RFree", "R-free")


def test_a_kpi_that_is_a_text_is_told(session, refined):
    with pytest.raises(BadInputError, match="note is no number: in job 2 it is 'P 1'"):
        session.kpi_plot("demo", "note")
    with pytest.raises(BadInputError, match="note is no number"):
        session.kpi_plot("demo", "RFree", "note")


def test_jobs_without_both_numbers_and_jobs_that_failed_are_left_out_and_named(session, project):
    recorded(project.directory, "1", kpis={"a": 1, "b": 2})
    recorded(project.directory, "2", kpis={"a": 2})
    recorded(project.directory, "3", kpis={"a": 3, "b": "text"})
    recorded(project.directory, "4", kpis={"a": 4, "b": 3}, **failed("x"))
    recorded(project.directory, "5", kpis={"a": 5, "b": True})
    recorded(project.directory, "6", kpis={"a": 2, "b": 5})
    plot = session.kpi_plot("demo", "a", "b")
    assert list(values(plot)) == ["1", "6"]
    assert plot.left_out == (
        "Left out, because they have not finished: job 4.",
        "Left out, because they have no number for both KPIs: job 2, job 3, job 5.",
    )
    with pytest.raises(
        BadInputError, match=r"No job that led to job 4 has a number for b\. Left out, .*finished: job 4"
    ):
        session.kpi_plot("demo", "b", along="4")


def test_sub_jobs_are_plotted_if_no_other_job_has_the_kpi(session, project):
    for number in ("1", "2"):
        recorded(project.directory, number)
        recorded(project.directory, f"{number}.1", kpis={"RFree": 0.1 * int(number)})
    assert list(values(session.kpi_plot("demo", "RFree"))) == ["1.1", "2.1"]


def test_one_value_is_data_but_no_plot(call, project):
    recorded(project.directory, "1", kpis={"RFree": 0.3})
    assert call("RFree", "--csv").stdout == "number,task,title,RFree\n1,refine,refine,0.3\n"
    said = "Only job 1 can be plotted (R-free 0.3000). A plot needs two jobs or more."
    for words in ((), ("-o", str(project.directory / "x.html")), ("-o", str(project.directory / "x.png"))):
        assert said in call("RFree", *words, code=4).stderr
    assert not (project.directory / "x.html").exists()


def test_a_project_without_jobs_has_no_kpi(call, project):
    project.jobs_directory.mkdir(parents=True)
    assert "No job of the project demo has the KPI 'RFree'" in call("RFree", code=4).stderr


def test_the_terminal_has_the_values_and_what_is_left_out(call, refined):
    recorded(refined.directory, "6", kpis={"RFree": 0.5}, **failed("x"))
    done = call("RFree")
    lines = done.stdout.splitlines()
    assert lines[0] == "Project demo: R-free over the jobs"
    assert sum(line.count("o") for line in lines[1:-1]) == 3
    assert (lines[-2].split(), lines[-1].split()) == (["2", "3", "4"], ["R-free", "Job"])
    assert max(map(len, lines)) <= 80
    assert done.stderr.splitlines() == [
        "Left out, because they have not finished: job 5, job 6.",
        "Left out, because they have no number for the KPI: job 1.",
    ]
    across = call("RFree", "R").stdout.splitlines()
    assert across[-1].split() == ["R-free", "R"]


def test_several_kpis_are_plotted_over_the_jobs_together(call, session, refined, tmp_path):
    plot = session.kpi_plot("demo", "RFree", "R", together=True)
    assert (plot.title, plot.is_over_jobs, values(plot)["2"]) == ("R-free, R over the jobs", True, (0.3, 0.25))
    spec = plots.of_values(plot)
    assert [(one["job"], one["kpi"]) for one in spec["data"]["values"]][:3] == [
        ("2", "R-free"),
        ("2", "R"),
        ("3", "R-free"),
    ]
    lines = call("RFree", "R", "--together").stdout.splitlines()
    assert lines[:2] == ["Project demo: R-free, R over the jobs", "o R-free  x R"]
    assert [sum(line.count(mark) for line in lines[2:-1]) for mark in "ox"] == [3, 3]
    for ending in ("svg", "html"):
        call("RFree", "R", "--together", "-o", str(tmp_path / f"x.{ending}"))
    assert (tmp_path / "x.svg").read_text(encoding="utf-8").count(">R-free<") == 1
    assert call("RFree", "R", "--together", "--csv").stdout.splitlines()[:2] == [
        "number,task,title,RFree,RFactor",
        "2,refine,refine,0.3,0.25",
    ]
    assert "one to 6 different KPIs" in call("RFree", "R", "RFree", "--together", code=4).stderr
    call("RFree", "R", "note", code=2)


def test_a_picture_has_a_title_and_the_number_of_each_job_in_a_place_of_its_own(session, project):
    for at, (free, work) in enumerate([(0.3, 0.25), *((0.2801 + n / 1e4, 0.2301 + n / 1e4) for n in range(4))]):
        recorded(project.directory, str(at + 1), kpis={"RFree": free, "RFactor": work})
    picture = ET.fromstring(kpi_values.picture(session.kpi_plot("demo", "RFree", "R"), is_png=False))  # noqa: S314 - ours
    texts = [one for one in picture.iter() if one.tag.endswith("text")]
    assert {"R-free against R", "Project demo"} <= {one.text for one in texts}
    places = {one.text: one.get("transform") for one in texts if one.text in "12345" and one.get("opacity") != "0"}
    assert sorted(places) == list("12345")
    assert len({*places.values()}) == 5


@pytest.mark.parametrize("values", [[0.3, 0.28, 0.2551], [95, 100], [0, 1], [-0.29, 0.29], [1e-9, 3e-9], [1e9, 7e9]])
def test_an_axis_in_the_terminal_has_round_numbers_around_all_values(values):
    found = ticks(values)
    assert 3 <= len(found) <= 8
    assert min(found) <= min(values)
    assert max(found) >= max(values) - 1e-12 * abs(max(values))
    assert all(float(text) == pytest.approx(one) for one, text in found.items())


def test_every_job_is_named_below_a_plot_if_there_is_room(call, project):
    for number in range(1, 12):
        recorded(project.directory, str(number), kpis={"RFree": 0.3 - number / 100})
    assert call("RFree").stdout.splitlines()[-2].split() == [str(one) for one in range(1, 12)]
    assert sum(line.count("o") for line in call("RFree").stdout.splitlines()[1:-1]) == 11


@pytest.mark.parametrize("numbers", [[1, 1], [1e-300, 1e300], [-1, 0, 1], [0.1] * 500, list(range(500))])
def test_any_numbers_can_be_drawn(session, project, numbers):
    recorded(project.directory, "1", kpis={"RFree": 1})
    recorded(project.directory, "2", kpis={"RFree": 2})
    plot = session.kpi_plot("demo", "RFree")
    jobs = tuple(replace(plot.jobs[0], number=plot.jobs[0].number, values=(float(one),)) for one in numbers)
    lines = terminal_plot(replace(plot, jobs=jobs))
    assert len(lines) == 21
    assert max(line.cell_len for line in lines) <= 80


def test_the_ending_of_a_file_tells_the_format(call, refined, tmp_path):
    for name in ("x.html", "x.svg", "x.png", "x.csv", "x.json"):
        assert call("RFree", "R", "-o", str(tmp_path / name)).stdout == f"{tmp_path / name}\n"
    assert ET.fromstring((tmp_path / "x.svg").read_text(encoding="utf-8")).tag.endswith("svg")  # noqa: S314 - ours
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")
    with (tmp_path / "x.csv").open(encoding="utf-8", newline="") as stream:
        assert next([row["number"], row["RFree"]] for row in csv.DictReader(stream)) == ["2", "0.3"]
    said = json.loads(call("RFree", "R", "--json").stdout)
    written = json.loads((tmp_path / "x.json").read_text(encoding="utf-8"))
    assert {**written, "made_at": ""} == {**said, "made_at": ""}
    assert said["jobs"][0]["values"] == [0.3, 0.25]
    assert 'id="plot-0"' in (tmp_path / "x.html").read_text(encoding="utf-8")
    assert "exists already" in call("RFree", "-o", str(tmp_path / "x.csv"), code=4).stderr
    assert "exists" not in call("RFree", "-f", "-o", str(tmp_path / "x.csv")).stderr
    assert ".html, .svg, .png, .csv or .json" in call("RFree", "-o", "x.pdf", code=4).stderr
    for words in (("RFree", "--csv", "--json"), ("a", "b", "c"), ()):
        call(*words, code=2)


def test_without_the_libraries_the_error_says_what_to_install(call, refined, tmp_path, monkeypatch):
    for name in ("plotext", "vl_convert"):
        monkeypatch.setitem(sys.modules, name, None)
    for words in ((), ("-o", str(tmp_path / "x.svg"))):
        assert "pip install 'ccp4hooks[plot]'" in call("RFree", *words, code=4).stderr
    call("RFree", "-o", str(tmp_path / "x.html"))


@pytest.mark.parametrize("text", [*HOSTILE.values(), 'a\\"b'])
def test_no_text_changes_a_plot(session, refined, text):
    plot = session.kpi_plot("demo", "RFree")
    plot = replace(
        plot,
        kpis=(replace(plot.kpis[0], key=text, title=text, unit=text),),
        jobs=tuple(replace(one, task=text, title=text) for one in plot.jobs),
        project=replace(plot.project, name=text),
    )
    made = kpi_values.page(plot)
    assert made.count("<script") == made.count("</script>") == 5
    assert all(line.plain.isprintable() for line in terminal_plot(plot))
    assert len(list(csv.reader(kpi_values.csv_table(plot).splitlines()))) == 4
    picture = ET.fromstring(kpi_values.picture(plot, is_png=False))  # noqa: S314 - ours
    assert not [one for one in picture.iter() if one.tag.endswith("script")]
