"""The progress of several jobs, which is shown below the notes of a command."""

import io
import sys

import pytest
from unit.samples import make_job

from ccp4hooks import JobStatus
from ccp4hooks.cli.progress import progress_below_notes
from ccp4hooks.model import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("stream", [Terminal, io.StringIO])
def test_progress_is_shown_below_the_notes_and_on_a_terminal_only(open_with, monkeypatch, tmp_path, stream):
    monkeypatch.setattr(sys, "stderr", stream())
    monkeypatch.setenv("TERM", "xterm")
    with progress_below_notes(open_with().kpi_descriptions) as (show, write):
        if show is not None:
            show(Progress(job=make_job(tmp_path), phase="running", status=JobStatus.RUNNING))
        write("1/2 job 1 FINISHED: \x1b[31mred")
    text = sys.stderr.getvalue()
    assert "1/2 job 1 FINISHED: \\x1b[31mred\n" in text
    assert ("1 freerflag: running" in text) is (show is not None) is (stream is Terminal)
