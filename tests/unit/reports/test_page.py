"""The page of a report: one file, in which every text from data stays a text."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from click.testing import CliRunner
from unit.reports.samples import AT, chain, imported, made_file, recorded, with_job
from unit.samples import tiny

from ccp4hooks import (
    Attempt,
    BadInputError,
    Better,
    ChangedParameter,
    Citation,
    CitedWork,
    FileLink,
    GraphAxis,
    GraphLine,
    GraphPlot,
    HistoryStep,
    JobHistory,
    JobStatus,
    Kpi,
    Labels,
    LineKind,
    ParameterValue,
    Plot,
    Problem,
    Provenance,
    ReportedKpi,
    ReportGraph,
    ResultValue,
    Section,
    Severity,
    Text,
)
from ccp4hooks.cli import cli
from ccp4hooks.model import Timing
from ccp4hooks.outcomes import outcome_file
from ccp4hooks.outcomes.job_log import OUTPUT_FILE
from ccp4hooks.reports.pages import document, page
from ccp4hooks.store import FileUse, JobNumber, Origin
from ccp4hooks.texts import printable, time_text

HOSTILE = {
    "element": "<script>alert(1)</script>",
    "end of a script": "</script></style><!--",
    "attribute": "\" onclick='alert(1)' x=\"",
    "template": "{{ project }}{% include 'x' %}",
    "separators of lines": "a\u2028b\u2029c",
    "direction": "a\u202eb\u2066c",
    "right to left": "\u05e9\u05dc\u05d5\u05dd",
    "controls": "a\x1b[31m\x9b\x00b",
    "surrogate": "a\udce9b",
    "long": "x" * 10_000,
}

ALLOWED = """
html head meta title style body a header h1 h2 h3 p bdi nav ul ol li main section div table thead tbody tr th td small
strong b code dl dt dd pre details summary span svg g path rect text label input footer
"""
"""The elements of the page."""


class Elements(HTMLParser):
    """The elements of a page, and its texts."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.texts = set(), set(), []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data):
        self.texts.append(data)


def everything(folder, text, number, status):
    """A job in which every field that a plugin, a file name or a user can set has a text."""
    name = re.sub(r"[/\x00]", "_", text)[:60]
    outcome = recorded(folder, number)
    job = replace(outcome.job, task=text, title=text)
    origin = Origin(plugin=text)
    problem = Problem(severity=Severity.BLOCK, message=text, parameter=text, cure=text, origin=origin)
    file = made_file(job, annotation=text, file_type=text, extra={text: text}, path=job.directory / name)
    return replace(
        outcome,
        job=job,
        status=status,
        problems=(problem,),
        kpis=(
            Kpi(key=text, value=text, unit=text, description=text, origin=origin),
            Kpi(key=text + "#", value=float(number), unit=text, origin=origin),
        ),
        parameters=(ParameterValue(name=text, value=text, default=text, job=text),),
        results=(ResultValue(name=text, value=text),),
        files=(file,),
        imported=(replace(imported(job, name), annotation=text),),
        uses=(FileUse(file_uuid=job.uuid, parameter=text, path=folder / "CCP4_JOBS/job_7" / name),),
        timings=(Timing(hook=text, origin=origin, calls=1, duration_s=1),),
        software={text: text},
        provenance=Provenance(command=text, user=text, host=text, programs={text: text}, variation_of=text),
    )


def hostile_graph(text):
    """A graph of CCP4i2's report with a plot of each kind, in which every text is this one."""
    axis = GraphAxis(title=text)
    lines = tuple(GraphLine(kind=kind, x=0, y=at % 2, label=text, is_right=at > 1) for at, kind in enumerate(LineKind))
    plot = GraphPlot(title=text, lines=lines, x=axis, y=axis, right=axis)
    rows = ((1.0, text), (2.0, None))
    return ReportGraph(title=text, columns=(text, text), rows=rows, plots=(plot,), more_rows=3)


def hostile_attempt(job, text):
    """An attempt to run a job, in which every text is this one."""
    return Attempt(job=job, number=1, engine=text, key=text, host=text, submitted_at=AT)


def hostile_history(folder, text):
    """A history with a job that is in a report and one that is not, in which every text is this one."""
    changed = (ChangedParameter(name=text, value=text, before=text), ChangedParameter(name=text, value=None, before=1))
    known = {"task": text, "title": text, "status": JobStatus.FAILED, "changed": changed}
    paths = (folder / re.sub(r"[/\x00]", "_", text)[:60],)
    kpi = Kpi(key=text + "#", value=text, unit=text)
    steps = [HistoryStep(number=JobNumber(one), kpi=kpi, imported=paths, **known) for one in ("2", "9")]
    return JobHistory(job=JobNumber("2"), steps=tuple(steps))


