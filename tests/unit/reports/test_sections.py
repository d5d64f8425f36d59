"""What plugins add to a report: data that can be shown, and one line for what cannot."""

import json
import re
from types import ModuleType

import pytest
from unit.reports.samples import recorded
from unit.samples import tiny

from ccp4hooks import Plot, Section, Text
from ccp4hooks.model.plain import NotPlainError
from ccp4hooks.reports.pages import document, page

POINTS = {"values": [{"url": "a", "x": 1}, {"url": "b", "x": 2}]}
SPEC = {"data": POINTS, "mark": "point", "encoding": {"x": {"field": "x", "type": "quantitative"}}}


def nested(levels):
    return {"a": nested(levels - 1)} if levels else {}


@pytest.mark.parametrize(
    ("section", "why"),
    [
        (Section(title="", table=[]), "its title has 0 characters; 1 to 200 are allowed"),
        (Section(title="x" * 201, table=[]), "its title has 201 characters; 1 to 200 are allowed"),
        (Section(title=1, table=[]), "its title must be a text, not int"),
        (Section(title="t", table="text"), "its table must be a sequence, not str"),
        (Section(title="t", table=[1]), "a row of its table must be a mapping, not int"),
        (Section(title="t", table=[{1: 2}]), "its heading must be a text, not int"),
        (Section(title="t", table=[{"a": [1]}]), "its value must be a number, a bool or a text, not list"),
        (Section(title="t", table=[{"a": float("nan")}]), "nan is not a finite number"),
        (Section(title="t", table=[{}] * 1_001), "its table has 1001 rows; at most 1000 are allowed"),
        (
            Section(title="t", table=[{str(at): 1} for at in range(51)]),
            "its table has 51 columns",
        ),
        (Plot(title="t", vega_lite="{}"), "its vega_lite must be a mapping, not str"),
        (
            Plot(title="t", vega_lite={"data": {"url": "x"}}),
            "its vega_lite has 'url', and a report asks for",
        ),
        (
            Plot(title="t", vega_lite={"a": [{"href": "x"}]}),
            "its vega_lite has 'href', and a report asks for",
        ),
        (Plot(title="t", vega_lite={"a": float("inf")}), "inf is not a finite number"),
        (Plot(title="t", vega_lite={"a": {1, 2}}), "its value must be a number, a bool or a text, not set"),
        (Plot(title="t", vega_lite=nested(52)), "its vega_lite has more than 50 levels"),
        (Plot(title="t", vega_lite={"a": "x" * 1_000_001}), "its vega_lite has 1000010 characters as JSON"),
        (Text(title="t", markdown=b"text"), "its markdown must be a text, not bytes"),
    ],
)
def test_what_is_no_data_is_left_out_with_the_reason(session, section, why):
    with pytest.raises(NotPlainError, match=re.escape(why)):
        section.plain()


def test_data_become_exact_values():
    import numpy as np

    table = Section(title=" t ", table=[{"a": np.float64(0.5), "b": None}, {"c": True}]).plain()
    assert (table.title, table.table, table.headings) == ("t", ({"a": 0.5, "b": None}, {"c": True}), ("a", "b", "c"))
    assert type(table.table[0]["a"]) is float
    assert Plot(title="t", vega_lite={**SPEC, "n": np.int64(3)}).plain().vega_lite == {**SPEC, "n": 3}


def test_sections_are_shown_with_their_plugins(open_with, project):
    recorded(project.directory, "1")

    def report_section():
        yield Section(title="A table", table=[{"Shell <1>": 1, "Completeness": 0.98765432}, {"Shell <1>": 2}])
        yield Plot(title="A plot", vega_lite=SPEC)
        yield Plot(title="Outside", vega_lite={"data": {"url": "https://example.org"}})
        yield Text(title="A text", markdown="# One\n\n**Two** <b>three</b> [four](javascript:alert(1)) ![five](a.png)")

    session = open_with(tiny=tiny(report_section))
    report = session.report("demo")
    problem = "the Plot 'Outside' was left out: its vega_lite has 'url', and a report asks for nothing outside. [tiny]"
    assert report.problems == (problem,)
    assert [str(one) for one in session.problems] == [problem]
    made = page.render(report)
    assert '<th scope="col">Shell &lt;1&gt;</th><th scope="col">Completeness</th>' in made
    assert '<td class="number">0.987654</td>' in made
    assert (
        '<p class="heading">One</p>\n<p><strong>Two</strong> &lt;b&gt;three&lt;/b&gt; [four](javascript:alert(1))'
        in made
    )
    assert "<img" not in made
    assert made.count("From the plugin tiny.") == 3
    assert "the Plot &#x27;Outside&#x27; was left out" in made
    (data,) = re.findall('<script type="application/json" id="data">(.*?)</script>', made)
    assert json.loads(data)["plots"] == [SPEC]
    still = page.render(report, scripts=False)
    assert "<details open><summary>Values</summary>" in still
    assert '<td>a</td><td class="number">1</td>' in still


def test_a_plugin_that_returns_something_else_is_one_line(open_with, project):
    recorded(project.directory, "1")

    def report_section():
        return "<b>my report</b>"

    report = open_with(tiny=tiny(report_section)).report("demo")
    assert report.sections == ()
    (problem,) = report.problems
    assert problem == (
        "plugin 'tiny' failed in report_section: TypeError: report_section must return several Section or Plot or "
        "Text, not one str [tiny]"
    )


def test_the_plugin_of_the_docs_adds_a_table_a_plot_and_a_text(open_with, project):
    docs = (document.HERE.parents[1] / "docs/howto/report.md").read_text(encoding="utf-8")
    module = ModuleType("gap_of_r")
    (example,) = re.findall("<!-- section -->\n```python\n(.*?)```", docs, re.DOTALL)
    exec(example, vars(module))  # noqa: S102 - it is ours
    recorded(project.directory, "1", kpis={"RFactor": 0.2, "RFree": 0.25})
    report = open_with(gap_of_r=module).report("demo")
    assert [(type(one), one.title) for one in report.sections] == [
        (Section, "Gap of R-free and R"),
        (Plot, "Gap of R-free and R over R"),
        (Text, "How to read it"),
    ]
    assert report.sections[0].table == ({"Job": "1", "R": 0.2, "R-free": 0.25, "Gap": 0.25 - 0.2},)
    assert report.problems == ()
