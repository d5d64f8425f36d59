"""Lists as lines with aligned columns, and texts, on terminals that are wide enough or too narrow for them."""

import sys

import pytest

from ccp4hooks.cli.conditions import Conditions, note_more
from ccp4hooks.cli.listing import aligned, prose
from ccp4hooks.cli.maintenance import show_result
from ccp4hooks.cli.output import sentences, wrapped
from ccp4hooks.model import MaintenanceResult

PATH = "CCP4_JOBS/job_6/a directory with a long name/and a file.mtz"


@pytest.fixture
def terminal(monkeypatch):
    """Make standard output a terminal with a number of columns."""

    def resize(columns):
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("COLUMNS", str(columns))

    return resize


def plain(lines):
    return [line.plain for line in lines]


def test_headings_and_values_cannot_control_the_terminal():
    lines = aligned(("Job", "\x1b[31mkey"), [("1", "a\nb"), ("2", "")])
    assert plain(lines) == ["Job  \\x1b[31mkey", "1    a\\nb", "2"]


def test_elsewhere_than_on_a_terminal_nothing_is_shortened():
    rows = [("1", "x" * 300, PATH)]
    assert plain(aligned(("Job", "Title", "File"), rows, texts=("Title",), below=("File",))) == [
        f"Job  {'Title'.ljust(300)}  File",
        f"1    {'x' * 300}  {PATH}",
    ]


def test_texts_are_shortened_on_a_terminal_and_nothing_else(terminal):
    terminal(40)
    rows = [("1", "a title that nobody can read here", "refmac_long"), ("2", "short", "b")]
    assert plain(aligned(("Job", "Title", "Task"), rows, texts=("Title",))) == [
        "Job  Title                   Task",
        "1    a title that nobody c…  refmac_long",
        "2    short                   b",
    ]


def test_a_column_that_does_not_fit_is_put_below_its_row_as_a_whole(terminal):
    terminal(40)
    rows = [("1", "5 kB", PATH), ("1.1", "12 kB", "\x1b"), ("2", "3 kB", "")]
    assert plain(aligned(("Job", "Size", "File"), rows, below=("File",))) == [
        "Job  Size",
        "1    5 kB",
        f"    File: {PATH}",
        "1.1  12 kB",
        r"    File: \x1b",
        "2    3 kB",
    ]


def test_no_more_columns_are_put_below_than_necessary(terminal):
    terminal(30)
    rows = [("1", "first words of a long reason", "x" * 20)]
    made = plain(aligned(("Job", "Reason", "File"), rows, texts=("Reason",), below=("Reason", "File")))
    assert made == ["Job  File", f"1    {'x' * 20}", "    Reason: first words of a", "      long reason"]


def test_columns_that_do_not_fit_follow_in_a_table_with_the_same_first_column(terminal):
    terminal(24)
    rows = [("1", "FINISHED", "0.2144", "0.2775"), ("10", "FAILED", "-", "-")]
    assert plain(aligned(("Job", "Status", "R", "R-free"), rows)) == [
        "Job  Status    R",
        "1    FINISHED  0.2144",
        "10   FAILED    -",
        "",
        "Job  R-free",
        "1    0.2775",
        "10   -",
    ]


def test_a_value_that_is_wider_than_the_terminal_is_not_cut(terminal):
    terminal(20)
    assert plain(aligned(("Project", "Directory"), [("p", PATH)])) == ["Project  Directory", f"p        {PATH}"]


# --- texts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("short", ["short"]),
        ("one two three four five", ["one two three", "  four five"]),
        ("a  gap stays  a gap and", ["a  gap stays  a", "  gap and"]),
        (f"{'x' * 30} end", ["x" * 30, "  end"]),
        (f"see {'x' * 30} end", ["see", f"  {'x' * 30}", "  end"]),
        ("run `ccp4hooks show 3 --all` now", ["run", "  `ccp4hooks show 3 --all`", "  now"]),
        ("the file 'my own model.pdb', then", ["the file", "  'my own model.pdb',", "  then"]),
        ("it's the job's title, isn't it", ["it's the job's", "  title, isn't", "  it"]),
        ("結晶構造 精密化 終了", ["結晶構造 精密化", "  終了"]),
        ("an ` alone stays where it is", ["an ` alone stays", "  where it is"]),
    ],
)
def test_texts_are_wrapped_at_words_but_not_within_commands_and_quotes(text, lines):
    assert wrapped(text, 16, "  ") == lines


def test_a_text_is_wrapped_on_a_terminal_only(terminal):
    assert prose(f"{'word ' * 40}end") == [f"{'word ' * 40}end"]
    terminal(40)
    assert prose(f"{'word ' * 9}end\x1b") == [f"{'word ' * 7}word", r"  word end\x1b"]
    assert prose("") == []


def test_errors_are_wrapped_if_standard_error_is_a_terminal(monkeypatch):
    text = "Error: The job 3 has no such file.\n  It has others, for instance `a b c`."
    assert sentences(text) == text
    monkeypatch.setenv("COLUMNS", "24")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert sentences(text).splitlines() == [
        "Error: The job 3 has no",
        "  such file.",
        "  It has others, for",
        "    instance `a b c`.",
    ]


def test_an_outcome_file_that_cannot_be_read_is_told_within_the_width_of_the_terminal(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    fault = "Invalid outcome file /p/job_1/o.json: it is empty. Restore it from a backup."
    with pytest.raises(SystemExit):
        show_result(MaintenanceResult(unreadable=(fault,)), "Nothing.", as_json=False)
    assert capsys.readouterr().err.splitlines() == [
        "Invalid outcome file /p/job_1/o.json: it",
        "  is empty. Restore it from a backup.",
    ]


def test_an_engine_that_has_not_answered_is_a_warning_only(capsys):
    show_result(MaintenanceResult(silent=("SLURM has not answered",)), "Nothing to recover.", as_json=False)
    assert (*capsys.readouterr(),) == ("Nothing to recover.\n", "Warning: SLURM has not answered\n")


@pytest.mark.parametrize(("limit", "these"), [(1, "this one"), (2, "these 2")])
def test_what_the_limit_leaves_out_is_said_in_words(capsys, limit, these):
    note_more(Conditions(status=(), task=(), since=None, tags=(), kpis=(), limit=limit, sort="-created"))
    assert capsys.readouterr().err == f"There are more jobs than {these}; --limit 0 shows all.\n"