def hostile_report(session, project, text):
    """A report with a job that failed and two that did not, in which every text is this one."""
    report = session.report(recorded(project.directory, "1").job.project)
    labels = Labels(uuid=project.uuid, title=text, note=text, tags=(text,))
    statuses = {"1": JobStatus.FAILED, "2": JobStatus.FINISHED, "3": JobStatus.FINISHED}
    outcomes = [everything(project.directory, text, *given) for given in statuses.items()]
    known = {"title": text, "unit": text, "group": text, "better": Better.LOWER}
    citation = Citation(title=text, authors=(text, text), journal=text, volume=text, issue=text, pages=text)
    return replace(
        report,
        project=replace(project, name=text, directory=project.directory / "x"),
        labels=labels,
        jobs=tuple(
            replace(
                report.jobs[0],
                outcome=one,
                labels=labels,
                log=(text, text),
                citations=(citation,),
                graphs=(hostile_graph(text),),
                attempts=(hostile_attempt(one.job, text),),
            )
            for one in outcomes
        ),
        cited=(CitedWork(citation=citation, tasks=(text,), jobs=("2", "3")),),
        kpis=(ReportedKpi(key=text + "#", best=("2",), **known), ReportedKpi(key=text, **known)),
        decisive=text + "#",
        histories=(hostile_history(project.directory, text),),
        links=tuple(FileLink(job=one.job.number, path=one.files[0].path, made_by=None) for one in outcomes),
        sections=(
            Section(title=text, table=[{text: text, "number": 1}], origin=Origin(plugin=text)),
            Plot(title=text, vega_lite={"data": {"values": [{text: text}]}, "mark": text}, origin=Origin(plugin=text)),
            Text(title=text, markdown=f"# {text}\n\n[{text}]({text}) {text}", origin=Origin(plugin=text)),
        ),
        problems=(text,),
    )


@pytest.mark.parametrize("kind", HOSTILE)
def test_every_text_from_data_stays_a_text(session, project, kind):
    text = HOSTILE[kind]
    report = hostile_report(session, project, text)
    made = page.render(report, scripts=False)
    made.encode()
    found, harmless = Elements(made), Elements(page.render(session.report(chain(project.directory)), scripts=False))
    assert found.tags <= {*ALLOWED.split()}
    assert found.attributes <= {*harmless.attributes, "open"}
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]", made)
    assert max(map(len, found.texts)) < 21_000
    shown = "".join(found.texts)
    assert shown.count(text[:50] if kind == "long" else printable(text)) >= 100


@pytest.mark.parametrize("kind", HOSTILE)
def test_texts_in_the_data_of_scripts_end_no_element(session, project, kind):
    report = hostile_report(session, project, HOSTILE[kind])
    made, harmless = page.render(report), page.render(session.report(chain(project.directory)))
    assert [made.count(one) for one in ("<script", "</script>")] == [harmless.count("<script")] * 2 == [6, 6]
    (data,) = re.findall('<script type="application/json" id="data">(.*?)</script>', made, re.DOTALL)
    assert not set(data) & set("<>&\u2028\u2029")
    assert json.loads(data)["choice"]["rows"][0]["job"] == "2"
    assert len(json.loads(data)["plots"][0]["data"]["values"]) == 2


def policy(made):
    """The Content-Security-Policy of a page, and the checksums of what it has, by the names of their elements."""
    found = {name: re.findall(f"<{name}>(.*?)</{name}>", made, re.DOTALL) for name in ("style", "script")}
    checksums = {
        name: [base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in texts]
        for name, texts in found.items()
    }
    return re.search('http-equiv="Content-Security-Policy" content="([^"]+)"', made)[1], checksums


def test_scripts_and_styles_are_permitted_by_their_checksums_only(session, refined):
    text, checksums = policy(page.render(session.report("demo")))
    allowed = {f"{name}-src": " ".join(f"'sha256-{one}'" for one in found) for name, found in checksums.items()}
    assert text == (
        f"default-src 'none'; style-src {allowed['style-src']}; script-src {allowed['script-src']}; "
        "base-uri 'none'; form-action 'none'"
    )


def test_the_page_asks_for_nothing_outside_and_has_no_scripts_if_none_are_wanted(session, refined):
    made = page.render(session.report("demo"), scripts=False)
    assert "script" not in policy(made)[0]
    assert re.findall(r'(?:src|href)="(?!#)[^"]*"', made) == []
    assert "<script" not in made
    assert set(re.findall('href="#([^"]+)"', made)) <= set(re.findall(' id="([^"]+)"', made))
    assert "The best job by R-free is job 3: 0.2800, refine." in made


def section_of(made, name):
    """The texts of a section of a page."""
    part = made.partition(f'<section aria-labelledby="{name}">')[2].partition("</section>")[0]
    return " ".join(" ".join(Elements(part).texts).split())


