"""What a comparison says of recorded jobs: their KPIs, and the parameters and inputs in which they differ."""

from dataclasses import replace

import pytest
from unit.reports.samples import failed, recorded, rewrite, with_inputs
from unit.samples import tiny

from ccp4hooks import (
    BadInputError,
    Better,
    JobStatus,
    Kpi,
    KpiDescription,
    ParameterSource,
    ParameterValue,
    ResultValue,
    UnknownNameError,
)
from ccp4hooks.reports.pages import comparison_page
from ccp4hooks.store import FileUse, OwnedJob

HOSTILE = "</td><script>alert(1)</script>\u2028\u202e\x1b[31m\x00"


def numbers(comparison):
    return [str(one.job.number) for one in comparison.jobs]


def kpi(comparison, key="RFree"):
    return next(one for one in comparison.kpis if one.key == key)


def parameters(comparison):
    return {one.name: [(value.value, value.source, value.job) for value in one.values] for one in comparison.parameters}


def value(name, number, **fields):
    return ParameterValue(**{"name": name, "value": number} | fields)


def page(comparison):
    return comparison_page.render(comparison)


# --- KPIs ---------------------------------------------------------------------------------------------------------


def test_kpis_have_values_differences_to_the_first_job_and_the_best(session, refined):
    comparison = session.compare("demo", "4", "3", "1")
    assert (comparison.reference, numbers(comparison)) == ("4", ["4", "3", "1"])
    found = kpi(comparison)
    assert (found.title, found.better, found.decimals, found.best) == ("R-free", Better.LOWER, 4, ("3",))
    assert found.values == (0.29, 0.28, None)
    assert found.differences == (None, pytest.approx(-0.01), None)
    assert [found.is_better(at) for at in range(3)] == [None, True, None]
    assert kpi(comparison, "note").differences == (None, None, None)


def test_a_failed_job_is_compared_but_never_the_best(session, project):
    recorded(project.directory, "1", kpis={"RFree": 0.3})
    recorded(project.directory, "2", kpis={"RFree": 0.1}, status=JobStatus.FAILED)
    recorded(project.directory, "3", kpis={"RFree": 0.2})
    found = kpi(session.compare("demo", "1", "2", "3"))
    assert (found.best, found.differences[1]) == (("3",), pytest.approx(-0.2))


def test_values_of_different_units_have_neither_difference_nor_best(session, project):
    for at, unit in enumerate(("A", "A", "nm"), start=1):
        rewrite(recorded(project.directory, str(at)), kpis=(Kpi(key="RFree", value=at, unit=unit),))
    found = kpi(session.compare("demo", "1", "2", "3"))
    assert (found.unit, found.units) == ("", ("A", "A", "nm"))
    assert (found.differences, found.best) == ((None, 1, None), ())
    assert "3 nm" in page(session.compare("demo", "1", "3"))


@pytest.mark.parametrize("pair", [(True, False), ("0.2", 0.1), (1e308, -1e308)])
def test_a_difference_is_a_finite_number_or_unknown(session, project, pair):
    for at, one in enumerate(pair, start=1):
        recorded(project.directory, str(at), kpis={"RFree": one})
    assert kpi(session.compare("demo", "1", "2")).differences == (None, None)


def test_jobs_without_kpis_are_compared(session, project):
    recorded(project.directory, "1")
    recorded(project.directory, "2", **failed("no licence"))
    comparison = session.compare("demo", "1", "2")
    assert comparison.kpis == ()
    assert "No job has a KPI." in page(comparison)


def test_only_the_kpis_that_are_wanted_are_compared_by_key_or_title(session, refined):
    found = session.compare("demo", "2", "3", kpis=["r-FREE", "note", "RFree"])
    assert [one.key for one in found.kpis] == ["RFree", "note"]
    assert [one.key for one in session.compare("demo", "2", "3", kpis="R").kpis] == ["RFactor"]


@pytest.mark.parametrize("option", [{"kpis": ["RFre"]}, {"sort": "-RFre"}, {"sort": "RFre"}])
def test_an_unknown_kpi_is_an_error_with_the_nearest_names(session, refined, option):
    with pytest.raises(UnknownNameError, match="None of the jobs has the KPI 'RFre'; did you mean RFree"):
        session.compare("demo", "2", "3", **option)
    with pytest.raises(UnknownNameError, match="They have no KPIs"):
        session.compare("demo", "1", "5", **option)


