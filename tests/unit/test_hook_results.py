"""What the answers of hooks may contain, and what becomes of the rest."""

import itertools
from dataclasses import fields, replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest
from unit.samples import JOB_UUID, implementation, make_job

from ccp4hooks import (
    FileMetadata,
    ImportedFile,
    Job,
    Kpi,
    PluginError,
    Problem,
    Project,
    Severity,
    TaskDescription,
    hookspecs,
)
from ccp4hooks.plugins import hook_results
from ccp4hooks.plugins.dispatcher import Dispatcher, Journal
from ccp4hooks.plugins.hook_results import LARGEST_ANSWER, MOST_REMARKS

CHANGED = "characters that cannot be recorded were removed or escaped, and texts that are too long were cut."


def called(hook, value):
    """Call a hook whose only implementation returns a value; return its answer and the messages of the problems."""
    journal = Journal()
    function = value if callable(value) else lambda: value
    result = Dispatcher({hook: [implementation(hook, function, "site")]}).call(vars(hookspecs)[hook], journal)
    assert {(one.hook, one.origin.plugin) for one in journal.problems} <= {(hook, "site")}
    return result.value, [one.message for one in journal.problems]


def test_each_value_of_a_list_becomes_a_kpi_and_a_time_becomes_a_text():
    unknown = type("NaT", (datetime,), {"__ne__": lambda *_: True, "__str__": lambda _: "NaT"})(1, 1, 1)
    given = [
        Kpi(key="shift", value=[1, 2.5], unit="A", description="by cycle"),
        Kpi(key="array", value=np.array([1.5, np.nan])),
        Kpi(key="mixed", value=(True, "x", None, [1], {})),
        Kpi(key="none", value=[]),
        Kpi(key="long", value=range(5)),
        Kpi(key="many", value=[0] * 101, indicator="outputData.X"),
        Kpi(key="at", value=datetime(2026, 11, 28, 14, 30, tzinfo=timezone.utc)),
        Kpi(key="day", value=date(2026, 11, 28)),
        Kpi(key="unknown", value=unknown),
        Kpi(key="took", value=timedelta(1)),
    ]
    found, problems = called("glean_kpi", given)
    assert found == (
        Kpi(key="shift[0]", value=1, unit="A", description="by cycle"),
        Kpi(key="shift[1]", value=2.5, unit="A", description="by cycle"),
        Kpi(key="array[0]", value=1.5),
        Kpi(key="mixed[0]", value=True),
        Kpi(key="mixed[1]", value="x"),
        Kpi(key="at", value="2026-11-28T14:30:00+00:00"),
        Kpi(key="day", value="2026-11-28"),
    )
    assert type(found[2].value) is float
    must = "its value must be a number, a bool or a text, not"
    assert problems == [
        "the KPI 'array[1]' was left out: nan is not a finite number.",
        f"the KPI 'mixed[2]' was left out: {must} NoneType.",
        f"the KPI 'mixed[3]' was left out: {must} list.",
        f"the KPI 'mixed[4]' was left out: {must} dict.",
        f"the KPI 'long' was left out: {must} range.",
        "the KPI 'many' was left out: its list has 101 values; at most 100 are allowed.",
        "the KPI 'unknown' was left out: NaT is not a time.",
        f"the KPI 'took' was left out: {must} timedelta.",
    ]


def test_kpis_are_taken_in_exact_types_and_the_others_are_left_out_with_the_reason():
    given = [
        Kpi(key="a", value=np.float64(1.5)),
        Kpi(key="b", value=2**53 + 1, indicator="outputData.X"),
        Kpi(key="c", value="caf\udce9"),
        Kpi(key="d\0", value=1, unit="\udce9"),
        Kpi(key="e", value=1, unit=5, indicator=5),
    ]
    found, problems = called("glean_kpi", given)
    assert found == (
        Kpi(key="a", value=1.5),
        Kpi(key="c", value="caf\\udce9"),
        Kpi(key="d", value=1, unit="\\udce9"),
    )
    assert [type(kpi.value) for kpi in found] == [float, str, int]
    assert problems == [
        f"the KPI 'b' was left out: it has too many digits for the database, which keeps whole numbers up to {2**53}.",
        f"the KPI 'c' was changed: {CHANGED}",
        f"the KPI 'd' was changed: {CHANGED}",
        "the KPI 'e' was left out: its unit must be a text, not int.",
    ]


