"""The page of a report in a real browser: it works, asks for nothing, complains about nothing, and is accessible."""

import pytest
from unit.reports.samples import chain, failed, recorded, with_job
from unit.samples import make_settings

from ccp4hooks import JobStatus, Plot, Section, Text, hookimpl, open_session
from ccp4hooks.outcomes import outcome_file
from ccp4hooks.reports.pages import page as pages

ROWS = "#table tbody:visible tr:first-child th a"


@pytest.fixture
def refined(project):
    return chain(project.directory)


def test_jobs_are_sorted_filtered_and_unfolded(show, session, refined):
    page = show(pages.render(session.report(refined)))
    rows = page.locator(ROWS)
    assert rows.all_text_contents() == ["1", "2", "3", "4", "5"]
    for numbers in (["3", "4", "2", "1", "5"], ["2", "4", "3", "1", "5"]):
        page.get_by_role("button", name="R-free").click()
        assert rows.all_text_contents() == numbers
    assert page.locator("th[aria-sort]").get_attribute("aria-sort") == "descending"
    page.get_by_label("Status").select_option("FAILED")
    assert (rows.all_text_contents(), page.locator(".count").text_content()) == (["5"], "1 of 5 jobs")
    page.get_by_label("Status").select_option("")
    page.get_by_label("Find").fill("3.1 REFINE")
    assert rows.all_text_contents() == ["3"]
    assert not page.get_by_role("link", name="3.1", exact=True).is_visible()
    page.get_by_role("button", name="Sub-jobs of job 3").press("Enter")
    page.get_by_role("link", name="3.1", exact=True).click()
    assert page.locator("#job-3\\.1").is_visible()


def test_a_job_that_is_chosen_shows_what_led_to_it_and_what_came_of_it(show, session, refined):
    page = show(pages.render(session.report(refined)))
    said, picture = page.locator("#chosen"), page.locator("#picture")
    picture.get_by_role("link", name="3 refine").press("Enter")
    assert said.text_content() == "3 refine: it came from native.mtz, 1 refine, 2 refine; it led to 4 refine. Details"
    marked = {kind: picture.locator(f"a.node.{kind}").count() for kind in ("up", "down", "chosen")}
    assert marked == {"up": 2, "down": 1, "chosen": 1}
    page.keyboard.press("Escape")
    assert said.text_content() == "Choose a job to see what led to it and what came of it."
    picture.get_by_role("link", name="5 refine").click()
    said.get_by_role("link").click()
    assert page.locator("#job-5").get_by_text("the program has no licence").is_visible()


def test_the_graphs_of_a_job_are_drawn_when_its_details_are_opened(show, session, project, faults):
    outcome = with_job(recorded(project.directory, "1"), task="servalcat")
    outcome_file.write(outcome)
    cycle = "<cycle><Ncyc>{0}</Ncyc><data><summary><Rwork>0.{0}</Rwork><Rfree>0.2{0}</Rfree></summary></data></cycle>"
    cycles = "".join(map(cycle.format, range(1, 5)))
    xml = f"<SERVALCAT><SERVALCAT_FIRST>{cycles}</SERVALCAT_FIRST></SERVALCAT>"
    (outcome.job.directory / "program.xml").write_text(xml)
    page = show(pages.render(session.report("demo")))
    drawn = page.locator(".plot svg")
    assert drawn.count() == 0
    page.locator("details.job > summary").click()
    drawn.first.wait_for()
    assert page.get_by_text("Rfree").first.is_visible()
    assert page.get_by_text("cannot be drawn").count() == 0
    assert drawn.first.bounding_box()["width"] > 300
    assert faults(page) == []


def test_kpis_are_plotted_over_the_jobs_and_against_each_other(show, session, refined):
    page = show(pages.render(session.report(refined)))
    over = page.locator("#plot-0 svg")
    over.wait_for()
    assert over.locator("[aria-roledescription='line mark container']").count() == 2
    assert over.get_by_label("Job: 2; Value: 0.3; KPI: R-free; Title: refine", exact=True).count() > 0
    assert over.get_by_text("Value", exact=True).count() == 0
    points = page.locator("#plot-choice [aria-roledescription='point']")
    points.first.wait_for()
    told = [one.get_attribute("aria-label") for one in points.all()]
    assert told[0] == "R: 0.25; R-free: 0.3; Job: 2; Title: refine"
    points.nth(1).hover()
    assert page.locator(".tip").inner_text().splitlines() == ["Job: 3", "Title: refine", "R: 0.23", "R-free: 0.28"]
    page.keyboard.press("Escape")
    assert not page.locator(".tip").is_visible()
    labels = page.locator("#plot-choice .mark-text.role-mark text")
    assert labels.all_text_contents() == ["2", "3", "4"]
    page.get_by_label("Horizontal").select_option("Order of the jobs")
    page.get_by_label("Vertical").select_option("R")
    page.locator("#plot-choice [aria-label^='Order of the jobs: 1; R: 0.25']").wait_for(state="attached")
    title = over.get_by_text("Job", exact=True)
    colours = []
    for media in ({"color_scheme": "light"}, {"color_scheme": "dark"}, {"color_scheme": "dark", "media": "print"}):
        page.emulate_media(**media)
        colours.append(title.evaluate("(one) => getComputedStyle(one).fill"))
    assert colours == ["rgb(27, 31, 36)", "rgb(230, 237, 243)", "rgb(27, 31, 36)"]


