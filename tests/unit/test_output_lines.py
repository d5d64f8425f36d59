"""Lines about errors in the output of a task."""

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
