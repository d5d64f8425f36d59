"""CCP4i2 and ccp4hooks record the same rows for the same tasks, except for intended differences."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import ccp4i2
import pytest
from ccp4i2.core.tasks import TASKS
from parity import rows
from parity.cases import ALWAYS, CASES, INSTALLED, WITH_SERVALCAT
from parity.compare import WHOLE_ROW, Difference, differences
from parity.intended import INTENDED
from parity.sides import ON_HOOKS, OURS, SIDES, THEIRS, database, run

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "intended-differences.md"

VERSION = "3.0" if ccp4i2.__version__.startswith("3.0.") else "3.1"
DIFFERING = [entry for entry in INTENDED if VERSION in entry.versions]
"""The intended differences of the installed version."""

NEEDS_SERVALCAT = pytest.mark.skipif(not INSTALLED, reason="servalcat is not installed: pip install servalcat")


@pytest.fixture(scope="module")
def databases(tmp_path_factory):
    """The database of every side, with all cases in it."""
    folders = [tmp_path_factory.mktemp(side.replace(" ", "-")) for side in SIDES]
    with ThreadPoolExecutor(len(SIDES)) as pool:
        for side, done in zip(SIDES, pool.map(run, SIDES, folders), strict=True):
            assert done.returncode == 0, f"{side}: {done.stderr[-3000:]}"
    return {side: database(folder) for side, folder in zip(SIDES, folders, strict=True)}


@pytest.fixture(scope="module")
def tables(databases):
    """{side: {table: {row: {column: value}}}}."""
    return {side: rows.read(path) for side, path in databases.items()}


@pytest.fixture(scope="module")
def found(tables):
    """All differences between CCP4i2 and us."""
    return differences(tables[THEIRS], tables[OURS])


def reasons(difference):
    return [entry for entry in DIFFERING if entry.explains(difference)]


def test_every_difference_is_intended(found):
    unmeant = [str(difference) for difference in found if not reasons(difference)]
    assert not unmeant, "\n".join(("without a reason:", *unmeant))


def test_every_difference_has_exactly_one_reason(found):
    several = [str(difference) for difference in found if len(reasons(difference)) > 1]
    assert not several, "\n".join(("with several reasons:", *several))


def test_every_intended_difference_occurs(found):
    unused = [f"{one.table}.{one.column}, {one.where}" for one in DIFFERING if not any(map(one.explains, found))]
    assert not unused, "\n".join(("explains nothing:", *unused))


def test_ccp4i2s_own_runner_on_the_hooks_records_what_ccp4hooks_records(tables):
    assert differences(tables[ON_HOOKS], tables[OURS]) == []


@pytest.mark.parametrize(
    ("number", "case"),
    [
        pytest.param(str(number), case, id=case.name, marks=NEEDS_SERVALCAT if case in WITH_SERVALCAT else ())
        for number, case in enumerate((*ALWAYS, *WITH_SERVALCAT), start=1)
    ],
)
def test_a_case_finishes_on_every_side(tables, number, case):
    seen = {side: (job["task_name"], job["status"]) for side in SIDES for job in [tables[side]["Job"][number]]}
    assert seen == dict.fromkeys(SIDES, (case.task, "FINISHED"))


def test_every_task_of_ccp4i2_that_needs_no_program_is_a_case():
    own = {name for name, task in TASKS.items() if task.ccp4_free and task.pluginPath.startswith("ccp4i2.")}
    assert own <= {case.task for case in CASES}
    assert "freerflag" in own


@pytest.mark.parametrize("side", SIDES)
def test_every_row_of_the_six_tables_is_compared(databases, tables, side):
    compared = {table: len(found) for table, found in tables[side].items()}
    assert compared == rows.count(databases[side])
    assert all(compared.values())


def test_the_comparison_finds_different_values_and_missing_rows():
    theirs = {"Job": {"1": {"title": "a", "status": "FINISHED"}}, "File": {"output 1 X": {"name": "x"}}}
    ours = {"Job": {"1": {"title": "b", "status": "FINISHED"}, "2": {"title": None}}, "File": {}}
    assert differences(theirs, ours) == [
        Difference(table="Job", row="1", column="title", theirs="a", ours="b"),
        Difference(table="Job", row="2", column=WHOLE_ROW, theirs="missing", ours="title=NULL"),
        Difference(table="File", row="output 1 X", column=WHOLE_ROW, theirs="name=x", ours="missing"),
    ]


def line(entry):
    versions = ", ".join(entry.versions)
    cells = (f"`{entry.table}`", f"`{entry.column}`", entry.where, entry.they_have, versions, entry.we_have, entry.why)
    return f"| {' | '.join(cells)} |"


def test_the_docs_show_exactly_the_table_of_differences():
    shown = [text for text in PAGE.read_text(encoding="utf-8").splitlines() if text.startswith("| `")]
    assert shown == [line(entry) for entry in INTENDED]


def test_the_docs_list_every_compared_task():
    text = PAGE.read_text(encoding="utf-8")
    missing = [case.task for case in (*ALWAYS, *WITH_SERVALCAT) if f"`{case.task}`" not in text]
    assert missing == ["parity_pipeline"]
