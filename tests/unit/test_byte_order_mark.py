"""Text files that a user gives may begin with a byte order mark, as editors on Windows write them."""

import pytest

from ccp4hooks.tasks.sweeps import read_table

TEXTS = {
    "toml": "task = 'freerflag'\n[parameters]\nCUTRESOLUTION = true\n",
    "json": '{"task": "freerflag", "parameters": {"CUTRESOLUTION": true}}',
    "xml": (
        '<?xml version="1.0" encoding="UTF-8"?><ccp4i2><ccp4i2_header><pluginName>freerflag</pluginName>'
        "</ccp4i2_header><ccp4i2_body><controlParameters><CUTRESOLUTION>True</CUTRESOLUTION></controlParameters>"
        "</ccp4i2_body></ccp4i2>"
    ),
}


@pytest.mark.parametrize("suffix", TEXTS)
def test_a_file_of_parameters_is_read(open_with, tmp_path, suffix):
    path = tmp_path / f"given.{suffix}"
    found = []
    for mark in (b"", b"\xef\xbb\xbf"):
        path.write_bytes(mark + TEXTS[suffix].encode())
        found.append(open_with().read_parameters(path))
    assert found[0] == found[1]
    assert found[0].task == "freerflag"


def test_a_table_of_a_sweep_is_read(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbfCYCLES\n5\n")
    assert read_table(tmp_path / "a.csv") == [{"CYCLES": "5"}]