def test_what_plugins_add_is_shown_and_drawn(show, faults, project):
    text = "</script><img src=x onerror=alert(1)>"
    points = [{"x": at, "y": at**2, "name": text} for at in range(5)]
    axes = {axis: {"field": axis, "type": "quantitative"} for axis in ("x", "y")}
    drawn = {"data": {"values": points}, "mark": "point", "encoding": {**axes, "tooltip": {"field": "name"}}}

    @hookimpl
    def report_section():
        yield Plot(title="Squares", vega_lite=drawn)
        yield Plot(title="No plot", vega_lite={"data": {"values": points}, "mark": "no such mark"})
        yield Section(title=text, table=[{text: text}])
        yield Text(title="Note", markdown=f"**Bold** {text}\n\n| a | b |\n|---|---|\n| 1 | 2 |")

    recorded(project.directory, "1")
    plugin = type("Tiny", (), {"report_section": staticmethod(report_section)})()
    session = open_session(make_settings(project.directory.parent), extra={"tiny": plugin})
    page = show(pages.render(session.report("demo")))
    page.locator("#plot-0 svg").wait_for()
    assert page.locator("#plot-0 [aria-roledescription='point']").count() == 5
    assert page.locator("#plot-1").text_content().startswith("This plot cannot be drawn: ")
    page.get_by_text("Values").first.click()
    assert page.get_by_role("region", name="Table: Squares").get_by_role("row").count() == 6
    assert page.get_by_role("heading", name=text).is_visible()
    assert page.locator("section").filter(has_text="Note").get_by_text("Bold").first.is_visible()
    assert faults(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_shut_out(show, faults, session, refined, scheme):
    page = show(pages.render(session.report(refined)), color_scheme=scheme)
    page.get_by_label("Show sub-jobs").check()
    page.locator("#picture a").nth(2).click()
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert faults(page) == []


def test_without_scripts_the_page_still_unfolds(show, faults, session, refined):
    text = pages.render(session.report(refined), scripts=False)
    page = show(text, java_script_enabled=False)
    assert "<script" not in text
    assert page.locator(ROWS).all_text_contents() == ["1", "2", "3", "4", "5"]
    below = page.locator("#table").get_by_role("link", name="3.1", exact=True)
    assert not below.is_visible()
    page.get_by_label("Show sub-jobs").check()
    assert below.is_visible()
    page.locator("#picture").get_by_role("link", name="5 refine").click()
    page.locator("summary").filter(has_text="5 refine").click()
    assert faults(show(text)) == []


def test_it_fits_every_screen(show, session, refined):
    text = pages.render(session.report(refined))
    for width in (360, 2560):
        assert show(text, width=width).evaluate("document.documentElement.scrollWidth") == width


def test_what_is_unfolded_is_printed(show, faults, session, refined):
    page = show(pages.render(session.report(refined)))
    page.locator("summary").filter(has_text="5 refine").click()
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("#job-5").is_visible()
    assert not page.locator("#job-3").is_visible()
    page.emulate_media(media="screen")
    page.get_by_role("button", name="Unfold all jobs").click()
    page.emulate_media(media="print")
    assert page.locator("#job-3").get_by_text("Started").first.is_visible()
    assert not page.locator("#job-3\\.1").is_visible()
    assert not page.get_by_text("Time of the plugins").first.is_visible()
    page.emulate_media(media="screen")
    assert faults(page) == []
    page.get_by_role("button", name="Fold all jobs", exact=True).click()
    assert not page.locator("#job-5").is_visible()


def test_tables_and_picture_are_not_cut_at_the_side(show, session, project):
    kpis = {"RFree": 0.25, "RFactor": 0.2, "rmsBonds": 0.01, "rmsAngles": 1.2, "coverage": 98.2, "contacts": 3}
    title = "Refinement with a greater weight of the X-ray data"
    for at in range(1, 11):
        before = {"reads": [str(at - 1)]} if at > 1 else {"imports": ["native.mtz"]}
        outcome = recorded(project.directory, str(at), kpis={**kpis, "RFree": 0.3 - at / 100}, title=title, **before)
        outcome_file.write(with_job(outcome, task="coordinate_selector"))
    page = show(pages.render(session.report("demo")), width=1200)
    page.locator("#table").wait_for()
    cut = "[...document.querySelectorAll('.scroll')].filter((one) => one.scrollWidth > one.clientWidth).length"
    assert page.evaluate(cut) == 0


def test_texts_from_data_are_harmless(show, faults, session, project):
    text = "<img src=x onerror=alert(1)></script><script>alert(2)</script>\u2028\u202e\u05e9" + "x" * 1_000
    recorded(project.directory, "1", title=text, imports=["</script>.mtz"], kpis={"<b>": text[:200], "RFree": 0.2})
    recorded(project.directory, "2", reads=["1"], kpis={"<b>": 1, "RFree": 0.3}, **failed(text))
    page = show(pages.render(session.report("demo")), width=360)
    assert page.get_by_role("cell", name="<img src=x onerror=alert(1)>").first.is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert faults(page) == []


def test_a_project_without_jobs_and_one_with_failed_jobs_only_have_pages(show, faults, session, project):
    project.jobs_directory.mkdir(parents=True)
    assert show(pages.render(session.report("demo"))).get_by_text("This project has no jobs.").is_visible()
    recorded(project.directory, "1", **failed("no licence"))
    recorded(project.directory, "2", status=JobStatus.INTERRUPTED)
    page = show(pages.render(session.report("demo")))
    assert page.get_by_role("list").filter(has_text="no licence").first.is_visible()
    assert faults(page) == []