def test_metadata_of_a_wrong_type_are_left_out_and_the_others_are_kept():
    given = FileMetadata(
        file_type=np.str_("t"),
        content_flag=np.int64(2),
        sub_type=np.int64(2**31),
        annotation=b"x",
        extra={"a": np.float32(0.5), "b": [1], 5: 1, "c\udce9": "\0d", "e": float("inf")},
    )
    found, problems = called("glean_file", given)
    assert found == FileMetadata(file_type="t", content_flag=2, extra={"a": 0.5, "c\\udce9": "d"})
    assert (type(found.file_type), type(found.content_flag), type(found.extra["a"])) == (str, int, float)
    assert problems == [
        "the metadata 'sub_type' were left out: 2147483648 is too large; the limit is 2147483647.",
        "the metadata 'annotation' were left out: its annotation must be a text, not bytes.",
        "the metadata extra['b'] were left out: its value must be a number, a bool or a text, not list.",
        "the metadata extra['5'] were left out: its name must be a text, not int.",
        "the metadata extra['e'] were left out: inf is not a finite number.",
    ]
    assert called("glean_file", FileMetadata(annotation="a\0", extra=[1])) == (
        FileMetadata(annotation="a"),
        [
            f"the metadata 'annotation' were changed: {CHANGED}",
            "the metadata 'extra' were left out: they must be a mapping, not list.",
        ],
    )


def test_a_problem_with_fields_of_wrong_types_is_kept():
    given = Problem(severity="block", message=5, parameter=None, path="/a", cure=b"x", hook=3, origin="me")
    found, problems = called("check_file", [given, Problem(severity=Severity.BLOCK, message="caf\udce9\0")])
    assert found == (
        Problem(severity=Severity.WARNING, message="5", path=Path("/a")),
        Problem(severity=Severity.BLOCK, message="caf\\udce9"),
    )
    assert problems == [
        "a Problem was changed: its severity must be a Severity, not 'block'.",
        "a Problem was changed: its message must be a text, not int.",
        "a Problem was changed: its cure must be a text, not bytes.",
        "a Problem was changed: its hook must be a text, not int.",
        "a Problem was changed: its origin must be a Origin, not 'me'.",
    ]


@pytest.mark.parametrize("hook", ["list_projects", "read_outcomes", "find_held"])
@pytest.mark.parametrize("value", ["text", b"bytes", {"a": 1}, {1}, 5, [1], [None]])
def test_a_hook_that_returns_a_sequence_refuses_anything_else_and_names_the_plugin(hook, value):
    with pytest.raises(
        PluginError, match=rf"The plugin 'site' failed in {hook}: TypeError: {hook} must return "
    ) as got:
        called(hook, value)
    assert (got.value.plugin, got.value.exit_code) == ("site", 6)
    assert called(hook, ()) == ((), [])


@pytest.mark.parametrize("value", [b"bytes", bytearray(b"x"), "text", {"a": 1}, 5, [b"x"]])
def test_a_hook_that_returns_several_values_refuses_anything_else(value):
    answer, (problem,) = called("glean_kpi", value)
    assert answer is None
    assert problem.startswith("plugin 'site' failed in glean_kpi: TypeError: glean_kpi must return ")


@pytest.mark.parametrize("hook", ["glean_kpi", "check_file", "pre_import"])
def test_an_answer_without_an_end_is_cut_with_a_problem(hook):
    def endless():
        while True:
            yield Problem(severity=Severity.INFO, message="m")

    found, problems = called(hook, endless)
    assert len(found) == LARGEST_ANSWER
    assert problems == [f"{hook} returned more than {LARGEST_ANSWER} values. All further ones were left out."]
    exact, none = called(hook, lambda: itertools.islice(endless(), LARGEST_ANSWER))
    assert (len(exact), none) == (LARGEST_ANSWER, [])