# --- order --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("", ["1", "2", "3", "4", "5", "6"]),
        ("RFree", ["3", "1", "2", "4", "6", "5"]),
        ("-R-free", ["2", "1", "3", "4", "6", "5"]),
        ("height", ["2", "1", "3", "4", "5", "6"]),
        ("-height", ["1", "2", "3", "4", "5", "6"]),
        ("-x", ["2", "1", "3", "4", "5", "6"]),
    ],
)
def test_jobs_are_sorted_with_the_best_first_where_it_is_known(session, project, sort, order):
    recorded(project.directory, "1", kpis={"RFree": 0.2, "height": 2, "-x": 2})
    recorded(project.directory, "2", kpis={"RFree": 0.3, "height": 1, "-x": 1})
    recorded(project.directory, "3", kpis={"RFree": 0.1})
    recorded(project.directory, "4", kpis={"RFree": 0.05}, status=JobStatus.FAILED)
    recorded(project.directory, "5")
    recorded(project.directory, "6", kpis={"RFree": "low"})
    comparison = session.compare("demo", *"123456", sort=sort)
    assert (numbers(comparison), comparison.reference) == (order, order[0])


def test_where_higher_is_better_the_highest_comes_first(open_with, project):
    def describe_kpis():
        return [KpiDescription(key="height", title="Height", better=Better.HIGHER)]

    for at in (1, 3, 2):
        recorded(project.directory, str(at), kpis={"height": at})
    comparison = open_with(tall=tiny(describe_kpis)).compare("demo", "1", "2", "3", sort="Height")
    assert (numbers(comparison), comparison.sorted_by) == (["3", "2", "1"], "height")
    assert [kpi(comparison, "height").is_better(at) for at in range(3)] == [None, False, False]


# --- which jobs ---------------------------------------------------------------------------------------------------


def test_sub_jobs_and_jobs_of_several_tasks_can_be_compared(session, refined):
    assert numbers(session.compare("demo", "3.1", "2.1", "1")) == ["3.1", "2.1", "1"]


def test_all_top_level_jobs_of_a_task_are_compared_or_else_its_sub_jobs(session, refined):
    assert numbers(session.compare("demo", task="refine")) == ["1", "2", "3", "4", "5"]
    for number in ("2.1", "3.1"):
        outcome = session.outcomes("demo", number)[0]
        rewrite(outcome, job=replace(outcome.job, task="inner"))
    assert numbers(session.compare("demo", task="inner")) == ["2.1", "3.1"]


@pytest.mark.parametrize(
    ("given", "options", "said"),
    [
        ((), {}, "This is no job. A comparison needs at least two different jobs."),
        (("3",), {}, "This is job 3. A comparison needs"),
        (("3", "3"), {}, "This is job 3. A comparison needs"),
        (("3", "99"), {}, "Unknown job '99'"),
        (("3",), {"task": "refine"}, "Give only one of them"),
        ((), {"task": "refin"}, "has no job of the task 'refin'; did you mean refine?"),
        ((), {"task": "single"}, "has only job 1 of the task 'single'"),
    ],
)
def test_what_cannot_be_compared_is_an_error_that_says_why(session, refined, given, options, said):
    rewrite(session.outcomes("demo", "1")[0], job=replace(session.outcomes("demo", "1")[0].job, task="single"))
    with pytest.raises(BadInputError, match=said):
        session.compare("demo", *given, **options)


def test_a_job_whose_process_has_died_says_so(open_with, project):
    running = recorded(project.directory, "1", status=JobStatus.RUNNING, finished_at=None)
    ended = recorded(project.directory, "2")

    def read_outcomes(number):
        return [one for one in (running, ended) if one.job.number == number]

    def find_held():
        return [OwnedJob(job=running.job, status=running.status, alive=False, host="here", pid=7, reachable=False)]

    comparison = open_with(reader=tiny(read_outcomes), owner=tiny(find_held)).compare(project, "2", "1")
    assert comparison.dead == ("1",)
    assert "PROCESS HAS DIED" in page(comparison)


# --- parameters ---------------------------------------------------------------------------------------------------


def test_a_parameter_that_was_not_set_has_the_default_of_its_task(session, project):
    recorded(project.directory, "1", parameters=(value("N", 5, default=10), value("SAME", 1)))
    recorded(project.directory, "2", parameters=(value("SAME", 1.0),))
    recorded(project.directory, "3", parameters=(value("N", 10, source=ParameterSource.JOB, job="2"), value("SAME", 1)))
    comparison = session.compare("demo", "1", "2", "3")
    user, job = ParameterSource.USER, ParameterSource.JOB
    assert parameters(comparison)["N"] == [(5, user, ""), (10, None, ""), (10, job, "2")]
    assert [one.name for one in comparison.differing_parameters] == ["N"]
    assert [one.name for one in session.compare("demo", "2", "3").differing_parameters] == ["N"]


