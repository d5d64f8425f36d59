"""The pages of a graph and of a plot in a real browser."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from unit.reports.samples import chain, failed, recorded

from ccp4hooks.reports.pages import graph_page, kpi_values


def faults(page):
    """What axe-core finds, one line each."""
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in Axe().run(page).response["violations"]]


@pytest.fixture
def refined(project):
    return chain(project.directory)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_graph_of_a_job_has_chosen_it_and_lists_the_files(show, session, refined, scheme):
    page = show(graph_page.render(session.graph(refined, "3")), color_scheme=scheme)
    said = page.locator("#chosen")
    assert said.text_content() == "3 refine: it came from native.mtz, 1 refine, 2 refine; it led to 4 refine. Details"
    page.locator("#picture").get_by_role("link", name="4 refine").click()
    assert said.text_content().startswith("4 refine: it came from")
    said.get_by_role("link").click()
    row = page.locator("#job-4")
    assert row.get_by_role("cell").last.inner_text().split() == ["XYZIN", "XYZOUT.pdb", "from", "job", "3"]
    assert faults(page) == []
    assert faults(show(graph_page.render(session.graph(refined)), width=360)) == []


@pytest.mark.parametrize("kpis", [("RFree",), ("RFree", "R")])
def test_a_plot_has_its_points_and_their_values_as_a_table(show, session, refined, kpis):
    page = show(kpi_values.page(session.kpi_plot(refined, *kpis)))
    page.locator("#plot-0 svg").wait_for()
    assert page.locator("#plot-0 [aria-roledescription='point']").count() == 3
    assert page.get_by_role("region", name="Table of values").get_by_role("row").count() == 4
    assert faults(page) == []


def test_texts_from_data_are_harmless(show, session, project):
    text = '<img src=x onerror=alert(1)></script><script>alert(2)</script>\\"\u2028\u202e' + "x" * 500
    key = '<img src=x onerror=alert(1)></script>\\"\u2028b'
    recorded(project.directory, "1", title=text, imports=["</script>.mtz"], kpis={"RFree": 0.2, key: 1})
    recorded(project.directory, "2", title=text, reads=["1"], kpis={"RFree": 0.3, key: 2})
    recorded(project.directory, "3", reads=["2"], **failed(text))
    for made in (
        graph_page.render(session.graph("demo", "2")),
        kpi_values.page(session.kpi_plot("demo", key, "RFree")),
    ):
        page = show(made, width=360)
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        assert faults(page) == []
    page.locator("#plot-0 svg").wait_for()
