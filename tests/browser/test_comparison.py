"""The page of a comparison in a real browser: it asks for nothing, complains about nothing, and is accessible."""

import pytest
from unit.reports.samples import failed, recorded

from ccp4hooks import ParameterValue
from ccp4hooks.reports import comparison_page


@pytest.fixture
def compared(session, project):
    """Twelve jobs with KPIs, and parameters and inputs that differ; the last one has failed."""
    text = "</td><img src=x onerror=alert(1)>\u2028" + "x" * 10_000
    for n in range(1, 12):
        made = (ParameterValue(name="NCYCLES", value=n, default=10), ParameterValue(name="TEXT", value=f"{text}{n}"))
        kpis = {"RFree": 0.3 - n / 1000, "completeness": 99.0, "a.very.long.key.that.nobody.can.read": "P 1"}
        recorded(project.directory, str(n), kpis=kpis, parameters=made, imports=["native.mtz"], title=f"{text}{n}")
    recorded(project.directory, "12", reads=["1"], **failed("no licence"))
    return session.compare("demo", task="refine", sort="RFree")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_read_a_comparison(show, faults, compared, scheme):
    page = show(comparison_page.render(compared), color_scheme=scheme, java_script_enabled=False)
    assert page.get_by_role("columnheader").nth(1).text_content() == "11 reference"
    best = page.get_by_role("row", name="R-free").get_by_role("cell").first
    assert best.text_content() == "0.2890 \u2605 best"
    second = page.get_by_role("row", name="R-free").get_by_role("cell").nth(1)
    assert second.text_content() == "0.2900 +0.0010 worse"
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
