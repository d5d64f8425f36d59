"""Many jobs: one for each combination of values or row of a table, a limited number at once."""

import asyncio
import json
import sys
import threading
import time

import pytest
from click.testing import CliRunner

from ccp4hooks import BadInputError, JobStatus, RunRequest, UnknownNameError, hookimpl, run_many, sweep
from ccp4hooks.cli import cli


@pytest.fixture
def make(session):
    yield lambda **extra: session("param_tasks", **extra)
    for name in ("param_tasks", "param_scripts"):
        sys.modules.pop(name, None)


def swept(session, values, **options):
    return list(sweep(session, "param_task", values, project="p", **options))


def jobs_of(answers):
    return [(str(one.result.outcome.job.number), one.result.unchanged) for one in answers]


def statuses(session):
    return {str(one.job.number): one.status for one in session.outcomes("p")}


def test_each_combination_has_a_job_whose_title_has_the_values_that_differ(make):
    made = make()
    answers = swept(made, {"WEIGHT": [0.1, 0.2], "CYCLES": [5, 6], "TITLE": ["a"]})
    assert jobs_of(answers) == [("1", False), ("2", False), ("3", False), ("4", False)]
    assert [one.result.outcome.job.title for one in answers] == [
        "WEIGHT=0.1 CYCLES=5",
        "WEIGHT=0.1 CYCLES=6",
        "WEIGHT=0.2 CYCLES=5",
        "WEIGHT=0.2 CYCLES=6",
    ]
    assert {one.name: one.value for one in answers[3].result.outcome.parameters} == {
        "TITLE": "a", "WEIGHT": 0.2, "CYCLES": 106
    }  # fmt: skip


def test_rows_that_have_a_finished_job_are_not_run_again(make):
    made = make()
    assert jobs_of(swept(made, {"WEIGHT": [0.1, 0.2]})) == [("1", False), ("2", False)]
    assert jobs_of(swept(made, {"WEIGHT": [0.1, 0.3, 0.2]})) == [("1", True), ("3", False), ("2", True)]


def test_a_sweep_begins_with_the_parameters_of_a_job(make):
    made = make()
    made.run("param_task", [("TITLE", "a"), ("CYCLES", 4)], project="p")
    saved = made.saved_parameters("p", "1")
    (answer,) = swept(made, {"WEIGHT": [0.1]}, saved=saved)
    outcome = answer.result.outcome
    assert {one.name: one.value for one in outcome.parameters} == {"TITLE": "a", "WEIGHT": 0.1, "CYCLES": 104}
    assert outcome.provenance.variation_of == "1"


def test_a_row_that_cannot_run_does_not_stop_the_others(make, data):
    # Whether a file can be used is known in its turn only: an earlier job of the sweep may have made it.
    files = [data["model"], data["model"].with_name("missing.pdb"), data["model"]]
    values = {"XYZIN": files[:2], "XYZIN.selection.text": ["A/10-20"]}
    answers = list(sweep(make(), "coordinate_selector", values, project="p"))
    assert [one.result and one.result.outcome.status for one in answers] == [JobStatus.FINISHED, None]
    assert "missing.pdb" in str(answers[1].error)


def test_rows_with_values_that_cannot_be_right_are_all_named_before_any_job(make):
    made = make()
    with pytest.raises(BadInputError) as caught:
        swept(made, {"CYCLES": ["5", "x", "-1", "6"], "WEIGHT": ["0.1", "much"], "NUMBERS": ["1"]})
    assert str(caught.value) == (
        "5 of 8 rows cannot run, and no job was started:\n"
        "  - rows 2, 4, 6 and 1 more: controlParameters.WEIGHT=much: the value must be a number.\n"
        "  - rows 3, 4: controlParameters.CYCLES=x: the value must be a whole number."
    )
    with pytest.raises(UnknownNameError):
        made.project("p")