def test_the_page_says_how_the_best_job_came_to_be(session, project):
    given = {
        at: (ParameterValue(name="WEIGHT", value=value, default=1.0),) for at, value in {"1": 0.1, "2": 0.5}.items()
    }
    recorded(project.directory, "1", imports=["native.mtz"], kpis={"RFree": 0.3}, parameters=given["1"])
    recorded(project.directory, "2", reads=["1"], kpis={"RFree": 0.28}, parameters=given["2"])
    assert section_of(page.render(session.report("demo")), "way") == (
        "How the best job came to be job 1 refine R-free 0.3000 changed WEIGHT 0.1 (default: 1) imported native.mtz "
        "job 2 refine R-free 0.2800 \u2605 best changed WEIGHT 0.5 (job 1: 0.1)"
    )


def test_the_page_of_a_single_job_has_no_columns_for_other_jobs(session, refined):
    made = page.render(session.report("demo", "3"))
    assert section_of(made, "kpis") == (
        "KPIs KPI Value Which is better R-free 0.2800 lower is better R 0.2300 lower is better note P 1"
    )
    assert "First" in section_of(page.render(session.report("demo", "3", "4")), "kpis")
    assert "This report is about job 3, refine: FINISHED, and its 1 sub-job." in made
    assert "R-free 0.2800, R 0.2300." in made


def test_sub_jobs_that_went_wrong_stand_with_their_job(session, project):
    problems = tuple(Problem(severity=Severity.BLOCK, message=f"fault {at}") for at in range(5))
    recorded(project.directory, "1", status=JobStatus.FAILED)
    recorded(project.directory, "1.1", status=JobStatus.FAILED, problems=problems)
    assert section_of(page.render(session.report("demo")), "failures") == (
        "What went wrong Job 1 refine \u2717 FAILED with its sub-job 1.1 fault 0 fault 1 fault 2 fault 3 "
        "1 more in the details of the job and of its sub-job."
    )


def test_many_results_of_a_job_are_shown_in_groups(session, project):
    counts = [ResultValue(name=f"cycle.counts.kind{at}", value=at) for at in range(40)]
    final = [ResultValue(name="cycle.summary.Rwork", value=0.2), ResultValue(name="cycle.summary.Rfree", value="<b>")]
    recorded(project.directory, "1", results=(*counts, *final))
    said = section_of(page.render(session.report("demo")), "details")
    assert "Results cycle.counts kind0 0, kind1 1," in said
    assert "cycle.summary Rwork 0.2, Rfree <b>" in said
    assert said.count("more with ccp4hooks show 1 --all --project demo") == 0


def test_the_page_and_the_json_have_the_attempts_of_each_job_and_all_are_asked_for_at_once(open_with, refined):
    asked = []

    def read_attempts(uuids):
        asked.append(uuids)
        jobs = {one.outcome.job.number: one.outcome.job for one in plain.jobs}
        at = {"submitted_at": AT, "began_at": AT + timedelta(seconds=12)}
        ended = {"ended_at": AT + timedelta(minutes=3), "end": JobStatus.INTERRUPTED}
        first = Attempt(job=jobs["2"], number=1, engine="cluster", key="4711", host="node1", **at, **ended)
        return [first, Attempt(job=jobs["2"], number=2, engine="cluster", key="4712", submitted_at=AT)]

    plain = open_with().report(refined)
    report = open_with(site=tiny(read_attempts)).report(refined)
    assert [len(one) for one in asked] == [len(report.jobs)]
    assert {one.number: len(one.attempts) for one in report.jobs if one.attempts} == {"2": 2}
    made = page.render(report, scripts=False)
    assert made.count("<h3>Attempts</h3>") == 1
    times = [time_text(AT + timedelta(seconds=after), seconds=True) for after in (0, 12, 180)]
    rows = re.findall(r'<tr><th scope="row">(.)<td>cluster<td>(.*?)(?=<tr>|</table>)', made)
    cells = [(number, *re.split("<td>", re.sub("</?bdi>", "", rest))) for number, rest in rows]
    assert cells == [
        ("1", "4711", "node1", "INTERRUPTED", *times),
        ("2", "4712", "", "waiting", times[0], "", ""),
    ]
    assert "Attempts" not in page.render(plain, scripts=False)


