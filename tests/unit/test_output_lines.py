"""Lines about errors in the output of a task."""

import traceback

import pytest

from ccp4hooks.outcomes import output_lines


def test_only_the_end_of_a_large_file_is_searched(tmp_path):
    path = tmp_path / "log.txt"
    path.write_text("first error\n" + "filler\n" * 20_000 + "last error\n", encoding="utf-8")
    assert output_lines.error_lines(path) == ["last error"]


def test_a_repeated_line_counts_once_and_a_long_one_is_cut(tmp_path):
    path = tmp_path / "log.txt"
    path.write_text("error\n" * 9 + "error " + "x" * 900, encoding="utf-8")
    short, long = output_lines.error_lines(path)
    assert (short, len(long), long[-5:]) == ("error", output_lines.LINE_LENGTH, "xx...")


def test_a_file_that_cannot_be_read_has_no_lines(tmp_path):
    assert output_lines.error_lines(tmp_path) == []


def test_empty_files_have_no_output(tmp_path):
    (tmp_path / "log.txt").touch()
    (tmp_path / "stderr.txt").write_text("x", encoding="utf-8")
    assert output_lines.files_with_output(tmp_path) == [tmp_path / "stderr.txt"]


def test_what_a_program_has_said_is_not_repeated_for_the_script(tmp_path):
    said = tmp_path / output_lines.OUTPUT_FILE
    said.write_text("stderr: fatal: no space\nTraceback: ValueError\nan error of the script\n", encoding="utf-8")
    (tmp_path / "stderr.txt").write_text("fatal: no space\n", encoding="utf-8")
    found = {path.name: lines for path, lines in output_lines.errors_by_file(tmp_path).items()}
    assert found == {
        output_lines.OUTPUT_FILE: ["Traceback: ValueError", "an error of the script"],
        "stderr.txt": ["fatal: no space"],
    }


def test_the_name_of_a_file_tells_of_no_error(tmp_path):
    path = tmp_path / "log.txt"
    path.write_text(
        "Log file: /data/failed/error/log.txt\ncannot open /data/failed/a.pdb\nI/O error\n", encoding="utf-8"
    )
    assert output_lines.error_lines(path) == ["cannot open /data/failed/a.pdb", "I/O error"]


def test_a_quoted_path_tells_of_no_error(tmp_path):
    path = tmp_path / "log.txt"
    path.write_text("reading \"/data/failed/a.pdb\"\nreading ('/error/b.pdb')\ncannot read\n", encoding="utf-8")
    assert output_lines.error_lines(path) == ["cannot read"]


class Unlucky(Exception):  # noqa: N818 - its name has no word of errors
    """An exception of an author."""


def fail_to_abort(cause):
    """Raise an exception, from lines and by functions with words of errors."""
    try:
        raise cause
    except type(cause) as error:
        raise Unlucky("the second") from error


@pytest.mark.parametrize("indent", ["", "  | "])
def test_of_a_traceback_only_the_exceptions_tell_of_errors(tmp_path, indent):
    try:
        fail_to_abort(ValueError("the first"))
    except Unlucky as error:
        lines = "".join(traceback.format_exception(error)).splitlines()
    path = tmp_path / output_lines.OUTPUT_FILE
    text = "\n".join(f"{indent}{line}".rstrip() for line in ["no error yet", *lines, "all is well", "Unlucky: a name"])
    path.write_text(text, encoding="utf-8")
    said = ["no error yet", "ValueError: the first", f"{__name__}.Unlucky: the second"]
    assert output_lines.error_lines(path) == [f"{indent.lstrip()}{line}" for line in said]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (['File "/site/ccp4hooks/failures.py", line 30, in attempt', "    return fail()", "Oops: no"], []),
        (["Traceback (most recent call last):", "KeyError: 1"], ["KeyError: 1"]),
        (
            [
                "run() raised Oops: no",
                "Traceback (most recent call last):",
                '  File "x.py", line 3, in fail',
                "Oops: no",
            ],
            ["Oops: no"],
        ),
        (
            ["Error: Oops: no", "Traceback (most recent call last):", '  File "x.py", line 3, in fail', "Oops: no"],
            ["Error: Oops: no"],
        ),
        (
            [
                "Traceback (most recent call last):",
                '  File "error.py", line 3, in fail',
                "    fail()",
                "    ~~~~^^",
                "  [Previous line repeated 996 more times]",
                "Deep",
                "not a line of it",
            ],
            ["Deep"],
        ),
    ],
)
def test_a_traceback_may_be_cut_or_go_on(tmp_path, lines, said):
    path = tmp_path / output_lines.OUTPUT_FILE
    path.write_text("\n".join(lines), encoding="utf-8")
    assert output_lines.error_lines(path) == said