def test_a_job_of_another_task_does_not_have_the_default(session, project):
    recorded(project.directory, "1", parameters=(value("N", 5, default=10),))
    other = recorded(project.directory, "2")
    rewrite(other, job=replace(other.job, task="other"))
    assert parameters(session.compare("demo", "1", "2"))["N"][1] == (None, None, "")


def test_truth_differs_from_one_and_cut_texts_by_their_checksums(session, project):
    long = {"value": "x" * 100, "size": 10_000}
    for at, (flag, digest) in enumerate(((True, "0" * 64), (1, "1" * 64)), start=1):
        made = (value("FLAG", flag), ParameterValue(name="LONG", sha256=digest, **long))
        recorded(project.directory, str(at), parameters=made)
    assert [one.name for one in session.compare("demo", "1", "2").differing_parameters] == ["FLAG", "LONG"]


def test_results_are_compared_too(session, project):
    for at in (1, 2):
        recorded(project.directory, str(at), results=(ResultValue(name="cell.a", value=at),))
    (row,) = session.compare("demo", "1", "2").results
    assert (row.name, row.differs, [one.value for one in row.values]) == ("cell.a", True, [1, 2])


# --- inputs -------------------------------------------------------------------------------------------------------


def inputs(comparison):
    return {one.parameter: one.same for one in comparison.inputs}


def test_inputs_are_compared_by_their_content_not_their_names(session, project):
    for number, files in (("1", {"a": "1"}), ("2", {"b": "1"}), ("3", {"a": "2"}), ("4", {})):
        with_inputs(project.directory, number, **files)
    assert inputs(session.compare("demo", "1", "2")) == {"HKLIN": True}
    assert inputs(session.compare("demo", "1", "2", "3")) == {"HKLIN": False}
    comparison = session.compare("demo", "1", "4")
    assert inputs(comparison) == {"HKLIN": False}
    assert comparison.inputs[0].files[1] is None


def test_the_checksum_of_an_earlier_import_is_found_whichever_jobs_are_compared(session, project):
    made = with_inputs(project.directory, "1", a="1").imported[0]
    with_inputs(project.directory, "2", b="1")
    use = FileUse(file_uuid=made.uuid, parameter=made.parameter, path=made.path)
    recorded(project.directory, "3", uses=(use,))
    for job in ("1", "2"):
        comparison = session.compare("demo", "3", job)
        assert inputs(comparison) == {"HKLIN": True}
        assert comparison.inputs[0].files[0].md5 == "1" * 32


def test_outputs_of_jobs_have_no_checksum_and_nobody_knows_whether_they_are_the_same(session, project):
    recorded(project.directory, "1")
    recorded(project.directory, "2", reads=["1"])
    recorded(project.directory, "3", reads=["1"])
    recorded(project.directory, "4", reads=["2"])
    assert inputs(session.compare("demo", "2", "3")) == {"XYZIN": True}
    comparison = session.compare("demo", "2", "3", "4")
    assert inputs(comparison) == {"XYZIN": None}
    assert [file.made_by for file in comparison.inputs[0].files] == ["1", "1", "2"]
    assert "no checksum recorded" in page(comparison)


# --- hostile texts ------------------------------------------------------------------------------------------------


def test_texts_from_data_are_harmless_on_the_page(session, project):
    for at in (1, 2):
        text = f"{at}{HOSTILE}{'x' * 10_000}"
        made = (ParameterValue(name=f"N{HOSTILE}", value=text),)
        folder = project.directory
        recorded(folder, str(at), title=text, parameters=made, imports=[f"{at}<b>.mtz"], kpis={"<b>": text[:200]})
    made = page(session.compare("demo", "1", "2"))
    assert "<script" not in made
    assert "<b>" not in made
    assert not {"\u2028", "\u202e", "\x1b", "\x00"} & set(made)
    assert len(made) < 60_000


def test_a_page_replaces_an_earlier_one_and_nothing_else(session, refined, tmp_path):
    path = tmp_path / "x.html"
    comparison = session.compare("demo", "2", "3")
    for _ in range(2):
        session.write_comparison(comparison, path)
    assert path.read_text(encoding="utf-8") == page(comparison)
    path.write_text("mine")
    with pytest.raises(BadInputError, match="is no report of ccp4hooks"):
        session.write_comparison(comparison, path)


def test_the_page_counts_what_is_the_same(session, project):
    for number in "12":
        recorded(project.directory, number, imports=["a.mtz"], parameters=(value("N", 1), value("M", 2)))
    made = page(session.compare("demo", "1", "2"))
    assert "The same in all jobs: 2 parameters that were set and 1 input." in made