def test_a_report_replaces_an_earlier_one_and_nothing_else(session, refined, tmp_path):
    path = tmp_path / "report.html"
    report = session.report("demo")
    for _ in range(2):
        session.write_report(report, path)
        assert path.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert [one.name for one in tmp_path.iterdir() if one.is_file()] == ["report.html"]
    path.write_text("<!doctype html> my own page")
    for wrong, message in (
        (path, "exists and is no report of ccp4hooks"),
        (tmp_path, "is a directory"),
        (tmp_path / "none" / "a.html", "is not an existing directory"),
        (tmp_path / "a.pdf", "has the ending of another format. A report is an HTML page"),
    ):
        with pytest.raises(BadInputError, match=message):
            session.write_report(report, wrong)
    assert path.read_text() == "<!doctype html> my own page"


def call(tmp_path, *words, code=0):
    place = ("-p", "no:database", "--projects-dir", str(tmp_path / "projects"))
    done = CliRunner().invoke(cli, ["report", *words, *place], env={"CCP4HOOKS_PROJECT": "demo", "COLUMNS": "80"})
    assert done.exit_code == code, done.output
    return done.stdout if code == 0 else done.stderr


def test_the_command_writes_a_page_or_json_or_both(refined, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert call(tmp_path) == f"{tmp_path / 'report.html'}\n"
    assert "job-5" in (tmp_path / "report.html").read_text(encoding="utf-8")
    (tmp_path / "report.html").unlink()
    said = json.loads(call(tmp_path, "demo", "3", "--json"))
    assert (said["path"], said["report"]["is_whole"]) == (None, False)
    assert [job["outcome"]["job"]["number"] for job in said["report"]["jobs"]] == ["3", "3.1"]
    assert not (tmp_path / "report.html").exists()
    assert json.loads(call(tmp_path, "--json", "-o", "x.html"))["path"] == str(tmp_path / "x.html")
    assert "is a directory" in call(tmp_path, "-o", ".", code=4)
    assert "'x' is not a job number" in call(tmp_path, "demo", "x", code=2)


def cite(tmp_path, *words, code=0):
    place = ("-p", "no:database", "--projects-dir", str(tmp_path / "projects"))
    done = CliRunner().invoke(cli, ["cite", *words, *place], env={"CCP4HOOKS_PROJECT": "demo", "COLUMNS": "80"})
    assert done.exit_code == code, done.output
    return done.stdout, done.stderr


def test_cite_lists_each_publication_once_with_the_jobs_that_need_it(session, project, tmp_path):
    for number, status in {"1": JobStatus.FINISHED, "2": JobStatus.FINISHED, "2.1": JobStatus.FAILED}.items():
        task = "parrot" if number == "2.1" else "servalcat_pipe"
        outcome_file.write(with_job(recorded(project.directory, number, status=status), task=task))
    (work,) = session.citations("demo")
    assert (work.tasks, work.jobs) == (("servalcat_pipe",), ("1", "2"))
    assert session.citations("demo", "2.1") == ()
    lines = cite(tmp_path)[0].splitlines()
    assert (lines[0], lines[1]) == (str(work.citation), "  for servalcat_pipe (jobs 1, 2)")
    assert cite(tmp_path, "2", "--bibtex")[0].startswith("@article{")
    assert cite(tmp_path, "demo", "--ris")[0].startswith("TY  - JOUR\n")
    assert json.loads(cite(tmp_path, "--json")[0])["citations"][0]["jobs"] == ["1", "2"]
    assert cite(tmp_path, "2.1", "--ris") == ("", "No task of a FINISHED job names a reference.\n")
    assert "Give only one of --ris and --json" in cite(tmp_path, "--ris", "--json", code=2)[1]
    made = page.render(session.report("demo"), scripts=False)
    assert made.count(work.citation.title) == 3
    assert '<h2 id="cite">What to cite</h2>' in made
    assert "What to cite" not in page.render(session.report("demo", "2.1"), scripts=False).partition("Details")[0]


def test_open_shows_the_page_in_the_browser(refined, tmp_path, monkeypatch):
    import webbrowser

    monkeypatch.chdir(tmp_path)
    opened = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("BROWSER", raising=False)
    call(tmp_path, "--open")
    monkeypatch.setenv("BROWSER", "firefox")
    call(tmp_path, "--open", "-o", str(tmp_path / "a b.html"))
    assert opened == [(tmp_path / "a b.html").as_uri()]
    (refined.job_directory("5") / OUTPUT_FILE).unlink(missing_ok=True)


def test_a_text_is_filled_in_where_its_name_stands_or_nowhere():
    row = {"name": "<b>{value}%s", "value": 5, "more": "not wanted"}
    form = '<td id="{name}" width="100%">{value}'
    assert document.fill(row, form) == '<td id="&lt;b&gt;{value}%s" width="100%">5'
    assert document.fill([row, row], form) == 2 * document.fill(row, form)
    assert document.fill([], form) == ""
    with pytest.raises(TypeError):
        document.fill({"name": "a\0b", "value": 5}, form)
    with pytest.raises(KeyError):
        document.fill({"name": "a"}, form)
