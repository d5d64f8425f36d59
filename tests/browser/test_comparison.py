"""The page of a comparison in a real browser: it asks for nothing, complains about nothing, and is accessible."""

from dataclasses import replace

import pytest
from unit.reports.samples import failed, recorded, rewrite

from ccp4hooks import ParameterValue
from ccp4hooks.reports.pages import comparison_page

A4_WIDTH = 718
"""Width of what is printed on a sheet of A4 with margins of 1 cm [pixels]."""

HIDDEN = """[...document.querySelectorAll(".scroll")]
    .filter((one) => one.scrollWidth > one.clientWidth || one.scrollHeight > one.clientHeight).length"""
"""Returns the number of boxes that do not show all of their content."""


@pytest.fixture
def compared(session, project):
    """Eight jobs with KPIs, and parameters and inputs that differ; the last one has failed."""
    text = "</td><img src=x onerror=alert(1)>\u2028" + "x" * 10_000
    for n in range(1, 8):
        made = (ParameterValue(name="NCYCLES", value=n, default=10), ParameterValue(name="TEXT", value=f"{text}{n}"))
        kpis = {"RFree": 0.3 - n / 1000, "completeness": 99.0, "a.very.long.key.that.nobody.can.read": "P 1"}
        recorded(project.directory, str(n), kpis=kpis, parameters=made, imports=["native.mtz"], title=f"{text}{n}")
    recorded(project.directory, "8", reads=["1"], **failed("no licence"))
    return session.compare("demo", task="refine", sort="RFree")


@pytest.fixture
def many(session, project):
    """Fifteen jobs with more KPIs and parameters that differ than fit beside each other."""
    for n in range(1, 16):
        kpis = {"RFree": 0.3 - n / 1000, **{f"kpi.number{at}": at * n for at in range(10)}}
        made = tuple(ParameterValue(name=f"A_PARAMETER_{at}", value=n * at, default=10) for at in range(1, 11))
        one = recorded(project.directory, str(n), kpis=kpis, parameters=made, imports=[f"native_data_{n}.mtz"])
        rewrite(one, imported=(replace(one.imported[0], md5=f"{n:032}"),))
    return session.compare("demo", task="refine", sort="RFree")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_read_a_comparison(show, faults, compared, scheme):
    page = show(comparison_page.render(compared), color_scheme=scheme, java_script_enabled=False)
    assert page.get_by_role("columnheader").nth(1).text_content() == "7 reference"
    best = page.get_by_role("row", name="R-free").get_by_role("cell").first
    assert best.text_content() == "0.2930 \u2605 best"
    second = page.get_by_role("row", name="R-free").get_by_role("cell").nth(1)
    assert second.text_content() == "0.2940 +0.0010 worse"
    assert faults(show(comparison_page.render(compared), color_scheme=scheme)) == []


@pytest.mark.parametrize("width", [360, 2560])
def test_a_comparison_fits_every_screen_and_its_names_stay_in_sight(show, compared, width):
    page = show(comparison_page.render(compared), width=width)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    name = page.get_by_role("rowheader", name="NCYCLES")
    before = name.bounding_box()
    page.get_by_role("region").evaluate("(one) => { one.scrollLeft = 300; }")
    assert name.bounding_box()["x"] == before["x"]
    assert before["width"] < width / 2


def test_many_jobs_are_rows_of_tables_that_fit_on_the_screen(show, faults, many):
    page = show(comparison_page.render(many), width=1200)
    names = [one.get_attribute("aria-label") for one in page.locator(".scroll").all()]
    parameters = ["Table: Parameters that differ, part 1", "Table: Parameters that differ, part 2"]
    kpis = ["Table: KPIs, part 1", "Table: KPIs, part 2"]
    assert names == [*kpis, *parameters, "Table: Inputs that differ", "Table of the jobs"]
    table = page.get_by_role("region", name="Table: KPIs, part 1")
    assert table.get_by_role("rowheader").all_text_contents()[:2] == ["15 reference", "14"]
    assert table.get_by_role("cell").first.text_content() == "0.2850 \u2605 best"
    assert page.evaluate(HIDDEN) == 0
    assert faults(page) == []


@pytest.mark.parametrize("which", ["compared", "many"])
def test_nothing_is_lost_on_paper(show, request, which):
    page = show(comparison_page.render(request.getfixturevalue(which)), width=A4_WIDTH, java_script_enabled=False)
    page.emulate_media(media="print")
    assert page.evaluate(HIDDEN) == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= A4_WIDTH


def test_the_table_has_no_limited_height(show, session, project):
    for n in range(1, 4):
        made = tuple(ParameterValue(name=f"P{at}", value=n) for at in range(60))
        recorded(project.directory, str(n), parameters=made)
    page = show(comparison_page.render(session.compare("demo", "1", "2", "3")))
    assert page.get_by_role("region").evaluate("(one) => one.scrollHeight - one.clientHeight") == 0