def test_a_value_is_judged_by_the_definition_of_its_parameter(make):
    good = [("NCYCLES", 0), ("WEIGHT", 0.5), ("DATA_METHOD", "spa"), ("USE_NCS", "yes"), ("XYZIN", "missing.pdb")]
    good += [("AMINOACID_CHAINS", "A"), ("XYZIN.selection.text", "A/")]
    bad = [("NCYCLES", -1), ("NCYCLES", "1.5"), ("WEIGHT", "nan"), ("DATA_METHOD", "neutrons"), ("USE_NCS", "perhaps")]
    bad += [("XYZOUT", "x.pdb"), ("DICT_LIST", "missing.cif"), ("OCCUPANCY_SELECTION", "A")]
    faults = make().value_faults("servalcat_pipe", [*good, *bad])
    assert [*faults] == [(name, str(value)) for name, value in bad if name != "DICT_LIST"]
    assert faults["DATA_METHOD", "neutrons"] == (
        "controlParameters.DATA_METHOD=neutrons: the value must be one of xtal, spa."
    )


def test_a_request_of_many_with_a_wrong_value_does_not_stop_the_others(make):
    requests = [RunRequest(task="param_task", values=(("CYCLES", value),), project="p") for value in ("5", "x", "6")]

    async def main():
        return [answer async for answer in run_many(make(), requests, limit=1)]

    assert [one.error and str(one.error) for one in asyncio.run(main())] == [
        None,
        "controlParameters.CYCLES=x: the value must be a whole number.",
        None,
    ]


def test_the_error_of_a_request_is_raised_if_that_is_wanted_and_no_other_begins(make):
    made, begun = make(), []

    def requests():
        for value in ("5", "x", "6"):
            begun.append(value)
            yield RunRequest(task="param_task", values={"CYCLES": value}, project="p")

    async def main(on_error):
        return [answer async for answer in run_many(made, requests(), limit=1, on_error=on_error)]

    with pytest.raises(BadInputError, match="CYCLES=x: the value must be a whole number") as caught:
        asyncio.run(main("raise"))
    assert begun == ["5", "x"]
    assert sys.version_info < (3, 11) or caught.value.__notes__ == ["The request: param_task CYCLES=x"]
    assert statuses(made) == {"1": JobStatus.FINISHED}
    with pytest.raises(BadInputError, match=r"on_error is 'ignore'\. Give 'yield' or 'raise'"):
        asyncio.run(main("ignore"))


class Counting:
    """Counts how many jobs run at the same time, and lets each wait for another one."""

    def __init__(self, together):
        self.lock, self.running, self.most = threading.Lock(), 0, 0
        self.barrier = threading.Barrier(together)

    @hookimpl
    def pre_import(self):
        with self.lock:
            self.running += 1
            self.most = max(self.most, self.running)
        self.barrier.wait(20)

    @hookimpl
    def job_finished(self):
        with self.lock:
            self.running -= 1


def test_as_many_jobs_run_at_once_as_are_allowed(make):
    counting = Counting(2)
    answers = swept(make(counting=counting), {"CYCLES": [5, 6, 7, 8]}, limit=2)
    assert (counting.most, len(answers)) == (2, 4)
    assert sorted(one.request.values[0][1] for one in answers) == [5, 6, 7, 8]


def test_many_different_tasks_can_be_run_from_an_event_loop(make, data):
    made = make()
    requests = [
        RunRequest(task="param_task", values=(("CYCLES", 5),), project="p"),
        RunRequest(task="coordinate_selector", values=(("XYZIN", data["model"]),), project="q"),
        RunRequest(task="nonsense", project="p"),
    ]

    async def main():
        return [answer async for answer in run_many(made, requests, limit=3)]

    answers = {one.request.task: one for one in asyncio.run(main())}
    assert answers["param_task"].result.outcome.status is JobStatus.FINISHED
    assert answers["coordinate_selector"].result.outcome.job.project.name == "q"
    assert str(answers["nonsense"].error).startswith("Unknown task 'nonsense'")


def test_a_sweep_on_an_event_loop_is_refused_with_the_way_out(make):
    made = make()

    async def main():
        sweep(made, "param_task", {"CYCLES": [5]}, project="p")

    with pytest.raises(BadInputError, match=r"a Jupyter notebook, .* Use `async for .* run_many"):
        asyncio.run(main())
    assert made.projects() == ()


