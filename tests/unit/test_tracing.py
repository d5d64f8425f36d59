from pathlib import Path

import pytest
from unit.samples import make_job, make_outcome, make_settings, tiny

from ccp4hooks import FileMetadata, JobStatus, Kpi, Problem, Severity, hookspecs, open_session
from ccp4hooks.plugins.dispatcher import Implementation, Journal
from ccp4hooks.plugins.hook_results import Remarks
from ccp4hooks.plugins.tracing import LENGTH, Traced, summary
from ccp4hooks.store import FileQuery, Origin


class Unprintable:
    """Stands for a data set that must not be inspected."""

    def _never(self, *_):
        raise AssertionError("was inspected")

    __repr__ = __str__ = __len__ = __iter__ = __bool__ = __eq__ = _never
    __hash__ = object.__hash__


@pytest.fixture
def traced(tmp_path):
    """Return a function that opens a session with traced plugins and returns the session and the lines."""

    def make(**plugins):
        lines = []
        return open_session(make_settings(tmp_path, "no:kpi"), extra=plugins, trace=lines.append), lines

    return make


def without_times(lines):
    return [line.rpartition(", ")[0] if line.endswith(" ms") else line for line in lines]


def test_each_call_is_traced_with_arguments_answer_and_duration(traced, project):
    def find_file(query):
        return None

    session, lines = traced(mine=tiny(find_file))
    del lines[:]
    session.find_file(FileQuery(project=project, path=Path("/a.pdb")))
    assert without_times(lines) == [
        "trace: find_file -> mine(query=FileQuery /a.pdb)",
        "trace: find_file <- mine: nothing",
    ]
    assert float(lines[1].rpartition(", ")[2].removesuffix(" ms")) >= 0


def test_a_nested_call_is_indented():
    lines = []
    wrap = {"origin": Origin(plugin="p"), "write": lines.append}
    inner = Traced(hook="find_import", function=lambda md5: None, argnames=("md5",), **wrap)
    outer = Traced(hook="import_file", function=lambda find: find("x"), argnames=("find",), **wrap)
    outer({"find": lambda md5: inner({"md5": md5}, Remarks())}, Remarks())
    assert without_times(lines) == [
        "trace: import_file -> p(find=function)",
        "trace:   find_import -> p(md5='x')",
        "trace:   find_import <- p: nothing",
        "trace: import_file <- p: nothing",
    ]


def test_an_exception_is_traced_and_handled_as_without_a_trace(traced):
    def pre_import(job):
        raise ValueError("no\ngood")

    session, lines = traced(mine=tiny(pre_import))
    journal = Journal()
    assert session._dispatcher.call(hookspecs.pre_import, journal, job=None, script=None).value is None
    assert without_times(lines)[-1] == "trace: pre_import <- mine: raised ValueError: no good"
    assert "in pre_import" in journal.tracebacks[0]


def test_configure_is_traced(traced):
    def configure(settings):
        return None

    _, lines = traced(mine=tiny(configure))
    assert "trace: configure -> mine(settings=Settings)" in lines


def test_without_a_trace_implementations_are_not_replaced(tmp_path):
    session = open_session(make_settings(tmp_path))
    kinds = {type(one) for some in session._dispatcher.plan.values() for one in some}
    assert kinds == {Implementation}


def test_an_unknown_object_is_described_by_its_class_and_not_inspected():
    many = [Unprintable() for _ in range(1000)]
    assert summary(Unprintable()) == "Unprintable"
    assert summary(many) == "1000 Unprintable: Unprintable, Unprintable, Unprintable, ..."
    assert summary({"a": many}) == "1 str: 'a'"


@pytest.mark.parametrize(
    "value",
    ["x" * 10**6, Path("/" + "y" * 10**6), 10**10**4, [["x" * 10**6] * 10**4] * 3, "\n" * 500, {"k" * 10**5: 1}],
    ids=["text", "path", "number", "nested", "line breaks", "mapping"],
)
def test_a_summary_is_one_line_of_limited_length(value):
    assert len(summary(value)) < 20 * LENGTH
    assert "\n" not in summary(value)


def test_values_of_ccp4hooks_are_described_by_their_identifying_fields(tmp_path):
    job = make_job(tmp_path / "toxd", "1.2")
    assert summary(job) == "Job 1.2 freerflag"
    assert summary(job.project) == "Project toxd"
    assert summary(JobStatus.RUNNING) == "RUNNING"
    assert summary((Kpi(key="RFree", value=0.25), Kpi(key="n", value=3))) == "2 Kpi: RFree=0.25, n=3"
    assert summary(Problem(severity=Severity.BLOCK, message="no")) == "block 'no'"
    assert summary(FileMetadata(annotation="x", extra={"a": 1})) == "FileMetadata annotation='x', extra=1 values"
    assert summary(make_outcome(tmp_path / "p")) == "Outcome 1 FINISHED with 0 files, 0 KPIs, 0 problems"
    query = FileQuery(project=job.project, job_number="3", parameter="XYZOUT")
    assert summary(query) == "FileQuery XYZOUT of job 3"
