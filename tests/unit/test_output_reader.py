"""Reading the output of a job while it grows, is cut or is replaced, and the end of a large one."""

import os
from contextlib import ExitStack, closing

import pytest

from ccp4hooks import BadInputError
from ccp4hooks.outcomes import output_reader
from ccp4hooks.outcomes.output_reader import OutputReader, output_path


@pytest.fixture
def path(tmp_path):
    return tmp_path / "log.txt"


@pytest.fixture
def opened(path):
    """Makes readers of that file, and closes them."""
    with ExitStack() as stack:

        def make(**options):
            return stack.enter_context(closing(OutputReader(path, **options)))

        yield make


def text(reader):
    return "".join(reader.read())


def test_only_what_was_added_is_read_the_next_time(path, opened):
    reader = opened()
    assert (text(reader), reader.has_begun) == ("", False)
    path.write_text("one\n")
    assert (text(reader), reader.has_begun) == ("one\n", True)
    with path.open("a") as file:
        file.write("two\nthr")
    assert text(reader) == "two\nthr"
    assert text(reader) == ""


def test_a_character_that_was_written_in_two_parts_is_one(path, opened):
    path.write_bytes("20 Å".encode()[:-1])
    reader = opened()
    assert text(reader) == "20 "
    path.write_bytes("20 Å\r\nÖ".encode()[:-1])
    assert text(reader) == "Å\n"
    assert reader.end() == "\\xc3"


def test_bytes_that_are_no_text_and_every_kind_of_line_break_are_read(path, opened):
    path.write_bytes(b"a\xff\x00b\r\n50 %\r100 %\n")
    assert text(opened()) == "a\\xff\x00b\n50 %\n100 %\n"


def test_a_file_that_has_replaced_another_one_is_read_from_its_start(path, opened):
    path.write_text("first\n")
    reader = opened(lines=1)
    assert text(reader) == "first\n"
    with path.open("a") as file:
        file.write("last words\n")
    new = path.with_name("new")
    new.write_text("second\nthird\n")
    new.replace(path)
    assert text(reader) == "last words\nsecond\nthird\n"


def test_a_file_that_was_removed_is_read_again_when_it_is_back(path, opened):
    path.write_text("first\n")
    reader = opened()
    assert text(reader) == "first\n"
    path.unlink()
    assert text(reader) == ""
    path.write_text("second\n")
    assert text(reader) == "second\n"


def test_a_file_that_was_cut_is_read_from_its_start(path, opened):
    path.write_text("a long first line\n")
    reader = opened()
    assert text(reader) == "a long first line\n"
    path.write_text("short\n")
    assert text(reader) == "short\n"


@pytest.mark.parametrize(
    ("content", "lines", "shown"),
    [
        ("a\nb\nc\n", 2, "b\nc\n"),
        ("a\nb\nc", 2, "b\nc"),
        ("a\nb\nc", 9, "a\nb\nc"),
        ("a\n\n\n", 2, "\n\n"),
        ("a\nb\n", 0, ""),
        ("", 3, ""),
    ],
)
def test_the_last_lines_are_found(path, opened, content, lines, shown):
    path.write_text(content)
    assert text(opened(lines=lines)) == shown


def test_the_last_lines_are_found_in_pieces(path, opened, monkeypatch):
    monkeypatch.setattr(output_reader, "PIECE_BYTES", 7)
    path.write_text("".join(f"line {number}\n" for number in range(50)))
    reader = opened(lines=20)
    assert text(reader).splitlines() == [f"line {number}" for number in range(30, 50)]
    assert reader.skipped_bytes == 0


def test_only_the_end_of_a_file_of_gigabytes_is_read(path, opened, monkeypatch):
    monkeypatch.setattr(output_reader, "SHOWN_BYTES", 20)
    with path.open("wb") as file:
        file.seek(2**32)
        file.write(b"1234567890\nthe end\n")
    for lines in (None, 9):
        reader = opened(lines=lines)
        assert text(reader) == "the end\n"
        assert reader.skipped_bytes == 2**32 + 11
    last = opened(lines=1)
    assert (text(last), last.skipped_bytes) == ("the end\n", 0)


def test_a_named_pipe_is_refused_and_does_not_block(path, opened):
    os.mkfifo(path)
    with pytest.raises(BadInputError, match=r"log\.txt is no regular file, so it cannot be shown"):
        text(opened())


def test_the_output_of_a_task_is_ccp4i2s_own_file_if_ccp4hooks_did_not_run_it(tmp_path):
    assert output_path(tmp_path, program=False).name == "ccp4hooks_output.txt"
    (tmp_path / "cplusplus_stdout.txt").touch()
    assert output_path(tmp_path, program=False).name == "cplusplus_stdout.txt"
    (tmp_path / "ccp4hooks_output.txt").touch()
    assert output_path(tmp_path, program=False).name == "ccp4hooks_output.txt"
    assert output_path(tmp_path, program=True).name == "log.txt"
