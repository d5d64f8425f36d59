"""The rules for every input file: each bad file is refused with its parameter, a reason and a cure."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from unit.samples import make_project

from ccp4hooks import BadInputError, InputFile
from ccp4hooks.i2.safe_xml import PARSED_BY_CCP4I2
from ccp4hooks.tasks import input_rules

(XML,) = PARSED_BY_CCP4I2


def refused(path, **fields):
    file = InputFile(**{"parameter": "inputData.IN", "path": path, "file_type": "chemical/x-pdb", **fields})
    with pytest.raises(BadInputError) as caught:
        input_rules.require_usable(file)
    assert str(caught.value).isprintable()
    return str(caught.value)


def accept(path, **fields):
    file = {"parameter": "inputData.IN", "path": path, "file_type": "chemical/x-pdb", **fields}
    input_rules.require_usable(InputFile(**file))


def test_a_missing_file_is_refused(tmp_path):
    assert refused(tmp_path / "gone.pdb") == f"inputData.IN: {tmp_path}/gone.pdb does not exist. Check the path."
    assert "does not exist" in refused(tmp_path / "gone", is_directory=True)


def test_a_directory_in_place_of_a_file_is_refused_and_the_reverse(tmp_path):
    (tmp_path / "file").touch()
    assert "is a directory, but the parameter requires a file." in refused(tmp_path)
    assert "is not a directory, but the parameter requires one." in refused(tmp_path / "file", is_directory=True)
    accept(tmp_path, is_directory=True)


def test_the_content_of_a_file_is_not_judged(tmp_path):
    for name, content in (("empty", b""), ("text", b"not coordinates"), ("MTZ", b"MTZ ")):
        (tmp_path / name).write_bytes(content)
        accept(tmp_path / name)


def test_a_named_pipe_is_refused_without_waiting_for_a_writer(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    start = time.monotonic()
    assert "is a pipe or a device, not a file." in refused(tmp_path / "pipe")
    assert "is a pipe or a device, not a file." in refused(Path(os.devnull))
    assert time.monotonic() - start < 1


def test_a_path_that_the_system_does_not_accept_is_refused(tmp_path):
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "file").touch()
    for path in ("x" * 300, "nul\0", "loop", "file/below"):
        assert "cannot be read: " in refused(tmp_path / path)


def test_a_line_break_in_a_path_leaves_the_message_on_one_line(tmp_path):
    assert r"two\nlines does not exist." in refused(tmp_path / "two\nlines")


AS_NOBODY = """
import os, sys
from pathlib import Path
from ccp4hooks import BadInputError, InputFile
from ccp4hooks.tasks import input_rules
if os.geteuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
try:
    input_rules.require_usable(InputFile(parameter="IN", path=Path(sys.argv[1]), file_type="text/plain"))
except BadInputError as error:
    print(error)
"""


def test_a_file_without_read_permission_is_refused(tmp_path):
    path = tmp_path / "secret.pdb"
    path.touch(mode=0)
    for folder in path.parents:
        if folder.owner() == path.owner() and folder.stat().st_mode & 0o005 != 0o005:
            folder.chmod(folder.stat().st_mode | 0o055)
    done = subprocess.run([sys.executable, "-c", AS_NOBODY, path], capture_output=True, text=True, check=True)
    expected = "secret.pdb cannot be read: permission denied. Ask its owner for read permission."
    assert done.stdout.strip().endswith(expected)


@pytest.mark.parametrize("text", ['<!DOCTYPE x [<!ENTITY a "b">]><x/>', "<x>", ""])
def test_xml_that_ccp4i2_parses_itself_must_be_xml_without_a_document_type(tmp_path, text):
    path = tmp_path / "content.asu.xml"
    path.write_text(text)
    assert f"{path} " in refused(path, file_type=XML)
    accept(path, file_type="application/x-other-xml")
    path.write_text("<x/>")
    accept(path, file_type=XML)


def test_a_sequence_given_as_au_contents_gets_the_parameter_and_the_cure(tmp_path):
    path = tmp_path / "gamma.pir"
    path.write_text(">P1;gamma\n\nMHHHH*\n")
    parameter = InputFile(parameter="inputData.ASUIN", path=path, file_type=XML)
    with pytest.raises(BadInputError) as caught:
        input_rules.require_usable(parameter)
    assert str(caught.value) == (
        f"inputData.ASUIN: {path} is not XML: syntax error: line 1, column 0. The parameter requires an AU contents "
        "file. The task ProvideAsuContents makes one from sequences."
    )


def test_a_file_in_a_job_directory_of_another_project_is_refused(tmp_path, project):
    theirs = make_project(tmp_path / "projects" / "other").jobs_directory / "job_1" / "x.mtz"
    with pytest.raises(BadInputError, match=r"inputData.A: .*another project's job.*Copy the file out of CCP4_JOBS"):
        input_rules.require_outside_other_projects(theirs, project, "inputData.A")


def test_a_file_in_a_job_directory_of_this_project_or_outside_is_accepted(tmp_path, project):
    for path in (project.jobs_directory / "job_1" / "x.mtz", tmp_path / "data" / "x.mtz"):
        input_rules.require_outside_other_projects(path, project, "inputData.A")
