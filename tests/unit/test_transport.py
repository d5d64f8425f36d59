"""The commands of a site that copy files: they get paths as whole words, and what they say is in the message."""

import json
import socket
import sys
from pathlib import Path, PurePosixPath

import pytest
from unit.samples import make_settings

from ccp4hooks import BadInputError, Ccp4HooksError, Transfer, open_session
from ccp4hooks.engines import transport
from ccp4hooks.engines.transport import Transport, failure_of, require_plain

COPY = ("cp", "{from}", "{to}")


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr(transport, "AGAIN_S", (0.0, 0.0))


def test_files_are_copied_both_ways(tmp_path):
    made = Transport(transfer=Transfer(fetch=COPY, send=COPY), directory=tmp_path)
    (tmp_path / "a b;$(c)").write_text("x")
    made.fetch("a b;$(c)", tmp_path / "fetched {from}")
    assert (tmp_path / "fetched {from}").read_text() == "x"
    made.send(tmp_path / "fetched {from}", "sent")
    assert (tmp_path / "sent").read_text() == "x"
    assert made.has("sent", tmp_path / "again")
    assert not made.has("nothing", tmp_path / "again2")


def test_a_command_that_fails_once_is_run_again(tmp_path):
    script = tmp_path / "copy"
    script.write_text('if test -e "$3"; then cp "$1" "$2"; else touch "$3"; echo the line is dead; exit 3; fi')
    words = ("sh", str(script), "{from}", "{to}", str(tmp_path / "tried"))
    (tmp_path / "a").touch()
    Transport(transfer=Transfer(fetch=words, send=COPY), directory=tmp_path).fetch("a", tmp_path / "b")
    assert (tmp_path / "b").exists()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("sh", "-c", "echo the line is dead >&2; exit 3", "{from}", "{to}"), r"said the line is dead \(exit code 3\)"),
        (("no-such-program", "{from}", "{to}"), "cannot be run: No such file or directory"),
        (("true", "{from}", "{to}"), "the command has made no file"),
        (("sh", "-c", "kill -9 $$", "{from}", "{to}"), r"said nothing \(exit code -9\)"),
        (("sh", "-c", "echo https://ada:secret@x/y >&2; exit 1", "{from}", "{to}"), r"said https://\*\*\*@x"),
    ],
)
def test_a_command_that_fails_is_named_with_what_it_said(tmp_path, words, why):
    made = Transport(transfer=Transfer(fetch=words, send=COPY), directory=tmp_path)
    with pytest.raises(Ccp4HooksError, match=f"a could not be fetched: .*{why}"):
        made.fetch("a", tmp_path / "b")


def test_only_the_end_of_a_flood_is_read():
    said = failure_of(["sh", "-c", "head -c 3000000 /dev/zero; echo; echo the line is dead; exit 3"])
    assert "the line is dead (exit code 3)" in said
    assert len(said) < 700


def test_a_command_that_does_not_end_is_killed_with_what_it_has_started(tmp_path, monkeypatch):
    monkeypatch.setattr(transport, "TIMEOUT_S", 0.2)
    script = f"{sys.executable} -c 'import time; time.sleep(600)' & wait"
    assert "did not end within 0.2 s" in failure_of(["sh", "-c", script])


@pytest.mark.parametrize("path", ["/a b", "/a:b", "/a;b", "/a'b", "/a$b", "/a*", "/ä", "/a\nb"])
def test_a_path_that_a_command_may_misread_is_refused(path):
    with pytest.raises(BadInputError, match="special characters"):
        require_plain(PurePosixPath(path))
    require_plain(Path("/data/p-1_2/CCP4_JOBS/job_1"))


def test_a_probe_is_answered_over_the_commands(tmp_path):
    answer = tmp_path / "answer.json"
    answer.touch()
    open_session(make_settings(tmp_path)).answer_probe(answer, Transfer(fetch=COPY, send=COPY))
    assert json.loads(answer.read_bytes())["host"] == socket.gethostname()
    answer.unlink()
    with pytest.raises(Ccp4HooksError, match=r"answer\.json could not be fetched"):
        open_session(make_settings(tmp_path)).answer_probe(answer, Transfer(fetch=COPY, send=COPY))
