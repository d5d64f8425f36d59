"""Whether anybody still reads standard output, which a command that follows a job must know to end."""

import os
import sys

from ccp4hooks.runtime.descriptors import LossyFile, lossy_text, reader_has_gone


def test_a_reader_that_has_gone_is_noticed_before_and_after_a_write(monkeypatch):
    reader, writer = os.pipe()
    with lossy_text(LossyFile(writer, "w")) as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        assert not reader_has_gone()
        os.close(reader)
        assert reader_has_gone()
        stream.write("lost\n")
        assert reader_has_gone()


def test_a_file_has_no_reader_that_could_go(tmp_path, monkeypatch):
    with lossy_text(LossyFile(tmp_path / "out", "w")) as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        assert not reader_has_gone()
