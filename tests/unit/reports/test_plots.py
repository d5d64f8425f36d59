"""The plots of a report, and the scripts of others that draw them."""

import hashlib
import json

from unit.reports.samples import recorded

from ccp4hooks.reports.pages import document, page, plots

VENDOR = document.HERE / "static/vendor"


def test_the_scripts_of_others_are_those_of_the_manifest():
    manifest = json.loads((VENDOR / "manifest.json").read_text(encoding="utf-8"))
    listed = {name: checksum for entry in manifest.values() for name, checksum in entry["sha256"].items()}
    present = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in VENDOR.iterdir()}
    assert {**listed, "manifest.json": present["manifest.json"]} == present
    assert all(f"LICENSE-{name}.txt" in entry["sha256"] for name, entry in manifest.items())
    assert {entry["licence"] for entry in manifest.values()} == {"BSD-3-Clause", "ISC"}


def test_the_decisive_kpi_and_those_like_it_are_plotted_over_the_jobs(session, refined):
    spec = plots.over_jobs(session.report("demo"))
    assert spec["description"] == "R-free, R over the jobs"
    assert [(one["job"], one["kpi"], one["value"]) for one in spec["data"]["values"]] == [
        ("2", "R-free", 0.3),
        ("2", "R", 0.25),
        ("3", "R-free", 0.28),
        ("3", "R", 0.28 - 0.05),
        ("4", "R-free", 0.29),
        ("4", "R", 0.29 - 0.05),
    ]


def test_any_kpi_with_different_numbers_can_be_an_axis(session, project):
    recorded(project.directory, "1", kpis={"RFree": 0.3, "a.b[0]": 1, "same": 1, "note": "text"})
    recorded(project.directory, "2", kpis={"RFree": 0.2, "a.b[0]": 2, "once": 1, "same": 1, "note": "text"})
    recorded(project.directory, "3", kpis={"a.b[0]": 3})
    recorded(project.directory, "4")
    choice = plots.of_choice(session.report("demo"))
    assert choice["axes"] == [
        {"field": "order", "title": "Order of the jobs"},
        {"field": "k0", "title": "R-free"},
        {"field": "k1", "title": "a.b[0]"},
    ]
    assert [{name: row.get(name) for name in ("job", "order", "k0", "k1")} for row in choice["rows"]] == [
        {"job": "1", "order": 1, "k0": 0.3, "k1": 1},
        {"job": "2", "order": 2, "k0": 0.2, "k1": 2},
        {"job": "3", "order": 3, "k0": None, "k1": 3},
    ]


def test_a_page_without_plots_has_not_the_scripts_that_draw_them(session, project):
    recorded(project.directory, "1", kpis={"RFree": 0.3})
    made = page.render(session.report("demo"))
    assert (made.count("<script"), "vega" in made) == (2, False)


def test_kpis_of_sub_jobs_are_plotted_if_no_other_job_has_them(session, project):
    for number in ("1", "2"):
        recorded(project.directory, number, kpis={"nAtoms": 7})
        recorded(project.directory, f"{number}.1", kpis={"RFree": 0.1 * int(number)})
    report = session.report("demo")
    assert (report.best, plots.of_choice(report)) == (("1.1",), None)
    assert [one["job"] for one in plots.over_jobs(report)["data"]["values"]] == ["1.1", "2.1"]
    assert 'id="plot-0"' in page.render(report)


def test_no_title_of_an_axis_has_a_backslash_that_vega_would_take_for_the_beginning_of_an_escape(session, project):
    for number in ("1", "2"):
        recorded(project.directory, number, kpis={"RFree": 0.1 * int(number), 'a\\"b\n': int(number)})
    axes = plots.of_choice(session.report("demo"))["axes"]
    assert [one["title"] for one in axes] == ["Order of the jobs", "R-free", 'a\N{SET MINUS}"b\N{SET MINUS}n']