def test_each_value_of_a_list_counts_as_a_value_of_the_answer():
    found, problems = called("glean_kpi", lambda: (Kpi(key=f"k{one}", value=[0] * 99) for one in itertools.count()))
    assert len(found) == LARGEST_ANSWER
    assert problems == [f"glean_kpi returned more than {LARGEST_ANSWER} values. All further ones were left out."]


def test_the_remarks_on_one_answer_are_few():
    found, problems = called("glean_kpi", lambda: (Kpi(key="", value=1) for _ in itertools.count()))
    assert found == ()
    assert len(problems) == MOST_REMARKS + 1


def test_the_texts_of_a_task_are_plain():
    given = TaskDescription(name="a", title="t\0", script=Path, def_file="x:y", description="caf\udce9")
    found, problems = called("register_tasks", [given])
    assert found == (replace(given, title="t", description="caf\\udce9"),)
    assert problems == []


IMPORTED = ImportedFile(
    uuid=JOB_UUID,
    parameter="inputData.X",
    path=Path("/p/a"),
    source=Path("/a"),
    md5="0" * 32,
    sha256="",
    size_bytes=1,
    modified_at=datetime(2026, 1, 2, tzinfo=timezone.utc),
    file_type="t",
)


def test_an_imported_file_is_taken_in_exact_types():
    given = replace(IMPORTED, size_bytes=np.int64(1), annotation="caf\udce9\0", columns=[["F", np.str_("SIGF")]])
    found, _ = called("import_file", given)
    assert found == replace(IMPORTED, annotation="caf\\udce9", columns=(("F", "SIGF"),))
    assert type(found.size_bytes) is int


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("uuid", "x", "its uuid must be a UUID, not 'x'"),
        ("path", Path("/a\0"), "its path has a NUL character, which no file name has"),
        ("size_bytes", 1.5, "its size_bytes must be a whole number, not float"),
        ("modified_at", datetime(2026, 1, 2), "its modified_at must be a time with a time zone, not datetime"),  # noqa: DTZ001
        ("columns", "FP", "its columns must be a tuple, not str"),
        ("md5", 5, "its md5 must be a text, not int"),
        ("md5", "0" * 31, f"'{'0' * 31}' is not a checksum of 32 hexadecimal digits"),
        ("sha256", "G" * 64, f"'{'G' * 64}' is not a checksum of 64 hexadecimal digits"),
        ("size_bytes", -1, "-1 is not the size of a file"),
        ("content_flag", 2**31, "2147483648 is too large; the limit is 2147483647"),
        ("reused", 1, "its reused must be a bool, not int"),
    ],
)
def test_an_imported_file_that_cannot_be_recorded_is_refused_with_the_field(field, value, why):
    message = f"The plugin 'site' failed in import_file: NotPlainError: the field {field!r} of the ImportedFile is inv"
    with pytest.raises(PluginError) as caught:
        called("import_file", replace(IMPORTED, **{field: value}))
    assert str(caught.value).startswith(f"{message}alid: {why}. ")


def test_an_opened_job_is_taken_with_a_plain_title(tmp_path):
    job = make_job(tmp_path / "p")
    found, _ = called("open_job", replace(job, title="caf\udce9\0"))
    assert found == replace(job, title="caf\\udce9")
    with pytest.raises(PluginError, match="the field 'directory' of the Job is invalid"):
        called("open_job", replace(job, directory=5))


@pytest.mark.parametrize("kind", [Problem, FileMetadata, ImportedFile, Job, Project])
def test_every_field_of_an_answer_has_a_converter(kind):
    annotations = {item.type.removesuffix(" | None") for item in fields(kind) if item.name != "extra"}
    assert annotations <= set(hook_results.CONVERTERS)
