import io
import sys
import threading

import pytest

from ccp4hooks.runtime import stdio


def test_what_is_written_goes_to_the_file_and_not_to_the_terminal(tmp_path, capsys):
    with stdio.output_to(tmp_path / "o.txt"):
        sys.stdout.write("out\n")
        sys.stderr.write("err\n")
    assert (tmp_path / "o.txt").read_text() == "out\nerr\n"
    assert capsys.readouterr() == ("", "")


def test_output_is_appended(tmp_path):
    for word in ("one", "two"):
        with stdio.output_to(tmp_path / "o.txt"):
            sys.stdout.write(word)
    assert (tmp_path / "o.txt").read_text() == "onetwo"


def test_output_can_be_dropped(capsys):
    with stdio.output_dropped():
        sys.stdout.write("gone")
    sys.stdout.write("kept")
    assert capsys.readouterr().out == "kept"


def test_output_can_be_let_through_inside(tmp_path, capsys):
    with stdio.output_to(tmp_path / "o.txt"):
        with stdio.output_shown():
            sys.stdout.write("seen")
        sys.stdout.write("kept")
    assert capsys.readouterr().out == "seen"
    assert (tmp_path / "o.txt").read_text() == "kept"


def test_inner_blocks_win_and_outer_ones_come_back(tmp_path):
    with stdio.output_to(tmp_path / "outer"):
        with stdio.output_to(tmp_path / "inner"):
            sys.stdout.write("b")
        sys.stdout.write("a")
    assert (tmp_path / "outer").read_text() == "a"
    assert (tmp_path / "inner").read_text() == "b"


def test_jobs_side_by_side_do_not_mix(tmp_path):
    barrier = threading.Barrier(4)

    def job(number):
        with stdio.output_to(tmp_path / str(number)):
            for _ in range(50):
                barrier.wait()
                sys.stdout.write(f"{number}\n")

    threads = [threading.Thread(target=job, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(4):
        assert (tmp_path / str(number)).read_text() == f"{number}\n" * 50


@pytest.mark.parametrize("error", [None, ValueError, KeyboardInterrupt])
def test_the_standard_streams_are_put_back(error):
    before = sys.stdout, sys.stderr
    try:
        with stdio.output_dropped():
            assert sys.stdout is not before[0]
            if error:
                raise error
    except (ValueError, KeyboardInterrupt):
        pass
    assert (sys.stdout, sys.stderr) == before


def test_a_stream_that_somebody_replaced_meanwhile_stays(monkeypatch):
    monkeypatch.setattr(sys, "stdout", sys.stdout)
    own = io.StringIO()
    with stdio.output_dropped():
        sys.stdout = own
    assert sys.stdout is own


def test_text_that_cannot_be_encoded_is_written_escaped(tmp_path):
    with stdio.output_to(tmp_path / "o.txt"):
        sys.stdout.write("\udcff")
    assert (tmp_path / "o.txt").read_text() == "\\udcff"


def test_captured_output_is_no_terminal(tmp_path):
    with stdio.output_to(tmp_path / "o.txt"):
        assert sys.stdout.isatty() is False