def waits(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("end", [KeyboardInterrupt, None])
def test_an_early_end_interrupts_the_running_jobs_and_begins_no_other(make, data, tmp_path, end):
    made = make()
    jobs = tmp_path / "projects" / "p" / "CCP4_JOBS"
    requests = [RunRequest(task="param_task", values=(("CYCLES", 5),), project="p")]
    requests += [RunRequest(task="it_long", values=(("XYZIN", data["model"]),), project="p") for _ in range(3)]

    async def main():
        answers = run_many(made, requests, limit=2)
        first = await anext(answers)
        await asyncio.to_thread(waits, lambda: len(list(jobs.glob("job_*/log.txt"))) >= 1)
        await answers.aclose()
        return first

    if end is None:
        assert str(asyncio.run(main()).result.outcome.job.number)
    else:
        from ccp4hooks.aio.many import in_turn

        turns = in_turn(run_many(made, requests, limit=2))
        next(turns)
        waits(lambda: len(list(jobs.glob("job_*/log.txt"))) >= 1)
        with pytest.raises(KeyboardInterrupt):
            turns.throw(end)
    found = statuses(made)
    assert set(found.values()) <= {JobStatus.FINISHED, JobStatus.INTERRUPTED}
    assert list(found.values()).count(JobStatus.FINISHED) == 1
    assert 1 <= list(found.values()).count(JobStatus.INTERRUPTED) <= 2
    assert len(found) < 4


# --- bad input --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "t.csv has no rows. Write a line of parameter names"),
        ("CYCLES\n\n", "t.csv has no rows"),
        ("CYCLES,CYCLES\n1,2\n", "t.csv: the column 'CYCLES' occurs twice"),
        ("CYCLES,\n1,2\n", "t.csv: a column has no name"),
        ("CYCLES\n1\n2,3\n", "t.csv, line 3: there are 2 values for 1 columns"),
        ('TITLE\n"a\n', "t.csv is not a table of comma-separated values"),
        ("CYCLS\n1\n", "Unknown parameter 'CYCLS'; did you mean CYCLES?"),
        ("WEIGHT\n1\n", "WEIGHT is a column of the table, and was given as well"),
        ("CYCLES\n" + "\n".join(map(str, range(5001))), "The sweep has 10002 jobs; at most 10000 are allowed"),
        (b"CYCLES\n\xff\n", "t.csv is not encoded as UTF-8"),
        (None, "t.csv cannot be read: No such file or directory"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_before_any_job(make, tmp_path, text, message):
    path = tmp_path / "t.csv"
    if text is not None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    made = make()
    with pytest.raises(BadInputError) as caught:
        swept(made, {"WEIGHT": [0.1, 0.2]}, table=path)
    assert message in str(caught.value)
    assert made.projects() == ()


def test_an_empty_text_in_quotation_marks_is_a_value(make, tmp_path):
    make()
    done = command(tmp_path, "param_task", 'TITLE="",a', "--json")
    assert [(row["values"], row["status"]) for row in json.loads(done.stdout)["rows"]] == [
        ({"TITLE": ""}, "FINISHED"), ({"TITLE": "a"}, "FINISHED")
    ]  # fmt: skip


def test_a_table_has_quoted_values_and_gaps(make, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('\ufeffTITLE, CYCLES\r\n"GASV, MAM",5\r\n\r\n,6\r\n', encoding="utf-8", newline="")
    answers = swept(make(), {}, table=path)
    assert [one.request.values for one in answers] == [(("TITLE", "GASV, MAM"), ("CYCLES", "5")), (("CYCLES", "6"),)]


def test_values_that_make_no_sweep_are_refused(make):
    made = make()
    for values, message in (
        ({"WEIGHT": []}, "WEIGHT has no value"),
        ({}, r"The sweep has no values\. Give those of a parameter, or a table\."),
        ({"WEIGHT": range(10**9), "CYCLES": range(10**9)}, "The sweep has 1000000000000000000 jobs"),
    ):
        with pytest.raises(BadInputError, match=message):
            swept(made, values)
    with pytest.raises(UnknownNameError):
        swept(made, {"NONSENSE": [1]})
    with pytest.raises(BadInputError, match="0 jobs cannot run at once"):
        swept(made, {"CYCLES": [1]}, limit=0)


# --- the command line -------------------------------------------------------------------------------------------


def command(tmp_path, *words):
    shared = ["--projects-dir", str(tmp_path / "projects"), "-p", "no:database", "-p", "param_tasks"]
    return CliRunner().invoke(cli, [*shared, "sweep", *map(str, words), "--project", "p"], prog_name="ccp4hooks")


def test_the_table_of_kpis_has_a_line_for_each_row(make, data, tmp_path):
    make()
    words = ("coordinate_selector", f"XYZIN={data['model']}", "XYZIN.selection.text=A/10-20,A/30-39")
    done = command(tmp_path, *words)
    assert done.stdout == (
        "Job  Status    XYZIN.selection.text  Atoms  Residues\n"
        "1    FINISHED  A/10-20               78     11\n"
        "2    FINISHED  A/30-39               79     10\n"
    )
    assert done.stderr.splitlines() == [
        "1/2 job 1 FINISHED: XYZIN.selection.text=A/10-20",
        "2/2 job 2 FINISHED: XYZIN.selection.text=A/30-39",
    ]
    assert command(tmp_path, *words, "--csv", "-q").stdout == (
        "job,status,XYZIN,XYZIN.selection.text,nAtoms,nResidues\n"
        f"1,FINISHED,{data['model']},A/10-20,78,11\n"
        f"2,FINISHED,{data['model']},A/30-39,79,10\n"
    )
    again = json.loads(command(tmp_path, *words, "--json").stdout)
    assert [(row["job"], row["unchanged"], row["kpis"]["nAtoms"]) for row in again["rows"]] == [
        ("1", True, 78), ("2", True, 79)
    ]  # fmt: skip


def test_the_table_says_why_jobs_failed(make, data, tmp_path):
    make()
    words = ("it_pipeline", f"XYZIN={data['model']}", "MODE=errors", "COUNT=2,3")
    done = command(tmp_path, *words, "-p", "it_tasks")
    assert done.exit_code == 1
    assert done.stdout.splitlines()[-2:] == ["Job 1 FAILED: step: fault 2", "Job 2 FAILED: step: fault 3"]
    rows = json.loads(command(tmp_path, *words, "-p", "it_tasks", "--json").stdout)["rows"]
    assert [row["reason"] for row in rows] == ["step: fault 2", "step: fault 3"]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ((), 2, "Missing argument 'TASK'"),
        (("param_task", "CYCLES=5", "CYCLES=6"), 2, "CYCLES was given twice. Separate its values by commas."),
        (("param_task", 'TITLE="a'), 4, "a quotation mark is not closed"),
        (("param_task", "CYCLES=5", "-j", "0"), 2, "0 is not in the range"),
        (("param_task", "CYCLES=5", "--csv", "--json"), 2, "Give only one of --csv and --json"),
        (("param_task", "CYCLES=5,"), 4, "CYCLES=5,: a value is empty. Separate values by one comma, without spaces."),
        (("param_task", "CYCLES=,5"), 4, "CYCLES=,5: a value is empty."),
        (("param_task", "TITLE=a,,b"), 4, "TITLE=a,,b: a value is empty."),
        (("param_task", "TITLE=a, ,b"), 4, "TITLE=a, ,b: a value is empty."),
        (("param_task", "TITLE="), 4, "TITLE=: there is no value. Separate"),
        (("param_task", "CYCLES=1:"), 4, "CYCLES=1:: the value must be a whole number."),
        (("param_task", "CYCLES=1:3"), 4, "CYCLES=1:3: the value must be a whole number."),
        (("param_task", "CYCLES=5,", "6"), 2, "'6' does not have the form NAME=VALUE"),
        (("param_task",), 2, "There are no values. Give NAME=VALUE,VALUE for a parameter, or --table FILE."),
        (("--from", "1"), 2, "There are no values."),
        (("param_task", "--table", ""), 4, "The value of --table is empty"),
        (("param_task", "CYCLES=5,x"), 4, "CYCLES=x: the value must be a whole number."),
        (("nonsense", "CYCLES=5"), 4, "Unknown task 'nonsense'"),
    ],
)
def test_a_wrong_command_line_says_what_is_wrong(make, tmp_path, words, code, message):
    make()
    done = command(tmp_path, *words)
    assert (done.exit_code, message in done.stderr, "Traceback" in done.output) == (code, True, False), done.output
